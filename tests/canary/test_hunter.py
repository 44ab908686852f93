"""The hunter finds what it is to find; otherwise its silence would say nothing."""

import gzip
import io
import json
import zipfile
import zlib
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core import signing

from tests.canary.hunter import Allowed, Finding, Hunter, not_allowed


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", data)
    return out.getvalue()


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda data: data,
    "upper case": bytes.upper,
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "base64": b64encode,
    "base64, one later": lambda data: b64encode(b"!" + data),
    "base64, two later": lambda data: b64encode(b"!!" + data),
    "base64 for addresses": lambda data: urlsafe_b64encode(b"\xff\xfe" + data),
    "UTF-16LE": lambda data: data.decode().encode("utf-16-le"),
    "UTF-16BE": lambda data: data.decode().encode("utf-16-be"),
    "percent": lambda data: "".join(f"%{byte:02X}" for byte in data).encode(),
    "quoted": lambda data: quote(data.decode()).encode(),
    "JSON": lambda data: json.dumps({"name": data.decode()}).encode(),
    "JSON escapes": lambda data: "".join(f"\\u{byte:04x}" for byte in data).encode(),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "ZIP": zipped,
    "a session": lambda data: signing.dumps({"name": data.decode() * 3}, key="k", compress=True).encode(),
    "gzip in a ZIP": lambda data: zipped(gzip.compress(data)),
    "the second half": lambda data: data[32:],
    "cut at both ends": lambda data: data[9:-9],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_canary_is_found_in_a_file_in_every_form(way: str, tmp_path: Path) -> None:
    hunter = Hunter()
    canary = hunter.canary("content")
    place = tmp_path / "pg_wal" / "000000010000000000000001"
    place.parent.mkdir()
    place.write_bytes(b"\0" * 70_001 + WAYS[way](canary.encode()) + b"\xff" * 5_000)
    found = {(finding.place, finding.label) for finding in hunter.search_tree(tmp_path, "home")}
    assert found == {("home/pg_wal/000000010000000000000001", "content")}


@pytest.mark.parametrize("secret", [bytes(range(200, 232)), b32encode(bytes(range(20)))])
@pytest.mark.parametrize("way", ["raw", "hex", "HEX", "base64", "base64, one later", "base64, two later", "gzip"])
def test_a_secret_that_others_chose_is_found(way: str, secret: bytes) -> None:
    hunter = Hunter()
    hunter.watch("data key", secret)
    assert {one.label for one in hunter.search(b"." * 99 + WAYS[way](secret), "log")} == {"data key"}


def test_a_name_of_a_file_is_searched_too(tmp_path: Path) -> None:
    hunter = Hunter()
    (tmp_path / hunter.canary("name")).touch()
    assert {finding.label for finding in hunter.search_tree(tmp_path, "home")} == {"name"}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    hunter = Hunter()
    hunter.canary("content")
    (tmp_path / "file").write_bytes(Hunter().canary("content").encode())
    assert list(hunter.search_tree(tmp_path, "home")) == []


def test_a_place_is_allowed_for_its_labels_only() -> None:
    entry = Allowed("home/postgres/base/*", ("name",), "names stand in rows")
    found = [
        Finding("home/postgres/base/5/1", "name", "raw"),
        Finding("home/postgres/base/5/1", "content", "raw"),
        Finding("home/postgres/log", "name", "raw"),
    ]
    assert not_allowed(found, [entry]) == [
        "content (raw) in home/postgres/base/5/1",
        "name (raw) in home/postgres/log",
    ]
    assert entry.used
