"""Images: PNG, JPEG, TIFF, GIF, WebP. Decoded, brought to the size asked for, stamped, and encoded anew."""

import io
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from workspaces.viewer.renderer.failures import CannotDraw, refuse_missing_page, refuse_too_many_pixels
from workspaces.viewer.renderer.watermark import stamp

# By what the first bytes said it is; no other decoder gets to see it.
_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
_MOST_FRAMES = 10_000
# The longer side of a drawing at 100 %, in pixels, and what no drawing goes beyond.
_LEAST, _USUAL, _LARGEST = 768, 1600, 4000
_FEW_PIXELS = 1_500_000


def warm_up() -> None:
    """Load the decoders and encoders."""
    Image.init()
    for name in ("PNG", "WEBP", "JPEG", "TIFF", "GIF"):
        written = io.BytesIO()
        Image.new("RGB", (2, 2)).save(written, name)
        Image.open(io.BytesIO(written.getvalue()), formats=[name]).load()
    Image.MAX_IMAGE_PIXELS = None  # refuse_too_many_pixels knows a limit, and says so


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the pages of a TIFF and the frames of a GIF."""
    with _opened(file, job) as image:
        return {"pages": _count(image)}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Draw one page."""
    with _opened(file, job) as image:
        refuse_missing_page(job["page"], _count(image))
        image.seek(job["page"] - 1)
        refuse_too_many_pixels(*image.size)
        target = size_at(image.size, job["zoom"])
        if image.format == "JPEG":
            image.draft("RGB", target)
        shown = _upright(_in_colour(image))
        return finish(shown, size_at(shown.size, job["zoom"]) if shown.size != image.size else target, job)


def finish(image: Image.Image, target: tuple[int, int], job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Resize, stamp and encode."""
    if image.size != target:
        image = image.resize(target, Image.Resampling.BICUBIC, reducing_gap=2.0)
    marked = stamp(image, job["stamp"])
    return {"page_height": image.height}, encode(marked)


def encode(image: Image.Image, *, plain: bool = False) -> bytes:
    """Return a WebP; small drawings, like most slices of a scan, without loss, and `plain` ones, like writing.

    Of the time that a page takes, this is the largest part: it is spent on little more than what is needed.
    """
    out = io.BytesIO()
    if plain or image.width * image.height < _FEW_PIXELS:
        image.save(out, "PNG", compress_level=1)
    else:
        image.save(out, "WEBP", quality=85, method=0)
    return out.getvalue()


def size_at(size: tuple[int, int], zoom: int) -> tuple[int, int]:
    """Return how large an image is drawn: small ones are enlarged to be seen, large ones brought to a screen."""
    longest = max(size)
    wanted = min(max(longest, _LEAST), _USUAL) * zoom / 100
    scale = min(wanted, _LARGEST) / longest
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _opened(file: BinaryIO, job: dict[str, Any]) -> Image.Image:
    image = Image.open(file, formats=[_FORMATS[job["media_type"]]])
    refuse_too_many_pixels(*image.size)
    return image


def _count(image: Image.Image) -> int:
    if image.format not in {"TIFF", "GIF", "WEBP"}:
        return 1
    frames = 0
    for _ in ImageSequence.Iterator(image):
        frames += 1
        if frames > _MOST_FRAMES:
            raise CannotDraw("too_many_pages", most=_MOST_FRAMES)
    return frames


def _upright(image: Image.Image) -> Image.Image:
    """Turn a photograph as its camera was held; what a camera noted wrongly does not matter."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001  there is no end to what stands there
        return image


def _in_colour(image: Image.Image) -> Image.Image:
    """Return 8 bits a channel: transparent parts on white, deep greys stretched over what a screen shows."""
    image.load()
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(stretched(np.asarray(image, dtype=np.float32)))
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image if image.mode == "L" else image.convert("RGB")


def stretched(values: Any) -> Any:
    """Bring numbers to 0-255, the lowest to the highest."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.nan_to_num((values - low) * scale).astype(np.uint8)
