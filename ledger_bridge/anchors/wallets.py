"""Who signs the transactions: a key in a file of mode 0600, an encrypted keystore, or a signer on another machine.

Whatever signed, the transaction is read again before it is sent: it must say what was asked, and nothing else.
"""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core.errors import Unavailable
from ledger_bridge.anchors.rpc import Answer, Rpc
from ledger_bridge.tlog.anchors.fields import hexadecimal
from ledger_bridge.tlog.anchors.rlp import Item, decode_list, encode_integer
from ledger_bridge.tlog.errors import FormatError

_TYPE_2 = b"\x02"
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
_KEY_SIZE = 32
_LEGACY_FIELDS = 9
_TYPED_FIELDS = 12
_FIRST_V = 35


class NoKey(Unavailable):
    """The key for the chain is missing, readable by others, or not usable."""


class WrongSignature(Unavailable):
    """A signer returned something else than the transaction that it was asked to sign."""


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """`fee` is the most to pay for a unit of gas; `tip` is None on chains from before EIP-1559."""

    chain_id: int
    nonce: int
    to: bytes | None
    data: bytes
    gas: int
    fee: int
    tip: int | None

    def as_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "chainId": hex(self.chain_id),
            "nonce": hex(self.nonce),
            "data": hexadecimal(self.data),
            "gas": hex(self.gas),
            "value": "0x0",
        }
        if self.to is not None:
            fields["to"] = hexadecimal(self.to)
        if self.tip is None:
            return {**fields, "gasPrice": hex(self.fee)}
        return {**fields, "type": "0x2", "maxFeePerGas": hex(self.fee), "maxPriorityFeePerGas": hex(self.tip)}

    def require_signed(self, raw: bytes) -> None:
        """Insist that the signed bytes hold this transaction.

        Raises:
            WrongSignature: when they do not.

        """
        try:
            said = self._said_by(raw)
        except FormatError as error:
            raise WrongSignature(f"The signer's transaction cannot be read: {error}.") from error
        if not said:
            raise WrongSignature("The signer returned another transaction than the one it was asked to sign.")

    def _said_by(self, raw: bytes) -> bool:
        to, money, nothing = self.to or b"", encode_integer(self.fee), b""
        nonce, gas = encode_integer(self.nonce), encode_integer(self.gas)
        if self.tip is None:
            fields = decode_list(raw)
            signed: list[Item] = [nonce, money, gas, to, nothing, self.data]
            known_v = [encode_integer(2 * self.chain_id + _FIRST_V + parity) for parity in (0, 1)]
            return len(fields) == _LEGACY_FIELDS and fields[:6] == signed and fields[6] in known_v
        fields = decode_list(raw[1:])
        chain, tip = encode_integer(self.chain_id), encode_integer(self.tip)
        typed: list[Item] = [chain, nonce, tip, money, gas, to, nothing, self.data, []]
        return raw[:1] == _TYPE_2 and len(fields) == _TYPED_FIELDS and fields[:9] == typed


class Wallet(Protocol):
    """An account that pays for anchors."""

    @property
    def address(self) -> bytes: ...

    def sign(self, transaction: Transaction) -> bytes:
        """Return the signed transaction, ready to be sent.

        Raises:
            Unavailable: when the signer does not answer, or signs something else.

        """
        ...


class LocalWallet:
    """A key in the memory of this process."""

    def __init__(self, key: bytes) -> None:
        account = _eth_account()
        try:
            self._account = account.from_key(key)
        except ValueError as error:
            raise NoKey("The key for the chain is not usable.") from error

    @property
    def address(self) -> bytes:
        return bytes.fromhex(self._account.address[2:])

    def sign(self, transaction: Transaction) -> bytes:
        fields = transaction.as_json()
        if transaction.to is not None:
            fields["to"] = transaction.to  # in text the library takes mixed case only
        raw = bytes(self._account.sign_transaction(fields).raw_transaction)
        transaction.require_signed(raw)
        return raw


class RemoteWallet:
    """A key in a signer such as Web3Signer, clef or a node, before a hardware module; it signs, we send."""

    def __init__(self, rpc: Rpc, address: bytes, *, method: str = "eth_signTransaction") -> None:
        self._rpc = rpc
        self._method = method
        self.address = address

    def sign(self, transaction: Transaction) -> bytes:
        answer = self._rpc.call(self._method, {**transaction.as_json(), "from": hexadecimal(self.address)})
        # Web3Signer returns the bytes; clef and geth an object that holds them.
        raw = (answer if isinstance(answer.value, str) else Answer(answer.value, answer.path)["raw"]).data()
        transaction.require_signed(raw)
        return raw


def read_wallet(path: Path, password: str) -> LocalWallet:
    """Open a key file: 64 hexadecimal digits, or an encrypted keystore in JSON when a password is given.

    Raises:
        NoKey: when it is missing, open to others, damaged, or the password is wrong.

    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise NoKey("The key file for the chain cannot be read.") from error
    if mode & _OTHERS_MAY:
        raise NoKey("The key file for the chain can be read by others. Give it mode 0600.")
    return LocalWallet(_decrypt(text, password) if text.startswith("{") else _plain(text))


def _plain(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise NoKey("The key file for the chain holds no key.") from error
    if len(key) != _KEY_SIZE:
        raise NoKey("The key file for the chain holds no key.")
    return key


def _decrypt(text: str, password: str) -> bytes:
    try:
        return bytes(_eth_account().decrypt(json.loads(text), password))
    except (ValueError, TypeError, KeyError) as error:
        raise NoKey("The keystore for the chain is damaged, or its password is another.") from error


def _eth_account() -> Any:
    try:
        from eth_account import Account
    except ImportError as error:
        raise NoKey("Signing for a chain needs the dependency group “chain”: see docs/anchors.md.") from error
    return Account
