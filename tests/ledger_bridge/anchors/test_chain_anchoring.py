"""The way of an anchor, on a real node that restarts, reorganises, stands still and forgets."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from core.access import Service
from ledger_bridge.anchors.anchoring import anchor_on_chain
from ledger_bridge.anchors.contract import ANCHORED, LATEST, call_data
from ledger_bridge.anchors.models import Anchor, AnchorTurn
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Checkpoint, Entry
from ledger_bridge.permissions import Right
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.signing import policy_text
from ledger_bridge.tlog.anchors.chain import ChainEvidence, log_id
from tests.fakes.anvil import ADDRESSES, KEYS, Anvil
from tests.ledger_bridge.anchors.conftest import Clock, configure
from tests.ledger_bridge.conftest import Fill, Thing
from tests.needs import needs
from verifier.__main__ import main as verify

pytestmark = needs("anvil")
Step = Callable[[], Anchor]
FOUNDER = bytes.fromhex(ADDRESSES[0][2:])


def on_chain(node: Anvil, settings: Any) -> tuple[int, bytes]:
    data = "0x" + call_data(LATEST, log_id(FOUNDER, settings.LEDGER_ORIGIN)).hex()
    answer = bytes.fromhex(node.ask("eth_call", {"to": settings.ANCHOR_CONTRACT, "data": data}, "latest")[2:])
    return int.from_bytes(answer[:32], "big"), answer[32:]


def announced(node: Anvil, settings: Any) -> list[int]:
    """Return the sizes of all anchors on the chain as it is now."""
    wanted = {"address": settings.ANCHOR_CONTRACT, "topics": ["0x" + ANCHORED.hex()], "fromBlock": "0x0"}
    return [int(event["data"][2:66], 16) for event in node.ask("eth_getLogs", wanted)]


def head() -> tuple[int, bytes]:
    latest = Checkpoint.objects.latest()
    return latest.size, bytes(latest.root)


def test_a_checkpoint_becomes_final_on_the_chain(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    fill(3)
    assert step().state == "pending"
    assert step().state == "final"
    assert on_chain(configured, settings) == head()


def test_the_chain_gets_nothing_but_size_and_root(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    fill(3)
    step()
    sent = configured.ask("eth_getTransactionByHash", "0x" + step().transactions[0]["hash"])
    size, root = head()
    log = log_id(FOUNDER, settings.LEDGER_ORIGIN)
    assert sent["input"][10:] == (log + size.to_bytes(32, "big") + root).hex()


def test_the_evidence_shows_size_and_root_without_the_node(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    fill(3)
    step()
    anchor = step()
    shown = ChainEvidence.from_json(anchor.evidence or {}).check(settings.LEDGER_ORIGIN)
    assert (shown.size, shown.root) == head()
    assert (shown.block_hash, shown.block_number) == (bytes(anchor.block_hash), anchor.block_number)


def test_a_final_anchor_leaves_an_entry(configured: Anvil, fill: Fill, step: Step) -> None:
    fill(3)
    step()
    anchor = step()
    detail = Entry.objects.get(kind="anchor.confirmed").detail
    assert detail == {
        "size": 3,
        "place": f"block {anchor.block_number} of chain 31337",
        "proof": "0x" + bytes(anchor.block_hash).hex(),
    }


def test_the_entry_about_an_anchor_is_no_reason_for_another(configured: Anvil, fill: Fill, step: Step) -> None:
    fill(3)
    step(), step()
    sequence_entries()
    for _ in range(10):
        step()
    assert Anchor.objects.count() == 1


def test_the_next_anchor_waits_for_its_time(configured: Anvil, fill: Fill, step: Step, clock: Clock) -> None:
    fill(3)
    step(), step()
    fill(2)
    assert step().size == 3
    clock.wait(hours=1)
    assert step().size == 6


def test_many_entries_do_not_wait_for_the_time(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    settings.ANCHOR_ENTRIES = 5
    fill(3)
    step(), step()
    fill(5)
    assert step().size == 9


def test_a_confirmed_anchor_waits_for_as_many_blocks_as_are_asked_for(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    settings.ANCHOR_CONFIRMATIONS = 3
    fill(3)
    step()
    assert step().state == "confirmed"
    configured.mine()
    assert step().state == "confirmed"
    configured.mine()
    assert step().state == "final"


def test_nothing_is_sent_to_another_chain(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    settings.ANCHOR_CHAIN_ID = 1
    fill(3)
    anchor = step()
    assert (anchor.state, anchor.transactions) == ("pending", [])
    assert "on chain 31337, but the settings say 1" in anchor.note


def test_an_empty_wallet_says_so_and_goes_on_when_it_is_filled(configured: Anvil, fill: Fill, step: Step) -> None:
    configured.ask("anvil_setBalance", ADDRESSES[0], "0x5")
    fill(3)
    assert f"The wallet {ADDRESSES[0]} holds 5 wei" in step().note
    configured.ask("anvil_setBalance", ADDRESSES[0], hex(10**18))
    step()
    assert step().state == "final"


def test_a_wrong_address_of_the_contract_says_so(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    settings.ANCHOR_CONTRACT = "0x" + "12" * 20
    fill(3)
    assert "There is no anchor contract at 0x1212" in step().note


def test_an_account_that_does_not_own_the_log_says_so(
    configured: Anvil, settings: Any, key_file: Path, fill: Fill, step: Step
) -> None:
    settings.ANCHOR_FOUNDER = ADDRESSES[0]
    key_file.write_text(KEYS[1])
    fill(3)
    assert f"{ADDRESSES[1]} does not own this log" in step().note


def test_fees_above_the_limit_wait(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    settings.ANCHOR_MAX_FEE_GWEI = 1
    fill(3)
    assert "ANCHOR_MAX_FEE_GWEI allows 1.0" in step().note


def test_a_stuck_transaction_is_replaced_for_a_higher_fee(configured: Anvil, fill: Fill, step: Step) -> None:
    configured.ask("evm_setAutomine", False)
    fill(3)
    step()
    first, second = step().transactions
    assert second["fee"] > first["fee"] * 1.1
    configured.mine()
    anchor = step()
    assert anchor.state == "final"
    assert anchor.receipt
    assert anchor.receipt["transactionHash"] == "0x" + second["hash"]


def test_a_transaction_that_stays_stuck_is_not_raised_for_ever(configured: Anvil, fill: Fill, step: Step) -> None:
    configured.ask("evm_setAutomine", False)
    fill(3)
    for _ in range(15):
        anchor = step()
    assert len(anchor.transactions) == 11


def test_a_number_that_another_process_used_is_given_up(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    configured.ask("evm_setAutomine", False)
    fill(3)
    number = step().nonce
    configured.ask("anvil_dropAllTransactions")
    other = {"from": ADDRESSES[0], "to": ADDRESSES[1], "value": "0x1", "nonce": hex(number or 0)}
    configured.ask("eth_sendTransaction", other)
    configured.mine()
    anchor = step()
    assert anchor.nonce == (number or 0) + 1
    configured.mine()
    assert step().state == "final"
    assert announced(configured, settings) == [3]


def test_a_gap_before_our_number_is_filled_by_us(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    configured.ask("evm_setAutomine", False)
    configured.ask("eth_sendTransaction", {"from": ADDRESSES[0], "to": ADDRESSES[1], "value": "0x1"})
    fill(3)
    number = step().nonce or 0
    configured.ask("anvil_dropAllTransactions")
    assert step().nonce == number - 1
    configured.mine()
    step()
    assert step().state == "final"
    assert announced(configured, settings) == [3]


def test_a_node_that_forgot_the_transaction_gets_it_again(
    configured: Anvil, fill: Fill, step: Step, clock: Clock
) -> None:
    configured.ask("evm_setAutomine", False)
    fill(3)
    step()
    configured.ask("anvil_dropAllTransactions")
    clock.wait(seconds=20)
    anchor_on_chain()
    configured.mine()
    assert step().state == "final"


def test_a_crash_between_signing_and_sending_loses_nothing(
    configured: Anvil, settings: Any, fill: Fill, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(3)
    with monkeypatch.context() as patch:
        patch.setattr("ledger_bridge.anchors.client.EvmClient.send", _crash)
        with pytest.raises(KeyboardInterrupt):
            step()
    step(), step()
    assert step().state == "final"
    assert announced(configured, settings) == [3]


def _crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_anchor_whose_block_vanishes_is_sent_again(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    settings.ANCHOR_CONFIRMATIONS = 3
    fill(3)
    step()
    assert step().state == "confirmed"
    configured.ask("anvil_reorg", 1, [])
    assert announced(configured, settings) == []
    assert step().state == "pending"
    configured.mine(3)
    step()
    assert step().state == "final"
    assert announced(configured, settings) == [3]


def test_a_reorganisation_below_a_final_anchor_opens_it_again(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    fill(3)
    step()
    assert step().state == "final"
    configured.ask("anvil_reorg", 1, [])
    step(), step()
    assert step().state == "final"
    assert announced(configured, settings) == [3]
    assert Anchor.objects.count() == 1
    assert Entry.objects.filter(kind="anchor.lost").count() == 1


def test_an_anchor_that_moved_to_another_block_gets_new_evidence(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    settings.ANCHOR_CONFIRMATIONS = 4
    fill(3)
    step()
    before = step()
    raw = before.transactions[0]["raw"]
    configured.ask("anvil_reorg", 1, [["0x" + raw, 0]])
    step()
    after = step()
    assert after.state == "confirmed"
    assert bytes(after.block_hash) != bytes(before.block_hash)
    shown = ChainEvidence.from_json(after.evidence or {}).check(settings.LEDGER_ORIGIN)
    assert shown.block_hash == bytes(after.block_hash)


def test_an_anchor_by_a_transaction_nobody_remembers_is_taken_over(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    fill(3)
    anchor = step()
    anchor.transactions, anchor.nonce = [], None
    anchor.save()
    assert step().state == "final"
    assert announced(configured, settings) == [3]


def test_a_chain_that_knows_another_root_ends_the_anchor(configured: Anvil, fill: Fill, step: Step) -> None:
    fill(3)
    anchor = step()
    Anchor.objects.all().delete()
    other = Anchor.objects.create(
        kind="chain", size=2, root=b"\x01" * 32, created_at=anchor.created_at, next_attempt_at=anchor.created_at
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_bridge_checkpoint DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_bridge_checkpoint SET root = %s", [b"\x01" * 32])
    assert step().state == "failed"
    other.refresh_from_db()
    assert "a root that this log does not have" in other.note
    assert Entry.objects.filter(kind="anchor.failed").count() == 1


def test_a_node_that_is_down_for_a_day_costs_nobody_time_and_catches_up_with_one_anchor(
    configured: Anvil, settings: Any, fill: Fill, step: Step, clock: Clock
) -> None:
    configured.stop()
    for _ in range(24):
        started = time.perf_counter()
        fill(5)
        assert time.perf_counter() - started < 1
        clock.wait(minutes=44)
        assert "does not answer" in step().note
    configured.start()
    step(), step()
    assert announced(configured, settings) == [120]
    assert Anchor.objects.get().state == "final"


def test_a_restart_of_the_node_between_sending_and_final_changes_nothing(
    configured: Anvil, settings: Any, fill: Fill, step: Step
) -> None:
    fill(3)
    step()
    configured.stop()
    step()
    configured.start()
    step()
    assert step().state == "final"
    assert announced(configured, settings) == [3]


def test_pauses_grow_while_the_node_is_down(configured: Anvil, settings: Any, fill: Fill, clock: Clock) -> None:
    settings.ANCHOR_RPC_URL = "http://127.0.0.1:1"
    fill(3)
    for _ in range(120):
        anchor_on_chain()
        clock.wait(seconds=10)
    assert Anchor.objects.get().attempts < 10


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_sends(configured: Anvil, settings: Any, fill: Fill) -> None:
    fill(3)
    start = Barrier(2)

    def work() -> None:
        start.wait()
        anchor_on_chain()
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert announced(configured, settings) == [3]
    assert len(Anchor.objects.get().transactions) == 1


def test_a_worker_that_was_killed_blocks_the_others_for_minutes_only(
    configured: Anvil, fill: Fill, clock: Clock
) -> None:
    anchor_on_chain()
    AnchorTurn.objects.update(token="a killed one's")
    fill(3)
    anchor_on_chain()
    assert not Anchor.objects.exists()
    clock.wait(minutes=6)
    anchor_on_chain()
    assert Anchor.objects.get().transactions


def test_without_a_chain_nothing_happens(db: None, fill: Fill) -> None:
    fill(3)
    anchor_on_chain()
    assert not Anchor.objects.exists()


def test_a_signer_on_another_machine_signs(configured: Anvil, settings: Any, fill: Fill, step: Step) -> None:
    settings.ANCHOR_KEY_FILE = ""
    settings.ANCHOR_SIGNER_URL, settings.ANCHOR_SENDER = configured.url, ADDRESSES[0]
    fill(3)
    step()
    assert step().state == "final"


def test_an_unconfigured_key_says_so(node: Anvil, settings: Any, key_file: Path, fill: Fill, step: Step) -> None:
    configure(settings, node, key_file)
    settings.ANCHOR_CONTRACT = "0x" + "12" * 20
    key_file.chmod(0o644)
    fill(1)
    assert "can be read by others" in step().note


def test_an_auditor_finds_the_anchor_in_an_export_and_compares_the_block(
    configured: Anvil, fill: Fill, step: Step, thing: Thing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(3, subject=thing)
    step()
    anchor = step()
    sequence_entries()
    operator = Service("operator", frozenset({Right.EXPORT_TRAILS}))
    export = export_trail(actor=operator, filters=TrailFilters(workspaces=(str(thing.ledger_subject.workspace),)))
    (tmp_path / "trail.zip").write_bytes(b"".join(export.chunks))
    (tmp_path / "policy").write_text(policy_text())
    known = configured.ask("eth_getBlockByNumber", hex(anchor.block_number or 0), False)["hash"]
    arguments = [str(tmp_path / "trail.zip"), "--policy", str(tmp_path / "policy"), "--block-hash", known]
    assert verify(arguments) == 0
    assert f"anchored in block {anchor.block_number} of chain 31337" in capsys.readouterr().out
