"""Events as FHIR R4 AuditEvents.

Rules enforced
    * every line is an R4 AuditEvent in the manner of IHE BALP, also when fields are hidden;
    * memory does not grow with the number of events.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from json.encoder import encode_basestring as _quote
from typing import Any

from ledger_bridge.renderings import HIDDEN, NAMED, Context, Event, Kind, as_text, compact, details


def _members(value: Mapping[str, Any]) -> str:
    """The members of a JSON object, without its braces."""
    return compact(value)[1:-1]


def _code(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def _role(type_: str, role: str) -> str:
    system = "http://terminology.hl7.org/CodeSystem"
    return _members({"type": _code(f"{system}/audit-entity-type", type_), "role": _code(f"{system}/object-role", role)})


_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = _code("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest")
_SERVER = _code("http://terminology.hl7.org/CodeSystem/security-source-type", "4")
_USER = compact({"coding": [_code("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")]})
_REQUEST = compact(_code("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId"))
_INTERACTIONS = {"C": "create", "R": "read", "U": "update", "D": "delete"}

# audit-entity-type: 1 person, 2 system object.
# object-role: 1 patient, 3 report, 4 domain resource, 13 security resource.
_ENTITIES = {
    "person": _role("1", "1"),
    "workspace": _role("2", "4"),
    "item": _role("2", "3"),
    "version": _role("2", "3"),
}
_SECURITY_RESOURCE = _role("2", "13")

_ABSENT = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
_MASKED_RECORDED = _members({"_recorded": {"extension": [_ABSENT]}})


def fhir_lines(events: Iterable[Event], context: Context) -> Iterator[bytes]:
    """Yield `fhir-auditevents.ndjson`, line by line."""
    for event in events:
        yield audit_event(event, context).encode() + b"\n"


def audit_event(event: Event, context: Context) -> str:
    """One event as a FHIR R4 AuditEvent, in JSON.

    Most of a resource is the same from event to event. So its parts are encoded once, with gaps, and only what differs
    is put in: four times as fast as encoding every resource as a whole.
    """
    fields = event["fields"]
    parts = ['"resourceType":"AuditEvent"']
    if fields.get("id"):
        parts.append(f'"id":{_quote(fields["id"])}')
    parts += [_codes(fields.get("kind", HIDDEN), context.kind_of(event)), _recorded(fields)]
    parts.append('"outcome":"4"' if fields.get("outcome") == "deny" else '"outcome":"0"')
    if fields.get("purpose"):
        parts.append(f'"purposeOfEvent":[{{"text":{_quote(fields["purpose"])}}}]')
    parts += [_agent(fields, context), _source(context.checkpoint.origin), _entities(event, context)]
    return f"{{{','.join(parts)}}}"


@lru_cache(maxsize=1024)
def _codes(name: str, kind: Kind) -> str:
    dicom = _code(_DCM, kind.dicom_code)
    ours = _code("urn:x-ithaca:event-kind", name)
    if kind.action not in _INTERACTIONS:
        return _members({"type": dicom, "subtype": [ours], "action": kind.action})
    interaction = _code("http://hl7.org/fhir/restful-interaction", _INTERACTIONS[kind.action])
    return _members({"type": _REST, "subtype": [interaction, dicom, ours], "action": kind.action})


@lru_cache(maxsize=16)
def _source(origin: str) -> str:
    return _members({"source": {"site": origin, "observer": {"display": origin}, "type": [_SERVER]}})


def _recorded(fields: Mapping[str, Any]) -> str:
    recorded = f'"recorded":{_quote(fields["recorded_at"])}' if "recorded_at" in fields else _MASKED_RECORDED
    if "occurred_at" not in fields:
        return recorded
    moment = _quote(fields["occurred_at"])
    return f'"period":{{"start":{moment},"end":{moment}}},{recorded}'


def _agent(fields: Mapping[str, Any], context: Context) -> str:
    actor, address = fields.get("actor", HIDDEN), fields.get("source_address")
    if actor in (None, HIDDEN):
        who = f'{{"display":{_quote(actor or "nobody signed in")}}}'
    else:
        who = _reference("person", actor, context.name_of("actor", actor))
    network = f',"network":{{"address":{_quote(address)},"type":"2"}}' if address else ""  # 2: an IP address
    return f'"agent":[{{"type":{_USER},"who":{who},"requestor":true{network}}}]'


def _entities(event: Event, context: Context) -> str:
    fields = event["fields"]
    entities = []
    for field, kind in _ENTITIES.items():
        if value := fields.get(field):
            reference = _reference(NAMED.get(field, field), value, context.name_of(field, value))
            entities.append(f'{{"what":{reference},{kind}}}')
    if request := fields.get("request_id"):
        entities.append(f'{{"what":{{"identifier":{{"value":{_quote(request)}}}}},"type":{_REQUEST}}}')
    leaf = _reference("leaf", f"{context.checkpoint.origin}/{event['index']}", "")
    entities.append(f'{{"what":{leaf},{_SECURITY_RESOURCE}{_detail_list(fields)}}}')
    return f'"entity":[{",".join(entities)}]'


def _detail_list(fields: Mapping[str, Any]) -> str:
    shown = [(name, as_text(value)) for name, value in details(fields).items()]
    # FHIR knows no empty strings and no empty lists.
    parts = [f'{{"type":{_quote(name)},"valueString":{_quote(text)}}}' for name, text in shown if text]
    return f',"detail":[{",".join(parts)}]' if parts else ""


def _reference(what: str, value: str, name: str) -> str:
    display = f',"display":{_quote(name)}' if name else ""
    return f'{{"identifier":{{"system":"urn:x-ithaca:{what}","value":{_quote(value)}}}{display}}}'
