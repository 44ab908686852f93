"""Events as audit messages of DICOM PS3.15 A.5, the XML that an IHE ATNA audit repository expects (ITI-20).

Rules enforced
    * every message is valid against the schema of A.5.1, also when fields are hidden;
    * no text of an event becomes markup: XML is made by a library, details are in base64 as A.5.1 has it, and what XML
      cannot hold at all is replaced;
    * ParticipantObjectName, which the schema wants, says what a thing is and never how it is called.

Who, where and what come from the same classification as the FHIR rendering: `audit_codes.py`.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from ledger_bridge.audit_codes import DCM, OWN_KIND, REST, Classification, Code, Pattern, classify
from ledger_bridge.audit_event import data_of, host_of
from ledger_bridge.renderings import HIDDEN, Context, Event, as_text, details

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SYSTEM_NAMES = {DCM: "DCM"}
_REST = Code(REST, "rest", "Restful Operation")
_UNKNOWN_TIME = "0001-01-01T00:00:00Z"
_IP_ADDRESS, _MACHINE = "2", "1"

_APPLICATION = Code(DCM, "110150", "Application")
_DESTINATION = Code(DCM, "110152", "Destination Role ID")
_SOURCE = Code(DCM, "110153", "Source Role ID")
_FLOWS = {
    "110106": (_DESTINATION, _SOURCE),
    "110104": (_DESTINATION, _SOURCE),
    "110107": (_SOURCE, _DESTINATION),
    "110112": (_SOURCE, _DESTINATION),
}
"""Roles of the person's program and of this installation, where data or a question flows between them."""

# ParticipantObjectIDTypeCode: what kind of id an object has (RFC 3881 and CID 404).
_URI = Code("RFC-3881", "12", "URI")
_USER_ID = Code("RFC-3881", "11", "User Identifier")
_PATIENT_ID = Code("RFC-3881", "2", "Patient Number")
_REQUEST_ID = Code("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "X-Request-Id")
_PERSON, _SYSTEM_OBJECT, _OTHER = "1", "2", "4"
_PATIENT, _REPORT, _USER, _SECURITY_RESOURCE = "1", "3", "6", "13"
_LIFE_CYCLES = {
    Pattern.CREATE: "1",
    Pattern.UPDATE: "3",
    Pattern.READ: "6",
    Pattern.QUERY: "6",
    Pattern.DELETE: "14",
}
_IMPORTED, _EXPORTED = "2", "10"


def audit_message(event: Event, context: Context) -> str:
    """One event as an AuditMessage, in XML."""
    fields = event["fields"]
    kind = context.kind_of(event)
    codes = classify(kind.action, kind.dicom_code)
    message = ET.Element("AuditMessage")
    _event(message, fields, codes)
    _participants(message, fields, codes, context.checkpoint.origin)
    source = _child(
        message,
        "AuditSourceIdentification",
        AuditEnterpriseSiteID=context.checkpoint.origin,
        AuditSourceID=host_of(context.checkpoint.origin),
    )
    ET.SubElement(source, "AuditSourceTypeCode", {"csd-code": "4"})
    _objects(message, event, codes, context.checkpoint.origin)
    return ET.tostring(message, encoding="unicode")


def _event(message: ET.Element, fields: Mapping[str, Any], codes: Classification) -> None:
    refused = fields.get("outcome") == "deny"
    identification = _child(
        message,
        "EventIdentification",
        EventActionCode=codes.action,
        EventDateTime=fields.get("occurred_at") or fields.get("recorded_at") or _UNKNOWN_TIME,
        EventOutcomeIndicator="4" if refused else "0",
    )
    _coded(identification, "EventID", codes.event or _REST)
    name = fields.get("kind", HIDDEN)
    interaction = [codes.interaction] if codes.interaction and not codes.event else []
    for code in (*codes.types, *interaction, Code(OWN_KIND, name, name)):
        _coded(identification, "EventTypeCode", code)


def _participants(message: ET.Element, fields: Mapping[str, Any], codes: Classification, origin: str) -> None:
    event = codes.event.code if codes.event else ""
    program, installation = _FLOWS.get(event, (None, _APPLICATION))
    actor = fields.get("actor", HIDDEN)
    if address := fields.get("source_address"):
        network = {"NetworkAccessPointID": address, "NetworkAccessPointTypeCode": _IP_ADDRESS}
    else:
        network = {}
    if actor or network:
        person = _child(
            message,
            "ActiveParticipant",
            UserID=actor or "nobody signed in",
            UserIsRequestor="true",
            **network,
        )
        if program:
            _coded(person, "RoleIDCode", program)
    server = _child(
        message,
        "ActiveParticipant",
        UserID=origin,
        UserIsRequestor="false" if actor or network else "true",
        NetworkAccessPointID=host_of(origin),
        NetworkAccessPointTypeCode=_MACHINE,
    )
    _coded(server, "RoleIDCode", installation)


def _objects(message: ET.Element, event: Event, codes: Classification, origin: str) -> None:
    fields = event["fields"]
    field, value = data_of(fields, origin)
    if field not in {"person", "actor", "log"}:
        role = _REPORT if field in {"item", "document"} else None
        data = _object(message, _SYSTEM_OBJECT, role, _URI, f"urn:uuid:{value}", field, _life_cycle(codes))
        if version := fields.get("version"):
            _detail(data, "version", version)
    if field != "workspace" and (workspace := fields.get("workspace")):
        _object(message, _OTHER, None, _URI, f"urn:uuid:{workspace}", "workspace")
    if person := fields.get("person"):
        _object(message, _PERSON, _USER, _USER_ID, person, "person")
    if subject := fields.get("detail.subject"):
        _object(message, _PERSON, _PATIENT, _PATIENT_ID, as_text(subject), "participant")
    if request := fields.get("request_id"):
        _object(message, _OTHER, None, _REQUEST_ID, request, "request")
    _log(message, event, origin)


def _log(message: ET.Element, event: Event, origin: str) -> None:
    """The place in the log, by which the entry can be found and proven; the event's own words are its details."""
    fields = event["fields"]
    place = f"https://{origin}#{event['index']}"
    log = _object(message, _SYSTEM_OBJECT, _SECURITY_RESOURCE, _URI, place, "Security Audit Log")
    shown = {
        "entry": fields.get("id"),
        "institution": fields.get("actor_institution"),
        "purpose": fields.get("purpose"),
    }
    for name, value in {**shown, **details(fields)}.items():
        if text := as_text(value):
            _detail(log, name, text)


def _life_cycle(codes: Classification) -> str | None:
    moved = {"110106": _EXPORTED, "110107": _IMPORTED}
    return moved.get(codes.event.code if codes.event else "") or _LIFE_CYCLES.get(codes.pattern)


def _object(
    message: ET.Element, type_: str, role: str | None, id_type: Code, id_: str, name: str, life_cycle: str | None = None
) -> ET.Element:
    attributes = {"ParticipantObjectID": id_, "ParticipantObjectTypeCode": type_}
    if role:
        attributes["ParticipantObjectTypeCodeRole"] = role
    if life_cycle:
        attributes["ParticipantObjectDataLifeCycle"] = life_cycle
    element = _child(message, "ParticipantObjectIdentification", **attributes)
    _coded(element, "ParticipantObjectIDTypeCode", id_type)
    ET.SubElement(element, "ParticipantObjectName").text = name
    return element


def _detail(element: ET.Element, name: str, text: str) -> None:
    value = b64encode(text.encode()).decode()
    _child(element, "ParticipantObjectDetail", type=name, value=value)


def _coded(parent: ET.Element, name: str, code: Code) -> None:
    system = _SYSTEM_NAMES.get(code.system, code.system)
    attributes = {"csd-code": code.code, "codeSystemName": system, "originalText": code.meaning}
    ET.SubElement(parent, name, {key: _clean(text) for key, text in attributes.items()})


def _child(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, name, {key: _clean(text) for key, text in attributes.items()})


def _clean(text: str) -> str:
    """Replace what XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
