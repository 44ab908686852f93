"""The contract's rules, on an Ethereum machine inside this process."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, Web3

from ledger_bridge.anchors.contract import (
    ANCHOR,
    ANCHORED,
    ARTEFACT,
    LATEST,
    OFFER_OWNERSHIP,
    OPEN_LOG,
    OWNER,
    TAKE_OWNERSHIP,
    artefact,
    call_data,
)
from ledger_bridge.anchors.contract.compiling import compile_contract
from ledger_bridge.tlog.anchors.chain import CODE_HASHES, log_id, log_name, storage_keys
from ledger_bridge.tlog.anchors.keccak import keccak_256

ORIGIN = "ledger.example/clinic"
ROOT, OTHER_ROOT = b"\x11" * 32, b"\x22" * 32


class Machine:
    """A chain with our contract on it, and two people."""

    def __init__(self) -> None:
        self.tester: Any = EthereumTester(PyEVMBackend())
        self.web3: Any = Web3(EthereumTesterProvider(self.tester))
        self.ana: str = self.tester.get_accounts()[0]
        self.bo: str = self.tester.get_accounts()[1]
        self.deployment = self._receipt({"from": self.ana, "data": artefact().bytecode})
        self.contract: str = self.deployment["contractAddress"]
        self.log = log_id(bytes.fromhex(self.ana[2:]), ORIGIN)

    def send(self, who: str, signature: str, *words: bytes | int) -> Any:
        return self._receipt({"from": who, "to": self.contract, "data": call_data(signature, *words)})

    def ask(self, signature: str, *words: bytes | int) -> bytes:
        return bytes(self.web3.eth.call({"to": self.contract, "data": call_data(signature, *words)}))

    def latest(self) -> tuple[int, bytes]:
        answer = self.ask(LATEST, self.log)
        return int.from_bytes(answer[:32], "big"), answer[32:]

    def _receipt(self, transaction: Any) -> Any:
        return self.web3.eth.wait_for_transaction_receipt(self.web3.eth.send_transaction(transaction))


@pytest.fixture(scope="module")
def deployed() -> Machine:
    machine = Machine()
    machine.send(machine.ana, OPEN_LOG, log_name(ORIGIN))
    return machine


@pytest.fixture
def machine(deployed: Machine) -> Iterator[Machine]:
    before = deployed.tester.take_snapshot()
    yield deployed
    deployed.tester.revert_to_snapshot(before)


@pytest.fixture
def refuses(machine: Machine) -> Callable[..., str]:
    def run(who: str, signature: str, *words: bytes | int) -> str:
        with pytest.raises(TransactionFailed) as refusal:
            machine.send(who, signature, *words)
        return str(refusal.value)

    return run


def test_the_committed_artefact_is_what_the_compiler_makes_of_the_source() -> None:
    assert json.loads(ARTEFACT.read_text()) == compile_contract()


def test_the_code_on_the_chain_is_the_one_that_verifiers_know(machine: Machine) -> None:
    code_hash = keccak_256(bytes(machine.web3.eth.get_code(machine.contract)))
    assert code_hash == artefact().code_hash
    assert code_hash in CODE_HASHES


def test_the_newest_anchor_can_be_read(machine: Machine) -> None:
    machine.send(machine.ana, ANCHOR, machine.log, 5, ROOT)
    machine.send(machine.ana, ANCHOR, machine.log, 9, OTHER_ROOT)
    assert machine.latest() == (9, OTHER_ROOT)


def test_an_anchor_is_announced(machine: Machine) -> None:
    (event,) = machine.send(machine.ana, ANCHOR, machine.log, 5, ROOT)["logs"]
    assert [bytes(topic) for topic in event["topics"]] == [ANCHORED, machine.log]
    assert bytes(event["data"]) == (5).to_bytes(32, "big") + ROOT


def test_size_and_root_lie_where_the_verifier_looks_for_them(machine: Machine) -> None:
    machine.send(machine.ana, ANCHOR, machine.log, 5, ROOT)
    size, root = (
        bytes(machine.web3.eth.get_storage_at(machine.contract, int.from_bytes(key, "big")))
        for key in storage_keys(machine.log)
    )
    assert (int.from_bytes(size, "big"), root) == (5, ROOT)


@pytest.mark.parametrize("size", [0, 4, 5])
def test_a_size_never_stays_or_shrinks(machine: Machine, refuses: Callable[..., str], size: int) -> None:
    machine.send(machine.ana, ANCHOR, machine.log, 5, ROOT)
    assert "size must grow" in refuses(machine.ana, ANCHOR, machine.log, size, OTHER_ROOT)
    assert machine.latest() == (5, ROOT)


def test_only_the_owner_anchors(machine: Machine, refuses: Callable[..., str]) -> None:
    assert "not the owner" in refuses(machine.bo, ANCHOR, machine.log, 5, ROOT)


def test_a_log_that_nobody_opened_takes_no_anchor(machine: Machine, refuses: Callable[..., str]) -> None:
    assert "not the owner" in refuses(machine.ana, ANCHOR, b"\x33" * 32, 5, ROOT)


def test_a_log_is_opened_once(machine: Machine, refuses: Callable[..., str]) -> None:
    assert "open already" in refuses(machine.ana, OPEN_LOG, log_name(ORIGIN))


def test_nobody_can_take_the_name_of_a_log(machine: Machine) -> None:
    machine.send(machine.bo, OPEN_LOG, log_name(ORIGIN))
    assert machine.ask(OWNER, machine.log)[12:].hex() == machine.ana[2:].lower()


def test_ownership_changes_when_it_is_taken_not_when_it_is_offered(
    machine: Machine, refuses: Callable[..., str]
) -> None:
    bo = bytes.fromhex(machine.bo[2:])
    machine.send(machine.ana, OFFER_OWNERSHIP, machine.log, bo)
    assert "not the owner" in refuses(machine.bo, ANCHOR, machine.log, 5, ROOT)
    machine.send(machine.bo, TAKE_OWNERSHIP, machine.log)
    assert "not the owner" in refuses(machine.ana, ANCHOR, machine.log, 5, ROOT)
    machine.send(machine.bo, ANCHOR, machine.log, 5, ROOT)
    assert machine.latest() == (5, ROOT)


def test_an_offer_can_be_taken_once_and_by_nobody_else(machine: Machine, refuses: Callable[..., str]) -> None:
    assert "not offered" in refuses(machine.bo, TAKE_OWNERSHIP, machine.log)
    machine.send(machine.ana, OFFER_OWNERSHIP, machine.log, bytes.fromhex(machine.bo[2:]))
    assert "not offered" in refuses(machine.ana, TAKE_OWNERSHIP, machine.log)
    machine.send(machine.bo, TAKE_OWNERSHIP, machine.log)
    assert "not offered" in refuses(machine.bo, TAKE_OWNERSHIP, machine.log)


def test_only_the_owner_offers(machine: Machine, refuses: Callable[..., str]) -> None:
    assert "not the owner" in refuses(machine.bo, OFFER_OWNERSHIP, machine.log, bytes.fromhex(machine.bo[2:]))


def test_the_costs_are_those_in_the_guide(machine: Machine) -> None:
    spent = {"deploy": machine.deployment["gasUsed"]}
    spent["first"] = machine.send(machine.ana, ANCHOR, machine.log, 5, ROOT)["gasUsed"]
    spent["next"] = machine.send(machine.ana, ANCHOR, machine.log, 9, OTHER_ROOT)["gasUsed"]
    assert spent["deploy"] < 350_000
    assert spent["first"] < 75_000
    assert spent["next"] < 37_000
