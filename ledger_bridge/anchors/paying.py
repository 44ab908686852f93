"""What a transaction costs, and whether the wallet can pay for it."""

from dataclasses import dataclass

from core.errors import Unavailable
from ledger_bridge.anchors.client import Chain
from ledger_bridge.anchors.wallets import Transaction, Wallet
from ledger_bridge.tlog.anchors.fields import hexadecimal

_GWEI = 10**9
_LEAST_GAS = 21_000


class CannotPay(Unavailable):
    """The wallet is empty, or the chain asks for more than the settings allow."""


@dataclass(frozen=True)
class Fee:
    """The most to pay for a unit of gas, in wei; `tip` is None on chains from before EIP-1559."""

    most: int
    tip: int | None

    def raised_above(self, before: "Fee") -> "Fee":
        """A fee that nodes accept in place of an earlier one: they ask for a tenth more; this is a quarter."""
        most = max(self.most, _quarter_more(before.most))
        if self.tip is None:
            return Fee(most, None)
        tip = max(self.tip, _quarter_more(before.tip or 0))
        return Fee(max(most, tip), tip)


def current_fee(chain: Chain) -> Fee:
    """Ask the chain what is paid now, with room for some full blocks to come."""
    base = chain.head().base_fee
    if base is None:
        return Fee(chain.gas_price(), None)
    tip = chain.tip()
    return Fee(2 * base + tip, tip)


def make_transaction(
    chain: Chain,
    payer: Wallet,
    *,
    chain_id: int,
    to: bytes | None,
    data: bytes,
    nonce: int,
    fee: Fee,
    most_fee: int,
    gas: int = 0,
) -> Transaction:
    """Return a transaction that the wallet can pay. Give `gas` for one that stands in for another: its estimate holds.

    Raises:
        CannotPay: with what is missing.

    """
    if most_fee and fee.most > most_fee:
        raise CannotPay(
            f"The chain asks for {fee.most / _GWEI:.1f} gwei a unit of gas; ANCHOR_MAX_FEE_GWEI allows"
            f" {most_fee / _GWEI:.1f}."
        )
    if fee.most:
        # Asked before the estimate: a node refuses to estimate for an empty wallet, in words of its own.
        require_balance(chain, payer.address, fee.most * _LEAST_GAS)
    gas = gas or chain.estimate_gas(payer.address, to, data) * 5 // 4
    require_balance(chain, payer.address, fee.most * gas)
    return Transaction(chain_id=chain_id, nonce=nonce, to=to, data=data, gas=gas, fee=fee.most, tip=fee.tip)


def require_balance(chain: Chain, address: bytes, needed: int) -> None:
    """Insist that the wallet holds so much.

    Raises:
        CannotPay: when it does not.

    """
    held = chain.balance(address)
    if held < needed:
        raise CannotPay(
            f"The wallet {hexadecimal(address)} holds {held} wei, but up to {needed} are needed. Send it some."
        )


def _quarter_more(fee: int) -> int:
    return fee + fee // 4 + 1
