"""The embedded broker hands over whole messages, each once, in order."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from config.broker import register


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Any]:
    register()
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path)}
    with Connection("files://localhost/", transport_options=options) as connection:
        yield connection.default_channel


def test_messages_come_out_in_order(channel: Any) -> None:
    for number in range(5):
        channel._put("celery", {"n": number})
    assert [channel._get("celery")["n"] for _ in range(5)] == [0, 1, 2, 3, 4]


def test_a_message_can_be_read_by_its_owner_only(channel: Any, tmp_path: Path) -> None:
    before = os.umask(0o022)
    channel._put("celery", {"n": 1})
    os.umask(before)
    assert [path.stat().st_mode & 0o077 for path in tmp_path.glob("*.msg")] == [0]


def test_another_queue_is_left_alone(channel: Any) -> None:
    channel._put("other", {"n": 1})
    with pytest.raises(Empty):
        channel._get("celery")


def test_a_message_that_is_being_written_is_not_met(channel: Any, tmp_path: Path) -> None:
    (tmp_path / "1_a.unfinished").write_text('{"n"')
    with pytest.raises(Empty):
        channel._get("celery")


def test_two_readers_share_what_a_writer_brings_without_losing_or_doubling(channel: Any) -> None:
    taken: list[str] = []

    def read() -> None:
        while len(taken) < 200:
            try:
                taken.append(json.dumps(channel._get("celery")))
            except Empty:
                continue

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(200):
        channel._put("celery", {"n": number})
    for reader in readers:
        reader.join(10)
    assert sorted(taken) == sorted(json.dumps({"n": number}) for number in range(200))
