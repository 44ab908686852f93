import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ledger_bridge.renderings import Context, Kind, Summary, audit_event, csv_lines, fhir_lines, harmless, readme
from ledger_bridge.tlog import entry
from tests.fakes.ledger import KINDS, FakeLedger, small_ledger

WORKSPACE = ("workspace", "w1")
HOSTILE = "=cmd|' /C calc'!A1 <b>"


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger()


def context_of(ledger: FakeLedger, **kinds: Kind) -> Context:
    scope = ledger.scope([ledger.stream(*WORKSPACE)], 7)
    return Context(checkpoint=ledger.checkpoint(), scope=scope, names=ledger.names, kinds={**KINDS, **kinds})


def rows_of(ledger: FakeLedger, **options: Any) -> list[dict[str, str]]:
    events = ledger.events([ledger.stream(*WORKSPACE)], **options)
    text = b"".join(csv_lines(events, context_of(ledger))).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def audit_events(ledger: FakeLedger, **options: Any) -> list[dict[str, Any]]:
    events = ledger.events([ledger.stream(*WORKSPACE)], **options)
    return [json.loads(audit_event(event, context_of(ledger))) for event in events]


def test_csv_has_a_row_for_every_event(ledger: FakeLedger) -> None:
    assert [row["index"] for row in rows_of(ledger)] == ["0", "1", "2", "3", "5", "8", "10"]


def test_csv_shows_names_next_to_ids(ledger: FakeLedger) -> None:
    row = rows_of(ledger)[0]
    assert (row["actor"], row["actor_name"]) == ("ana", "Ana Ribeiro")


def test_csv_says_what_is_hidden(ledger: FakeLedger) -> None:
    row = rows_of(ledger, hide={"actor", "detail.name"})[0]
    assert (row["actor"], row["actor_name"], row["hidden"]) == ("(hidden)", "", "actor detail.name")


def test_csv_lines_end_as_rfc_4180_says(ledger: FakeLedger) -> None:
    lines = list(csv_lines(ledger.events([ledger.stream(*WORKSPACE)]), context_of(ledger)))
    assert all(line.endswith(b"\r\n") and line.count(b"\n") == 1 for line in lines)


@pytest.mark.parametrize("start", list("=+-@\t\r\n"))
def test_csv_cells_are_never_formulas(start: str) -> None:
    assert harmless(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["", "a=1", "1-1", "Ana", "'=1"])
def test_csv_leaves_ordinary_cells_alone(text: str) -> None:
    assert harmless(text) == text


def test_csv_takes_the_sting_from_every_column() -> None:
    ledger = FakeLedger(names={"person": {"=1": "=2"}, "workspace": {"@w": "+x"}})
    ledger.record("=kind", workspace="@w", actor="=1", purpose='-"1"\r\n=2', source_address="\t1")
    event = entry.disclose(index=0, tags={}, fields=ledger.entries[0].fields, seed=ledger.entries[0].seed)
    text = b"".join(csv_lines([event], context_of(ledger))).decode()
    row = list(csv.reader(io.StringIO(text, newline="")))[1]
    assert not [cell for cell in row if cell[:1] in set("=+-@\t\r\n") and cell]


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


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name in {"src", "href"} or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(ledger: FakeLedger, **kinds: Kind) -> Tags:
    summary = Summary(context_of(ledger, **kinds))
    for event in ledger.events([ledger.stream(*WORKSPACE)]):
        summary.observe(event)
    page = Tags()
    page.feed(summary.html().decode())
    return page


def test_the_page_fetches_and_runs_nothing(ledger: FakeLedger) -> None:
    assert page_of(ledger).seen.isdisjoint({"script", "link", "img", "iframe", "b"})


def test_the_page_shows_hostile_names_as_text(ledger: FakeLedger) -> None:
    assert f"opened “{HOSTILE}”" in page_of(ledger).text


def test_the_page_completes_the_sentence_of_the_kind(ledger: FakeLedger) -> None:
    assert "Ana Ribeiro" in page_of(ledger).text
    assert "opened “results.csv”" in page_of(ledger).text


def test_the_page_survives_a_sentence_about_a_hidden_field(ledger: FakeLedger) -> None:
    assert "told (hidden)" in page_of(ledger, **{"grant.given": Kind("told {secret}")}).text


def test_the_page_says_where_the_rest_is(ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Summary, "ROWS", 3)
    assert "4 more are in events.csv." in page_of(ledger).text


def test_the_read_me_says_how_to_verify(ledger: FakeLedger) -> None:
    assert "python -m verifier trail.zip --policy policy" in readme(context_of(ledger)).decode()


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
