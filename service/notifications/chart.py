"""The chart of a digest: stacked bars, drawn as PNG because mail clients show no SVG."""

import io
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 900, 400  # of a mail 552 wide: sharp there, and its words still legible on a phone
LEFT, RIGHT, TOP, BOTTOM = 60, 10, 80, 56
IN_TIME, LATE, INK, LINE, PAPER = "#0b7a5b", "#b3261e", "#33414d", "#dfe5ea", "#ffffff"


def draw(data: dict[str, Any]) -> bytes:
    """PNG bytes of `{"labels": […], "in_time": […], "late": […]}`, one bar a label."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    highest = max([1, *(a + b for a, b in zip(data["in_time"], data["late"], strict=True))])
    step = max(1, -(-highest // 4))
    top = step * -(-highest // step)
    _grid(canvas, step, top)
    _bars(canvas, data, top)
    _legend(canvas)
    output = io.BytesIO()
    image.quantize(64).save(output, "PNG", optimize=True)
    return output.getvalue()


def _grid(canvas: ImageDraw.ImageDraw, step: int, top: int) -> None:
    for value in range(0, top + 1, step):
        y = _y(value, top)
        canvas.line([(LEFT, y), (WIDTH - RIGHT, y)], fill=LINE, width=2)
        canvas.text((LEFT - 14, y), str(value), fill=INK, font=_font(28), anchor="rm")


def _bars(canvas: ImageDraw.ImageDraw, data: dict[str, Any], top: int) -> None:
    slot = (WIDTH - LEFT - RIGHT) / len(data["labels"])
    for position, (label, in_time, late) in enumerate(zip(data["labels"], data["in_time"], data["late"], strict=True)):
        left, right = LEFT + slot * (position + 0.22), LEFT + slot * (position + 0.78)
        if in_time:
            canvas.rectangle([left, _y(in_time, top), right, _y(0, top) - 1], fill=IN_TIME)
        if late:
            canvas.rectangle([left, _y(in_time + late, top), right, _y(in_time, top) - 1], fill=LATE)
        if in_time + late:
            words = f"{in_time}/{in_time + late}" if late else str(in_time)
            canvas.text(((left + right) / 2, _y(in_time + late, top) - 6), words, fill=INK, font=_font(28), anchor="mb")
        canvas.text(((left + right) / 2, HEIGHT - BOTTOM + 30), label, fill=INK, font=_font(30), anchor="mm")


def _legend(canvas: ImageDraw.ImageDraw) -> None:
    x = LEFT
    for colour, words in ((IN_TIME, "dijawab tepat waktu"), (LATE, "terlambat")):
        canvas.rectangle([x, 20, x + 26, 46], fill=colour)
        canvas.text((x + 38, 33), words, fill=INK, font=_font(30), anchor="lm")
        x += 60 + int(canvas.textlength(words, font=_font(30))) + 30


def _y(value: int, top: int) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


@cache
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)  # the font that Pillow brings along: no system fonts needed
