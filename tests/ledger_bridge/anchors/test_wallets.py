"""Keys, keystores and signers on other machines."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from ledger_bridge.anchors.rpc import Answer
from ledger_bridge.anchors.wallets import LocalWallet, NoKey, RemoteWallet, Transaction, WrongSignature, read_wallet
from tests.fakes.anvil import ADDRESSES, KEYS
from tests.ledger_bridge.anchors.test_malformed_answers import Scripted

TRANSACTION = Transaction(chain_id=1337, nonce=0, to=b"\xc0" * 20, data=b"\1" * 100, gas=50_000, fee=9, tip=1)


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_key_in_a_file_opens(tmp_path: Path) -> None:
    assert read_wallet(write(tmp_path / "key", "0x" + KEYS[0] + "\n"), "").address.hex() == ADDRESSES[0][2:]


def test_an_encrypted_keystore_opens_with_its_password_only(tmp_path: Path) -> None:
    path = write(tmp_path / "key", json.dumps(Account.encrypt(bytes.fromhex(KEYS[1]), "secret", iterations=2)))
    assert read_wallet(path, "secret").address.hex() == ADDRESSES[1][2:]
    with pytest.raises(NoKey, match="password"):
        read_wallet(path, "another")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(NoKey, match="0600"):
        read_wallet(write(tmp_path / "key", KEYS[0], mode), "")


@pytest.mark.parametrize("text", ["", "xyz", KEYS[0][:-2], "00" * 32, "{", "{}", "é"])
def test_what_is_no_key_is_refused_without_being_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoKey) as refusal:
        read_wallet(write(tmp_path / "key", text), "x")
    assert not text or text not in refusal.value.sentence


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoKey):
        read_wallet(tmp_path / "none", "")


def signed(transaction: Transaction) -> str:
    return "0x" + LocalWallet(bytes.fromhex(KEYS[0])).sign(transaction).hex()


def remote(value: object) -> RemoteWallet:
    return RemoteWallet(Scripted(value), bytes.fromhex(ADDRESSES[0][2:]))


@pytest.mark.parametrize("tip", [1, None])
def test_both_forms_of_a_signers_answer_are_read(tip: int | None) -> None:
    wanted = Transaction(**{**vars(TRANSACTION), "tip": tip})
    raw = signed(wanted)
    assert "0x" + remote(raw).sign(wanted).hex() == raw
    assert "0x" + remote({"raw": raw, "tx": {}}).sign(wanted).hex() == raw


@pytest.mark.parametrize(
    "change", [{"nonce": 1}, {"to": b"\xc1" * 20}, {"data": b""}, {"fee": 10}, {"tip": 2}, {"gas": 1}, {"chain_id": 1}]
)
def test_a_signer_that_signs_something_else_is_refused(change: dict[str, object]) -> None:
    other = Transaction(**{**vars(TRANSACTION), **change})
    with pytest.raises(WrongSignature):
        remote(signed(other)).sign(TRANSACTION)


@pytest.mark.parametrize("value", ["0x", "0x02", "0x02c0", "0xc0", "0x01" + "c0"])
def test_a_signer_that_returns_no_transaction_is_refused(value: str) -> None:
    with pytest.raises(WrongSignature):
        remote(value).sign(TRANSACTION)


def test_the_answer_of_a_signer_is_read_as_strictly_as_a_nodes() -> None:
    assert Answer({"raw": "0x01"}, "signer")["raw"].data() == b"\1"
