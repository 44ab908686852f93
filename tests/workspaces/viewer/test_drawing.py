"""Every kind of file, drawn by a child: the right page, the right window, the watermark in the pixels."""

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from core.errors import Unavailable
from tests.workspaces.viewer.drawing import STAMP, draw, picture
from tests.workspaces.viewer.hostile import SCANS, png
from workspaces.viewer.drawing import Job, Renderer
from workspaces.viewer.errors import CannotShow, cannot_show

ROOT = Path(__file__).resolve().parents[3]
CT = (ROOT / "walkthrough" / "images" / "CT_small.dcm").read_bytes()
FORM = (ROOT / "walkthrough" / "forms" / "consent-form.pdf").read_bytes()


def saved(image: Image.Image, name: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, name, **more)
    return out.getvalue()


def letters(*words: str, password: str | None = None) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=password)
    for word in words:
        canvas.setFont("Helvetica", 200)
        canvas.drawString(60, 500, word)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def darkness(image: Image.Image) -> float:
    return float(255 - np.asarray(image.convert("L")).mean())


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("TIFF", "image/tiff"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
    ],
)
def test_an_image_is_drawn(name: str, media_type: str) -> None:
    drawn = draw("image", saved(Image.new("RGB", (400, 300), (200, 30, 30)), name), media_type)
    red, green, _ = np.asarray(picture(drawn).convert("RGB"))[:500].reshape(-1, 3).mean(axis=0)
    assert red > green + 80
    assert drawn.content_type == "image/png"


def test_the_drawing_is_ours_and_holds_nothing_else_of_the_file() -> None:
    original = saved(Image.new("RGB", (9, 9)), "JPEG", comment=b"Name: Ana Ribeiro", exif=b"Exif\0\0Ana Ribeiro")
    drawn = draw("image", original, "image/jpeg")
    assert b"Ribeiro" not in drawn.picture
    assert set(picture(drawn).info) <= {"loop", "background", "timestamp"}


def test_the_watermark_is_in_the_pixels() -> None:
    blank = draw("image", png(900, 700, (b"\0" + b"\xff" * 900) * 700), "image/png")
    marked = np.asarray(picture(blank).convert("L"))[:700]
    quarters = [marked[:350, :450], marked[:350, 450:], marked[350:, :450], marked[350:, 450:]]
    assert all((quarter < 230).sum() > 200 for quarter in quarters)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_the_watermark_shows_on_every_ground(level: int) -> None:
    drawn = draw("image", png(900, 700, (b"\0" + bytes([level]) * 900) * 700), "image/png")
    assert np.asarray(picture(drawn).convert("L"))[:700].std() > 1


def test_a_name_in_any_letters_does_not_hinder_the_drawing() -> None:
    names = ["李明 · Żółć Ωμέγα · עברית", "x" * 400]
    assert draw("image", png(8, 8, bytes(72)), "image/png", stamp=names).picture


def test_a_large_image_comes_at_the_size_of_a_screen_and_larger_on_request() -> None:
    content = saved(Image.new("L", (6000, 4000), 90), "JPEG")
    assert picture(draw("image", content, "image/jpeg")).width == 1600
    assert picture(draw("image", content, "image/jpeg", zoom=200)).width == 3200


def test_deep_greys_are_stretched_over_what_a_screen_shows() -> None:
    deep = Image.fromarray(np.linspace(1000, 1255, 256 * 64).reshape(64, 256).astype(np.uint16))
    shown = np.asarray(picture(draw("image", saved(deep, "PNG"), "image/png")).convert("L"))[:100]
    assert shown.max() - shown.min() > 100


def test_every_page_of_a_tiff_is_counted_and_drawn() -> None:
    pages = [Image.new("L", (50, 50), level) for level in (255, 0)]
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert draw("image", content, "image/tiff", None).facts["pages"] == 2
    light, dark = (picture(draw("image", content, "image/tiff", page)) for page in (1, 2))
    assert darkness(dark) > darkness(light) + 150


def test_a_page_of_a_pdf_is_drawn() -> None:
    content = letters("I", "WWW")
    assert draw("pdf", content, page=None).facts["pages"] == 2
    one, two = (picture(draw("pdf", content, page=page)) for page in (1, 2))
    assert one.width == 1100
    assert darkness(two) > darkness(one) + 5


def test_a_page_of_writing_is_drawn_without_loss_and_one_in_colour_keeps_it() -> None:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setFillColorRGB(0.8, 0.1, 0.1)
    canvas.rect(60, 60, 400, 600, fill=1)
    canvas.save()
    writing, coloured = draw("pdf", letters("I")), draw("pdf", out.getvalue())
    assert (writing.content_type, picture(writing).mode) == ("image/png", "L")
    red, green, _ = np.asarray(picture(coloured).convert("RGB")).reshape(-1, 3).mean(axis=0)
    assert red > green + 30


def test_a_large_scan_is_drawn_as_a_small_one() -> None:
    padded = CT + b"\xfc\xff\xfc\xffOB\0\0" + (3_000_000).to_bytes(4, "little") + bytes(3_000_000)
    assert picture(draw("dicom", padded)).tobytes() == picture(draw("dicom", CT)).tobytes()


def test_a_pdf_with_a_password_says_so() -> None:
    with pytest.raises(CannotShow, match="password"):
        draw("pdf", letters("A", password="secret"))


def test_an_ordinary_form_is_drawn() -> None:
    assert darkness(picture(draw("pdf", FORM))) > 3


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_jp2klossless",
        "MR_small_jpeg_ls_lossless",
        "MR_small_RLE",
        "SC_rgb_rle_2frame",
        "SC_rgb_jpeg_dcmtk",
        "JPGExtended",
    ],
)
def test_a_scan_is_drawn_however_it_is_packed(name: str) -> None:
    drawn = draw("dicom", (SCANS / f"{name}.dcm").read_bytes())
    assert np.asarray(picture(drawn).convert("L")).std() > 5


def test_every_frame_of_a_scan_is_counted_and_drawn() -> None:
    content = (SCANS / "SC_rgb_rle_2frame.dcm").read_bytes()
    assert draw("dicom", content, page=None).facts["pages"] == 2
    assert draw("dicom", content, page=2).picture


def test_the_window_decides_what_of_a_scan_is_black_and_what_white() -> None:
    brightness = {window: 255 - darkness(picture(draw("dicom", CT, window=window))) for window in ("lung", "bone")}
    assert brightness["lung"] > brightness["bone"] + 40
    assert draw("dicom", CT, page=None).facts["windows"] == ["brain", "soft", "lung", "bone"]


def test_a_window_may_be_given_in_numbers() -> None:
    assert picture(draw("dicom", CT, window="-600.0,1500.0")).tobytes() == (
        picture(draw("dicom", CT, window="lung")).tobytes()
    )


def test_nothing_of_the_header_of_a_scan_leaves() -> None:
    assert b"CompressedSamples" in CT
    assert b"CompressedSamples" not in draw("dicom", CT).picture


def test_text_comes_in_pages_without_a_gap_or_an_overlap() -> None:
    lines = [f"line {number} é" for number in range(9000)]
    content = "\n".join(lines).encode()
    pages = draw("text", content, page=None).facts["pages"]
    assert pages > 3
    assert [line for page in range(1, pages + 1) for line in draw("text", content, page=page).facts["lines"]] == lines


def test_text_in_an_old_code_is_read() -> None:
    assert draw("text", "Größe;Maß\n".encode("cp1252")).facts["lines"] == ["Größe;Maß"]


def test_a_wide_text_without_lines_is_cut_between_its_letters() -> None:
    content = ("€" * 60_000).encode()
    pages = draw("text", content, page=None).facts["pages"]
    said = "".join(line for page in range(1, pages + 1) for line in draw("text", content, page=page).facts["lines"])
    assert set(said) == {"€"}


def test_a_child_that_is_not_drawn_for_leaves_no_trace_in_the_queue() -> None:
    own = Renderer()

    def breaks(at: int, size: int) -> bytes:
        raise Unavailable("The store does not answer.")

    for _ in range(6):
        with pytest.raises(Unavailable, match="The store"):
            own.draw(Job("pdf", "", len(FORM), 1, stamp=STAMP), breaks, person=1, document=1)
    own.stop()


def test_one_person_holds_only_some_of_the_places() -> None:
    own, released = Renderer(), threading.Event()

    def waits(at: int, size: int) -> bytes:
        released.wait(5)
        return FORM[at : at + size]

    def ask() -> None:
        own.draw(Job("pdf", "", len(FORM), 1, stamp=STAMP), waits, person="one", document="a")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while own._asked["one"] < 4:
        pass
    with pytest.raises(Unavailable, match="many pages at once"):
        ask()
    read_at = memoryview(FORM)
    job = Job("pdf", "", len(FORM), 1, stamp=STAMP)
    assert own.draw(job, lambda at, size: bytes(read_at[at : at + size]), person="other", document="b").picture
    released.set()
    for thread in threads:
        thread.join()
    own.stop()


@pytest.mark.parametrize("code", ["never heard of", "too_many_pixels", "{0.__class__}"])
def test_what_a_child_says_is_only_looked_up(code: str) -> None:
    assert "{" not in cannot_show(code, {"width": "{x}"}).sentence  # type: ignore[dict-item]
