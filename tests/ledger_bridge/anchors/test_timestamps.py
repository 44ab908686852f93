"""The way of a timestamp: asked of a real responder, refused for every reason there is, kept, recorded and exported."""

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.x509 import ObjectIdentifier, load_pem_x509_certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.access import Service
from core.errors import Unavailable
from ledger_bridge.anchors.authority import (
    LARGEST_ANSWER,
    HttpAuthority,
    MalformedTimestamp,
    Stamp,
    TimestampRefused,
    require_purpose,
)
from ledger_bridge.anchors.http import Unreachable
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.timestamp_settings import TimestampSettings, require_working_timestamps, timestamp_settings
from ledger_bridge.anchors.timestamping import timestamp_checkpoint
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Checkpoint, Entry
from ledger_bridge.permissions import Right
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.signing import policy_text
from ledger_bridge.tlog.anchors.timestamp import TimestampEvidence, read_token
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from tests.fakes.http_server import answering, reply
from tests.fakes.timestamps import TIME_STAMPING, Authority, Change
from tests.ledger_bridge.conftest import Fill, Thing
from tests.needs import needs
from verifier.__main__ import main as verify

pytestmark = needs("openssl")
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
TEXT = b"example/log\n1\nAAAA\n"
Configure = Callable[[str, Path], None]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def configure(settings: Any) -> Configure:
    def run(url: str, ca: Path) -> None:
        settings.TIMESTAMP_URL, settings.TIMESTAMP_CA = url, str(ca)

    return run


def where(configure: Configure, url: str, ca: Path) -> TimestampSettings:
    configure(url, ca)
    found = timestamp_settings()
    assert found
    return found


def ask(configure: Configure, tsa: Authority, change: Change | None = None, ca: Path | None = None) -> Stamp:
    with tsa.serving(change) as url:
        return HttpAuthority(where(configure, url, ca or tsa.ca)).stamp(TEXT)


# What the client accepts -------------------------------------------------------------------------------------------


def test_a_genuine_timestamp_is_taken_with_the_name_of_its_signer(configure: Configure, tsa: Authority) -> None:
    stamp = ask(configure, tsa)
    assert stamp.authority == "Test TSA"
    assert abs(read_token(stamp.token).time - time.time()) < 60


def test_a_timestamp_of_another_query_is_refused_for_its_nonce(configure: Configure, tsa: Authority) -> None:
    with pytest.raises(MalformedTimestamp, match="Nonce"):
        ask(configure, tsa, lambda tsa, _: tsa.answer(tsa.query(TEXT)))


def test_a_timestamp_without_a_nonce_is_refused(configure: Configure, tsa: Authority) -> None:
    with pytest.raises(MalformedTimestamp, match="Nonce"):
        ask(configure, tsa, lambda tsa, _: tsa.answer(tsa.query(TEXT, "-no_nonce")))


def test_a_timestamp_of_another_text_is_refused(configure: Configure, tsa: Authority) -> None:
    def other_imprint(tsa: Authority, query: bytes) -> bytes:
        digest = sha256(TEXT).digest()
        assert digest in query
        return tsa.answer(query.replace(digest, sha256(b"other").digest()))

    with pytest.raises(MalformedTimestamp, match="Mismatch between messages"):
        ask(configure, tsa, other_imprint)


def test_a_timestamp_under_another_ca_is_refused(configure: Configure, tsa: Authority, stranger: Authority) -> None:
    with pytest.raises(MalformedTimestamp, match="certificate"):
        ask(configure, stranger, ca=tsa.ca)


def test_a_timestamp_without_its_certificate_is_refused(configure: Configure, tsa: Authority) -> None:
    def without_certificate(tsa: Authority, query: bytes) -> bytes:
        # certReq TRUE is the last element of the query.
        assert query.endswith(b"\x01\x01\xff")
        return tsa.answer(b"\x30" + bytes([query[1] - 3]) + query[2:-3])

    with pytest.raises(MalformedTimestamp):
        ask(configure, tsa, without_certificate)


@pytest.mark.parametrize("purposes", [[TIME_STAMPING, CODE_SIGNING], [CODE_SIGNING], []])
def test_a_key_that_is_not_for_timestamps_alone_is_refused(tmp_path: Path, purposes: list[ObjectIdentifier]) -> None:
    # openssl does not sign with such a certificate, so it is looked at directly.
    signer = Authority(tmp_path, purposes=purposes).folder / "tsa.pem"
    with pytest.raises(MalformedTimestamp, match="timestamps alone"):
        require_purpose(load_pem_x509_certificate(signer.read_bytes()))


def test_a_refusal_is_told_in_the_words_of_the_authority(configure: Configure, tsa: Authority) -> None:
    def unknown_algorithm(tsa: Authority, query: bytes) -> bytes:
        # SHA-512 is 2.16.840.1.101.3.4.2.3; openssl answers with status 2 and a reason.
        return tsa.answer(query.replace(bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040203")))

    with pytest.raises(TimestampRefused, match=r"status 2: .+"):
        ask(configure, tsa, unknown_algorithm)


def test_a_time_that_is_far_from_ours_is_refused(configure: Configure, tsa: Authority) -> None:
    with time_machine.travel(time.time() + 3600), pytest.raises(MalformedTimestamp, match="minutes from ours"):
        ask(configure, tsa)


@pytest.mark.parametrize("body", [b"", b"x", b"\x30\x03\x02\x01\x00", b"\x30\x80\x00\x00", b"<html>", b"\xff" * 4000])
def test_garbage_is_refused(configure: Configure, tsa: Authority, body: bytes) -> None:
    with pytest.raises(Unavailable):
        ask(configure, tsa, lambda *_: body)


def test_no_changed_byte_of_an_answer_ends_in_another_error_or_an_unsigned_token(
    configure: Configure, tsa: Authority
) -> None:
    for at in range(0, 2400, 61):

        def flipped(tsa: Authority, query: bytes, at: int = at) -> bytes:
            answer = bytearray(tsa.answer(query))
            answer[at % len(answer)] ^= 1
            return bytes(answer)

        with suppress(Unavailable):
            token = ask(configure, tsa, flipped).token
            # A bit that no signature covers may differ, and then openssl still accepts it.
            assert openssl_accepts(tsa, token, TEXT), at


def test_a_huge_answer_is_cut_off(configure: Configure, tsa: Authority) -> None:
    with pytest.raises(Unreachable, match="more than"):
        ask(configure, tsa, lambda *_: b" " * (LARGEST_ANSWER + 1))


def test_a_slow_answer_is_cut_off_in_time(configure: Configure, tsa: Authority) -> None:
    def drip(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with suppress(OSError):
            for _again in range(1000):
                handler.wfile.write(b"\x30")
                handler.wfile.flush()
                time.sleep(0.05)

    with answering(drip) as url:
        started = time.perf_counter()
        with pytest.raises(Unreachable):
            HttpAuthority(where(configure, url, tsa.ca), timeout=0.5).stamp(TEXT)
        assert time.perf_counter() - started < 2


# What the settings must say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "ca", "named"),
    [
        ("https://tsa.example", "", "belong together"),
        ("", "ca.pem", "belong together"),
        ("ftp://tsa.example", "ca.pem", "TIMESTAMP_URL"),
        ("https://user:word@tsa.example", "ca.pem", "TIMESTAMP_URL"),
        ("https://tsa.example:99999", "ca.pem", "TIMESTAMP_URL"),
        ("https://tsa.example", "missing.pem", "cannot be read"),
        ("https://tsa.example", "tsa.key", "no certificates"),
        ("https://tsa.example", "tsa.pem", "no root"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(tsa: Authority, settings: Any, url: str, ca: str, named: str) -> None:
    settings.TIMESTAMP_URL, settings.TIMESTAMP_CA = url, str(tsa.folder / ca) if ca else ""
    with pytest.raises(ImproperlyConfigured, match=named) as refusal:
        require_working_timestamps()
    assert "word" not in str(refusal.value).replace("password", "")


def test_no_timestamps_are_wanted_without_settings(settings: Any) -> None:
    settings.TIMESTAMP_URL = settings.TIMESTAMP_CA = ""
    require_working_timestamps()
    assert timestamp_settings() is None


# The way of an anchor ----------------------------------------------------------------------------------------------


def step() -> Anchor:
    """Let the pause pass, take one step, and return the newest anchor."""
    Anchor.objects.update(next_attempt_at=timezone.now())
    timestamp_checkpoint()
    return Anchor.objects.latest("id")


def head() -> Head:
    latest = Checkpoint.objects.latest()
    return Head("", latest.size, bytes(latest.root))


def test_a_checkpoint_is_timestamped_by_its_text(
    configure: Configure, tsa: Authority, fill: Fill, settings: Any
) -> None:
    fill(3)
    with tsa.serving() as url:
        configure(url, tsa.ca)
        anchor = step()
    assert (anchor.kind, anchor.state, anchor.size) == ("timestamp", "final", 3)
    evidence = TimestampEvidence.from_json(anchor.evidence or {})
    text = Head(settings.LEDGER_ORIGIN, 3, head().root).marshal()
    assert openssl_accepts(tsa, evidence.token, text)
    assert not openssl_accepts(tsa, evidence.token, text + b"x")


def test_a_timestamp_leaves_an_entry_and_that_is_no_reason_for_another(
    configure: Configure, tsa: Authority, fill: Fill
) -> None:
    fill(3)
    with tsa.serving() as url:
        configure(url, tsa.ca)
        step()
        detail = Entry.objects.get(kind="anchor.confirmed").detail
        assert detail["size"] == 3
        assert detail["place"].startswith("a timestamp by Test TSA, 20")
        sequence_entries()
        step()
    assert Anchor.objects.count() == 1


def test_what_cannot_be_had_is_tried_again_and_then_covers_the_newest(
    configure: Configure, tsa: Authority, fill: Fill
) -> None:
    fill(3)
    with answering(lambda handler, _: reply(handler, b"", 503)) as url:
        configure(url, tsa.ca)
        waiting = step()
        assert (waiting.state, waiting.attempts) == ("pending", 1)
        assert "status 503" in waiting.note
        assert waiting.next_attempt_at > timezone.now()
    fill(2)
    with tsa.serving() as url:
        configure(url, tsa.ca)
        done = step()
    assert (done.pk, done.state, done.size) == (waiting.pk, "final", 5)


def test_a_token_that_was_kept_is_not_asked_for_again(configure: Configure, tsa: Authority, fill: Fill) -> None:
    fill(3)
    with tsa.serving() as url:
        configure(url, tsa.ca)
        anchor = step()
    Anchor.objects.update(state="confirmed")
    # Nobody listens there any more.
    again = step()
    assert (again.state, again.evidence) == ("final", anchor.evidence)


def test_a_refused_token_is_not_kept(configure: Configure, tsa: Authority, stranger: Authority, fill: Fill) -> None:
    fill(3)
    with stranger.serving() as url:
        configure(url, tsa.ca)
        anchor = step()
    assert (anchor.state, anchor.evidence) == ("pending", None)
    assert not Entry.objects.filter(kind="anchor.confirmed").exists()


# What an auditor gets ----------------------------------------------------------------------------------------------


def openssl_accepts(tsa: Authority, token: bytes, text: bytes) -> bool:
    (tsa.folder / "token").write_bytes(token)
    asked = ["-digest", sha256(text).hexdigest(), "-in", "token", "-token_in", "-CAfile", "ca.pem"]
    done = subprocess.run(["openssl", "ts", "-verify", *asked], cwd=tsa.folder, capture_output=True, check=False)
    return done.returncode == 0


def test_an_export_brings_the_timestamp_and_the_command_that_the_verifier_prints_accepts_it(
    configure: Configure, tsa: Authority, stranger: Authority, fill: Fill, thing: Thing, tmp_path: Path, capsys: Any
) -> None:
    fill(3, subject=thing)
    with tsa.serving() as url:
        configure(url, tsa.ca)
        step()
    sequence_entries()
    operator = Service("operator", frozenset({Right.EXPORT_TRAILS}))
    export = export_trail(actor=operator, filters=TrailFilters(workspaces=(str(thing.ledger_subject.workspace),)))
    (tmp_path / "trail.zip").write_bytes(b"".join(export.chunks))
    (tmp_path / "policy").write_text(policy_text())
    status = verify([str(tmp_path / "trail.zip"), "--policy", str(tmp_path / "policy"), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert status == 0, report
    assert any("checkpoint with the first 3 leaves" in one for one in report["checks"])
    command = next(one for one in report["limits"] if "was not checked" in one).partition("run: ")[2]
    for authority, accepted in ((tsa, True), (stranger, False)):
        (tmp_path / "ca.pem").write_bytes(authority.ca.read_bytes())
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode == 0) is accepted, done.stderr


# What everybody may read -------------------------------------------------------------------------------------------


def test_the_promises_name_the_authority_and_what_is_covered(configure: Configure, tsa: Authority, fill: Fill) -> None:
    fill(3)
    with tsa.serving() as url:
        configure(url, tsa.ca)
        page = Client().get(reverse("promises")).content.decode()
        assert "None is final yet" in page
        step()
    page = Client().get(reverse("promises")).content.decode()
    assert "with a timestamp authority, 127.0.0.1" in page
    assert "The newest anchor covers 3 entries" in page
    assert "key-in-the-path" not in page


def test_the_promises_do_not_speak_of_anchors_that_nobody_configured(db: None, settings: Any) -> None:
    settings.TIMESTAMP_URL = settings.TIMESTAMP_CA = settings.ANCHOR_RPC_URL = ""
    assert "also anchored" not in Client().get(reverse("promises")).content.decode()
