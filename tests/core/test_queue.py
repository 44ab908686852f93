"""Wake-ups are few, and none that matters is lost."""

import os
import threading
import time
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from core import queue


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """Catch what would go to the broker: names and seconds to wait."""
    messages: list[tuple[str, float]] = []

    def send_task(name: str, *, countdown: float | None, **_: Any) -> None:
        messages.append((name, countdown or 0.0))

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(queue, "_next_wake_up", {})
    return messages


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_before_the_commit(sent: list[tuple[str, float]]) -> None:
    with transaction.atomic():
        queue.enqueue("room.task", thing=1)
        queue.flush()
        assert sent == []
    queue.flush()
    assert sent == [("room.task", 0.0)]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_after_a_rollback(sent: list[tuple[str, float]]) -> None:
    with transaction.atomic():
        queue.wake("room.task")
        transaction.set_rollback(True)
    queue.flush()
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_many_commits_in_a_moment_send_one_wake_up_now_and_one_for_later(sent: list[tuple[str, float]]) -> None:
    for _ in range(20):
        queue.wake("room.task", at_most_every=10)
    queue.flush()
    assert [name for name, _ in sent] == ["room.task", "room.task"]
    assert sent[0][1] == 0.0
    assert 9 < sent[1][1] <= 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("no broker"), ValueError("a bug")])
def test_a_broker_that_is_down_does_not_undo_the_deed(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, float]], error: Exception
) -> None:
    take = current_app.send_task

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise error

    monkeypatch.setattr(current_app, "send_task", refuse)
    queue.enqueue("room.task")
    queue.flush()
    monkeypatch.setattr(current_app, "send_task", take)
    queue.enqueue("room.other")
    queue.flush()
    assert sent == [("room.other", 0.0)]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_slow_broker_and_what_is_too_much_is_left_out(
    monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, float]]
) -> None:
    go_on, take = threading.Event(), current_app.send_task

    def send_slowly(name: str, **more: Any) -> None:
        assert go_on.wait(10)
        take(name, **more)

    monkeypatch.setattr(current_app, "send_task", send_slowly)
    for _ in range(queue._MOST_WAITING + 100):
        queue.enqueue("room.task")
    assert sent == []
    go_on.set()
    deadline = time.monotonic() + 10
    while len(sent) < queue._MOST_WAITING and time.monotonic() < deadline:
        time.sleep(0.01)
    queue.flush()
    # One may be in the thread's hands already.
    assert queue._MOST_WAITING <= len(sent) <= queue._MOST_WAITING + 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_was_forked_sends_by_itself(sent: list[tuple[str, float]]) -> None:
    queue.flush()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        queue._send("room.task", {})
        queue.flush()
        os.write(writing, str(len(sent)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 10) == b"1"
    os.close(reading)
    os.close(writing)
