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
from collections.abc import Iterable, Mapping
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
_END = '"}}'
_BROWSER = '{"display":"browser or program of the person"}'
_REMEMBERED = 4096

DATA_FIELDS = (
    "item", "workspace", "detail.document", "detail.application", "detail.appointment", "detail.institution",
    "detail.invitation", "person", "actor",
)  # fmt: skip
"""Where the thing an event is about stands, the most specific first; what has none of them is about the log itself."""


def audit_event(event: Event, context: Context) -> str:
    """Return one event as a FHIR R4 AuditEvent, in JSON."""
    return AuditEvents(context).encode(event)


class AuditEvents:
    """Encodes the events of one export. What many of them share is encoded once: agents, references, the data."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._origin = context.checkpoint.origin
        self._source = f'"source":{{"site":{_quote(self._origin)},"observer":{self._log()},"type":[{_SERVER}]}}'
        self._leaf = f'{{"what":{_reference("leaf", f"{self._origin}/", "").removesuffix(_END)}'
        self._agents = lru_cache(maxsize=_REMEMBERED)(self._encode_agents)
        self._named = lru_cache(maxsize=_REMEMBERED)(self._encode_named)
        self._data = lru_cache(maxsize=_REMEMBERED)(self._encode_data)

    def lines(self, events: Iterable[Event]) -> bytes:
        """Return the lines of `fhir-auditevents.ndjson`."""
        return "".join([self.encode(event) + "\n" for event in events]).encode()

    def encode(self, event: Event) -> str:
        """Return one event as a FHIR R4 AuditEvent, in JSON."""
        fields = fields_of(event)
        kind = self._context.kind_of(event)
        shape = _shape(kind.action, kind.dicom_code)
        disclosure = shape.exports and bool(fields.get("detail.subject"))
        shown = fields.get
        parts = ['"resourceType":"AuditEvent"']
        if identity := shown("id"):
            parts.append(f'"id":{_quote(identity)}')
        if _tells_all(event) and (profile := _profile(shape, fields, disclosure=disclosure)):
            parts.append(f'"meta":{{"profile":["{BALP}{profile}"]}}')
        parts.append(_types(shown("kind", HIDDEN), kind.action, kind.dicom_code, disclosure=disclosure))
        parts += [_times(fields), *_outcome(fields), *_purpose("purposeOfEvent", shown("purpose"))]
        actor = shown("actor", HIDDEN), shown("actor_kind"), shown("actor_institution")
        parts.append(self._agents(shape, *actor, shown("source_address"), shown("purpose")))
        parts.append(self._source)
        parts.append(f'"entity":[{self._entities(event, fields, shape)}]')
        return f"{{{','.join(parts)}}}"

    def _encode_agents(
        self, shape: "_Shape", actor: str | None, kind: str | None, institution: str | None, address: str | None,
        purpose: str | None,
    ) -> str:  # fmt: skip
        asks = "false" if actor else "true"
        client = self._log() if kind == "service" else _BROWSER
        network = _client_network(kind, address, self._origin)
        agents = [f'{{"type":{shape.client},"who":{client},"requestor":{asks}{network}}}']
        server = f'{{"address":{_quote(host_of(self._origin))},"type":"{_MACHINE}"}}'
        agents.append(f'{{"type":{shape.server},"who":{self._log()},"requestor":false,"network":{server}}}')
        if actor:
            used = "".join(f",{part}" for part in _purpose("purposeOfUse", purpose))
            agents.append(f'{{"type":{shape.user},"who":{self._who("actor", actor)},"requestor":true{used}}}')
        if institution:
            who = self._who("actor_institution", institution)
            agents.append(f'{{"type":{_INSTITUTION},"who":{who},"requestor":false}}')
        return f'"agent":[{",".join(agents)}]'

    def _who(self, field: str, value: str) -> str:
        return f'{{"display":"{HIDDEN}"}}' if value == HIDDEN else self._reference(field, value)

    def _reference(self, field: str, value: str) -> str:
        return _reference(NAMED.get(field, field), value, self._context.name_of(field, value))

    def _log(self) -> str:
        return _reference("log", self._origin, "")

    # audit-entity-type: 1 person, 2 system object, 4 other. BALP wants exactly one object of type 2, the data; what
    # else is named beside it is "other".
    # object-role: 1 patient, 3 report, 4 domain resource, 6 user, 13 security resource, 24 query.
    def _entities(self, event: Event, fields: Mapping[str, Any], shape: "_Shape") -> str:
        field, value = data_of(fields, self._origin)
        shown = fields.get
        if shape.pattern is Pattern.QUERY:
            asked = b64encode(as_text(shown("detail.filters", HIDDEN)).encode() or b"everything").decode()
            entities = [f'{{{_role("2", "24")},"query":"{asked}"}}']
        else:
            entities = [self._data(field, value, shown("version"), shape)]
        if field != "workspace" and (workspace := shown("workspace")):
            entities.append(self._named("workspace", workspace, "4", "4"))
        if person := shown("person"):
            entities.append(self._named("person", person, "1", "6"))
        if subject := shown("detail.subject"):
            patient = _reference("subject", as_text(subject), "")[1:]
            entities.append(f'{{"what":{{"type":"Patient",{patient},{_role("1", "1")}}}')
        if request := shown("request_id"):
            entities.append(f'{{"what":{{"identifier":{{"value":{_quote(request)}}}}},"type":{_REQUEST}}}')
        entities.append(f'{self._leaf}{event["index"]}{_END},{_SECURITY},"detail":[{_detail_list(fields)}]}}')
        return ",".join(entities)

    def _encode_named(self, field: str, value: str, type_: str, role: str) -> str:
        return f'{{"what":{self._reference(field, value)},{_role(type_, role)}}}'

    def _encode_data(self, field: str, value: str, version: str | None, shape: "_Shape") -> str:
        role = _role("2", "3" if field in {"item", "document"} else "4")
        # BALP's Delete allows no detail with the data.
        detail = f',"detail":[{_detail("version", version)}]' if version and shape.pattern is not Pattern.DELETE else ""
        return f'{{"what":{self._reference(field, value)},{role}{detail}}}'


def host_of(origin: str) -> str:
    """Return the machine's name in a log's origin, which is a name and a path."""
    return origin.partition("/")[0]


def _tells_all(event: Event) -> bool:
    hidden = event.get("hidden")
    return not hidden or not any(name.startswith("detail.") for name in hidden)


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


def _purpose(name: str, purpose: str | None) -> list[str]:
    return [f'"{name}":[{{"text":{_quote(purpose)}}}]'] if purpose else []


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


@dataclass(frozen=True, eq=False)
class _Shape:
    """What all records of one action and code share; the roles are encoded. There is one for both, so it is itself."""

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


def _knows_client_network(fields: Mapping[str, Any]) -> bool:
    """The network is known of a client that gave its address, and of the installation itself when it is the client."""
    return bool(fields.get("source_address")) or fields.get("actor_kind") == "service"


def _client_network(kind: str | None, address: str | None, origin: str) -> str:
    if address:
        return f',"network":{{"address":{_quote(address)},"type":"{_IP_ADDRESS}"}}'
    if kind == "service":
        return f',"network":{{"address":{_quote(host_of(origin))},"type":"{_MACHINE}"}}'
    return ""


def data_of(fields: Mapping[str, Any], origin: str) -> tuple[str, str]:
    """Return what the event is about: the field (without `detail.`) and the id."""
    for field in DATA_FIELDS:
        value = fields.get(field)
        if value and isinstance(value, str):
            return field.removeprefix("detail."), value
    return "log", origin


def _detail_list(fields: Mapping[str, Any]) -> str:
    told = []
    for field, begin in _told(tuple(fields)):
        value = fields.get(field, HIDDEN)
        # FHIR knows no empty strings and no empty lists.
        if text := value if type(value) is str else as_text(value):
            told.append(f"{begin}{_quote(text)}}}")
    return ",".join(told)


@lru_cache(maxsize=256)
def _told(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which fields are told of as details, and how what tells of each begins: once for all events with these names."""
    told = {"kind": "kind", "entry": "id"} | {short: f"detail.{short}" for short in details(dict.fromkeys(names))}
    return [(field, _begin_detail(short)) for short, field in told.items()]


def _detail(name: str, text: str) -> str:
    return f"{_begin_detail(name)}{_quote(text)}}}"


@lru_cache(maxsize=1024)
def _begin_detail(name: str) -> str:
    return f'{{"type":{_quote(name)},"valueString":'


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


_SECURITY = _role("4", "13")
_INSTITUTION = _concept(_PROVIDER)
_REST = Code(REST, "rest", "Restful Operation")
_SERVER = compact(_coding(Code(f"{_HL7}/security-source-type", "4", "Application Server")))
_REQUEST = compact(_coding(Code("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "")))
_ABSENT = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
_MASKED_RECORDED = _members({"_recorded": {"extension": [_ABSENT]}})
