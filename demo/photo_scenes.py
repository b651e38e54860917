"""The scenes: each function draws one kind of trouble, different for every state of `random`."""

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from demo.photo_parts import (
    PLANE,
    SIZE,
    blob,
    camera,
    glow,
    gradient,
    house,
    lay_plane,
    noise,
    palm,
    shade,
    sky,
    street_back,
    tinted,
    tree,
)

WIDE, HIGH = SIZE


def road(random: Random, asphalt: int = 96) -> Image.Image:
    """A flat road with worn markings, gravel edges and grass beside it."""
    plane = tinted(noise(random, PLANE, 60, 4), (58, 78, 34), (112, 132, 66))
    gravel = tinted(noise(random, PLANE, 200, 3), (104, 88, 66), (176, 156, 122))
    plane.paste(gravel.crop((380, 0, 1220, PLANE[1])), (380, 0))
    surface = tinted(noise(random, PLANE, 240, 3), (asphalt - 34,) * 3, (asphalt + 30,) * 3)
    wear = noise(random, PLANE, 8, 3).point(lambda v: 200 + v * 55 // 255)
    surface = ImageChops.multiply(surface, Image.merge("RGB", [wear] * 3))
    mask = Image.new("L", PLANE, 0)
    left = [(470 + random.randint(-12, 12), y) for y in range(0, PLANE[1] + 1, 60)]
    right = [(1130 + random.randint(-12, 12), y) for y in range(PLANE[1], -1, -60)]
    ImageDraw.Draw(mask).polygon(left + right, fill=255)
    plane.paste(surface, (0, 0), mask)
    draw = ImageDraw.Draw(plane)
    for y in range(0, PLANE[1], 230):
        draw.rectangle((791, y, 809, y + 110), fill=(186, 184, 176))
    worn = noise(random, PLANE, 90, 3).point(lambda v: 255 if v > 128 else 0)
    plane.paste(surface, (0, 0), ImageChops.multiply(worn, mask))
    return plane


def hole(random: Random, plane: Image.Image, x: float, y: float, size: float) -> None:
    """Break the surface of a road: crumbled rim, gravel bottom, often muddy water."""
    shade(plane, blob(random, x, y, size * 1.35, size * 1.5, 0.25), (140, 128, 112), 120, 14)
    outline = blob(random, x, y, size, size * 1.15, 0.22)
    shade(plane, outline, (48, 42, 36), 255, 2)
    inner = [(x + (px - x) * 0.86, y + 6 + (py - y) * 0.84) for px, py in outline]
    shade(plane, inner, (112, 90, 64), 255, 4)
    if random.random() < 0.75:
        water = [(x + (px - x) * 0.7, y + 16 + (py - y) * 0.66) for px, py in outline]
        shade(plane, water, (150, 138, 118), 255, 5)
        shade(plane, blob(random, x + size * 0.12, y + 14, size * 0.3, size * 0.26), (206, 206, 204), 150, 10)
    draw = ImageDraw.Draw(plane)
    for _ in range(60):
        px, py = random.gauss(x, size * 0.95), random.gauss(y, size)
        stone = random.uniform(2, 6)
        grey = random.randint(90, 180)
        draw.ellipse((px - stone, py - stone, px + stone, py + stone), fill=(grey, grey - 8, grey - 20))


def daylight_street(random: Random, plane: Image.Image, horizon: int = 330) -> Image.Image:
    """A street by day under the given ground."""
    picture = Image.new("RGB", SIZE)
    blue = random.randint(0, 40)
    picture.paste(sky(random, (WIDE, horizon + 40), (96 + blue, 146 + blue // 2, 200), (206, 220, 228)))
    lay_plane(picture, plane, horizon, random.uniform(0.46, 0.54))
    street_back(random, picture, horizon)
    return picture


def pothole(random: Random) -> Image.Image:
    """A road with one large hole in front and others behind."""
    plane = road(random)
    bottom = PLANE[1]
    hole(random, plane, random.uniform(700, 900), bottom - random.uniform(170, 230), random.uniform(105, 135))
    for _ in range(random.randint(3, 5)):
        hole(random, plane, random.uniform(520, 1080), bottom - random.uniform(420, 1500), random.uniform(40, 80))
    return camera(random, daylight_street(random, plane), 5)


def flood(random: Random) -> Image.Image:
    """Brown water over a street, with the houses mirrored in it."""
    line = 400
    picture = Image.new("RGB", SIZE)
    picture.paste(sky(random, (WIDE, line + 30), (132, 142, 152), (196, 200, 200), (172, 178, 184)))
    tree(random, picture, random.randint(40, 200), line, 330)
    for left in range(-40, WIDE, 330):
        house(random, picture, left + random.randint(0, 50), line + 26, random.randint(260, 320))
    palm(random, picture, random.randint(500, 900), line + 10, 320)
    mirror = picture.crop((0, 0, WIDE, line)).transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((WIDE, HIGH - line))
    mud = tinted(noise(random, (WIDE, HIGH - line), 10, 5), (104, 84, 56), (154, 130, 94))
    water = Image.blend(mud, mirror.filter(ImageFilter.GaussianBlur(5)), 0.34)
    for row in range(water.height):
        sway = round(math.sin(row * row / 900 + row / 7) * (2 + row / 60))
        water.paste(water.crop((0, row, WIDE, row + 1)), (sway, row))
    picture.paste(water, (0, line))
    draw = ImageDraw.Draw(picture)
    for _ in range(170):
        y = line + 8 + (HIGH - line) * random.random() ** 1.6
        reach = 10 + (y - line) / 4
        x = random.uniform(0, WIDE)
        light = random.randint(150, 200)
        draw.arc(
            (x - reach, y - reach / 9, x + reach, y + reach / 9),
            190,
            350,
            fill=(light, light - 14, light - 40),
            width=2,
        )
    for left in range(60, WIDE, 150):
        post = line + random.randint(60, 90)
        draw.rectangle((left, post - 74, left + 14, post), fill=(206, 202, 192))
        draw.line((left + 14, post - 52, left + 150, post - 50), fill=(196, 192, 182), width=6)
    for _ in range(420):
        x, y = random.uniform(0, WIDE), random.uniform(0, HIGH)
        draw.line((x, y, x - 3, y + random.uniform(10, 22)), fill=(188, 194, 198), width=1)
    return camera(random, picture, -4)


def dark_street(random: Random) -> Image.Image:
    """A street by night: the near lamps are dead, one far away still burns."""
    horizon = 420
    picture = gradient(SIZE, (12, 16, 32), (52, 48, 56))
    plane = ImageEnhance.Brightness(road(random, 70)).enhance(0.3)
    lay_plane(picture, plane, horizon)
    back = Image.new("RGB", SIZE)
    street_back(random, back, horizon)
    picture = ImageChops.lighter(picture, ImageEnhance.Brightness(back).enhance(0.14))
    draw = ImageDraw.Draw(picture)
    for _ in range(7):
        x, y = random.randint(0, WIDE), horizon - random.randint(14, 50)
        draw.rectangle((x, y, x + 12, y + 15), fill=random.choice([(214, 170, 86), (150, 166, 170), (196, 140, 70)]))
    for step, side in enumerate((1090, 190, 880, 330, 770)):
        scale = 1 / (1 + step * 0.62)
        base = horizon + 390 * scale**1.3
        top = base - 760 * scale
        arm = (-1 if side > 600 else 1) * 150 * scale
        pole = max(3, int(17 * scale))
        draw.line((side, base, side, top), fill=(34, 36, 42), width=pole)
        draw.line((side, top, side + arm, top - 24 * scale), fill=(36, 38, 44), width=max(2, pole - 3))
        draw.ellipse(
            (side + arm - 34 * scale, top - 34 * scale, side + arm + 34 * scale, top - 12 * scale), fill=(58, 60, 64)
        )
    picture = glow(picture, 662, horizon - 78, 90, (255, 214, 140))
    picture = glow(picture, 662, horizon + 24, 190, (130, 100, 56))
    x = random.randint(500, 600)
    picture = glow(picture, x, horizon + 44, 70, (240, 240, 255))
    picture = glow(picture, x, horizon + 110, 150, (66, 66, 70))
    return camera(random, picture, 2)


def bag(random: Random, picture: Image.Image, x: float, y: float, size: float) -> None:
    """A tied plastic bag, lit from above."""
    colour = random.choice(
        [*[(30, 30, 33)] * 4, *[(214, 212, 206)] * 3, (168, 62, 56), (66, 92, 142), (196, 170, 92), (118, 148, 118)]
    )
    high = size * random.uniform(0.62, 0.9)
    shade(picture, blob(random, x + 4, y + high * 0.6, size * 1.05, high * 0.4, 0.1), (20, 18, 14), 150, size / 8)
    outline = blob(random, x, y, size, high, 0.14)
    shade(picture, outline, (int(colour[0] * 0.62), int(colour[1] * 0.62), int(colour[2] * 0.62)), 255, 1)
    upper = [(x + (px - x) * 0.84 - size * 0.06, y - high * 0.1 + (py - y) * 0.78) for px, py in outline]
    shade(picture, upper, colour, 235, size / 9)
    draw = ImageDraw.Draw(picture)
    for _ in range(5):
        angle = random.uniform(math.pi, 2 * math.pi)
        end = (x + math.cos(angle) * size * 0.8, y + math.sin(angle) * high * 0.7)
        fold = tuple(min(255, int(c * 1.15) + 26) for c in colour)
        draw.line((x + random.uniform(-4, 4), y - high * 0.86, *end), fill=fold, width=max(1, int(size / 26)))
    knot = size * 0.16
    draw.polygon([(x - knot, y - high * 1.12), (x + knot, y - high * 1.16), (x, y - high * 0.8)], fill=colour)


def scraps(
    random: Random, picture: Image.Image, x: float, y: float, wide: float, high: float, count: int, size: float
) -> None:
    """Loose litter: paper, peel, bottles, boxes."""
    draw = ImageDraw.Draw(picture)
    colours = [
        (222, 218, 206),
        (176, 140, 96),
        (204, 60, 50),
        (70, 112, 180),
        (226, 198, 90),
        (98, 128, 62),
        (60, 54, 46),
        (236, 236, 236),
    ]
    for _ in range(count):
        px, py = random.gauss(x, wide), random.gauss(y, high)
        reach = size * random.uniform(0.4, 1.2)
        colour = random.choice(colours)
        turn = random.uniform(0, math.pi)
        corners = []
        for corner in range(random.choice([3, 4, 4, 5])):
            angle = turn + corner * math.pi / 2 + random.uniform(-0.3, 0.3)
            corners.append((px + math.cos(angle) * reach, py + math.sin(angle) * reach * 0.55))
        draw.polygon([(cx + 2, cy + 3) for cx, cy in corners], fill=(34, 30, 24))
        draw.polygon(corners, fill=colour)


def rubbish(random: Random) -> Image.Image:
    """A heap of bags and litter against a wall."""
    floor = 420
    picture = Image.new("RGB", SIZE)
    wall = tinted(noise(random, (WIDE, floor), 5, 5), (142, 138, 126), (206, 200, 184))
    picture.paste(wall)
    draw = ImageDraw.Draw(picture)
    for row, y in enumerate(range(floor - 190, floor, 27)):
        for left in range(-40 + (row % 2) * 40, WIDE, 80):
            red = random.randint(128, 168)
            draw.rectangle((left, y, left + 77, y + 24), fill=(red, red // 2 + 14, red // 3 + 16))
    damp = noise(random, (WIDE, floor), 7, 4).point(lambda v: max(0, v - 140) * 2)
    picture.paste(Image.new("RGB", (WIDE, floor), (60, 64, 48)), (0, 0), damp)
    ground = tinted(noise(random, PLANE, 120, 4), (84, 72, 56), (156, 140, 114))
    lay_plane(picture, ground, floor - 60)
    picture.paste(picture.crop((0, 0, WIDE, floor - 60)), (0, 0))
    shade(picture, blob(random, 610, 640, 560, 190, 0.1), (40, 34, 26), 200, 30)
    for layer in range(9):
        y = 400 + layer * 42
        spread = 200 + layer * 34
        scraps(random, picture, 600, y + 30, spread * 0.75, 26, 110, 9 + layer * 1.4)
        for _ in range(7):
            bag(
                random,
                picture,
                random.gauss(600, spread * 0.55),
                y + random.uniform(-16, 16),
                random.uniform(30, 52) + layer * 5,
            )
    scraps(random, picture, 600, 800, 400, 40, 110, 18)
    for _ in range(60):
        fly, height = random.uniform(200, 1000), random.uniform(330, 700)
        draw.ellipse((fly - 2, height - 2, fly + 2, height + 2), fill=(16, 16, 16))
    return camera(random, picture, 4)
