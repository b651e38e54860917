"""Brushes for drawn photos: noise, planes in perspective, plants, houses, and what a cheap phone camera adds."""

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

SIZE = (1200, 900)
Colour = tuple[int, int, int]
# World units from one edge to the other where a plane meets the lower edge of the picture.
PLANE = (1600, 2400)


def noise(random: Random, size: tuple[int, int], coarse: int, octaves: int = 4) -> Image.Image:
    """Cloud-like grey noise; `coarse` is the number of cells across in its largest wave."""
    total = Image.new("L", size, 128)
    for octave in range(octaves):
        across = coarse * 2**octave
        down = max(2, across * size[1] // size[0])
        cells = Image.frombytes("L", (across, down), random.randbytes(across * down))
        layer = cells.resize(size, Image.Resampling.BICUBIC)
        total = Image.blend(total, layer, 0.62 if octave == 0 else 0.36)
    return total


def tinted(grey: Image.Image, dark: Colour, light: Colour) -> Image.Image:
    """Map grey noise to the colours between `dark` and `light`."""
    bands = [
        grey.point([low + (high - low) * i // 255 for i in range(256)]) for low, high in zip(dark, light, strict=True)
    ]
    return Image.merge("RGB", bands)


def gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """A vertical run from one colour to another."""
    return tinted(Image.linear_gradient("L").resize(size), top, bottom)


def sky(
    random: Random, size: tuple[int, int], top: Colour, bottom: Colour, cloud: Colour = (250, 250, 252)
) -> Image.Image:
    """A sky with soft clouds."""
    picture = gradient(size, top, bottom)
    mask = (
        noise(random, size, 3, 6).point(lambda v: max(0, min(230, (v - 124) * 4))).filter(ImageFilter.GaussianBlur(7))
    )
    picture.paste(Image.new("RGB", size, cloud), (0, 0), mask)
    return picture


def lay_plane(picture: Image.Image, plane: Image.Image, horizon: int, middle: float = 0.5) -> None:
    """Lay a flat texture on the ground below `horizon`, in perspective; its lower edge is nearest to the eye.

    Beside the texture the ground goes on with its left margin, which should therefore be plain.
    """
    width, height = picture.size
    wide, deep = plane.size
    reach = height - horizon
    for y in range(horizon + 1, height):
        distance = reach / (y - horizon)
        row = deep - 1 - min(deep - 2, round((distance - 1) * 260))
        scale = width / (2 * wide * 0.28 * distance)
        start = round(width / 2 - wide * middle * scale)
        strip = plane.crop((0, row, wide, row + 1)).resize((max(1, round(wide * scale)), 1), Image.Resampling.BILINEAR)
        margin = plane.crop((0, row, 300, row + 1)).resize((width, 1))
        picture.paste(margin, (0, y))
        picture.paste(strip, (start, y))


def blob(
    random: Random, x: float, y: float, wide: float, high: float, rough: float = 0.3, points: int = 72
) -> list[tuple[float, float]]:
    """The outline of an uneven, roundish shape around a point."""
    waves = [
        (turns, random.uniform(0, 2 * math.pi), random.uniform(0.3, 1) * rough / turns**0.6) for turns in range(2, 9)
    ]
    outline = []
    for step in range(points):
        angle = 2 * math.pi * step / points
        radius = 1 + sum(height * math.sin(turns * angle + phase) for turns, phase, height in waves)
        outline.append((x + math.cos(angle) * wide * radius, y + math.sin(angle) * high * radius))
    return outline


def shade(picture: Image.Image, outline: list[tuple[float, float]], colour: Colour, opacity: int, soft: float) -> None:
    """Paint a soft-edged, see-through shape."""
    margin = math.ceil(soft * 3) + 1
    left = math.floor(min(x for x, _ in outline)) - margin
    top = math.floor(min(y for _, y in outline)) - margin
    right = math.ceil(max(x for x, _ in outline)) + margin
    bottom = math.ceil(max(y for _, y in outline)) + margin
    # Only the part under the shape is touched: a heap of rubbish is three hundred shapes.
    mask = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in outline], fill=opacity)
    if soft:
        mask = mask.filter(ImageFilter.GaussianBlur(soft))
    picture.paste(colour, (left, top, right, bottom), mask)


def glow(picture: Image.Image, x: float, y: float, radius: float, colour: Colour, strength: int = 255) -> Image.Image:
    """Add light around a point."""
    light = Image.new("RGB", picture.size)
    draw = ImageDraw.Draw(light)
    for step in range(12, 0, -1):
        part = (1 - step / 13) ** 2 * strength / 255
        reach = radius * step / 12
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=tuple(int(c * part) for c in colour))
    return ImageChops.add(picture, light.filter(ImageFilter.GaussianBlur(radius / 10)))


def leaves(
    random: Random,
    picture: Image.Image,
    x: float,
    y: float,
    wide: float,
    high: float,
    count: int,
    green: Colour = (62, 98, 40),
) -> None:
    """A cluster of foliage, darker below and lighter above."""
    draw = ImageDraw.Draw(picture)
    for index in range(count):
        angle, reach = random.uniform(0, 2 * math.pi), math.sqrt(random.random())
        px, py = x + math.cos(angle) * reach * wide, y + math.sin(angle) * reach * high
        size = random.uniform(0.05, 0.16) * min(wide, high) + 2
        light = 0.55 + 0.7 * index / count - 0.35 * (py - y) / high + random.uniform(-0.15, 0.15)
        colour = tuple(max(8, min(240, int(c * light))) for c in green)
        draw.ellipse((px - size, py - size * 0.6, px + size, py + size * 0.6), fill=colour)


def tree(random: Random, picture: Image.Image, x: float, ground: float, height: float) -> None:
    """A standing tree."""
    draw = ImageDraw.Draw(picture)
    trunk = height * 0.04
    draw.polygon(
        [
            (x - trunk, ground),
            (x - trunk * 0.5, ground - height * 0.6),
            (x + trunk * 0.5, ground - height * 0.6),
            (x + trunk, ground),
        ],
        fill=(74, 60, 46),
    )
    for _ in range(4):
        leaves(
            random,
            picture,
            x + random.uniform(-0.2, 0.2) * height,
            ground - height * random.uniform(0.55, 0.85),
            height * 0.27,
            height * 0.2,
            160,
        )


def palm(random: Random, picture: Image.Image, x: float, ground: float, height: float) -> None:
    """A coconut palm, leaning a little."""
    draw = ImageDraw.Draw(picture)
    lean = random.uniform(-0.12, 0.12) * height
    top = (x + lean, ground - height)
    draw.line(
        [(x, ground), (x + lean * 0.4, ground - height * 0.5), top],
        fill=(96, 84, 68),
        width=max(3, int(height * 0.03)),
        joint="curve",
    )
    for frond in range(11):
        angle = math.pi * (frond / 10) + random.uniform(-0.1, 0.1)
        length = height * random.uniform(0.28, 0.4)
        green = random.choice([(58, 92, 40), (74, 110, 48), (46, 78, 36)])
        for part in range(14):
            along = part / 14
            px = top[0] + math.cos(angle) * length * along
            py = top[1] - math.sin(angle) * length * along * 0.6 + length * along**2 * 0.55
            drop = length * 0.22 * (1 - along * 0.6)
            draw.line([(px, py), (px + math.cos(angle) * 6, py + drop)], fill=green, width=2)


def house(random: Random, picture: Image.Image, x: float, ground: float, wide: float) -> None:
    """A plain one-storey house with a tin or tile roof, seen from the street."""
    draw = ImageDraw.Draw(picture)
    high = wide * random.uniform(0.38, 0.48)
    wall = random.choice(
        [(214, 202, 176), (186, 206, 196), (222, 214, 206), (204, 182, 158), (172, 190, 206), (226, 206, 150)]
    )
    roof = random.choice([(134, 68, 52), (112, 110, 112), (92, 74, 66), (70, 92, 112)])
    draw.rectangle((x, ground - high, x + wide, ground), fill=wall)
    draw.rectangle((x, ground - high * 0.12, x + wide, ground), fill=tuple(int(c * 0.72) for c in wall))
    peak = ground - high * 1.75
    draw.polygon(
        [
            (x - wide * 0.08, ground - high * 0.95),
            (x + wide * 0.18, peak),
            (x + wide * 0.82, peak),
            (x + wide * 1.08, ground - high * 0.95),
        ],
        fill=roof,
    )
    for line in range(1, 7):
        y = peak + (ground - high * 0.95 - peak) * line / 7
        inset = wide * (0.18 - 0.26 * line / 7)
        draw.line((x + inset, y, x + wide - inset, y), fill=tuple(int(c * 0.8) for c in roof), width=2)
    draw.polygon(
        [
            (x - wide * 0.02, ground - high * 0.95),
            (x + wide * 1.02, ground - high * 0.95),
            (x + wide, ground - high * 0.84),
            (x, ground - high * 0.84),
        ],
        fill=tuple(int(c * 0.6) for c in wall),
    )
    door = x + wide * random.choice([0.14, 0.42, 0.68])
    draw.rectangle(
        (door, ground - high * 0.66, door + wide * 0.13, ground),
        fill=random.choice([(92, 62, 42), (60, 84, 104), (70, 70, 66)]),
    )
    for place in (0.05, 0.3, 0.56, 0.84):
        left = x + wide * place
        if abs(left - door) > wide * 0.14 and left + wide * 0.12 < x + wide:
            draw.rectangle(
                (left, ground - high * 0.62, left + wide * 0.12, ground - high * 0.3),
                fill=(58, 66, 72),
                outline=(236, 234, 228),
                width=3,
            )
            draw.line(
                (left + wide * 0.06, ground - high * 0.62, left + wide * 0.06, ground - high * 0.3),
                fill=(236, 234, 228),
                width=2,
            )


def street_back(random: Random, picture: Image.Image, horizon: int) -> None:
    """What stands along the far end of a street: trees, palms, houses, a cable."""
    far = noise(random, (picture.width, 90), 14, 3)
    hills = tinted(far, (62, 88, 70), (104, 128, 104))
    mask = Image.new("L", hills.size, 0)
    outline = [(0, 90)] + [(step * 60, random.randint(14, 60)) for step in range(21)] + [(1200, 90)]
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    picture.paste(hills, (0, horizon - 86), mask.filter(ImageFilter.GaussianBlur(3)))
    for left in range(-60, picture.width, 260):
        if random.random() < 0.65 and not 420 < left + 80 < 700:
            house(random, picture, left + random.randint(-20, 40), horizon + 8, random.randint(130, 210))
    for _ in range(6):
        x = random.choice([random.randint(0, 380), random.randint(820, 1200)])
        plant = palm if random.random() < 0.4 else tree
        plant(random, picture, x, horizon + random.randint(4, 22), random.randint(130, 260))
    for x in range(0, picture.width, 34):
        if not 540 < x < 680:
            leaves(
                random, picture, x + random.randint(-14, 14), horizon + random.randint(2, 12), 34, 14, 34, (66, 92, 48)
            )


def camera(random: Random, picture: Image.Image, warmth: int = 0) -> Image.Image:
    """What a cheap phone adds: a slight tilt, uneven light, softness, grain and a colour cast."""
    tilted = picture.rotate(random.uniform(-1.6, 1.6), Image.Resampling.BICUBIC)
    picture = tilted.crop((30, 24, picture.width - 30, picture.height - 24)).resize(
        picture.size, Image.Resampling.LANCZOS
    )
    light = noise(random, (300, 225), 2, 2).point(lambda v: 216 + v * 39 // 255).resize(picture.size)
    picture = ImageChops.multiply(picture, Image.merge("RGB", [light] * 3))
    edge = Image.radial_gradient("L").resize(picture.size).point(lambda v: 255 - max(0, v - 110) * 70 // 145)
    picture = ImageChops.multiply(picture, Image.merge("RGB", [edge] * 3))
    grain = Image.effect_noise(picture.size, 14)
    picture = ImageChops.overlay(picture.filter(ImageFilter.GaussianBlur(0.9)), Image.merge("RGB", [grain] * 3))
    red, green, blue = picture.split()
    shift = warmth + random.randint(-6, 6)
    picture = Image.merge(
        "RGB",
        (red.point(lambda v: min(255, v + max(0, shift))), green, blue.point(lambda v: min(255, v + max(0, -shift)))),
    )
    picture = ImageEnhance.Color(picture).enhance(0.8)
    picture = ImageEnhance.Brightness(picture).enhance(1.14)
    return ImageEnhance.Contrast(picture).enhance(random.uniform(1.04, 1.14))
