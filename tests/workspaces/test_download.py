"""Content over HTTP."""

import random
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from core.errors import DamagedContent
from ledger_bridge.models import Entry
from tests.workspaces.conftest import (
    CONTENT,
    DirectConnection,
    blobs,
    browser,
    content_of,
    damage,
    exempt,
    give,
    last_entry,
    put,
)
from workspaces.models import Version, Workspace
from workspaces.permissions import Right
from workspaces.serving import RangeNotSatisfiableError, Span, parse_range

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


def get(user: User, version: Version, name: str = "download", **headers: str) -> Any:
    return browser(user).get(reverse(f"workspaces:{name}", args=[version.id]), headers=headers)


def test_a_download_is_the_content_and_is_recorded(alice: User, version: Version) -> None:
    answer = get(alice, version)
    assert content_of(answer) == CONTENT
    assert (answer.status_code, answer["Content-Length"]) == (200, str(len(CONTENT)))
    assert last_entry().kind == "version.downloaded"


def test_the_entry_stands_before_the_first_byte(alice: User, version: Version) -> None:
    answer = get(alice, version)
    assert last_entry().kind == "version.downloaded"
    answer.close()


def test_a_download_is_only_ever_a_file(alice: User, version: Version) -> None:
    answer = get(alice, version)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename=\"doses.csv\"; filename*=UTF-8''doses.csv"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer["Content-Security-Policy"].endswith("sandbox")
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store, private"


def test_a_name_survives_whatever_it_is(alice: User, workspace: Workspace) -> None:
    version = put(alice, workspace, 'Befund "Müller"; 100 %.pdf', b"%PDF-1.7")
    header = get(alice, version)["Content-Disposition"]
    assert 'filename="Befund _M_ller__ 100 _.pdf"' in header
    assert "filename*=UTF-8''Befund%20%22M%C3%BCller%22%3B%20100%20%25.pdf" in header


@pytest.mark.parametrize(
    ("asked", "found", "where"),
    [
        ("bytes=0-3", CONTENT[:4], f"bytes 0-3/{len(CONTENT)}"),
        ("bytes=5-", CONTENT[5:], f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"),
        ("bytes=-4", CONTENT[-4:], f"bytes {len(CONTENT) - 4}-{len(CONTENT) - 1}/{len(CONTENT)}"),
        ("bytes=2-9999", CONTENT[2:], f"bytes 2-{len(CONTENT) - 1}/{len(CONTENT)}"),
        (f"bytes=2-{'9' * 5000}", CONTENT[2:], f"bytes 2-{len(CONTENT) - 1}/{len(CONTENT)}"),
        (f"bytes={'0' * 5000}-3", CONTENT[:4], f"bytes 0-3/{len(CONTENT)}"),
        (f"bytes=-{'9' * 5000}", CONTENT, f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"),
    ],
)
def test_a_part_can_be_asked_for(alice: User, version: Version, asked: str, found: bytes, where: str) -> None:
    answer = get(alice, version, Range=asked)
    assert (answer.status_code, content_of(answer), answer["Content-Range"]) == (206, found, where)
    assert answer["Content-Length"] == str(len(found))


@pytest.mark.parametrize("start", ["9999", "9" * 5000])
def test_a_part_behind_the_end_opens_and_records_nothing(alice: User, version: Version, start: str) -> None:
    before = Entry.objects.count()
    answer = get(alice, version, Range=f"bytes={start}-")
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert Entry.objects.count() == before


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=4-1", "bytes=²-³", "nonsense"])
def test_what_is_not_one_range_gets_the_whole(alice: User, version: Version, asked: str) -> None:
    answer = get(alice, version, Range=asked)
    assert (answer.status_code, content_of(answer)) == (200, CONTENT)


def test_a_part_of_another_version_gets_the_whole(alice: User, version: Version) -> None:
    right, wrong = f'"{version.id}"', f'"{uuid4()}"'
    assert get(alice, version, **{"Range": "bytes=0-3", "If-Range": right}).status_code == 206
    assert get(alice, version, **{"Range": "bytes=0-3", "If-Range": wrong}).status_code == 200


def test_a_head_request_opens_and_records_nothing(alice: User, version: Version, settings: Any) -> None:
    blobs(settings)[0].unlink()
    before = Entry.objects.count()
    answer = browser(alice).head(reverse("workspaces:download", args=[version.id]))
    assert (answer.status_code, answer["Content-Length"], answer["ETag"]) == (
        200,
        str(len(CONTENT)),
        f'"{version.id}"',
    )
    assert Entry.objects.count() == before


def test_a_head_request_needs_the_right_too(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    assert browser(bob).head(reverse("workspaces:download", args=[version.id])).status_code == 403


def test_a_stranger_finds_nothing(charlie: User, version: Version) -> None:
    assert get(charlie, version).status_code == 404


def test_a_download_requires_its_right_and_the_refusal_is_recorded(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    assert get(bob, version).status_code == 403
    assert (last_entry().kind, last_entry().outcome, last_entry().version) == ("access.refused", "deny", version.id)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<html><script>alert(1)</script>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("a.png", PNG),
        ("a.pdf", b"%PDF-1.7"),
        ("a.txt", b"hello"),
    ],
)
def test_no_file_leaves_in_a_form_that_a_browser_would_show(
    alice: User, workspace: Workspace, name: str, content: bytes
) -> None:
    answer = get(alice, put(alice, workspace, name, content))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert last_entry().kind == "version.downloaded"


def test_a_damaged_file_is_an_error_and_not_half_a_file(alice: User, version: Version, settings: Any) -> None:
    (blob,) = blobs(settings)
    blob.write_bytes(blob.read_bytes()[:-1])
    answer = get(alice, version)
    assert (answer.status_code, CONTENT[:8] in answer.content) == (500, False)
    assert Entry.objects.filter(kind="version.damaged").count() == 1


def test_damage_in_the_middle_breaks_the_download_off(alice: User, workspace: Workspace, settings: Any) -> None:
    version = put(alice, workspace, "large.bin", bytes(3 * 1024 * 1024))
    damage(blobs(settings)[0], 2_000_000)
    answer = get(alice, version)
    assert (answer.status_code, answer["Content-Length"]) == (200, str(3 * 1024 * 1024))
    with pytest.raises(DamagedContent):
        content_of(answer)


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=70000-70009", "bytes=1048570-2500000", "bytes=-1"])
def test_a_connection_that_takes_views_gets_the_same_bytes(alice: User, workspace: Workspace, asked: str) -> None:
    version = put(alice, workspace, "large.bin", random.Random(7).randbytes(3 * 1024 * 1024))
    client, connection = browser(alice), DirectConnection()
    address = reverse("workspaces:download", args=[version.id])
    by_pieces = content_of(client.get(address, headers={"Range": asked}))
    left_over = content_of(client.get(address, headers={"Range": asked}, **{"gunicorn.socket": connection}))
    assert (left_over, connection.sent.getvalue()) == (b"", by_pieces)


def test_nothing_of_a_damaged_block_reaches_a_connection(alice: User, workspace: Workspace, settings: Any) -> None:
    version = put(alice, workspace, "large.bin", bytes(3 * 1024 * 1024))
    damage(blobs(settings)[0], 2_000_000)
    connection = DirectConnection()
    answer = browser(alice).get(reverse("workspaces:download", args=[version.id]), **{"gunicorn.socket": connection})
    with pytest.raises(DamagedContent):
        content_of(answer)
    assert connection.sent.getvalue() == bytes(3 * 512 * 1024)


def test_a_damaged_first_block_is_an_error_before_anything_is_sent(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    version = put(alice, workspace, "large.bin", bytes(3 * 1024 * 1024))
    damage(blobs(settings)[0], 2_000)
    answer = browser(alice).get(
        reverse("workspaces:download", args=[version.id]), **{"gunicorn.socket": DirectConnection()}
    )
    with pytest.raises(DamagedContent):
        next(iter(answer.streaming_content))


def test_only_get_and_head_reach_content(alice: User, version: Version) -> None:
    assert browser(alice).post(reverse("workspaces:download", args=[version.id])).status_code == 405


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_range_always_lies_within_the_content(size: int, first: int, last: int) -> None:
    for header in (f"bytes={first}-{last}", f"bytes={first}-", f"bytes=-{last}"):
        try:
            span = parse_range(header, size)
        except RangeNotSatisfiableError:
            continue
        assert span is None or 0 <= span.start < span.stop <= size


def test_a_range_is_counted_from_either_end() -> None:
    assert parse_range("bytes=0-0", 10) == Span(0, 1)
    assert parse_range("bytes=-20", 10) == Span(0, 10)
