import json
import re
from typing import Any

import pytest

from ledger_bridge.audit_event import audit_event, fhir_lines
from ledger_bridge.renderings import Context
from tests.fakes.ledger import KINDS, FakeLedger, small_ledger

WORKSPACE = ("workspace", "w1")


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger()


def context_of(ledger: FakeLedger) -> Context:
    scope = ledger.scope([ledger.stream(*WORKSPACE)], 7)
    return Context(checkpoint=ledger.checkpoint(), scope=scope, names=ledger.names, kinds=KINDS)


def audit_events(ledger: FakeLedger, **options: Any) -> list[dict[str, Any]]:
    events = ledger.events([ledger.stream(*WORKSPACE)], **options)
    return [json.loads(audit_event(event, context_of(ledger))) for event in events]


REQUIRED = {"resourceType", "type", "recorded", "agent", "source"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


def check_shape(resource: dict[str, Any]) -> None:
    """The cardinalities and value sets of the R4 AuditEvent that our values can touch."""
    assert resource.keys() | ({"recorded"} if "_recorded" in resource else set()) >= REQUIRED
    assert {"system", "code"} <= resource["type"].keys()
    assert resource["action"] in "CRUDE"
    assert resource["outcome"] in {"0", "4", "8", "12"}
    assert resource["agent"]
    assert all(isinstance(agent["requestor"], bool) and agent["who"] for agent in resource["agent"])
    assert resource["source"]["observer"]
    assert all({"system", "code"} <= subtype.keys() for subtype in resource["subtype"])
    for entity in resource["entity"]:
        assert entity["what"]
        assert all(detail.keys() == {"type", "valueString"} for detail in entity.get("detail", []))
    check_nothing_is_empty(resource)


def check_nothing_is_empty(value: Any) -> None:
    """FHIR allows no null, no empty text, no empty list and no empty object."""
    assert value not in (None, "", [], {})
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        check_nothing_is_empty(one)


def test_fhir_events_have_the_shape_of_r4(ledger: FakeLedger) -> None:
    for resource in audit_events(ledger):
        check_shape(resource)
        assert TIME.fullmatch(resource["recorded"])


def test_fhir_events_keep_their_shape_when_everything_is_hidden(ledger: FakeLedger) -> None:
    for resource in audit_events(ledger, hide=set(ledger.entries[0].fields)):
        check_shape(resource)
        assert resource["agent"][0]["who"] == {"display": "(hidden)"}


def test_a_read_is_a_restful_read_with_its_dicom_code(ledger: FakeLedger) -> None:
    resource = audit_events(ledger)[0]
    assert (resource["type"]["code"], resource["action"]) == ("rest", "R")
    assert [subtype["code"] for subtype in resource["subtype"]] == ["read", "110103", "file.opened"]


def test_an_unknown_kind_is_an_application_activity(ledger: FakeLedger) -> None:
    resource = audit_events(ledger)[4]
    assert (resource["type"]["code"], resource["action"]) == ("110100", "E")
    assert resource["subtype"][0]["code"] == "grant.given"


def test_a_refusal_is_a_minor_failure(ledger: FakeLedger) -> None:
    events = ledger.events([ledger.stream("workspace", "w2")])
    outcomes = [json.loads(audit_event(event, context_of(ledger)))["outcome"] for event in events]
    assert outcomes == ["0", "4"]


def test_a_purpose_is_a_purpose_of_event(ledger: FakeLedger) -> None:
    assert audit_events(ledger)[4]["purposeOfEvent"] == [{"text": "second opinion"}]


def test_a_person_acted_upon_is_an_entity(ledger: FakeLedger) -> None:
    entity = audit_events(ledger)[4]["entity"][0]
    assert (entity["what"]["identifier"]["value"], entity["type"]["code"]) == ("bo", "1")


def test_the_last_entity_points_to_the_leaf(ledger: FakeLedger) -> None:
    assert audit_events(ledger)[4]["entity"][-1]["what"]["identifier"]["value"] == "ledger.example/clinic/5"


@pytest.mark.parametrize(
    "field", ["id", "kind", "actor", "purpose", "source_address", "item", "request_id", "detail.name"]
)
def test_fhir_lines_are_json_whatever_a_field_holds(field: str) -> None:
    nasty = 'quote " backslash \\ line\nfeed } {braces} \u2028 \x00'
    ledger = FakeLedger(names={"item": {nasty: nasty}})
    ledger.record(**{"workspace": "w1", "item": "file", field: nasty})
    events = ledger.events([ledger.stream(*WORKSPACE)])
    (line,) = fhir_lines(events, context_of(ledger))
    assert nasty in str_values(json.loads(line))


def str_values(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in str_values(one)]
