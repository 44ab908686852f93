"""Every kind of event, held against `tests/vectors/events.json`: kinds stay, and fields are only ever appended.

`EXTEND_SNAPSHOT=1 pytest tests/ledger_bridge/test_events.py` adds new kinds and fields; what is there may not
change.
"""

import dataclasses
import json
import os
import re
import string
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.events import BY_TOKEN, Event, event_kinds
from ledger_bridge.sentences import kind_choices, label_of, sentence_of

SNAPSHOT = Path(__file__).parents[1] / "vectors" / "events.json"
KINDS = [
    pytest.param(event, id=kind) for kind, event in sorted(event_kinds().items()) if event.__module__[:6] != "tests."
]


def described(event: type[Event]) -> dict[str, Any]:
    fields = [field.name for field in dataclasses.fields(event)]
    return {"schema": event.schema, "action": event.action, "dicom_code": event.dicom_code, "fields": fields}


def current() -> dict[str, dict[str, Any]]:
    return {event.kind: described(event) for event in event_kinds().values() if event.__module__[:6] != "tests."}


def extend_snapshot() -> None:
    """Add what is new; refuse to change what is there."""
    golden = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
    for kind, found in current().items():
        before = golden.get(kind, {"fields": []})["fields"]
        if found["fields"][: len(before)] != before:
            raise SystemExit(f"{kind}: fields may only be appended")
        golden[kind] = found
    SNAPSHOT.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")


if os.environ.get("EXTEND_SNAPSHOT"):
    extend_snapshot()


@pytest.mark.parametrize("event", KINDS)
def test_it_has_a_kind_a_sentence_and_codes(event: type[Event]) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", event.kind)
    assert event.action in set("CRUDE")
    assert re.fullmatch(r"1101\d\d", event.dicom_code)
    assert event.sentence
    assert not event.sentence.endswith(".")


@pytest.mark.parametrize("event", KINDS)
def test_its_sentence_names_only_its_own_fields(event: type[Event]) -> None:
    named = {name for _, name, _, _ in string.Formatter().parse(event.sentence) if name}
    assert named <= {field.name for field in dataclasses.fields(event)} | {"person"}


@pytest.mark.parametrize("event", KINDS)
def test_its_fields_are_only_ever_appended(event: type[Event]) -> None:
    golden = json.loads(SNAPSHOT.read_text())
    assert event.kind in golden, "add the new kind to the snapshot"
    known = golden[event.kind]["fields"]
    assert [field.name for field in dataclasses.fields(event)] == known, "append new fields to the snapshot"
    assert described(event) == golden[event.kind]


def test_no_kind_has_gone() -> None:
    assert set(json.loads(SNAPSHOT.read_text())) <= set(event_kinds())


@pytest.mark.parametrize("event", KINDS)
def test_fields_that_came_later_have_a_default(event: type[Event]) -> None:
    if event.schema > 1:
        assert any(field.default is not dataclasses.MISSING for field in dataclasses.fields(event))


def test_a_sentence_survives_a_field_that_an_older_entry_lacks() -> None:
    assert sentence_of("access.refused", {"rule": "no"}) == "was refused “…” and told: “no”"


def test_an_unknown_kind_is_called_by_its_name() -> None:
    assert sentence_of("gone.for_good", {}) == "did “gone.for_good”"
    assert label_of("gone.for_good") == "Gone for good"


def test_every_kind_can_be_chosen_once() -> None:
    offered = [kind for _, kinds in kind_choices() for kind, _ in kinds]
    assert sorted(offered) == sorted(event_kinds())


@pytest.mark.parametrize("event", KINDS)
def test_no_kind_takes_the_name_by_which_entries_name_a_token(event: type[Event]) -> None:
    assert BY_TOKEN not in {field.name for field in dataclasses.fields(event)}


def test_a_sentence_ends_with_the_token_by_which_a_program_acted() -> None:
    said = sentence_of("access.refused", {"right": "view", "rule": "no", "by_token": "t1"})
    assert said == "was refused “view” and told: “no”, by token t1"
    assert sentence_of("gone.for_good", {"by_token": "t1"}) == "did “gone.for_good”, by token t1"
