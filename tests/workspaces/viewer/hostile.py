"""Files made to hurt whoever opens them, and what is to come of each: "shown", "refused", or either of the two."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

SCANS = Path(__file__).resolve().parents[2] / "data" / "scans"


# Large ones are made when they are opened.
Content = bytes | Callable[[], bytes]


@dataclass(frozen=True)
class Hostile:
    name: str
    kind: str
    media_type: str
    made: Content
    outcome: str = "refused"

    @property
    def content(self) -> bytes:
        return self.made() if callable(self.made) else self.made


def corpus() -> Iterator[Hostile]:
    for kind, media_type, makes in [
        ("image", "image/png", _pngs),
        ("image", "image/jpeg", _jpegs),
        ("image", "image/tiff", _tiffs),
        ("image", "image/gif", _gifs),
        ("image", "image/webp", _webps),
        ("pdf", "application/pdf", _pdfs),
        ("dicom", "application/dicom", _scans),
        ("text", "text/plain", _texts),
        ("tree", "application/json", _jsons),
        ("tree", "application/xml", _markups),
        ("tree", "application/hl7-v2", _messages),
    ]:
        for name, content, outcome in makes():
            yield Hostile(name, kind, media_type, content, outcome)


Made = Iterator[tuple[str, Content, str]]


def _pngs() -> Made:
    yield "png of 50,000 by 50,000 pixels", png(50_000, 50_000, bytes(1_000_000)), "refused"
    yield "png one pixel high and 4 million wide", png(4_000_000, 1, bytes(4_000_001)), "any"
    yield "png without pixels", png(0, 0, b""), "refused"
    yield "png whose data inflate to a gigabyte", lambda: png(64, 64, packed=zeros(1024)), "any"
    yield (
        "png with a profile that inflates to half a gigabyte",
        lambda: png(8, 8, bytes(72), extra=_bomb(b"iCCP")),
        "any",
    )
    yield "png with a text that inflates to half a gigabyte", lambda: png(8, 8, bytes(72), extra=_bomb(b"zTXt")), "any"
    yield "png that ends in the middle", png(900, 900, bytes(900 * 901))[:300], "refused"
    yield "png with a wrong checksum", png(8, 8, bytes(72)).replace(b"IHDR", b"IHDr"), "refused"
    yield "png signature alone", b"\x89PNG\r\n\x1a\n", "refused"
    yield "png signature before a page of HTML", b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>", "refused"
    yield "png that is a TIFF", _saved("TIFF"), "refused"
    yield "png with a script behind its end", png(8, 8, bytes(72)) + b"<script>alert(1)</script>", "shown"


def _jpegs() -> Made:
    sound = _saved("JPEG")
    at = sound.index(b"\xff\xc0") + 5
    yield "jpeg of 65,500 by 65,500 pixels", sound[:at] + b"\xff\xdc\xff\xdc" + sound[at + 4 :], "refused"
    yield "jpeg that ends in the middle", sound[: len(sound) // 2], "refused"
    yield "jpeg of noise", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "refused"
    yield "jpeg that is a PHP program as well", b"\xff\xd8\xff\xe0<?php system($_GET['x']); ?>", "refused"


def _tiffs() -> Made:
    yield "tiff of 60,000 by 60,000 pixels", tiff(60_000, 60_000), "refused"
    yield "tiff whose directory points to itself", tiff(8, 8, following=8), "any"
    yield "tiff whose directory points behind the end", b"II*\x00" + struct.pack("<I", 0xFFFFFFF0), "refused"
    yield "tiff packed to a tenth of a thousandth", lambda: tiff(10_000, 10_000, packed=zeros(96)), "any"
    yield "tiff with sixty thousand entries", b"II*\x00\x08\x00\x00\x00\x60\xea" + bytes(1000), "refused"


def _gifs() -> Made:
    sound = _saved("GIF")
    frame = sound[sound.index(b",\0\0\0\0") : -1]
    yield "gif of 65,535 by 65,535 pixels", sound[:6] + b"\xff\xff\xff\xff" + sound[10:], "refused"
    yield (
        "gif of twelve thousand frames",
        lambda: sound[:-1] + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0" * 12_000 + b";",
        "refused",
    )
    yield "gif whose frames lie outside", sound[:-1] + frame.replace(b",\0\0", b",\xf0\xff") + b";", "any"
    yield "gif that is an archive of programs as well", sound + b"PK\x05\x06" + bytes(18), "shown"
    yield "gif that ends in the middle", sound[: len(sound) // 2], "any"


def _webps() -> Made:
    sound = _saved("WEBP")
    yield "webp that ends in the middle", sound[: len(sound) // 2], "refused"
    yield "webp that claims to be larger", sound[:4] + b"\xff\xff\xff\x7f" + sound[8:], "any"
    yield "webp with bits turned over", flipped(sound[:40], 1, 9) + sound[40:], "any"


def _pdfs() -> Made:
    yield "pdf of 200,000 points a side", pdf(b"", box=200_000), "shown"
    yield "pdf without a size", pdf(b"", box=0), "any"
    yield "pdf whose content inflates to half a gigabyte", lambda: pdf(zeros(512, of=b" "), packed=True), "any"
    yield "pdf of endless lines", lambda: pdf(_deflated(b"0 0 m 9 9 l S\n" * 40_000), packed=True), "any"
    yield "pdf that ends in the middle", lambda: many_pages(20)[:900], "any"
    yield "pdf with an image of 30,000 by 30,000 pixels", _pdf_image(30_000), "any"
    yield "pdf that is a ZIP archive as well", pdf(b"") + b"PK\x03\x04" + bytes(26), "any"
    yield "pdf with a password", _locked(), "refused"
    yield (
        "pdf with a form that is sent on opening",
        pdf(b"", catalog=b"/OpenAction<</S/SubmitForm/F(http://127.0.0.1/)>>"),
        "shown",
    )
    yield (
        "pdf with a file in it",
        pdf(b"", catalog=b"/Names<</EmbeddedFiles<</Names[(a.exe)<</F(a.exe)>>]>>>>"),
        "shown",
    )
    yield (
        "pdf with a form of XFA",
        pdf(b"", catalog=b"/AcroForm<</XFA(<xdp><script>app.alert(1)</script></xdp>)>>"),
        "shown",
    )
    yield "pdf that draws itself", pdf(b"/X Do", more=b"/Resources<</XObject<</X 4 0 R>>>>"), "any"
    yield "pdf that runs a script", pdf(b"", catalog=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "shown"
    yield "pdf that starts a program", pdf(b"", catalog=b"/OpenAction<</S/Launch/F(/bin/sh)>>"), "shown"
    yield "pdf that calls home", pdf(b"", catalog=b"/OpenAction<</S/URI/URI(http://127.0.0.1/)>>"), "shown"
    yield "pdf nested ten thousand deep", b"%PDF-1.4\n1 0 obj" + b"[" * 10_000 + b"]" * 10_000 + b"endobj", "refused"
    yield "pdf header alone", b"%PDF-1.7\n", "refused"
    yield "pdf with a page tree that is a circle", _circle(), "any"
    yield "pdf of 10,000 pages", many_pages(10_000), "shown"
    yield "pdf that claims two billion pages", many_pages(1).replace(b"/Count 1", b"/Count 2000000000"), "any"
    yield "pdf with a page of HTML before it", b"<html><script>alert(1)</script>" + pdf(b""), "any"


def _scans() -> Made:
    sound = (SCANS / "MR_small_RLE.dcm").read_bytes()
    rows = b"\x28\x00\x10\x00US\x02\x00"
    at = sound.index(rows) + len(rows)
    yield "scan of 65,535 rows", sound[:at] + b"\xff\xff" + sound[at + 2 :], "refused"
    yield "scan that ends in the middle", sound[: len(sound) // 2], "refused"
    yield "scan of nothing", bytes(128) + b"DICM", "refused"
    packed = (SCANS / "MR_small_jp2klossless.dcm").read_bytes()
    start = packed.index(b"\xff\x4f\xff\x51")
    yield "scan with a broken JPEG 2000 in it", packed[: start + 40] + bytes(len(packed) - start - 40), "refused"
    huge = packed[: start + 8] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + packed[start + 16 :]
    yield "scan with a JPEG 2000 of two billion columns", huge, "refused"
    yield "scan that inflates to a gigabyte", _deflated_scan, "refused"
    frames = b"\x28\x00\x08\x00IS"
    yield (
        "scan that claims two billion frames",
        sound[: at - 8] + frames + b"\x0a\x002000000000" + sound[at - 8 :],
        "any",
    )
    yield (
        "scan of sequences in sequences",
        bytes(128) + b"DICM" + b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000,
        "refused",
    )
    yield "scan that is a program as well", b"MZ" + bytes(126) + sound[128:], "any"
    for seed in range(3):
        yield f"scan with bits turned over, {seed}", flipped(sound, seed, 900), "any"


def _texts() -> Made:
    yield "text of one line of eight megabytes", b"x" * 8_000_000, "shown"
    yield "text that is a script", b"<html><script>alert(1)</script></html>", "shown"
    yield "text that is an SVG with a script", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "shown"
    yield "text that names a file", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "shown"
    yield "text of entities of entities", b"<!DOCTYPE a [<!ENTITY x '&y;&y;'><!ENTITY y '&z;&z;'>]><a>&x;</a>", "shown"
    yield "text that is none", bytes(range(256)) * 300, "shown"
    yield "text of nothing", b"", "shown"
    yield "text of eight million lines", b"\n" * 8_000_000, "shown"


def _jsons() -> Made:
    yield "json a million deep", b"[" * 1_000_000, "shown"
    yield "json of two million numbers", lambda: b"[" + b"1," * 1_900_000 + b"1]", "any"
    yield "json of one number of three megabytes", b"1" * 3_000_000, "shown"
    yield "json with a script", b'{"<script>alert(1)</script>": "<img src=x onerror=alert(1)>"}', "shown"
    yield "json with half a surrogate", b'["\\ud800"]', "shown"
    yield "json of bytes that are no text", b'{"a": "' + bytes(range(128, 256)) + b'"}', "shown"


def _markups() -> Made:
    laughs = "".join(
        f"<!ENTITY {after} '{f'&{before};' * 10}'>" for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    yield "xml of a billion laughs", f"<!DOCTYPE a [<!ENTITY a 'ha'>{laughs}]><a>&i;</a>".encode(), "shown"
    yield "xml that names a file", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "shown"
    yield "xml that calls home", b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a/>", "shown"
    yield (
        "xml that includes a file",
        b"<a xmlns:x='http://www.w3.org/2001/XInclude'><x:include href='/etc/passwd'/></a>",
        "shown",
    )
    yield "xml a million deep", b"<a>" * 1_000_000, "shown"
    yield "xml with an attribute of three megabytes", b"<a b='" + b"c" * 3_000_000 + b"'/>", "shown"
    yield (
        "xml of a hundred thousand attributes",
        b"<a " + b" ".join(b"a%d='1'" % at for at in range(100_000)) + b"/>",
        "any",
    )


def _messages() -> Made:
    yield "hl7 of one head", b"MSH", "shown"
    yield "hl7 whose marks are all the same", b"MSH|||||||||||\rPID|1|2", "shown"
    yield "hl7 of a million fields", b"MSH|^~\\&|" + b"x|" * 1_000_000, "any"
    yield "hl7 with marks that are patterns", b"MSH|.*+([|\rPID|1.2.3*4+5(6[7", "shown"


def png(width: int, height: int, pixels: bytes = b"", extra: bytes = b"", packed: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [_chunk(b"IHDR", head), extra, _chunk(b"IDAT", packed or _deflated(pixels)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(width: int, height: int, following: int = 0, packed: bytes = b"") -> bytes:
    pixels = packed or bytes(64)
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8 if packed else 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(pixels))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (b"II*\x00\x08\x00\x00\x00" + directory + struct.pack("<I", following)).ljust(200, b"\0") + pixels


def pdf(content: bytes, *, box: int = 300, catalog: bytes = b"", more: bytes = b"", packed: bool = False) -> bytes:
    filter_ = b"/Filter/FlateDecode" if packed else b""
    return b"\n".join(
        [
            b"%PDF-1.4",
            b"1 0 obj<</Type/Catalog/Pages 2 0 R" + catalog + b">>endobj",
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
            b"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 %d %d]" % (box, box) + more + b">>endobj",
            b"4 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length %d" % len(content)
            + filter_
            + more
            + b">>stream",
            content,
            b"endstream endobj",
            b"trailer<</Root 1 0 R>>",
        ]
    )


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    pages = [b"%d 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj" % (number + 3) for number in range(count)]
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    return (
        head
        + b"2 0 obj<</Type/Pages/Kids[%s]/Count %d>>endobj\n" % (kids, count)
        + b"\n".join([*pages, b"trailer<</Root 1 0 R>>"])
    )


def endless_pdf(depth: int = 40) -> bytes:
    """Return a page that draws a form ten times, which draws a form ten times, and so on."""
    forms = [
        b"%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources<</XObject<</X %d 0 R>>>>"
        b"/Length 100>>stream\n%s\nendstream endobj"
        % (number + 5, number + 6, (b"/X Do 0 0 9 9 re f " * 10).ljust(100))
        for number in range(depth)
    ]
    page = pdf(b"/X Do " * 10, more=b"/Resources<</XObject<</X 5 0 R>>>>")
    return page.replace(b"trailer", b"\n".join([*forms, b"trailer"]))


def _circle() -> bytes:
    return pdf(b"").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[2 0 R]/Count 9")


def _pdf_image(side: int) -> bytes:
    image = b"5 0 obj<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray" % (
        side,
        side,
    )
    image += b"/Filter/FlateDecode/Length 99>>stream\n" + zeros(1)[:99] + b"\nendstream endobj\ntrailer"
    return pdf(b"99 0 0 99 0 0 cm /X Do", more=b"/Resources<</XObject<</X 5 0 R>>>>").replace(b"trailer", image)


def _locked() -> bytes:
    out = io.BytesIO()
    Canvas(out, encrypt="secret").save()
    return out.getvalue()


def flipped(content: bytes, seed: int, share: int = 200) -> bytes:
    """Return the content with one byte in so many changed."""
    random = Random(seed)
    changed = bytearray(content)
    for _ in range(max(len(content) // share, 1)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _bomb(name: bytes) -> bytes:
    return _chunk(name, b"x\0\0" + zeros(512))


def zeros(mebibytes: int, *, raw: bool = False, of: bytes = b"\0") -> bytes:
    """Return that many mebibytes of one byte, deflated; one mebibyte is packed, and repeated as it stands."""
    packer = zlib.compressobj(9, wbits=-15)
    one = packer.compress(of * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return (b"" if raw else b"\x78\xda") + one * mebibytes + zlib.compressobj(9, wbits=-15).flush()


def _deflated(content: bytes) -> bytes:
    return zlib.compress(content, 1)


def _saved(name: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((90, 70), 60).save(out, name)
    return out.getvalue()


def _deflated_scan() -> bytes:
    syntax = b"1.2.840.10008.1.2.1.99"
    meta = b"\x02\x00\x10\x00UI" + struct.pack("<H", len(syntax)) + syntax
    length = b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(meta))
    return bytes(128) + b"DICM" + length + meta + zeros(1024, raw=True)
