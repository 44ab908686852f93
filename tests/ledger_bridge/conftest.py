"""Fills the log."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from ledger_bridge.events import TrailViewed
from ledger_bridge.recording import record
from ledger_bridge.services import sequence_entries
from ledger_bridge.subjects import Subject
from tests.fakes.members import ask_for, members

__all__ = ["ask_for", "members"]


@dataclass(frozen=True)
class Thing:
    """Something that entries are about, for tests that need no other room."""

    ledger_subject: Subject

    @classmethod
    def new(cls) -> "Thing":
        return cls(Subject(workspace=str(uuid.uuid4()), item=str(uuid.uuid4())))


Fill = Callable[..., list[str]]


@pytest.fixture
def fill(db: None) -> Fill:
    """Record so many entries, sequence them unless told otherwise, and return their ids."""

    def make(count: int, *, actor: Any = None, subject: Any = None, sequence: bool = True) -> list[str]:
        with transaction.atomic():
            made = [record(TrailViewed(filters=str(n)), actor=actor, subject=subject) for n in range(count)]
        if sequence:
            sequence_entries()
        return made

    return make


@pytest.fixture
def thing() -> Thing:
    return Thing.new()
