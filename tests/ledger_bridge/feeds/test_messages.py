import json
import re
from base64 import b64encode
from typing import Any

import pytest
from lxml import etree

from ledger_bridge.feeds.messages import PLAIN_DETAILS, context_for, frame, nameless
from ledger_bridge.feeds.receiver import DICOM, FHIR
from tests.fakes.ledger import ORIGIN, FakeLedger, identifier
from tests.fakes.syslog import unframe
from tests.ledger_bridge.test_audit_kinds import KINDS, SITUATIONS, check_both, sample

# RFC 5424, 6: PRI, version, time, host, application, process, message id, structured data, message.
SYSLOG = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) (?P<host>[!-~]{1,255})"
    r" (?P<app>[!-~]{1,48}) (?P<process>[!-~]{1,128}) (?P<id>[!-~]{1,32}) (?P<data>-) \ufeff(?P<body>.*)",
    re.DOTALL,
)
SPOKEN = "a second opinion for Ana Ribeiro"


def event_of(**values: Any) -> dict[str, Any]:
    one = FakeLedger().record(**values)
    return {"index": one.index, "tags": {}, "fields": one.fields, "hidden": {}}


def parsed(event: dict[str, Any], format_: str = DICOM) -> re.Match[str]:
    (message,) = unframe(frame(event, context_for(ORIGIN), format_))
    found = SYSLOG.fullmatch(message.decode())
    assert found
    return found


def test_a_frame_counts_its_octets_and_not_its_letters() -> None:
    framed = frame(event_of(**{"detail.subject": "Ü-1"}), context_for(ORIGIN), DICOM)
    length, _, message = framed.partition(b" ")
    assert int(length) == len(message) > len(message.decode())


def test_the_header_is_that_of_the_audit_profile() -> None:
    header = parsed(event_of())
    assert (header["pri"], header["host"], header["app"], header["id"]) == (
        "85",
        "ledger.example",
        "ithaca",
        "DICOM+RFC3881",
    )


def test_a_refusal_is_a_warning() -> None:
    assert parsed(event_of(outcome="deny"))["pri"] == "84"


def test_the_time_is_when_it_was_recorded() -> None:
    assert parsed(event_of(recorded_at="2026-11-24T01:02:03.000004Z"))["time"] == "2026-11-24T01:02:03.000004Z"


@pytest.mark.parametrize("format_", [DICOM, FHIR])
def test_the_id_of_the_entry_is_in_the_message(format_: str) -> None:
    event = event_of()
    body = parsed(event, format_)["body"]
    if format_ == FHIR:
        assert json.loads(body)["id"] == event["fields"]["id"]
    else:
        log = etree.fromstring(body.encode()).findall("ParticipantObjectIdentification")[-1]
        details = {one.get("type"): one.get("value") for one in log.findall("ParticipantObjectDetail")}
        assert details["entry"] == encoded(event["fields"]["id"])


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize("format_", [DICOM, FHIR])
def test_neither_names_nor_what_people_typed_leave(format_: str) -> None:
    event = event_of(purpose=SPOKEN, **{"detail.name": SPOKEN, "detail.reason": SPOKEN, "detail.to": SPOKEN})
    framed = frame(event, context_for(ORIGIN), format_).decode()
    assert SPOKEN not in framed
    assert encoded(SPOKEN) not in framed


@pytest.mark.parametrize(
    ("name", "value", "leaves"),
    [
        ("detail.role", "manager", True),
        ("detail.number", 3, True),
        ("detail.complete", True, True),
        ("detail.application", identifier("application"), True),
        ("detail.body_blake3", "ab" * 32, True),
        ("detail.key_commitment", "ab" * 32, True),
        ("detail.name", "0123456789ab", False),
        ("detail.group", "Oncology", False),
        ("detail.nested", {"name": "Ana"}, False),
        ("detail.list", ["Ana"], False),
    ],
)
def test_of_details_only_what_cannot_be_a_name_leaves(name: str, value: Any, leaves: bool) -> None:  # noqa: FBT001
    assert (name in nameless(event_of(**{name: value}))["fields"]) == leaves


@pytest.mark.parametrize(
    "name", ["name", "before", "description", "group", "to", "reason", "rule", "filters", "finding"]
)
def test_no_field_for_free_text_is_among_the_plain_ones(name: str) -> None:
    assert name not in PLAIN_DETAILS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_a_message_that_any_receiver_takes(kind: str) -> None:
    event = event_of(kind=kind, **{**sample(kind), **SITUATIONS["everything known"]})
    bodies = {format_: parsed(event, format_)["body"] for format_ in (DICOM, FHIR)}
    check_both(bodies[FHIR], bodies[DICOM])
    # RFC 5425, 4.3.1: receivers should take messages of 8192 octets.
    assert max(len(frame(event, context_for(ORIGIN), format_)) for format_ in (DICOM, FHIR)) <= 8192
