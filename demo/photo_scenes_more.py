"""More scenes: broken things, fallen things, water and smoke. See photo_scenes for the first ones."""

import math
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from demo.photo_parts import PLANE, SIZE, blob, camera, glow, lay_plane, leaves, noise, shade, sky, tinted, tree
from demo.photo_scenes import HIGH, WIDE, daylight_street, road, scraps


def broken_pipe(random: Random) -> Image.Image:
    """A dug-up verge with a cracked pipe and a jet of water."""
    plane = road(random, 104)
    shade(plane, blob(random, 800, PLANE[1] - 330, 430, 520, 0.12), (58, 56, 54), 150, 50)
    shade(plane, blob(random, 800, PLANE[1] - 330, 250, 300, 0.16), (84, 66, 46), 255, 10)
    shade(plane, blob(random, 800, PLANE[1] - 310, 200, 240, 0.14), (132, 118, 94), 255, 16)
    picture = daylight_street(random, plane, 300)
    x, y = WIDE // 2 + random.randint(-60, 60), 640
    shade(picture, blob(random, x, y + 26, 350, 74, 0.1), (66, 50, 34), 255, 9)
    shade(picture, blob(random, x, y + 52, 300, 40, 0.1), (150, 134, 108), 220, 12)
    draw = ImageDraw.Draw(picture)
    for row in range(46):
        light = 1 - abs(row - 15) / 34
        draw.line(
            (x - 330, y + row - 14, x + 320, y + row + 12),
            fill=(int(70 * light) + 30, int(104 * light) + 36, int(150 * light) + 44),
        )
    shade(picture, blob(random, x - 300, y + 30, 90, 60, 0.2), (96, 76, 54), 255, 8)
    shade(picture, blob(random, x + 310, y + 42, 90, 60, 0.2), (96, 76, 54), 255, 8)
    spray = Image.new("L", SIZE, 0)
    jet = ImageDraw.Draw(spray)
    for _ in range(420):
        speed, angle = random.uniform(250, 620), random.gauss(math.pi / 2 - 0.12, 0.16)
        points = []
        for step in range(26):
            t = step / 17
            points.append((x + math.cos(angle) * speed * t, y - math.sin(angle) * speed * t + 440 * t * t))
        jet.line(
            [point for point in points if point[1] < y + 90],
            fill=random.randint(50, 150),
            width=random.choice([1, 2, 2, 3]),
        )
    for _ in range(900):
        px, py = random.gauss(x + 20, 150), random.gauss(y - 60, 140)
        drop = random.uniform(0.6, 2.6)
        jet.ellipse((px - drop, py - drop, px + drop, py + drop), fill=random.randint(90, 220))
    mist = spray.filter(ImageFilter.GaussianBlur(16)).point(lambda v: min(150, v * 2))
    picture.paste(Image.new("RGB", SIZE, (224, 232, 236)), (0, 0), mist)
    picture.paste(Image.new("RGB", SIZE, (246, 250, 252)), (0, 0), spray.filter(ImageFilter.GaussianBlur(0.8)))
    return camera(random, picture, -4)


def clogged_drain(random: Random) -> Image.Image:
    """A concrete gutter full of black water and litter."""
    plane = tinted(noise(random, PLANE, 60, 4), (56, 74, 34), (116, 130, 68))
    concrete = tinted(noise(random, PLANE, 40, 4), (112, 110, 102), (178, 174, 162))
    plane.paste(concrete.crop((500, 0, 1100, PLANE[1])), (500, 0))
    water = tinted(noise(random, PLANE, 16, 4), (22, 24, 20), (66, 64, 50))
    plane.paste(water.crop((640, 0, 960, PLANE[1])), (640, 0))
    draw = ImageDraw.Draw(plane)
    for edge, tone in ((626, 88), (960, 70)):
        draw.rectangle((edge, 0, edge + 14, PLANE[1]), fill=(tone, tone, tone - 6))
    for row in range(0, PLANE[1], 300):
        draw.line((500, row, 640, row), fill=(92, 90, 84), width=5)
        draw.line((974, row, 1100, row), fill=(92, 90, 84), width=5)
    for place in range(0, PLANE[1], 130):
        y = PLANE[1] - place
        shade_small = blob(random, random.uniform(700, 900), y, random.uniform(40, 110), random.uniform(20, 70), 0.3)
        draw.polygon(shade_small, fill=random.choice([(86, 94, 52), (70, 66, 52), (110, 116, 74)]))
        scraps(random, plane, random.uniform(690, 910), y, 60, 44, 16, 13)
        for _ in range(4):
            bottle(random, draw, random.uniform(670, 930), y + random.uniform(-60, 60))
    picture = daylight_street(random, plane, 280)
    for side in (-1, 1):
        for _ in range(16):
            depth = random.random() ** 2
            ground = 330 + depth * 560
            x = WIDE / 2 + side * (80 + depth * 560 + random.uniform(0, 130))
            leaves(random, picture, x, ground, 16 + depth * 64, 12 + depth * 40, 46, (78, 108, 48))
    return camera(random, picture, 3)


def bottle(random: Random, draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """A floating plastic bottle, seen from above."""
    turn = random.uniform(0, math.pi)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    tint = random.choice([(206, 220, 224), (170, 206, 178), (216, 214, 206)])

    def at(far: float, side: float) -> tuple[float, float]:
        return (x + along[0] * far + across[0] * side, y + along[1] * far + across[1] * side)

    draw.polygon([at(-26, -8), at(12, -8), at(24, -3), at(24, 3), at(12, 8), at(-26, 8)], fill=tint)
    draw.polygon(
        [at(-12, -8), at(4, -8), at(4, 8), at(-12, 8)],
        fill=random.choice([(70, 110, 180), (190, 60, 52), (86, 140, 86)]),
    )
    draw.polygon([at(24, -4), at(31, -4), at(31, 4), at(24, 4)], fill=(60, 90, 150))


def fallen_tree(random: Random) -> Image.Image:
    """A trunk with its crown across the road."""
    picture = daylight_street(random, road(random), 320)
    ground = random.randint(600, 640)
    shade(picture, blob(random, 600, ground + 60, 640, 70, 0.1), (30, 30, 26), 170, 22)
    draw = ImageDraw.Draw(picture)
    for row in range(96):
        light = 0.55 + 0.6 * math.sin(math.pi * (row / 96) ** 0.8)
        tone = tuple(int(c * light) for c in (112, 88, 64))
        narrow = abs(row - 48) / 48
        draw.line((-20, ground - 70 + row, 820 - narrow * 30, ground - 40 + row * 0.55), fill=tone, width=2)
    for _ in range(260):
        x, y = random.uniform(0, 780), ground - 50 + random.uniform(-14, 62)
        draw.line(
            (x, y, x + random.uniform(20, 60), y + 1), fill=random.choice([(66, 50, 36), (134, 110, 84)]), width=1
        )
    for _ in range(26):
        x, y = random.uniform(520, 860), ground - random.uniform(0, 30)
        angle = random.uniform(-2.6, 0.5)
        length = random.uniform(120, 330)
        middle = (x + math.cos(angle) * length * 0.5, y + math.sin(angle) * length * 0.5 - 14)
        end = (x + math.cos(angle) * length, y + math.sin(angle) * length * 0.8)
        draw.line([(x, y), middle, end], fill=(82, 64, 46), width=random.randint(4, 13), joint="curve")
        leaves(
            random,
            picture,
            *end,
            random.uniform(70, 130),
            random.uniform(50, 90),
            150,
            random.choice([(70, 104, 44), (58, 92, 42), (92, 114, 50)]),
        )
    for _ in range(34):
        leaves(
            random,
            picture,
            random.gauss(860, 150),
            random.gauss(ground + 10, 50),
            96,
            58,
            120,
            random.choice([(66, 100, 42), (54, 84, 38)]),
        )
    scatter = ImageDraw.Draw(picture)
    for _ in range(260):
        x, y = random.uniform(0, WIDE), random.uniform(ground + 40, HIGH)
        scatter.ellipse((x - 5, y - 2, x + 5, y + 2), fill=random.choice([(86, 112, 50), (120, 116, 54), (70, 86, 40)]))
    return camera(random, picture, 2)


def smoke(random: Random) -> Image.Image:
    """A fire of waste in a yard, with dark smoke."""
    horizon = 430
    picture = Image.new("RGB", SIZE)
    picture.paste(sky(random, (WIDE, horizon + 20), (120, 150, 180), (214, 218, 214)))
    lay_plane(picture, tinted(noise(random, PLANE, 90, 4), (88, 76, 56), (160, 142, 112)), horizon)
    for x in (60, 240, 1010, 1150):
        tree(random, picture, x, horizon + 20, random.randint(220, 340))
    fence = ImageDraw.Draw(picture)
    for x in range(0, WIDE, 46):
        tone = random.randint(96, 150)
        fence.polygon(
            [
                (x, horizon - 80),
                (x + 20, horizon - 96),
                (x + 40, horizon - 80),
                (x + 40, horizon + 40),
                (x, horizon + 40),
            ],
            fill=(tone, tone - 14, tone - 34),
        )
    x, y = WIDE // 2 + random.randint(-80, 80), 660
    shade(picture, blob(random, x, y + 40, 300, 70, 0.2), (34, 30, 26), 235, 14)
    scraps(random, picture, x, y + 20, 120, 24, 120, 17)
    picture = glow(picture, x, y - 20, 230, (190, 92, 26))
    for _ in range(70):
        wide, high = random.uniform(10, 34), random.uniform(30, 130)
        px = random.gauss(x, 80)
        flame = [
            (px - wide, y + 20),
            (px - wide * 0.3, y - high * 0.5),
            (px + random.uniform(-12, 12), y - high),
            (px + wide * 0.5, y - high * 0.4),
            (px + wide, y + 20),
        ]
        shade(
            picture, flame, random.choice([(250, 150, 40), (255, 206, 90), (232, 96, 28)]), random.randint(110, 210), 5
        )
    drift = random.choice([-1, 1]) * random.uniform(0.3, 0.9)
    veil = Image.new("L", SIZE, 0)
    for _ in range(130):
        rise = random.random()
        px = x + drift * 420 * rise**1.4 + random.gauss(0, 36 + 120 * rise)
        size = 24 + 120 * rise
        puff = Image.new("L", (int(size * 2), int(size * 2)), 0)
        ImageDraw.Draw(puff).ellipse((size * 0.3, size * 0.3, size * 1.7, size * 1.7), fill=int(150 - 80 * rise))
        puff = puff.filter(ImageFilter.GaussianBlur(size / 5))
        veil.paste(255, (int(px - size), int(y - 60 - rise * 620 - size)), puff)
    picture.paste(tinted(noise(random, SIZE, 6, 4), (26, 26, 28), (112, 110, 108)), (0, 0), veil)
    return camera(random, picture, 6)


def murky_water(random: Random) -> Image.Image:
    """A bucket of brown tap water on bathroom tiles, seen from above."""
    picture = tinted(noise(random, SIZE, 4, 4), (168, 178, 178), (216, 220, 216))
    draw = ImageDraw.Draw(picture)
    for x in range(-20, WIDE, 190):
        draw.line((x, 0, x, HIGH), fill=(122, 124, 120), width=6)
    for y in range(-60, HIGH, 190):
        draw.line((0, y, WIDE, y), fill=(122, 124, 120), width=6)
    x, y = 590 + random.randint(-40, 40), 470
    colour = random.choice([(36, 88, 150), (176, 52, 46), (44, 120, 84)])
    shade(picture, blob(random, x + 44, y + 54, 420, 396, 0.01), (40, 44, 46), 170, 26)
    for step in range(40):
        light = 0.7 + 0.5 * step / 40
        reach = 400 - step * 0.9
        draw.ellipse(
            (x - reach, y - reach * 0.94, x + reach, y + reach * 0.94),
            fill=tuple(min(255, int(c * light)) for c in colour),
        )
    draw.ellipse((x - 350, y - 328, x + 350, y + 330), fill=tuple(int(c * 0.45) for c in colour))
    water = Image.new("L", SIZE, 0)
    ImageDraw.Draw(water).ellipse((x - 326, y - 296, x + 326, y + 312), fill=255)
    brown = tinted(noise(random, SIZE, 5, 5), (92, 60, 26), (172, 124, 66))
    picture.paste(brown, (0, 0), water.filter(ImageFilter.GaussianBlur(2)))
    for ring in range(5):
        reach = 40 + ring * 52
        draw.arc(
            (x + 90 - reach, y - 40 - reach * 0.9, x + 90 + reach, y - 40 + reach * 0.9),
            20,
            330,
            fill=(196, 156, 104),
            width=2,
        )
    shade(picture, blob(random, x - 130, y - 130, 120, 60, 0.3), (238, 226, 204), 150, 22)
    dirt = ImageDraw.Draw(picture)
    for _ in range(240):
        angle, reach = random.uniform(0, 6.3), 290 * math.sqrt(random.random())
        px, py = x + math.cos(angle) * reach, y + math.sin(angle) * reach * 0.92
        speck = random.uniform(1, 3.4)
        dirt.ellipse((px - speck, py - speck, px + speck, py + speck), fill=(58, 36, 16))
    for row in range(26):
        tone = 150 + int(90 * math.sin(math.pi * row / 26))
        dirt.line((x + 90 + row * 1.8, -4, x + 84 + row * 1.2, 150), fill=(tone, tone, tone), width=3)
    dirt.rectangle((x + 96, 150, x + 108, y - 40), fill=(166, 122, 70))
    return camera(random, picture, 3)


def broken_bridge(random: Random) -> Image.Image:
    """A plank footbridge over a river, with boards missing."""
    plane = tinted(noise(random, PLANE, 20, 4), (74, 70, 48), (132, 122, 84))
    river = tinted(noise(random, PLANE, 9, 5), (44, 66, 62), (104, 122, 108))
    plane.paste(river, (0, 0))
    planks = ImageDraw.Draw(plane)
    missing = {3, 4, 7, random.randint(9, 11), random.randint(13, 16), random.randint(18, 26)}
    for beam in (600, 985):
        planks.rectangle((beam, 0, beam + 26, PLANE[1]), fill=(60, 48, 36))
    for index, y in enumerate(range(PLANE[1] - 58, 0, -62)):
        if index in missing:
            broken = random.uniform(60, 150)
            planks.polygon(
                [(560, y), (560 + broken, y + 8), (560 + broken - 34, y + 52), (560, y + 52)], fill=(104, 84, 62)
            )
            continue
        tone = random.randint(-18, 18)
        slant = random.randint(-7, 7)
        planks.polygon(
            [(548, y + slant), (1064, y - slant), (1064, y + 52 - slant), (548, y + 52 + slant)],
            fill=(130 + tone, 108 + tone, 82 + tone),
        )
        for _ in range(9):
            gy = y + random.uniform(4, 48)
            planks.line(
                (560, gy + slant * 0.5, 1050, gy - slant * 0.5), fill=(104 + tone, 84 + tone, 62 + tone), width=2
            )
        for nail in (612, 998):
            planks.ellipse((nail - 4, y + 22, nail + 4, y + 30), fill=(50, 40, 34))
    picture = daylight_street(random, plane, 340)
    for side in (-1, 1):
        for _ in range(34):
            depth = random.random() ** 2
            spread = 300 + depth * 420
            leaves(
                random,
                picture,
                WIDE / 2 + side * random.uniform(spread, spread + 260),
                360 + depth * 130,
                50,
                36,
                60,
                (70, 100, 46),
            )
    rail = ImageDraw.Draw(picture)
    for side in (-1, 1):
        posts = [(WIDE / 2 + side * 400 / far, 340 + 560 / far, 250 / far) for far in (1.05, 1.5, 2.3, 3.6, 6, 11)]
        for x, base, high in posts:
            rail.line((x, base, x + side * high * 0.05, base - high), fill=(92, 74, 54), width=max(2, int(high / 11)))
        tops = [(x + side * high * 0.05, base - high * 0.9) for x, base, high in posts]
        rail.line(tops if side > 0 else tops[1:], fill=(112, 90, 66), width=7, joint="curve")
    return camera(random, picture, 3)


def leaking_roof(random: Random) -> Image.Image:
    """A room whose ceiling boards are stained and partly fallen; a bucket catches the drops."""
    picture = Image.new("RGB", SIZE, (206, 200, 182))
    boards = tinted(noise(random, PLANE, 6, 4), (204, 204, 198), (236, 234, 226))
    lines = ImageDraw.Draw(boards)
    for across in range(0, PLANE[0], 200):
        lines.line((across, 0, across, PLANE[1]), fill=(164, 160, 150), width=9)
    for down in range(0, PLANE[1], 240):
        lines.line((0, down, PLANE[0], down), fill=(164, 160, 150), width=9)
    for _ in range(7):
        x, y, size = random.uniform(300, 1300), PLANE[1] - random.uniform(60, 900), random.uniform(70, 190)
        shade(boards, blob(random, x, y, size, size * 1.2, 0.3), (142, 104, 62), 120, 12)
        shade(boards, blob(random, x, y, size * 0.74, size * 0.9, 0.3), (188, 158, 112), 160, 16)
    gap = random.uniform(640, 900)
    lines.polygon(blob(random, gap, PLANE[1] - 330, 150, 210, 0.34), fill=(28, 24, 22))
    for slat in range(-2, 3):
        lines.line(
            (gap - 140, PLANE[1] - 330 + slat * 70, gap + 140, PLANE[1] - 330 + slat * 70), fill=(84, 64, 46), width=13
        )
    ceiling = Image.new("RGB", (WIDE, 560))
    lay_plane(ceiling, boards, 140)
    picture.paste(ceiling.crop((0, 160, WIDE, 560)).transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, 0))
    wall = tinted(noise(random, (WIDE, 330), 4, 4), (188, 196, 178), (222, 224, 206))
    picture.paste(wall, (0, 380))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x = random.uniform(0, WIDE)
        streak = [
            (x, 380),
            (x + random.uniform(14, 40), 380),
            (x + random.uniform(4, 16), 380 + random.uniform(60, 300)),
        ]
        shade(picture, streak, (134, 112, 74), 90, 6)
    draw.rectangle((330, 450, 850, 640), fill=(40, 66, 54), outline=(128, 96, 62), width=12)
    for row in range(3):
        points = [(370 + step * 14, 490 + row * 46 + random.uniform(-7, 7)) for step in range(random.randint(16, 30))]
        draw.line(points, fill=(206, 214, 206), width=3)
    floor = tinted(noise(random, PLANE, 30, 3), (120, 108, 96), (172, 160, 146))
    room = Image.new("RGB", (WIDE, 900))
    lay_plane(room, floor, 560)
    picture.paste(room.crop((0, 700, WIDE, 900)), (0, 700))
    shade(picture, blob(random, 620, 830, 260, 44, 0.2), (196, 204, 208), 130, 10)
    draw.polygon([(540, 730), (700, 730), (676, 860), (564, 860)], fill=(56, 104, 168))
    draw.ellipse((540, 714, 700, 748), fill=(30, 60, 104), outline=(96, 140, 196), width=5)
    for _ in range(16):
        x, y = random.gauss(622, 26), random.uniform(300, 730)
        draw.line((x, y, x, y + random.uniform(8, 26)), fill=(214, 226, 232), width=3)
    return camera(random, picture, 4)
