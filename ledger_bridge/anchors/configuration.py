"""What the settings say about anchors. Nothing is asked of a network here."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.anchors.client import Chain, EvmClient
from ledger_bridge.anchors.rpc import Rpc
from ledger_bridge.anchors.wallets import RemoteWallet, Wallet, read_wallet
from ledger_bridge.tlog.anchors.chain import log_id

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_GWEI = 10**9


class NotConfigured(Unavailable):
    """A setting is missing; the sentence names it."""


@dataclass(frozen=True, kw_only=True)
class ChainSettings:
    """Where to anchor, how long to wait, and what it may cost at most."""

    chain_id: int
    contract: bytes
    founder: bytes
    confirmations: int
    stuck_after: timedelta
    most_fee: int
    origin: str
    since: int

    @property
    def log(self) -> bytes:
        return log_id(self.founder, self.origin)

    def place(self, number: int) -> str:
        return f"block {number} of chain {self.chain_id}"


def chain_is_configured() -> bool:
    return bool(settings.ANCHOR_RPC_URL and settings.ANCHOR_CONTRACT)


def chain_settings(founder: bytes) -> ChainSettings:
    """Return how to anchor; the account that signs founded the log unless ANCHOR_FOUNDER names another."""
    named = settings.ANCHOR_FOUNDER
    return ChainSettings(
        chain_id=settings.ANCHOR_CHAIN_ID,
        contract=read_address("ANCHOR_CONTRACT", settings.ANCHOR_CONTRACT),
        founder=read_address("ANCHOR_FOUNDER", named) if named else founder,
        confirmations=max(settings.ANCHOR_CONFIRMATIONS, 1),
        stuck_after=timedelta(seconds=settings.ANCHOR_STUCK_AFTER),
        most_fee=settings.ANCHOR_MAX_FEE_GWEI * _GWEI,
        origin=settings.LEDGER_ORIGIN,
        since=settings.ANCHOR_FIRST_BLOCK,
    )


def chain_client() -> Chain:
    if not settings.ANCHOR_RPC_URL:
        raise NotConfigured("Set ANCHOR_RPC_URL to the JSON-RPC address of a node.")
    return EvmClient(Rpc(settings.ANCHOR_RPC_URL))


def wallet() -> Wallet:
    """Return who signs.

    Raises:
        NotConfigured: when neither a key nor a signer is named.
        NoKey: when the key cannot be used.

    """
    if settings.ANCHOR_SIGNER_URL:
        address = read_address("ANCHOR_SENDER", settings.ANCHOR_SENDER)
        return RemoteWallet(Rpc(settings.ANCHOR_SIGNER_URL), address, method=settings.ANCHOR_SIGNER_METHOD)
    if not settings.ANCHOR_KEY_FILE:
        raise NotConfigured("Set ANCHOR_KEY_FILE to a key, or ANCHOR_SIGNER_URL and ANCHOR_SENDER to a signer.")
    return read_wallet(Path(settings.ANCHOR_KEY_FILE), settings.ANCHOR_KEY_PASSWORD)


def read_address(name: str, text: str) -> bytes:
    if not _ADDRESS.fullmatch(text):
        raise NotConfigured(f"{name} must be an address: 0x and 40 hexadecimal digits.")
    return bytes.fromhex(text[2:])
