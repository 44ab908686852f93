"""The receipt of a hand-over: what it says, and who checks it how."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from ledger_bridge.services import sequence_entries
from tests.workspaces.conftest import content_of
from tests.workspaces.handover.conftest import SECRET, fetch
from verifier.__main__ import main as verify
from workspaces.crypt4gh import keys
from workspaces.crypt4gh.__main__ import main as crypt4gh
from workspaces.handover.models import HandOver


@pytest.fixture
def taken(bob: User, made: HandOver, tmp_path: Path, client: Client) -> Path:
    """What Bob takes home: file, receipt, policy and his secret key."""
    sequence_entries()
    (tmp_path / "doses.c4gh").write_bytes(content_of(fetch(bob, made)))
    (tmp_path / "receipt.json").write_bytes(fetch(bob, made, "receipt").content)
    (tmp_path / "policy").write_bytes(client.get("/ledger/policy").content)
    (tmp_path / "bob.sec").write_bytes(keys.format_secret_key(SECRET, None))
    return tmp_path


def check(taken: Path, *more: str) -> int:
    return crypt4gh(["check", str(taken / "doses.c4gh"), str(taken / "receipt.json"), *more])


def verified(taken: Path) -> int:
    return verify([str(taken / "receipt.json"), "--policy", str(taken / "policy")])


def test_there_is_no_receipt_before_the_log_holds_the_entry(bob: User, made: HandOver) -> None:
    assert fetch(bob, made, "receipt").status_code == 409


def test_the_file_is_checked_with_and_without_the_key(taken: Path) -> None:
    assert check(taken) == 0
    assert check(taken, "--key", str(taken / "bob.sec")) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda whole: whole[:-1], "cut short"),
        (lambda whole: whole + b"\x00", "longer"),
        (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "changed or moved"),
        (lambda whole: b"\x00" + whole[1:], "header"),
        (lambda whole: whole[:100], "header"),
        (lambda whole: whole[:0], "header"),
    ],
    ids=["cut", "longer", "flipped", "header changed", "cut in its header", "empty"],
)
def test_a_file_that_was_touched_is_noticed(taken: Path, capsys: Any, change: Any, says: str) -> None:
    file = taken / "doses.c4gh"
    file.write_bytes(change(file.read_bytes()))
    assert check(taken) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'"x"', b'{"format": "other"}', b"{" * 5000, b'{"format": 1}', b"\xff"]
)
def test_what_is_no_receipt_is_refused(taken: Path, capsys: Any, content: bytes) -> None:
    (taken / "receipt.json").write_bytes(content)
    assert check(taken) == 1
    assert "receipt" in capsys.readouterr().err


def test_the_verifier_holds_the_receipt_against_the_log(taken: Path, capsys: Any) -> None:
    assert verified(taken) == 0
    assert "those of the entry" in capsys.readouterr().out


@pytest.mark.parametrize(
    "place", [("body", "blake3"), ("header", "sha256"), ("plaintext", "sha256"), ("recipient", "fingerprint")]
)
def test_a_receipt_that_says_something_else_than_the_log_is_refused(
    taken: Path, capsys: Any, place: tuple[str, str]
) -> None:
    receipt = json.loads((taken / "receipt.json").read_text())
    receipt[place[0]][place[1]] = "0" * 64
    (taken / "receipt.json").write_text(json.dumps(receipt))
    assert verified(taken) == 1
    assert "does not say what the receipt says" in capsys.readouterr().out


def test_the_fingerprint_is_printed_as_pages_show_it(taken: Path, made: HandOver, capsys: Any) -> None:
    (taken / "bob.pub").write_bytes(keys.format_public_key(keys.public_key(SECRET)))
    assert crypt4gh(["fingerprint", str(taken / "bob.pub")]) == 0
    assert capsys.readouterr().out.replace(" ", "").strip() == made.key.fingerprint
