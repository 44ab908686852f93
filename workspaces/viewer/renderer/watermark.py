"""Writes into the pixels who looks at them, when, and under which entry of the ledger."""

import io
import math
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

# Covers Latin, Greek, Cyrillic, Arabic and more. Without it names are written in the letters that Pillow's font has.
_WIDE_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_NOWHERE = "\U0010fff0"
_PAPER: dict[str, Any] = {"L": 255, "RGB": (255, 255, 255)}
_INK: dict[str, Any] = {"L": 40, "RGB": (40, 40, 40)}
_TILT = 24
_FAINT = 58
_font_file: bytes | None = None


def warm_up() -> None:
    """Read the font while there are files to read."""
    global _font_file  # noqa: PLW0603  it is read once, before the first fork
    _font_file = _WIDE_FONT.read_bytes() if _WIDE_FONT.is_file() else None
    font_of(12).getmask("ready")


def stamp(image: Image.Image, lines: list[str]) -> Image.Image:
    """Return the image with the lines across all of it, faintly, and legibly in a strip below it."""
    marked = image if image.mode in {"L", "RGB"} else image.convert("RGB")
    _across(marked, lines)
    return _with_strip(marked, lines)


def _across(image: Image.Image, lines: list[str]) -> None:
    """Repeat the lines over the image, dark beside light, so that they show on any ground."""
    size = max(11, min(26, image.width // 45))
    tile = _tile([_drawable(line, size) for line in lines], size)
    shade, mask = tile.getchannel("L").convert(image.mode), tile.getchannel("A")
    for row, top in enumerate(range(-tile.height // 2, image.height, tile.height)):
        left = -(tile.width // 2) * (row % 2)
        for start in range(left, image.width, tile.width):
            image.paste(shade, (start, top), mask)


def _tile(lines: list[str], size: int) -> Image.Image:
    font = font_of(size)
    width = max(math.ceil(font.getlength(line)) for line in lines) + size * 3
    height = (size + 6) * len(lines) + size * 2
    flat = Image.new("LA", (width, height), (0, 0))
    draw = ImageDraw.Draw(flat)
    for number, line in enumerate(lines):
        at = (size, size + number * (size + 6))
        draw.text((at[0] + 1, at[1] + 1), line, font=font, fill=(255, _FAINT))
        draw.text(at, line, font=font, fill=(0, _FAINT))
    return flat.rotate(_TILT, resample=Image.Resampling.BILINEAR, expand=True)


def _with_strip(image: Image.Image, lines: list[str]) -> Image.Image:
    size = 13
    font = font_of(size)
    written = [part for line in lines for part in _wrapped(_drawable(line, size), font, image.width - 12)]
    height = (size + 5) * len(written) + 6
    whole = Image.new(image.mode, (image.width, image.height + height), _PAPER[image.mode])
    whole.paste(image, (0, 0))
    draw = ImageDraw.Draw(whole)
    for number, line in enumerate(written):
        draw.text((6, image.height + 3 + number * (size + 5)), line, font=font, fill=_INK[image.mode])
    return whole


def _wrapped(line: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    parts, current = [], ""
    for word in line.split():
        longer = f"{current} {word}".strip()
        if current and font.getlength(longer) > width:
            parts.append(current)
            longer = word
        current = longer
    return [*parts, current]


def _drawable(line: str, size: int) -> str:
    """Replace letters that the font does not have: the entry still says who it was."""
    font = font_of(size)
    missing = bytes(font.getmask(_NOWHERE))
    lacking = {one for one in set(line) if not one.isspace() and bytes(font.getmask(one)) == missing}
    return "".join("?" if one in lacking else one for one in line)


@cache
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """Return the font in a size."""
    if _font_file is not None:
        return ImageFont.truetype(io.BytesIO(_font_file), size)
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType.")
    return font
