"""DICOM: one frame, through the window asked for. Nothing else of the file is shown: its header names the patient."""

import logging
import warnings
from typing import Any, BinaryIO

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from workspaces.viewer.renderer.failures import CannotDraw, refuse_missing_page, refuse_too_many_pixels
from workspaces.viewer.renderer.images import finish, size_at

# Centre and width in Hounsfield units, for CT.
WINDOWS = {"brain": (40, 80), "soft": (50, 400), "lung": (-600, 1500), "bone": (500, 2000)}
_SYNTAXES = (ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, RLELossless)
# A file of this size is read once, with all its pixels; of larger ones the header, and then one frame.
_SMALL = 2 * 1024 * 1024
_GREY = {"MONOCHROME1", "MONOCHROME2"}


def warm_up() -> None:
    """Load the decoders; warnings would be written nowhere."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for syntax in _SYNTAXES:
        if not get_decoder(syntax).is_available:
            raise RuntimeError("A decoder is missing.")


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the frames, and say whether the windows of CT make sense."""
    header = _header(file)
    return {"pages": _frames(header), "windows": list(WINDOWS) if header.get("Modality") == "CT" else []}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Draw one frame."""
    is_small = job["size"] <= _SMALL
    header = _header(file, with_pixels=is_small)
    refuse_missing_page(job["page"], _frames(header))
    file.seek(0)
    pixels = pixel_array(header if is_small else file, index=job["page"] - 1)
    image = Image.fromarray(_grey(pixels, header, job["window"]) if _is_grey(header) else _coloured(pixels, header))
    return finish(image, size_at(_square(image.size, header), job["zoom"]), job)


def _header(file: BinaryIO, *, with_pixels: bool = False) -> Dataset:
    header = pydicom.dcmread(file, stop_before_pixels=not with_pixels)
    if not header.get("Rows") or not header.get("Columns"):
        raise CannotDraw("no_picture")
    refuse_too_many_pixels(int(header.Columns) * int(header.get("SamplesPerPixel", 1)), int(header.Rows))
    return header


def _frames(header: Dataset) -> int:
    return max(int(header.get("NumberOfFrames") or 1), 1)


def _is_grey(header: Dataset) -> bool:
    return header.get("PhotometricInterpretation") in _GREY


def _coloured(pixels: Any, header: Dataset) -> Any:
    if header.get("PhotometricInterpretation") == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, header)
    if pixels.dtype == np.uint8:
        return pixels
    # Palettes and some colour images have 16 or 32 bits a channel; the screen has the upper eight of them.
    bits = 16 if header.get("PhotometricInterpretation") == "PALETTE COLOR" else int(header.BitsStored)
    return (pixels.astype(np.uint64) >> (bits - 8)).clip(0, 255).astype(np.uint8)


def _grey(pixels: Any, header: Dataset, window: str) -> Any:
    values = apply_modality_lut(pixels, header)
    if "VOILUTSequence" in header and not window:
        values = apply_voi_lut(values, header)
    low, high = _limits(values, header, window)
    shown = ((values.astype(np.float32) - low) * (255.0 / max(high - low, 1e-6))).clip(0, 255)
    grey = np.nan_to_num(shown).astype(np.uint8)
    return 255 - grey if header.PhotometricInterpretation == "MONOCHROME1" else grey


def _limits(values: Any, header: Dataset, window: str) -> tuple[float, float]:
    """Return what becomes black and what white: as asked, as recorded with the image, or all there is."""
    if window == "full" or (not window and "VOILUTSequence" in header):
        return float(values.min()), float(values.max())
    asked = _asked(window) or _recorded(header)
    if asked is None:
        return float(values.min()), float(values.max())
    centre, width = asked
    return centre - width / 2, centre + width / 2


def _asked(window: str) -> tuple[float, float] | None:
    if window in WINDOWS:
        return WINDOWS[window]
    centre, _, width = window.partition(",")
    try:
        return float(centre), float(width)
    except ValueError:
        return None


def _recorded(header: Dataset) -> tuple[float, float] | None:
    centre, width = header.get("WindowCenter"), header.get("WindowWidth")
    if centre is None or width is None:
        return None
    first = [one if isinstance(one, float) else one[0] for one in (centre, width)]
    return (float(first[0]), float(first[1])) if first[1] >= 1 else None


def _square(size: tuple[int, int], header: Dataset) -> tuple[int, int]:
    """Return the size with pixels as wide as high: scanners may have others."""
    spacing = header.get("PixelSpacing") or header.get("PixelAspectRatio")
    if spacing is None or len(spacing) != 2 or not all(float(one) > 0 for one in spacing):  # noqa: PLR2004
        return size
    ratio = min(max(float(spacing[0]) / float(spacing[1]), 0.1), 10.0)
    return size[0], max(1, round(size[1] * ratio))
