import dataclasses
import json
import re
from typing import Any

import pytest

from ledger_bridge.audit_event import AuditEvents
from ledger_bridge.renderings import Context, Kind
from tests.fakes.ledger import KINDS, FakeLedger, small_ledger
from tests.ledger_bridge import balp

WORKSPACE = ("workspace", "w1")


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger()


def context_of(ledger: FakeLedger) -> Context:
    scope = ledger.scope([ledger.stream(*WORKSPACE)], 7)
    return Context(checkpoint=ledger.checkpoint(), scope=scope, names=ledger.names, kinds=KINDS)


def audit_events(ledger: FakeLedger, **options: Any) -> list[dict[str, Any]]:
    events = ledger.events([ledger.stream(*WORKSPACE)], **options)
    return [json.loads(AuditEvents(context_of(ledger)).encode(event)) for event in events]


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
SYSTEM_OBJECT, PERSON = "2", "1"


def entities(resource: dict[str, Any], type_: str, role: str = "") -> list[dict[str, Any]]:
    of_type = [entity for entity in resource["entity"] if entity["type"]["code"] == type_]
    return [entity for entity in of_type if not role or entity["role"]["code"] == role]


def agents(resource: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [agent for agent in resource["agent"] if agent["type"]["coding"][0]["code"] == code]


def check_nothing_is_empty(value: Any) -> None:
    """FHIR allows no null, no empty text, no empty list and no empty object."""
    assert value not in (None, "", [], {})
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        check_nothing_is_empty(one)


def test_nothing_in_a_record_is_empty(ledger: FakeLedger) -> None:
    for resource in audit_events(ledger):
        check_nothing_is_empty(resource)
        assert TIME.fullmatch(resource["recorded"])


def test_a_hidden_outcome_is_not_called_a_success(ledger: FakeLedger) -> None:
    assert not [resource for resource in audit_events(ledger, hide={"outcome"}) if "outcome" in resource]


def test_a_hidden_actor_is_a_user_without_an_id(ledger: FakeLedger) -> None:
    (user,) = agents(audit_events(ledger, hide={"actor"})[0], "IRCP")
    assert user["who"] == {"display": "(hidden)"}


def test_a_read_is_a_restful_read_with_its_dicom_code(ledger: FakeLedger) -> None:
    resource = audit_events(ledger)[0]
    assert (resource["type"]["code"], resource["action"]) == ("rest", "R")
    assert [subtype["code"] for subtype in resource["subtype"]] == ["read", "110103", "file.opened"]


def test_a_read_flows_from_the_installation_to_the_person(ledger: FakeLedger) -> None:
    resource = audit_events(ledger)[0]
    (client,), (server,) = agents(resource, "110152"), agents(resource, "110153")
    assert client["network"] == {"address": "192.0.2.0/24", "type": "2"}
    assert server["network"] == {"address": "ledger.example", "type": "1"}


def test_an_upload_flows_the_other_way(ledger: FakeLedger) -> None:
    events = ledger.events([ledger.stream("workspace", "w2")])
    resource = json.loads(AuditEvents(context_of(ledger)).encode(events[0]))
    assert agents(resource, "110153")[0]["network"]["address"] == "192.0.2.0/24"
    assert agents(resource, "AUT")[0]["who"]["identifier"]["value"] == "cy"


def test_an_unknown_kind_is_an_operation(ledger: FakeLedger) -> None:
    resource = audit_events(ledger)[4]
    assert (resource["type"]["code"], resource["action"]) == ("rest", "E")
    assert [subtype["code"] for subtype in resource["subtype"]] == ["operation", "grant.given"]


def test_a_refusal_is_a_minor_failure(ledger: FakeLedger) -> None:
    events = ledger.events([ledger.stream("workspace", "w2")])
    outcomes = [json.loads(AuditEvents(context_of(ledger)).encode(event))["outcome"] for event in events]
    assert outcomes == ["0", "4"]


def test_the_item_stands_with_its_version() -> None:
    ledger = FakeLedger()
    ledger.record(workspace="w1", item="i1", version="v1")
    (data,) = entities(audit_events(ledger)[0], SYSTEM_OBJECT)
    assert data["what"]["identifier"] == {"system": "urn:x-ithaca:item", "value": "i1"}
    assert data["detail"] == [{"type": "version", "valueString": "v1"}]


def test_the_institution_of_the_person_is_an_agent(ledger: FakeLedger) -> None:
    (institution,) = agents(audit_events(ledger)[0], "PROV")
    assert (institution["who"]["identifier"]["value"], institution["requestor"]) == ("northshore", False)


def test_the_request_is_an_entity(ledger: FakeLedger) -> None:
    requests = entities(audit_events(ledger)[0], "XrequestId")
    assert [one["what"]["identifier"]["value"] for one in requests] == ["request-0"]


def test_a_purpose_is_a_purpose_of_event(ledger: FakeLedger) -> None:
    assert audit_events(ledger)[4]["purposeOfEvent"] == [{"text": "second opinion"}]


def test_a_purpose_is_also_the_purpose_of_the_user(ledger: FakeLedger) -> None:
    users = [agent for agent in audit_events(ledger)[4]["agent"] if agent["requestor"]]
    assert [user["purposeOfUse"] for user in users] == [[{"text": "second opinion"}]]


def test_a_person_acted_upon_is_a_user_and_no_patient(ledger: FakeLedger) -> None:
    (person,) = entities(audit_events(ledger)[4], PERSON)
    assert (person["what"]["identifier"]["value"], person["role"]["code"]) == ("bo", "6")


def test_a_participant_is_a_patient_under_the_pseudonym() -> None:
    ledger = FakeLedger()
    ledger.record(workspace="w1", item="i1", **{"detail.subject": "P-0017"})
    (resource,) = audit_events(ledger)
    (patient,) = entities(resource, PERSON)
    assert (patient["what"]["identifier"]["value"], patient["role"]["code"]) == ("P-0017", "1")
    assert resource["meta"]["profile"][0].endswith("IHE.BasicAudit.PatientRead")


def test_data_of_a_participant_that_leaves_is_a_privacy_disclosure() -> None:
    ledger = FakeLedger()
    ledger.record("file.exported", workspace="w1", item="i1", **{"detail.subject": "P-0017"})
    (event,) = ledger.events([ledger.stream(*WORKSPACE)])
    context = dataclasses.replace(context_of(ledger), kinds={"file.exported": Kind("", "R", "110106")})
    resource = json.loads(AuditEvents(context).encode(event))
    balp.check(resource)
    assert balp.claimed(resource) == "PrivacyDisclosure.Source"


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
    (line,) = AuditEvents(context_of(ledger)).lines(events).splitlines()
    assert nasty in str_values(json.loads(line))


def str_values(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in str_values(one)]
