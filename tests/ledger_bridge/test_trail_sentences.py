"""What happened, as people say it: times, rights, roles, factors, names and filters in words."""

import json
from typing import Any

import pytest

from accounts.models import User
from ledger_bridge.events import Event, event_kinds
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from ledger_bridge.selectors import describe_entries
from ledger_bridge.sentences import label_of, sentence_of
from sharing.services import grant_role
from tests.sharing.conftest import make_item
from workspaces.models import Workspace

KINDS = [
    pytest.param(event, id=kind) for kind, event in sorted(event_kinds().items()) if event.__module__[:6] != "tests."
]
NEVER, MOMENT = "no end", "2026-11-23 21:54 UTC"


@pytest.mark.parametrize("event", KINDS)
def test_it_has_a_label_for_people(event: type[Event]) -> None:
    assert event.label[:1].isupper()
    assert not set(event.label) & set("._{}")
    assert label_of(event.kind) == event.label


def test_no_two_kinds_have_the_same_label() -> None:
    labels = [event.values[0].label for event in KINDS]  # type: ignore[union-attr]
    assert sorted(labels) == sorted(set(labels))


@pytest.mark.parametrize(
    ("kind", "detail", "sentence"),
    [
        (
            "grant.given",
            {"to": "the group “Imaging”", "role": "contributor", "until": MOMENT},
            "gave the group “Imaging” the role Contributor (ends: 23 November 2026, 21:54 UTC)",
        ),
        (
            "grant.given",
            {"to": "a person", "role": "visitor", "until": NEVER},
            "gave Ben Okri the role Visitor (ends: never)",
        ),
        (
            "exception.set",
            {"effect": "deny", "right": "trail", "to": "a person", "until": NEVER},
            "set an exception: Ben Okri is not allowed to see the trail here and below (ends: never)",
        ),
        (
            "access.refused",
            {"right": "workspaces.upload", "rule": "You are a visitor."},
            "was refused “upload” and told: “You are a visitor.”",
        ),
        ("access.refused", {"right": "sign in", "rule": "no"}, "was refused “sign in” and told: “no”"),
        ("appointment.proposed", {"role": "commission_admin"}, "proposed to appoint Ben Okri as commission admin"),
        ("factor.added", {"type": "totp"}, "added a second factor (authenticator app)"),
        ("signin.succeeded", {"methods": "password, totp"}, "signed in (password, authenticator app)"),
        ("signin.failed", {"factor": "code"}, "tried to sign in with a wrong code"),
        ("profile.changed", {"fields": "name, time_zone"}, "changed the profile (name, time zone)"),
        ("approval.expired", {"until": "2026-11-03"}, "noted that the approval of Ben Okri ended on 3 November 2026"),
    ],
)
def test_codes_and_times_are_put_into_words(kind: str, detail: dict[str, Any], sentence: str) -> None:
    assert sentence_of(kind, detail, person="Ben Okri") == sentence


def test_a_code_that_nobody_knows_is_shown_as_it_is() -> None:
    assert sentence_of("factor.added", {"type": "retina"}) == "added a second factor (retina)"


def test_somebody_without_a_name_is_a_person() -> None:
    assert "gave a person the role" in sentence_of("grant.given", {"to": "a person", "role": "visitor", "until": NEVER})


def test_a_name_that_looks_like_a_time_or_a_right_stays_a_name() -> None:
    assert sentence_of("item.moved", {"name": "2026-11-03"}) == "moved “2026-11-03”"
    assert sentence_of("item.moved", {"name": "workspaces.view"}) == "moved “workspaces.view”"


def test_filters_are_described() -> None:
    filters = {
        "workspace": ["w1", "w2"],
        "kind": "access.refused",
        "outcome": "deny",
        "since": "2026-05-01T00:00:00.000000Z",
        "until": "2026-05-04T00:00:00.000000Z",
    }
    said = sentence_of("trail.exported", {"filters": json.dumps(filters)}, names={"workspace": {"w1": "Site 12"}})
    assert said == (
        "exported the trail (workspace: Site 12, w2; what happened: Access refused; outcome: refused;"
        " from 1 May 2026; to 3 May 2026)"
    )


@pytest.mark.parametrize("filters", ["everything", "0", "[1]", "{", '{"workspace": 3}', '{"since": "?"}'])
def test_filters_that_are_none_are_shown_as_they_are(filters: str) -> None:
    assert sentence_of("trail.viewed", {"filters": filters}).startswith("looked at the trail (")


def test_people_and_things_are_called_by_name_in_a_trail(alice: User, bob: User) -> None:
    workspace = Workspace.objects.create(name="Site 12", owner=alice)
    item = make_item(workspace, None, "doses.csv")
    grant_role(actor=alice, workspace=workspace, role="visitor", person=bob)
    record(event_kinds()["trail.viewed"](filters=json.dumps({"item": [str(item.id)]})), actor=alice)  # type: ignore[call-arg]
    told = [one["sentence"] for one in describe_entries(list(Entry.objects.order_by("recorded_at")), asker=alice)]
    assert "gave Bob Lefèvre the role Visitor" in told[0]
    assert "file or folder: doses.csv" in told[1]


def test_filters_tell_no_name_that_the_reader_may_not_see(alice: User, charlie: User) -> None:
    workspace = Workspace.objects.create(name="Site 12", owner=alice)
    item = make_item(workspace, None, "doses.csv")
    record(event_kinds()["trail.viewed"](filters=json.dumps({"item": [str(item.id)]})), actor=alice, subject=charlie)  # type: ignore[call-arg]
    assert "doses" not in describe_entries(list(Entry.objects.all()), asker=charlie)[0]["sentence"]
