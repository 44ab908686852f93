"""The position in the log: nothing lost, nothing skipped, nobody in each other's way."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from ledger_bridge.disclosure import entries_at
from ledger_bridge.events import TrailViewed
from ledger_bridge.feeds import services
from ledger_bridge.feeds.client import NotTaken
from ledger_bridge.feeds.models import FeedPosition
from ledger_bridge.feeds.receiver import Receiver
from ledger_bridge.feeds.services import feed_receiver
from ledger_bridge.models import Entry, Leaf
from ledger_bridge.recording import record_durably
from ledger_bridge.services import sequence_entries
from tests.fakes import syslog
from tests.fakes.syslog import SyslogReceiver
from tests.ledger_bridge.feeds.conftest import impatient

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _in_fhir(feed_settings: SyslogReceiver, settings: Any) -> None:
    """Read ids more easily."""
    settings.AUDIT_FEED_FORMAT = "fhir"


def fill(count: int) -> list[str]:
    made = [record_durably(TrailViewed(filters="everything"), actor=None) for _ in range(count)]
    while Leaf.objects.count() < Entry.objects.count():
        sequence_entries()
    return made


def feed() -> int:
    return feed_receiver(connect=impatient)


def ids(receiver: SyslogReceiver) -> list[str]:
    return [json.loads(frame.partition("\ufeff".encode())[2])["id"] for frame in receiver.frames]


def position() -> FeedPosition:
    return FeedPosition.objects.get()


def let_retry() -> None:
    FeedPosition.objects.update(retry_at=None)


def test_a_receiver_gets_every_entry_in_the_order_of_the_log(receiver: SyslogReceiver) -> None:
    made = fill(5)
    assert feed() == 5
    assert ids(receiver) == made
    assert position().next_index == 5


def test_the_order_is_that_of_the_log_also_when_the_clock_ran_backwards(receiver: SyslogReceiver) -> None:
    made = []
    for hours in (2, 1, 0):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            made += fill(1)
    assert sorted(made, reverse=True) == made  # by time, as ids are
    feed()
    assert ids(receiver) == made


def test_what_was_taken_is_not_sent_again(receiver: SyslogReceiver) -> None:
    fill(2)
    feed()
    assert feed() == 0
    assert receiver.connections == 1


def test_nothing_is_lost_while_the_receiver_is_down(feed_settings: SyslogReceiver, settings: Any) -> None:
    made = fill(2)
    settings.AUDIT_FEED_URL, port = "syslog+tls://localhost:1", settings.AUDIT_FEED_URL
    assert feed() == 0
    made += fill(2)
    settings.AUDIT_FEED_URL = port
    assert feed() == 4
    assert ids(feed_settings) == made


@pytest.mark.parametrize(
    "behave", [syslog.hang_up_at_once, syslog.read_nothing, syslog.reset_after_some, syslog.close_with_unread]
)
def test_a_receiver_that_misbehaves_gets_the_same_entries_again(
    receiver: SyslogReceiver, behave: syslog.Behaviour
) -> None:
    made = fill(3)
    receiver.behave = behave
    assert feed() == 0
    assert position().next_index == 0
    receiver.behave = syslog.read_to_the_end
    let_retry()
    assert feed() == 3
    assert ids(receiver) == made


def test_a_large_backlog_goes_in_bounded_batches(receiver: SyslogReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    made = fill(5)
    assert feed() == 5
    assert ids(receiver) == made
    assert receiver.connections == 3


def test_one_run_does_not_go_on_for_ever(receiver: SyslogReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 1)
    monkeypatch.setattr(services, "ROUNDS", 2)
    fill(5)
    assert feed() == 2


def test_failures_lengthen_the_pause_up_to_a_limit(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.AUDIT_FEED_URL = "syslog+tls://localhost:1"
    fill(1)
    pauses = []
    with caplog.at_level(logging.WARNING, logger="ledger_bridge.feeds"):
        for _ in range(11):
            let_retry()
            feed()
            pauses.append(round((position().retry_at - timezone.now()).total_seconds()))  # type: ignore[operator]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert "Connection refused" in position().last_error
    assert "waits 300 s" in caplog.text


def test_a_receiver_is_left_in_peace_during_its_pause(receiver: SyslogReceiver) -> None:
    fill(1)
    receiver.behave = syslog.hang_up_at_once
    feed()
    feed()
    assert receiver.connections == 1


def test_success_forgets_the_failures(receiver: SyslogReceiver) -> None:
    fill(1)
    receiver.behave = syslog.hang_up_at_once
    feed()
    receiver.behave = syslog.read_to_the_end
    let_retry()
    feed()
    assert (position().failures, position().last_error, position().retry_at) == (0, "", None)


class Recorder:
    """A client that remembers, and may do something while it sends."""

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        self.frames: list[bytes] = []
        self.during = during

    def __call__(self, receiver: Receiver) -> "Recorder":
        return self

    def send(self, frames: Iterable[bytes]) -> None:
        self.during()
        self.frames += frames


def test_no_transaction_is_open_while_sending() -> None:
    fill(1)
    seen = []
    client = Recorder(lambda: seen.append(connection.in_atomic_block))
    feed_receiver(connect=client)
    assert seen == [False]


def test_a_second_worker_leaves_while_the_first_sends() -> None:
    fill(1)
    second = Recorder()
    feed_receiver(connect=Recorder(lambda: feed_receiver(connect=second)))
    assert second.frames == []


def test_a_worker_that_died_holds_nobody_up_for_long(receiver: SyslogReceiver) -> None:
    fill(1)
    gone = timezone.now() - timedelta(seconds=1)
    FeedPosition.objects.create(
        receiver=receiver.as_receiver(format="fhir").name, taken_by=uuid.uuid4(), taken_until=gone
    )
    assert feed() == 1


def test_a_worker_that_was_too_slow_moves_nothing_back() -> None:
    fill(2)
    second = Recorder()

    def be_overtaken() -> None:
        FeedPosition.objects.update(taken_until=timezone.now() - timedelta(seconds=1))
        feed_receiver(connect=second)
        fill(1)

    first = Recorder(be_overtaken)
    assert feed_receiver(connect=first) == 0
    assert len(first.frames) == len(second.frames) == 2
    assert position().next_index == 2


def test_many_workers_at_once_send_everything_once_and_in_order(
    receiver: SyslogReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "BATCH", 3)
    made = fill(20)

    def work() -> None:
        while position().next_index < 20:
            feed()
        connection.close()

    FeedPosition.objects.create(receiver=receiver.as_receiver(format="fhir").name)
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert ids(receiver) == made


def test_an_entry_that_cannot_be_read_stops_the_feed_and_is_not_skipped(
    receiver: SyslogReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(3)
    monkeypatch.setattr(services, "entries_at", lambda indexes: (e for e in entries_at(indexes) if e.index != 1))
    assert feed() == 0
    assert receiver.frames == []
    assert "skips none" in position().last_error


def test_a_log_that_was_rolled_back_stops_the_feed(receiver: SyslogReceiver) -> None:
    fill(1)
    FeedPosition.objects.create(receiver=receiver.as_receiver(format="fhir").name, next_index=9)
    assert feed() == 0
    assert "restored from a backup" in position().last_error


def test_a_new_receiver_begins_at_the_first_entry(receiver: SyslogReceiver, settings: Any) -> None:
    fill(2)
    feed()
    settings.AUDIT_FEED_FORMAT = "dicom"
    assert feed() == 2


def test_without_a_receiver_nothing_happens(settings: Any) -> None:
    settings.AUDIT_FEED_URL = ""
    assert feed_receiver() == 0
    assert not FeedPosition.objects.exists()


def test_the_seed_is_in_no_message() -> None:
    fill(3)
    client = Recorder()
    feed_receiver(connect=client)
    sent = b"".join(client.frames)
    for entry in Entry.objects.all():
        assert bytes(entry.seed).hex().encode() not in sent
        assert bytes(entry.seed) not in sent


def test_the_worker_feeds_by_itself(receiver: SyslogReceiver) -> None:
    made = fill(1)
    current_app.loader.import_default_modules()
    current_app.tasks["ledger_bridge.feed"]()
    assert ids(receiver) == made


def test_the_command_says_how_far_the_receiver_has_got(
    receiver: SyslogReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(2)
    receiver.behave = syslog.hang_up_at_once
    feed()
    call_command("audit_feed")
    shown = capsys.readouterr().out
    assert "has 0 of 2 entries." in shown
    assert "1 failed in a row" in shown


def test_the_command_shows_what_the_receiver_gets(capsys: pytest.CaptureFixture[str]) -> None:
    fill(2)
    client = Recorder()
    feed_receiver(connect=client)
    call_command("audit_feed", "--show", "1", "--format", "fhir")
    assert capsys.readouterr().out.rstrip("\n").encode() == client.frames[1]


def test_a_refusing_client_is_one_that_did_not_take_it() -> None:
    fill(1)

    def refuse() -> None:
        raise NotTaken("No.")

    assert feed_receiver(connect=Recorder(refuse)) == 0
    assert position().last_error == "No."
