"""Moves one anchor on a chain by one step: pending → confirmed → final, and back when the chain takes a block back.

What counts is what the contract and the receipts say, never what was sent: a transaction can be lost, replaced, mined
twice in two branches, or overtaken by another process that uses the same account. Every round looks first and acts
then, so it may be repeated after any interruption.
"""

import logging
from typing import Any

from django.utils import timezone

from core.errors import Unavailable
from ledger_bridge.anchors import schedule
from ledger_bridge.anchors.client import Chain, Receipt
from ledger_bridge.anchors.configuration import ChainSettings
from ledger_bridge.anchors.contract import ANCHOR, LATEST, OWNER, call_data
from ledger_bridge.anchors.evidence import check_evidence, gather_evidence
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.paying import Fee, current_fee, make_transaction
from ledger_bridge.anchors.rpc import NodeRefuses
from ledger_bridge.anchors.services import abandon_anchor, finish_anchor, reopen_anchor
from ledger_bridge.anchors.wallets import Transaction, Wallet
from ledger_bridge.failpoints import reach
from ledger_bridge.models import Checkpoint
from ledger_bridge.tlog.anchors.chain import CODE_HASHES, Anchored, ChainEvidence
from ledger_bridge.tlog.anchors.fields import hexadecimal
from ledger_bridge.tlog.anchors.keccak import keccak_256

logger = logging.getLogger(__name__)
_WORD = 32
_MOST_REPLACEMENTS = 10
"""A quarter more each time: after ten, nine times the first fee. More is for a person to decide."""


class NotNow(Unavailable):
    """The anchor cannot go on yet; the sentence says what has to change."""


class ChainRound:
    """One look at the chain for one anchor."""

    def __init__(self, chain: Chain, wallet: Wallet, where: ChainSettings) -> None:
        self._chain = chain
        self._wallet = wallet
        self._where = where

    def run(self, anchor: Anchor) -> None:
        """Take the next step.

        Raises:
            Unavailable: when that is not possible now; nothing is lost, and the sentence says why.

        """
        self._require_chain()
        if anchor.state == Anchor.State.FINAL:
            self._watch_final(anchor)
        elif anchor.state == Anchor.State.CONFIRMED and self._still_there(anchor):
            self._finish_if_deep(anchor)
        elif anchor.transactions:
            self._follow(anchor)
        else:
            self._send(anchor)

    def _require_chain(self) -> None:
        found = self._chain.chain_id()
        if found != self._where.chain_id:
            raise NotNow(
                f"The node is on chain {found}, but the settings say {self._where.chain_id}. Nothing was sent."
            )

    # What was sent before ------------------------------------------------------------------------------------------

    def _follow(self, anchor: Anchor) -> None:
        # The count first: a receipt that appears between the two questions must not look like a lost transaction.
        used = self._chain.nonce(self._wallet.address, pending=False)
        receipt = self._receipt(anchor)
        if receipt is not None:
            self._settle(anchor, receipt)
        elif anchor.nonce is not None and used > anchor.nonce:
            self._forget_transactions(anchor)
            self._send(anchor)
        else:
            self._push(anchor, used)

    def _receipt(self, anchor: Anchor) -> Receipt | None:
        for sent in anchor.transactions:
            if receipt := self._chain.receipt(bytes.fromhex(sent["hash"])):
                return receipt
        return None

    def _settle(self, anchor: Anchor, receipt: Receipt) -> None:
        if receipt.succeeded:
            self._confirm(anchor, receipt)
        elif not self._compare_with_chain(anchor):
            self._forget_transactions(anchor)
            raise NotNow("The contract refused the anchor. It is tried again.")

    def _push(self, anchor: Anchor, used: int) -> None:
        """Hand in again what the node may have forgotten; replace what is stuck."""
        last = anchor.transactions[-1]
        waited = timezone.now().timestamp() - last["sent_at"]
        if waited < self._where.stuck_after.total_seconds() or len(anchor.transactions) > _MOST_REPLACEMENTS:
            self._chain.send(bytes.fromhex(last["raw"]))
            schedule.look_again(anchor)
        else:
            # The next free number: that of the stuck one, or a smaller one when those before it are not coming.
            fee = current_fee(self._chain).raised_above(Fee(last["fee"], last["tip"]))
            self._sign_and_send(anchor, used, fee)

    def _forget_transactions(self, anchor: Anchor) -> None:
        anchor.transactions, anchor.nonce = [], None
        anchor.save(update_fields=["transactions", "nonce"])

    # Sending -------------------------------------------------------------------------------------------------------

    def _send(self, anchor: Anchor) -> None:
        schedule.collapse_backlog(anchor)
        self._require_contract()
        if self._compare_with_chain(anchor):
            return
        nonce = self._chain.nonce(self._wallet.address, pending=True)
        self._sign_and_send(anchor, nonce, current_fee(self._chain))

    def _require_contract(self) -> None:
        if keccak_256(self._chain.code(self._where.contract)) not in CODE_HASHES:
            raise NotNow(f"There is no anchor contract at {hexadecimal(self._where.contract)} on this chain.")
        owner = self._chain.ask(self._where.contract, call_data(OWNER, self._where.log))[-20:]
        if owner != self._wallet.address:
            raise NotNow(
                f"The account {hexadecimal(self._wallet.address)} does not own this log on the contract;"
                f" {hexadecimal(owner)} does."
            )

    def _sign_and_send(self, anchor: Anchor, nonce: int, fee: Fee) -> None:
        data = call_data(ANCHOR, self._where.log, anchor.size, bytes(anchor.root))
        transaction = make_transaction(
            self._chain,
            self._wallet,
            chain_id=self._where.chain_id,
            to=self._where.contract,
            data=data,
            nonce=nonce,
            fee=fee,
            most_fee=self._where.most_fee,
            gas=anchor.transactions[-1]["gas"] if anchor.transactions else 0,
        )
        raw = self._wallet.sign(transaction)
        anchor.nonce = nonce
        anchor.transactions = [*anchor.transactions, _sent(raw, transaction)]
        # Kept before it is sent: whatever happens now, the next round knows what to look for.
        anchor.save(update_fields=["nonce", "transactions"])
        reach("transaction kept")
        self._chain.send(raw)
        reach("transaction sent")
        schedule.look_again(anchor)

    # What the contract says ----------------------------------------------------------------------------------------

    def _compare_with_chain(self, anchor: Anchor) -> bool:
        """Return whether the contract already answers the question of this anchor."""
        size, root = self._latest()
        if size < anchor.size:
            return False
        if size == anchor.size and root == bytes(anchor.root):
            self._adopt(anchor)
        elif size > anchor.size and self._is_ours(size, root):
            _supersede(anchor)
        else:
            self._give_up(anchor, size)
        return True

    def _latest(self) -> tuple[int, bytes]:
        answer = self._chain.ask(self._where.contract, call_data(LATEST, self._where.log))
        return int.from_bytes(answer[:_WORD], "big"), answer[_WORD:]

    def _is_ours(self, size: int, root: bytes) -> bool:
        return Checkpoint.objects.filter(size=size, root=root).exists()

    def _adopt(self, anchor: Anchor) -> None:
        """Take over an anchor that stands there already, though we do not know by which transaction."""
        where = self._where
        found = self._chain.find_anchor(where.contract, where.log, anchor.size, bytes(anchor.root), where.since)
        receipt = self._chain.receipt(found) if found else None
        if receipt is None:
            raise NotNow("The contract holds this anchor, but the node does not find its transaction.")
        self._confirm(anchor, receipt)

    def _give_up(self, anchor: Anchor, size: int) -> None:
        reason = (
            f"The contract holds {size} entries with a root that this log does not have. The database was restored from"
            " an old backup, or another installation signs for this log"
        )
        logger.critical("%s.", reason)
        abandon_anchor(anchor=anchor, reason=reason)

    # Confirmed, final, gone ----------------------------------------------------------------------------------------

    def _confirm(self, anchor: Anchor, receipt: Receipt) -> None:
        block = self._chain.block(receipt.block_number)
        if block is None or block.hash != receipt.block_hash:
            raise NotNow("The chain is being reorganised.")
        _store(
            anchor,
            state=Anchor.State.CONFIRMED,
            confirmed_at=timezone.now(),
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            receipt=receipt.raw,
            evidence=None,
        )
        reach("anchor confirmed")
        self._finish_if_deep(anchor)

    def _finish_if_deep(self, anchor: Anchor) -> None:
        if anchor.evidence is None:
            self._keep_evidence(anchor)
            reach("evidence kept")
        depth = self._chain.head().number - self._number(anchor) + 1
        if depth >= self._where.confirmations:
            place = self._where.place(self._number(anchor))
            finish_anchor(anchor=anchor, place=place, proof=hexadecimal(bytes(anchor.block_hash)))
        else:
            schedule.look_again(anchor)

    def _keep_evidence(self, anchor: Anchor) -> None:
        try:
            evidence, shown = self._evidence_at(anchor, self._number(anchor))
        except NodeRefuses:
            # Most nodes forget the state of older blocks. A later one shows the same, as long as nothing newer came.
            deep = self._chain.head().number - self._where.confirmations + 1
            evidence, shown = self._evidence_at(anchor, max(deep, self._number(anchor)))
        if (shown.size, shown.root) != (anchor.size, bytes(anchor.root)):
            raise NotNow("The state of that block holds another anchor of this log.")
        _store(anchor, evidence=evidence.as_json())

    def _evidence_at(self, anchor: Anchor, number: int) -> tuple[ChainEvidence, Anchored]:
        transaction = bytes.fromhex(str((anchor.receipt or {})["transactionHash"])[2:])
        evidence = gather_evidence(self._chain, self._where, transaction, number)
        shown = check_evidence(evidence, self._where.origin)
        if number == anchor.block_number and shown.block_hash != bytes(anchor.block_hash):
            raise NotNow("The chain is being reorganised.")
        return evidence, shown

    def _still_there(self, anchor: Anchor) -> bool:
        block = self._chain.block(self._number(anchor))
        if block is not None and block.hash == bytes(anchor.block_hash):
            return True
        _store(anchor, state=Anchor.State.PENDING, block_number=None, block_hash=b"", receipt=None, evidence=None)
        return False

    def _watch_final(self, anchor: Anchor) -> None:
        block = self._chain.block(self._number(anchor))
        if block is not None and block.hash == bytes(anchor.block_hash):
            _store(anchor, checked_at=timezone.now())
            return
        logger.error("A final anchor's block is gone: the chain was reorganised more deeply than it should.")
        self._follow(reopen_anchor(anchor=anchor, place=self._where.place(self._number(anchor))))

    def _number(self, anchor: Anchor) -> int:
        if anchor.block_number is None:
            raise NotNow("The anchor has no block yet.")
        return anchor.block_number


def _sent(raw: bytes, transaction: Transaction) -> dict[str, Any]:
    return {
        "hash": keccak_256(raw).hex(),
        "raw": raw.hex(),
        "fee": transaction.fee,
        "tip": transaction.tip,
        "gas": transaction.gas,
        "sent_at": int(timezone.now().timestamp()),
    }


def _supersede(anchor: Anchor) -> None:
    _store(anchor, state=Anchor.State.SUPERSEDED, note="A later anchor, which covers this one, stands on the chain.")


def _store(anchor: Anchor, **values: Any) -> None:
    for name, value in values.items():
        setattr(anchor, name, value)
    anchor.save(update_fields=list(values))
