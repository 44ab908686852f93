"""A node with our contract on it, and settings that point there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from ledger_bridge.anchors.anchoring import anchor_on_chain
from ledger_bridge.anchors.client import EvmClient
from ledger_bridge.anchors.deployment import Operator
from ledger_bridge.anchors.models import Anchor
from ledger_bridge.anchors.rpc import Rpc
from ledger_bridge.anchors.wallets import read_wallet
from tests.fakes.anvil import CHAIN_ID, KEYS, Anvil

Configure = Callable[..., None]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    node = Anvil(tmp_path_factory.mktemp("anvil"))
    node.start()
    yield node
    node.stop()


@pytest.fixture
def node(running: Anvil) -> Iterator[Anvil]:
    """A node as it was after its start."""
    before = running.ask("evm_snapshot")
    yield running
    # In this order: what waits would be mined as soon as mining is on again.
    running.ask("anvil_dropAllTransactions")
    running.ask("evm_revert", before)
    running.ask("evm_setAutomine", True)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "chain.key"
    path.write_text(KEYS[0])
    path.chmod(0o600)
    return path


@pytest.fixture
def configured(node: Anvil, key_file: Path, settings: Any, db: None) -> Anvil:
    """A node with our contract on it, the log open, and everything final with its first confirmation."""
    configure(settings, node, key_file)
    operator = Operator(EvmClient(Rpc(node.url)), read_wallet(key_file, ""))
    contract = operator.deploy()
    operator.open_log(contract)
    settings.ANCHOR_CONTRACT = "0x" + contract.hex()
    return node


def configure(settings: Any, node: Anvil, key_file: Path) -> None:
    settings.ANCHOR_RPC_URL = node.url
    settings.ANCHOR_CHAIN_ID = CHAIN_ID
    settings.ANCHOR_KEY_FILE = str(key_file)
    settings.ANCHOR_CONFIRMATIONS = 1
    settings.ANCHOR_INTERVAL = 3600


class Clock:
    """Time that passes when a test says so."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def wait(self, **span: float) -> None:
        self._traveller.shift(timedelta(**span))


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture
def step(clock: Clock) -> Callable[[], Anchor]:
    """Let the pause pass, take one step, and return the newest anchor."""

    def run() -> Anchor:
        clock.wait(minutes=16)
        anchor_on_chain()
        return Anchor.objects.latest("id")

    return run
