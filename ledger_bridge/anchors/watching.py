"""What the contract holds of this log. Only our account can write there, so more than we have proves a rollback.

The installation chose the node, and it is believed: a node that lies can stop the signing, as it can stop the anchors.
Who does not want to believe anybody else's node runs one.
"""

import logging
from functools import lru_cache
from time import monotonic

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.anchors.client import Chain, EvmClient
from ledger_bridge.anchors.configuration import ChainSettings, NotConfigured, chain_settings, wallet
from ledger_bridge.anchors.contract import LATEST, call_data
from ledger_bridge.anchors.rpc import MalformedAnswer, Rpc
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import FormatError

SECONDS = 1.5
_RESTS_FOR = 30.0
_WORD = 32

logger = logging.getLogger(__name__)

_not_before: dict[str, float] = {}


def chain_to_ask() -> ChainSettings | None:
    """Return where to look, unless no chain is configured, or the node did not answer a moment ago."""
    if not (settings.ANCHOR_RPC_URL and settings.ANCHOR_CONTRACT):
        return None
    if _not_before.get(settings.ANCHOR_RPC_URL, 0.0) > monotonic():
        return None
    try:
        return chain_settings(_founder(settings.ANCHOR_KEY_FILE, settings.ANCHOR_SENDER, settings.ANCHOR_FOUNDER))
    except Unavailable as reason:
        rest(reason)
        return None


def anchored_head(where: ChainSettings, chain: Chain | None = None) -> Head | None:
    """Return size and root that the contract holds, or None before the first anchor. Needs no database.

    Raises:
        Unavailable: when the node does not say.

    """
    chain = chain or EvmClient(Rpc(settings.ANCHOR_RPC_URL, timeout=SECONDS))
    if (found := chain.chain_id()) != where.chain_id:
        raise NotConfigured(f"The node is on chain {found}, but the settings say {where.chain_id}.")
    answer = chain.ask(where.contract, call_data(LATEST, where.log))
    if len(answer) != 2 * _WORD:
        raise MalformedAnswer("There is no anchor contract at ANCHOR_CONTRACT on this chain.")
    size = int.from_bytes(answer[:_WORD], "big")
    if size == 0:
        return None
    head = Head(where.origin, size, answer[_WORD:])
    try:
        head.marshal()
    except FormatError as error:
        raise MalformedAnswer(f"The contract holds no size and root: {error}.") from error
    return head


def rest(reason: Unavailable) -> None:
    """Leave the node alone for a while, and say why: nothing waits for it."""
    logger.warning("The chain cannot be compared with the database now. %s", reason.sentence)
    _not_before[settings.ANCHOR_RPC_URL] = monotonic() + _RESTS_FOR


@lru_cache(maxsize=8)
def _founder(key_file: str, sender: str, founder: str) -> bytes:
    """Return whose account opened the log; opening an encrypted keystore takes long, so once is enough."""
    if founder or (sender and not key_file):
        return bytes.fromhex((founder or sender).removeprefix("0x"))
    return wallet().address
