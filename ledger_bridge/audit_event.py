"""Events as FHIR R4 AuditEvents, in the patterns of IHE BALP 1.1.3 (Basic Audit Log Patterns).

Rules enforced
    * every line is an R4 AuditEvent, also when fields are hidden;
    * a BALP profile is claimed (`meta.profile`) only by a record that keeps all of its rules: a refusal, or an event
      whose address, time or any detail is hidden, has the same shape and claims nothing;
    * a person who acts or is acted upon is a user, never a patient; the patient is the study participant that the
      event names under a pseudonym (`detail.subject`), and only then do BALP's patient profiles apply;
    * memory does not grow with the number of events.

Most of a resource is the same from event to event. So its parts are encoded once and put together as text: several
times as fast as encoding every resource as a whole.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring as _quote
from typing import Any

from ledger_bridge.audit_codes import CONTENT, DCM, LIFECYCLE, OWN_KIND, REST, Code, Pattern, classify
from ledger_bridge.renderings import HIDDEN, NAMED, Context, Event, as_text, compact, details, fields_of

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_HL7 = "http://terminology.hl7.org/CodeSystem"
_EXPORT = "110106"
_IP_ADDRESS, _MACHINE = "2", "1"

DATA_FIELDS = (
    "item", "workspace", "detail.document", "detail.application", "detail.appointment", "detail.institution",
    "detail.invitation", "person", "actor",
)  # fmt: skip
"""Where the thing an event is about stands, the most specific first; what has none of them is about the log itself."""


def fhir_lines(events: Iterable[Event], context: Context) -> Iterator[bytes]:
    """Yield `fhir-auditevents.ndjson`, line by line."""
    for event in events:
        yield audit_event(event, context).encode() + b"\n"


def audit_event(event: Event, context: Context) -> str:
    """One event as a FHIR R4 AuditEvent, in JSON."""
    fields = fields_of(event)
    kind = context.kind_of(event)
    shape = _shape(kind.action, kind.dicom_code)
    disclosure = shape.exports and bool(fields.get("detail.subject"))
    parts = ['"resourceType":"AuditEvent"']
    if fields.get("id"):
        parts.append(f'"id":{_quote(fields["id"])}')
    tells_all = not any(name.startswith("detail.") for name in event.get("hidden", ()))
    if tells_all and (profile := _profile(shape, fields, disclosure=disclosure)):
        parts.append(f'"meta":{{"profile":["{BALP}{profile}"]}}')
    parts.append(_types(fields.get("kind", HIDDEN), kind.action, kind.dicom_code, disclosure=disclosure))
    parts += [_times(fields), *_outcome(fields), *_purpose("purposeOfEvent", fields)]
    parts.append(f'"agent":[{",".join(_agents(shape, fields, context))}]')
    parts.append(_source(context.checkpoint.origin))
    parts.append(f'"entity":[{",".join(_entities(event, context, shape))}]')
    return f"{{{','.join(parts)}}}"


def host_of(origin: str) -> str:
    """Return the machine's name in a log's origin, which is a name and a path."""
    return origin.partition("/")[0]


def _profile(shape: "_Shape", fields: Mapping[str, Any], *, disclosure: bool) -> str:
    """Return the name of the BALP profile that the record keeps, or nothing."""
    succeeded = fields.get("outcome") == "allow" and "recorded_at" in fields
    if not succeeded or not shape.profile or not _knows_client_network(fields):
        return ""
    if disclosure:
        return "PrivacyDisclosure.Source"
    return f"{'Patient' if fields.get('detail.subject') else ''}{shape.profile}"


@lru_cache(maxsize=1024)
def _types(kind: str, action: str, dicom_code: str, *, disclosure: bool) -> str:
    codes = classify(action, dicom_code)
    own = Code(OWN_KIND, kind, "")
    event = [codes.event] if codes.event else []
    interaction = [codes.interaction] if codes.interaction else []
    if disclosure:
        type_, subtypes = codes.event, [Code(LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"), *interaction]
    elif codes.pattern is Pattern.DELETE:
        return _members({"type": _coding(_REST), "subtype": [_coding(i) for i in interaction], "action": "D"})
    elif interaction:
        type_, subtypes = _REST, [*interaction, *event]
    else:
        type_, subtypes = codes.event, list(codes.types)
    said = "E" if codes.pattern is Pattern.QUERY else codes.action
    coded = [_coding(code) for code in (*subtypes, own)]
    return _members({"type": _coding(type_ or _REST), "subtype": coded, "action": said})


def _times(fields: Mapping[str, Any]) -> str:
    recorded = f'"recorded":{_quote(fields["recorded_at"])}' if "recorded_at" in fields else _MASKED_RECORDED
    if "occurred_at" not in fields:
        return recorded
    moment = _quote(fields["occurred_at"])
    return f'"period":{{"start":{moment},"end":{moment}}},{recorded}'


def _outcome(fields: Mapping[str, Any]) -> list[str]:
    if "outcome" not in fields:
        return []
    return ['"outcome":"4"' if fields["outcome"] == "deny" else '"outcome":"0"']


def _purpose(name: str, fields: Mapping[str, Any]) -> list[str]:
    return [f'"{name}":[{{"text":{_quote(fields["purpose"])}}}]'] if fields.get("purpose") else []


# Client, server and user, in the roles of BALP 3:5.7.3. BALP follows the data: whoever sends is the source, whoever
# receives the destination; in a query it is the question that flows.
_APPLICATION = Code(DCM, "110150", "Application")
_DESTINATION = Code(DCM, "110152", "Destination Role ID")
_SENDER = Code(DCM, "110153", "Source Role ID")
_CUSTODIAN = Code(f"{_HL7}/provenance-participant-type", "custodian", "Custodian")
_AUTHORIZER = Code(f"{_HL7}/extra-security-role-type", "authserver", "authorization server")
_RECIPIENT = Code(f"{_HL7}/v3-ParticipationType", "IRCP", "information recipient")
_AUTHOR = Code(f"{_HL7}/v3-ParticipationType", "AUT", "author (originator)")
_PROVIDER = Code(f"{_HL7}/v3-RoleClass", "PROV", "healthcare provider")
_SENDING = (_SENDER, _DESTINATION, _AUTHOR)
_DECIDING = (_APPLICATION, _AUTHORIZER, _RECIPIENT)
_PARTIES = {
    Pattern.CREATE: _SENDING,
    Pattern.UPDATE: _SENDING,
    Pattern.OPERATION: _SENDING,
    Pattern.READ: (_DESTINATION, _SENDER, _RECIPIENT),
    Pattern.QUERY: (_SENDER, _DESTINATION, _RECIPIENT),
    Pattern.DELETE: (_APPLICATION, _CUSTODIAN, _AUTHOR),
    Pattern.SECURITY: _DECIDING,
    Pattern.AUTHENTICATION: _DECIDING,
    Pattern.ACTIVITY: _DECIDING,
}


@dataclass(frozen=True)
class _Shape:
    """What all records of one action and code share; the roles are encoded."""

    pattern: Pattern
    exports: bool
    profile: str
    client: str
    server: str
    user: str


@lru_cache(maxsize=1024)
def _shape(action: str, dicom_code: str) -> _Shape:
    codes = classify(action, dicom_code)
    profile = codes.pattern.value if codes.pattern in CONTENT | {Pattern.QUERY} else ""
    exports = codes.event is not None and codes.event.code == _EXPORT
    return _Shape(codes.pattern, exports, profile, *map(_concept, _PARTIES[codes.pattern]))


def _agents(shape: _Shape, fields: Mapping[str, Any], context: Context) -> Iterator[str]:
    actor = fields.get("actor", HIDDEN)
    asks = "false" if actor else "true"
    origin = context.checkpoint.origin
    network = _client_network(fields, origin)
    yield f'{{"type":{shape.client},"who":{_client(fields, context)},"requestor":{asks}{network}}}'
    yield _server_agent(shape.server, origin)
    if actor:
        purpose = "".join(f",{part}" for part in _purpose("purposeOfUse", fields))
        yield f'{{"type":{shape.user},"who":{_who("actor", actor, context)},"requestor":true{purpose}}}'
    if institution := fields.get("actor_institution"):
        who = _who("actor_institution", institution, context)
        yield f'{{"type":{_INSTITUTION},"who":{who},"requestor":false}}'


def _client(fields: Mapping[str, Any], context: Context) -> str:
    if fields.get("actor_kind") == "service":
        return _reference("log", context.checkpoint.origin, "")
    return '{"display":"browser or program of the person"}'


def _knows_client_network(fields: Mapping[str, Any]) -> bool:
    """The network is known of a client that gave its address, and of the installation itself when it is the client."""
    return bool(fields.get("source_address")) or fields.get("actor_kind") == "service"


def _client_network(fields: Mapping[str, Any], origin: str) -> str:
    if address := fields.get("source_address"):
        return f',"network":{{"address":{_quote(address)},"type":"{_IP_ADDRESS}"}}'
    if fields.get("actor_kind") == "service":
        return f',"network":{{"address":{_quote(host_of(origin))},"type":"{_MACHINE}"}}'
    return ""


def _who(field: str, value: str, context: Context) -> str:
    if value == HIDDEN:
        return f'{{"display":"{HIDDEN}"}}'
    return _reference(NAMED[field], value, context.name_of(field, value))


@lru_cache(maxsize=64)
def _server_agent(role: str, origin: str) -> str:
    who = _reference("log", origin, "")
    network = f'{{"address":{_quote(host_of(origin))},"type":"{_MACHINE}"}}'
    return f'{{"type":{role},"who":{who},"requestor":false,"network":{network}}}'


@lru_cache(maxsize=16)
def _source(origin: str) -> str:
    return f'"source":{{"site":{_quote(origin)},"observer":{_reference("log", origin, "")},"type":[{_SERVER}]}}'


# audit-entity-type: 1 person, 2 system object, 4 other. BALP wants exactly one object of type 2, the data; what else
# is named beside it is "other".
# object-role: 1 patient, 3 report, 4 domain resource, 6 user, 13 security resource, 24 query.
def _entities(event: Event, context: Context, shape: _Shape) -> Iterator[str]:
    fields = fields_of(event)
    field, value = data_of(fields, context.checkpoint.origin)
    if shape.pattern is Pattern.QUERY:
        asked = b64encode(as_text(fields.get("detail.filters", HIDDEN)).encode() or b"everything").decode()
        yield f'{{{_role("2", "24")},"query":"{asked}"}}'
    else:
        yield _data(field, value, fields, context, shape)
    if field != "workspace" and (workspace := fields.get("workspace")):
        beside = _reference("workspace", workspace, context.name_of("workspace", workspace))
        yield f'{{"what":{beside},{_role("4", "4")}}}'
    if person := fields.get("person"):
        yield f'{{"what":{_reference("person", person, context.name_of("person", person))},{_role("1", "6")}}}'
    if subject := fields.get("detail.subject"):
        patient = _reference("subject", as_text(subject), "")[1:]
        yield f'{{"what":{{"type":"Patient",{patient},{_role("1", "1")}}}'
    if request := fields.get("request_id"):
        yield f'{{"what":{{"identifier":{{"value":{_quote(request)}}}}},"type":{_REQUEST}}}'
    leaf = _reference("leaf", f"{context.checkpoint.origin}/{event['index']}", "")
    yield f'{{"what":{leaf},{_role("4", "13")},"detail":[{_detail_list(fields)}]}}'


def data_of(fields: Mapping[str, Any], origin: str) -> tuple[str, str]:
    """Return what the event is about: the field (without `detail.`) and the id."""
    for field in DATA_FIELDS:
        value = fields.get(field)
        if value and isinstance(value, str):
            return field.removeprefix("detail."), value
    return "log", origin


def _data(field: str, value: str, fields: Mapping[str, Any], context: Context, shape: _Shape) -> str:
    reference = _reference(NAMED.get(field, field), value, context.name_of(field, value))
    role = _role("2", "3" if field in {"item", "document"} else "4")
    version = fields.get("version")
    # BALP's Delete allows no detail with the data.
    detail = f',"detail":[{_detail("version", version)}]' if version and shape.pattern is not Pattern.DELETE else ""
    return f'{{"what":{reference},{role}{detail}}}'


def _detail_list(fields: Mapping[str, Any]) -> str:
    shown = {"kind": fields.get("kind", HIDDEN), "entry": fields.get("id", HIDDEN), **details(fields)}
    texts = [(name, as_text(value)) for name, value in shown.items()]
    # FHIR knows no empty strings and no empty lists.
    return ",".join(_detail(name, text) for name, text in texts if text)


def _detail(name: str, text: str) -> str:
    return f'{{"type":{_quote(name)},"valueString":{_quote(text)}}}'


def _reference(what: str, value: str, name: str) -> str:
    display = f',"display":{_quote(name)}' if name else ""
    return f'{{"identifier":{{"system":"urn:x-ithaca:{what}","value":{_quote(value)}}}{display}}}'


def _members(value: Mapping[str, Any]) -> str:
    """The members of a JSON object, without its braces."""
    return compact(value)[1:-1]


def _coding(code: Code) -> dict[str, str]:
    coding = {"system": code.system, "code": code.code, "display": code.meaning}
    return {name: text for name, text in coding.items() if text}


def _concept(code: Code) -> str:
    return compact({"coding": [_coding(code)]})


@lru_cache(maxsize=16)
def _role(type_: str, role: str) -> str:
    codes = {"type": Code(f"{_HL7}/audit-entity-type", type_, ""), "role": Code(f"{_HL7}/object-role", role, "")}
    return _members({name: _coding(code) for name, code in codes.items()})


_INSTITUTION = _concept(_PROVIDER)
_REST = Code(REST, "rest", "Restful Operation")
_SERVER = compact(_coding(Code(f"{_HL7}/security-source-type", "4", "Application Server")))
_REQUEST = compact(_coding(Code("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "")))
_ABSENT = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
_MASKED_RECORDED = _members({"_recorded": {"extension": [_ABSENT]}})
