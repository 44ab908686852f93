"""Wake-ups are few, and none that matters is lost."""

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
        assert sent == []
    assert sent == [("room.task", 0.0)]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_after_a_rollback(sent: list[tuple[str, float]]) -> None:
    with transaction.atomic():
        queue.wake("room.task")
        transaction.set_rollback(True)
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_many_commits_in_a_moment_send_one_wake_up_now_and_one_for_later(sent: list[tuple[str, float]]) -> None:
    for _ in range(20):
        queue.wake("room.task", at_most_every=10)
    assert [name for name, _ in sent] == ["room.task", "room.task"]
    assert sent[0][1] == 0.0
    assert 9 < sent[1][1] <= 10


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_does_not_undo_the_deed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", refuse)
    queue.enqueue("room.task")
