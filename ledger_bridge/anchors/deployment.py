"""Puts the contract on a chain, opens the log there, and hands it over: what an operator does by hand, once."""

import time

from django.conf import settings

from core.errors import Unavailable
from ledger_bridge.anchors.client import Chain, Receipt
from ledger_bridge.anchors.contract import OFFER_OWNERSHIP, OPEN_LOG, OWNER, TAKE_OWNERSHIP, artefact, call_data
from ledger_bridge.anchors.paying import current_fee, make_transaction
from ledger_bridge.anchors.rpc import Answer
from ledger_bridge.anchors.wallets import Wallet
from ledger_bridge.tlog.anchors.chain import log_id, log_name
from ledger_bridge.tlog.anchors.keccak import keccak_256

PATIENCE = 180.0
_NOBODY = bytes(20)


class Operator:
    """Sends a transaction and waits until it is in a block."""

    def __init__(self, chain: Chain, wallet: Wallet, *, patience: float = PATIENCE) -> None:
        self._chain = chain
        self._wallet = wallet
        self._patience = patience

    def deploy(self) -> bytes:
        """Put the contract on the chain and return its address."""
        receipt = self._send(None, artefact().bytecode)
        address = Answer(receipt.raw, "eth_getTransactionReceipt")["contractAddress"].data(20)
        if keccak_256(self._chain.code(address)) != artefact().code_hash:
            raise Unavailable("The contract was deployed, but the node shows other code at its address.")
        return address

    def open_log(self, contract: bytes) -> bytes:
        """Open this installation's log and return its id; a log that is open already is left as it is."""
        log = log_id(self._wallet.address, settings.LEDGER_ORIGIN)
        if self.owner(contract, log) == _NOBODY:
            self._send(contract, call_data(OPEN_LOG, log_name(settings.LEDGER_ORIGIN)))
        return log

    def owner(self, contract: bytes, log: bytes) -> bytes:
        return self._chain.ask(contract, call_data(OWNER, log))[-20:]

    def offer(self, contract: bytes, log: bytes, to: bytes) -> None:
        self._send(contract, call_data(OFFER_OWNERSHIP, log, to))

    def take(self, contract: bytes, log: bytes) -> None:
        self._send(contract, call_data(TAKE_OWNERSHIP, log))

    def _send(self, to: bytes | None, data: bytes) -> Receipt:
        found = self._chain.chain_id()
        if found != settings.ANCHOR_CHAIN_ID:
            raise Unavailable(f"The node is on chain {found}, but ANCHOR_CHAIN_ID says {settings.ANCHOR_CHAIN_ID}.")
        transaction = make_transaction(
            self._chain,
            self._wallet,
            chain_id=found,
            to=to,
            data=data,
            nonce=self._chain.nonce(self._wallet.address, pending=True),
            fee=current_fee(self._chain),
            most_fee=settings.ANCHOR_MAX_FEE_GWEI * 10**9,
        )
        raw = self._wallet.sign(transaction)
        self._chain.send(raw)
        return self._wait_for(keccak_256(raw))

    def _wait_for(self, transaction: bytes) -> Receipt:
        give_up = time.monotonic() + self._patience
        while (receipt := self._chain.receipt(transaction)) is None:
            if time.monotonic() > give_up:
                raise Unavailable(f"The transaction 0x{transaction.hex()} is not in a block yet. Look for it there.")
            time.sleep(0.5)
        if not receipt.succeeded:
            raise Unavailable(f"The transaction 0x{transaction.hex()} was refused by the contract.")
        return receipt
