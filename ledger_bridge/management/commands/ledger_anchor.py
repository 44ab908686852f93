"""`manage.py ledger_anchor`: put the anchor contract on a chain, hand a log over, and see where anchors stand."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.errors import Unavailable
from ledger_bridge.anchors.anchoring import anchor_on_chain
from ledger_bridge.anchors.configuration import (
    chain_client,
    chain_is_configured,
    chain_settings,
    read_address,
    wallet,
)
from ledger_bridge.anchors.deployment import Operator
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.timestamp_settings import timestamps_are_configured
from ledger_bridge.anchors.timestamping import timestamp_checkpoint
from ledger_bridge.tlog.anchors.fields import hexadecimal

_SHOWN = 10


class Command(BaseCommand):
    help = "Put the anchor contract on a chain, hand a log over, and see where anchors stand."

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("deploy", help="put the contract on the chain and open this log on it")
        deeds.add_parser("open", help="open this log on the contract in ANCHOR_CONTRACT")
        deeds.add_parser("status", help="show the newest anchors and what they wait for")
        deeds.add_parser("step", help="do now what the worker does every ten seconds")
        offer = deeds.add_parser("offer", help="offer the ownership of this log to another account")
        offer.add_argument("address")
        deeds.add_parser("take", help="take the ownership that was offered to this account (set ANCHOR_FOUNDER)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['deed']}")(options)
        except Unavailable as error:
            raise CommandError(error.sentence) from error

    def _deploy(self, options: dict[str, Any]) -> None:
        operator = Operator(chain_client(), wallet())
        contract = operator.deploy()
        self.stdout.write(f"ANCHOR_CONTRACT={hexadecimal(contract)}")
        self._say_opened(operator.open_log(contract))

    def _open(self, options: dict[str, Any]) -> None:
        contract = read_address("ANCHOR_CONTRACT", settings.ANCHOR_CONTRACT)
        self._say_opened(Operator(chain_client(), wallet()).open_log(contract))

    def _say_opened(self, log: bytes) -> None:
        self.stdout.write(f"The log {settings.LEDGER_ORIGIN} is open there as {hexadecimal(log)}.")

    def _offer(self, options: dict[str, Any]) -> None:
        payer = wallet()
        where = chain_settings(payer.address)
        to = read_address("The address", options["address"])
        Operator(chain_client(), payer).offer(where.contract, where.log, to)
        self.stdout.write(f"Offered to {hexadecimal(to)}. Until it is taken, {hexadecimal(payer.address)} anchors on.")

    def _take(self, options: dict[str, Any]) -> None:
        payer = wallet()
        where = chain_settings(payer.address)
        Operator(chain_client(), payer).take(where.contract, where.log)
        self.stdout.write(f"{hexadecimal(payer.address)} owns the log now.")

    def _step(self, options: dict[str, Any]) -> None:
        anchor_on_chain()
        timestamp_checkpoint()
        self._status(options)

    def _status(self, options: dict[str, Any]) -> None:
        if not chain_is_configured():
            self.stdout.write("No chain is configured: set ANCHOR_RPC_URL, ANCHOR_CHAIN_ID and ANCHOR_CONTRACT.")
        if not timestamps_are_configured():
            self.stdout.write("No timestamp authority is configured: set TIMESTAMP_URL and TIMESTAMP_CA.")
        for anchor in Anchor.objects.order_by("-created_at", "-id")[:_SHOWN]:
            block = f", block {anchor.block_number}" if anchor.block_number is not None else ""
            self.stdout.write(f"{anchor.created_at:%Y-%m-%d %H:%M:%S}  {anchor}{block}. {anchor.note}".rstrip())
