"""Office documents: LibreOffice makes pages of them, in a world of its own."""

import subprocess
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from tests.needs import find, needs
from tests.workspaces.conftest import browser, last_entry, put
from tests.workspaces.viewer.drawing import draw, picture
from tests.workspaces.viewer.test_drawing import FORM, darkness
from workspaces.media_types.claims import DOCX
from workspaces.models import Version, Workspace
from workspaces.viewer import converting
from workspaces.viewer.errors import CannotShow

_NOWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
from workspaces.viewer.renderer import office, sandbox
def leave():
    raise sandbox.NoSandbox
office.world.leave = leave
office.main()
"""
_TRY = "import ctypes; raise SystemExit(ctypes.CDLL(None).unshare(0x10000000 | 0x00020000) != 0)"
NAMESPACES = subprocess.run([sys.executable, "-c", _TRY], check=False).returncode == 0
in_a_world = pytest.mark.skipif(not NAMESPACES, reason="not run: needs user namespaces")

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
_NAMES = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*paragraphs: str, before: str = "") -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in paragraphs)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", f"{before}<w:document {_NAMES}><w:body>{body}</w:body></w:document>")
    return out.getvalue()


def pdf_of(content: bytes, media_type: str = DOCX) -> bytes:
    return converting.pdf_of(
        content, media_type, len(content), lambda at, size: content[at : at + size], person="alice"
    )


@pytest.fixture
def program(tmp_path: Path, settings: Any) -> Any:
    """Return what puts a program of a test in the place of LibreOffice; what it prints becomes the document."""

    def make(script: str) -> None:
        path = tmp_path / "office" / "program" / "soffice"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\nexec > /desk/document.pdf 2>&1\nprintf '%%PDF-1.4\\n'\n{script}\n")
        path.chmod(0o755)
        settings.LIBREOFFICE = str(path)

    return make


@pytest.fixture
def document(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "protocol.docx", docx("Protocol"))


def test_without_libreoffice_a_document_says_so_and_is_not_opened(
    alice: User, document: Version, settings: Any
) -> None:
    settings.LIBREOFFICE = ""
    answer = browser(alice).get(reverse("workspaces:view", args=[document.pk]))
    assert (answer.status_code, "this one has none" in answer.content.decode()) == (422, True)
    assert last_entry().kind == "version.uploaded"
    page = browser(alice).get(reverse("workspaces:file", args=[document.file_id]))
    assert reverse("workspaces:view", args=[document.pk]) not in page.content.decode()


@in_a_world
@needs("libreoffice")
def test_a_text_document_in_rtf_is_drawn() -> None:
    content = rb"{\rtf1\ansi{\fonttbl{\f0 Liberation Serif;}}\f0\fs28 Protocol of the trial\par}"
    assert pdf_of(content, "application/rtf").startswith(b"%PDF-")


@in_a_world
def test_what_converts_sees_programs_and_the_document_and_nothing_else(program: Any, settings: Any) -> None:
    program("ls /; ls /desk /etc /dev; cat /desk/document.docx")
    seen = pdf_of(b"content of mine").decode().splitlines()
    assert "content of mine" in seen
    assert not {"home", "root", "srv", "run", "mnt", "passwd", "shadow", "sda", "mem", "shm"} & set(seen)


@in_a_world
@pytest.mark.parametrize(
    ("attempt", "answer"),
    [
        ("touch /usr/ithaca-was-here", "Read-only"),
        ("cat /proc/1/environ | tr '\\0' '\\n'", "LANG=C.UTF-8|denied"),
        ("ls /proc | grep -c '^[0-9]'", ""),
        ("mount -t tmpfs none /tmp", "denied|not permitted|must be superuser"),
        ("unshare -U true", "not permitted"),
        ("cat /proc/net/dev | grep -v -e Inter -e face -e lo:; echo none", "none"),
        ("kill -9 1; echo alive", "alive"),
    ],
)
def test_what_converts_reaches_nothing(program: Any, attempt: str, answer: str) -> None:
    program(attempt)
    said = pdf_of(attempt.encode()).decode().partition("\n")[2]
    assert any(one in said for one in answer.split("|"))
    assert "DATABASE" not in said
    assert "ITHACA" not in said
    assert len(said) < 200


@in_a_world
def test_what_converts_has_only_so_much_room(program: Any) -> None:
    program("head -c 400000000 /dev/zero > /desk/large; ls -l /desk/large")
    assert int(pdf_of(b"room").split()[-5]) <= 256 * 1024 * 1024


@in_a_world
def test_a_program_that_never_ends_is_ended_and_not_tried_again(program: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(converting, "_WITHIN", 0.6)
    program("sleep 600")
    with pytest.raises(CannotShow, match="more time or memory"):
        pdf_of(b"endless")
    monkeypatch.setattr(converting, "_converted", lambda *_: pytest.fail("tried again"))
    with pytest.raises(CannotShow, match="more time or memory"):
        pdf_of(b"endless")


def test_a_document_is_forgotten_though_nobody_asks_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_KEPT_FOR", 0.05)
    kept = converting._Kept()
    kept.put("one", b"%PDF-")
    assert kept.get("one") == b"%PDF-"
    ends = time.monotonic() + 2
    while kept._known and time.monotonic() < ends:
        pass
    assert not kept._known


def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_KEPT_BYTES", 10)
    kept = converting._Kept()
    for name in ("one", "two", "three"):
        kept.put(name, b"12345")
    assert (kept.get("one"), kept.get("three")) == (None, b"12345")


@in_a_world
@pytest.mark.parametrize(
    "script", ["rm /desk/document.pdf", "rm /desk/document.pdf; ln -s /etc/ld.so.cache /desk/document.pdf"]
)
def test_no_document_is_no_document(program: Any, script: str) -> None:
    program(script)
    with pytest.raises(CannotShow, match="not a sound file"):
        pdf_of(script.encode())


@in_a_world
def test_the_pages_are_drawn_with_a_watermark_and_the_document_is_made_once(
    alice: User, document: Version, program: Any, tmp_path: Path
) -> None:
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "form.pdf").write_bytes(FORM)
    program(f"cat {tmp_path}/office/form.pdf > /desk/document.pdf")
    client = browser(alice)
    assert "of 1" in client.get(reverse("workspaces:view", args=[document.pk])).content.decode()
    (tmp_path / "office" / "program" / "soffice").unlink()
    answer = client.get(reverse("workspaces:view_page", args=[document.pk]))
    assert answer["Content-Type"] in {"image/png", "image/webp"}
    assert client.get(f"/api/v1/versions/{document.pk}/view/").json()["kind"] == "office"


def test_where_there_is_no_world_nothing_is_converted(settings: Any, monkeypatch: Any) -> None:
    settings.LIBREOFFICE = "/bin/true"
    monkeypatch.setattr(converting, "_RUN", _NOWHERE)
    with pytest.raises(CannotShow, match="cannot lock the viewer in"):
        pdf_of(b"nowhere")


@needs("libreoffice")
@in_a_world
class TestWithLibreOffice:
    @pytest.fixture(autouse=True)
    def office(self, settings: Any) -> None:
        settings.LIBREOFFICE = find("libreoffice")

    def test_a_document_becomes_pages(self) -> None:
        little, much = (draw("pdf", pdf_of(docx(*["W" * 60] * count))) for count in (1, 30))
        assert darkness(picture(much)) > darkness(picture(little)) + 3

    def test_a_workbook_of_the_old_kind_and_an_open_one_become_pages(self) -> None:
        table = b"<html><table><tr><td>dose</td><td>5</td></tr></table></html>"
        assert pdf_of(table, "application/vnd.ms-excel").startswith(b"%PDF-")

    @pytest.mark.parametrize(
        "content",
        [
            b"PK\x03\x04" + bytes(200),
            docx("x")[:300],
            docx("&x;", before="<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"),
        ],
    )
    def test_what_is_no_document_is_refused_or_shown_without_what_it_names(self, content: bytes) -> None:
        try:
            made = pdf_of(content)
        except CannotShow:
            return
        assert picture(draw("pdf", made)).size
