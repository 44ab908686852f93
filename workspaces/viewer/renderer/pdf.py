"""PDF, by PDFium without its engine for scripts: pages are drawn, and nothing in them runs or reaches out."""

import codecs
import io
from typing import Any, BinaryIO

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from workspaces.viewer.renderer.failures import CannotDraw, refuse_missing_page
from workspaces.viewer.renderer.images import encode
from workspaces.viewer.renderer.watermark import stamp

# A page at 100 % is so wide; nothing is drawn with more pixels than the other, whatever size the page claims to have.
_WIDTH = 1100
_MOST_PIXELS = 16_000_000
_MOST_LETTERS = 200_000
_TINY = """%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
trailer<</Root 1 0 R>>"""


def warm_up() -> None:
    """Start PDFium, and draw something so that what it makes once is made."""
    with pypdfium2.PdfDocument(io.BytesIO(_TINY.encode())) as document:
        document.init_forms()
        document[0].render(scale=1).to_pil()
        document[0].get_textpage().get_text_bounded()
    # In which PDFium gives text; a page without any needs no codec yet.
    codecs.lookup("utf-16-le")


def describe(file: BinaryIO, job: dict[str, Any]) -> dict[str, Any]:
    """Count the pages."""
    return {"pages": len(_opened(file))}


def draw(file: BinaryIO, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Draw one page."""
    document = _opened(file)
    refuse_missing_page(job["page"], len(document))
    document.init_forms()
    page = document[job["page"] - 1]
    drawn = _pixels(page, job["zoom"])
    is_sheet = _is_sheet(drawn)
    marked = stamp(drawn, job["stamp"])
    return {"page_height": drawn.height}, encode(marked, plain=is_sheet)


def words(file: BinaryIO, job: dict[str, Any]) -> list[str]:
    """Return the text within the edges of one page, as far as it holds text and not a picture of it."""
    document = _opened(file)
    refuse_missing_page(job["page"], len(document))
    said = document[job["page"] - 1].get_textpage().get_text_bounded()
    return [line.rstrip() for line in said[:_MOST_LETTERS].replace("\0", "").splitlines()]


def _pixels(page: Any, zoom: int) -> Image.Image:
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        raise CannotDraw("broken")
    wanted = _WIDTH * zoom / 100 / width
    most = (_MOST_PIXELS / (width * height)) ** 0.5
    drawn = page.render(scale=min(wanted, most), prefer_bgrx=True)
    colours = drawn.to_numpy()
    blue, green, red = (colours[..., at] for at in range(3))
    if np.array_equal(blue, green) and np.array_equal(green, red):
        # Most pages are black on white, which costs a third to mark and to encode.
        return Image.fromarray(np.ascontiguousarray(green))
    in_colour: Image.Image = drawn.to_pil().convert("RGB")
    return in_colour


def _is_sheet(image: Image.Image) -> bool:
    """Tell a page of writing from a photograph of one: it is grey, and mostly pure white."""
    return image.mode == "L" and image.histogram()[-1] * 2 > image.width * image.height


def _opened(file: BinaryIO) -> Any:
    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        raise CannotDraw("password" if locked else "broken") from error
