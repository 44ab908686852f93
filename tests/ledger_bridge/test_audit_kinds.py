"""Every kind of event of every room, in both audit formats, against the published rules of each."""

import dataclasses
import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from jsonschema import Draft6Validator
from lxml import etree

from ledger_bridge.audit_codes import CONTENT, EVENTS, TYPES, Pattern, classify
from ledger_bridge.audit_event import AuditEvents
from ledger_bridge.audit_message import audit_message
from ledger_bridge.events import Event, event_kinds
from ledger_bridge.renderings import Context, Kind
from ledger_bridge.tlog import entry
from tests.fakes.ledger import FakeLedger, identifier
from tests.ledger_bridge import balp

DATA = Path(__file__).parents[1] / "data"
FHIR = Draft6Validator(json.loads((DATA / "fhir/auditevent.schema.json").read_bytes()))
DICOM = etree.RelaxNG(etree.parse(DATA / "dicom/audit-message.rng"))
SAMPLES: dict[Any, Any] = {int: 3, bool: True, str: "text “with” <markup> & “quotes”", str | None: None}
IDS = ("actor", "actor_institution", "workspace", "item", "version", "person")
KINDS = sorted(kind for kind, event in event_kinds().items() if not event.__module__.startswith("tests."))
Fields = dict[str, Any]

NOTHING = dict.fromkeys(IDS)
SITUATIONS: dict[str, Fields] = {
    "everything known": {name: identifier(name) for name in IDS} | {"purpose": "second opinion"},
    "about nothing but the person who acts": NOTHING | {"actor": identifier("actor")},
    "by the installation itself": NOTHING | {"actor_kind": "service", "source_address": None, "request_id": None},
    "by somebody who has not signed in": NOTHING | {"actor_kind": "anonymous", "person": identifier("person")},
    "refused": {name: identifier(name) for name in IDS} | {"outcome": "deny"},
    "about a participant": {name: identifier(name) for name in IDS} | {"detail.subject": "P-0017"},
}


def sample(kind: str) -> Fields:
    """The details of an event of this kind, filled by the types of its fields."""
    event = event_kinds()[kind]
    types = get_type_hints(event)
    return {f"detail.{one.name}": SAMPLES.get(types[one.name], "x") for one in dataclasses.fields(event)}


def rendered(kind: str, situation: Fields, hide: frozenset[str] = frozenset()) -> tuple[str, str]:
    ledger = FakeLedger()
    cleared = {"detail.name": None, "detail.size": None}
    one = ledger.record(kind, **{**cleared, **sample(kind), **situation})
    event = entry.disclose(index=0, tags={}, fields=one.fields, seed=one.seed, hide=hide)
    kinds = {name: Kind(known.sentence, known.action, known.dicom_code) for name, known in event_kinds().items()}
    context = Context(checkpoint=ledger.checkpoint(), scope={}, names={}, kinds=kinds)
    return AuditEvents(context).encode(event), audit_message(event, context)


def check_both(fhir: str, dicom: str) -> dict[str, Any]:
    resource: dict[str, Any] = json.loads(fhir)
    FHIR.validate(resource)
    assert resource.keys() & {"recorded", "_recorded"}  # 1..1, which a JSON schema cannot say of "one of these"
    balp.check(resource)
    assert DICOM.validate(etree.fromstring(dicom.encode())), DICOM.error_log
    return resource


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is_in_an_audit(kind: str) -> None:
    said = {name for parent in event_kinds()[kind].__mro__ if parent is not Event for name in vars(parent)}
    assert {"action", "dicom_code"} & said


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_code_that_dicom_knows(kind: str) -> None:
    event = event_kinds()[kind]
    assert event.dicom_code in EVENTS | TYPES
    assert event.action in {"C", "R", "U", "D", "E"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_a_kind_is_valid_in_both_formats(kind: str, situation: Fields) -> None:
    check_both(*rendered(kind, situation))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_stays_valid_when_everything_is_hidden(kind: str) -> None:
    every = frozenset(FakeLedger().record().fields) | sample(kind).keys()
    resource = check_both(*rendered(kind, SITUATIONS["everything known"], hide=every))
    assert balp.claimed(resource) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_claims_the_profile_of_what_it_does(kind: str) -> None:
    event = event_kinds()[kind]
    pattern = classify(event.action, event.dicom_code).pattern
    resource = json.loads(rendered(kind, SITUATIONS["everything known"])[0])
    assert balp.claimed(resource) == (pattern.value if pattern in CONTENT | {Pattern.QUERY} else "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_claims_no_profile_for_successes(kind: str) -> None:
    resource = json.loads(rendered(kind, SITUATIONS["refused"])[0])
    assert (balp.claimed(resource), resource["outcome"]) == ("", "4")


def test_both_validators_refuse_what_is_wrong() -> None:
    fhir, dicom = rendered("version.opened", SITUATIONS["everything known"])
    assert not FHIR.is_valid(json.loads(fhir) | {"outcome": "1"})
    assert not DICOM.validate(etree.fromstring(dicom.replace("EventActionCode", "Action").encode()))
