"""Edits of one event, in the form that `events.jsonl` gives it, and of the scope."""

import base64
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fakes.archives import Event
from tests.verifier.mutations.honest import flipped


def change_value(random: Random, event: Event) -> None:
    if "fields" in event:
        name = random.choice(["actor", "outcome", "kind", "detail.size", "workspace", "recorded_at", "purpose", "id"])
        values = [
            "bo",
            "deny",
            "file.closed",
            7,
            None,
            "2020-01-01T00:00:00.000000Z",
            True,
            2**53,
            1.5,
            [1, {"a": None}],
            'é\n"\\',
        ]
        event["fields"][name] = random.choice(values)


def backdate(random: Random, event: Event) -> None:
    for name in ("occurred_at", "recorded_at"):
        if name in event.get("fields", {}):
            event["fields"][name] = f"2025-01-0{random.randint(1, 9)}T00:00:00.000000Z"


def drop_field(random: Random, event: Event) -> None:
    if event.get("fields"):
        del event["fields"][random.choice(sorted(event["fields"]))]


def add_field(random: Random, event: Event) -> None:
    if "fields" in event:
        event["fields"][random.choice(["detail.more", "Detail", "", "constructor", "__proto__"])] = random.randrange(9)


def change_secret(random: Random, event: Event) -> None:
    for name in ("salts", "seed"):
        if name in event:
            event[name] = _changed_base64(random, event[name])


def change_hidden(random: Random, event: Event) -> None:
    if event.get("hidden"):
        name = random.choice(sorted(event["hidden"]))
        event["hidden"][name] = random.choice([random.randbytes(32).hex(), random.randbytes(31).hex(), "xy", None])
    elif "hidden" in event:
        event["hidden"] = {"actor": random.randbytes(32).hex()}


def change_commitment(random: Random, event: Event) -> None:
    if "commitment" in event:
        event["commitment"] = random.choice([random.randbytes(32).hex(), event["commitment"].upper() + "A", ""])


def renumber(random: Random, event: Event) -> None:
    slot = random.choice(sorted(event["tags"]) or ["workspace"])
    event["tags"][slot] = random.choice([0, -1, 2**62, True, "1", event["tags"].get(slot, 0) + 1])


def drop_number(random: Random, event: Event) -> None:
    event["tags"] = random.choice([{}, [], {"folder": 1}, {**event["tags"], "actor": 40}])


def move_event(random: Random, event: Event) -> None:
    event["index"] = random.choice([event["index"] + 1, -1, event["index"] + 12, 2**60, "3", None, True])


def erase_untruly(random: Random, event: Event) -> None:
    place = {"index": event["index"], "tags": event["tags"]}
    event.clear()
    event.update(place, commitment=random.randbytes(32).hex(), erased=True)


def other_stream(random: Random, event: Event) -> None:
    slot = random.choice(["workspace", "item", "actor"])
    if f"{slot}_stream" in event.get("fields", {}):
        event["fields"][f"{slot}_stream"] = random.choice([None, random.randbytes(32).hex(), "00"])


EVENT_EDITS: list[Callable[[Random, Event], None]] = [
    change_value, backdate, drop_field, add_field, change_secret, change_hidden, change_commitment, renumber,
    drop_number, move_event, erase_untruly, other_stream,
]  # fmt: skip

# Edits of the scope.

SCOPE_EDITS: list[Callable[[Random, dict[str, Any]], object]] = [
    lambda random, scope: scope["streams"][0].update(length=scope["streams"][0]["length"] + random.choice([-1, 1, 60])),
    lambda random, scope: scope["streams"][0].update(key=random.randbytes(32).hex()),
    lambda random, scope: scope["streams"][0].update(id=random.choice(["w2", "", "cy", 7, None])),
    lambda random, scope: scope["streams"][0].update(kind=random.choice(["item", "folder", "__proto__", 1])),
    lambda random, scope: scope.update(events=scope["events"] + random.choice([-1, 1])),
    lambda random, scope: scope.update(events=random.choice([True, "7", 2**60, 7.0, None])),
    lambda random, scope: scope.update(complete=random.choice([1, None, "true"])),
    lambda random, scope: scope.update(version=random.choice([2, "1", None, 1.0])),
    lambda random, scope: scope.pop(random.choice(sorted(scope))),
    lambda random, scope: scope.update({random.choice(["more", "__proto__", ""]): 1}),
    lambda random, scope: scope["streams"].append(random.choice([1, {}, scope["streams"][0]])),
    lambda random, scope: scope["streams"].append(
        {"kind": "workspace", "id": "w9", "key": random.randbytes(32).hex(), "length": 1}
    ),
]


def _changed_base64(random: Random, text: str) -> str:
    raw = base64.b64decode(text)
    return random.choice(
        [base64.b64encode(flipped(random, raw)).decode(), base64.b64encode(raw[:-1]).decode(), "", "%%%%"]
    )
