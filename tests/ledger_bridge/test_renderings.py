import dataclasses
import re
from html.parser import HTMLParser

import pytest

from ledger_bridge.renderings import Context, Kind, Summary, Tally, readme
from tests.fakes.ledger import KINDS, FakeLedger, small_ledger

WORKSPACE = ("workspace", "w1")
HOSTILE = "=cmd|' /C calc'!A1 <b>"


@pytest.fixture
def ledger() -> FakeLedger:
    return small_ledger()


def context_of(ledger: FakeLedger, **kinds: Kind) -> Context:
    scope = ledger.scope([ledger.stream(*WORKSPACE)], 7)
    return Context(checkpoint=ledger.checkpoint(), scope=scope, names=ledger.names, kinds={**KINDS, **kinds})


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
    tally = Tally()
    tally.observe(ledger.events([ledger.stream(*WORKSPACE)]))
    summary = Summary(context_of(ledger, **kinds), tally)
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
    monkeypatch.setattr(Tally, "ROWS", 3)
    assert "4 more are in events.csv." in page_of(ledger).text


def test_the_read_me_says_how_to_verify(ledger: FakeLedger) -> None:
    assert "python -m verifier trail.zip --policy policy" in readme(context_of(ledger)).decode()


def test_the_read_me_calls_the_file_by_its_name_and_says_where_the_verifier_is(ledger: FakeLedger) -> None:
    text = readme(dataclasses.replace(context_of(ledger), name="trail-2026-11-23-215400.zip")).decode()
    assert "python -m verifier trail-2026-11-23-215400.zip --policy policy" in text
    assert "verifier/ and ledger_bridge/tlog/" in text


def test_the_page_says_in_words_what_was_asked_for(ledger: FakeLedger) -> None:
    context = context_of(ledger)
    filters = {"workspace": ["w1"], "since": "2026-05-01T00:00:00.000000Z"}
    page = Summary(
        dataclasses.replace(context, scope={**context.scope, "filters": filters, "complete": False}), Tally()
    )
    assert "workspace: Site 12; from 1 May 2026" in page.html().decode().replace(
        ledger.names["workspace"]["w1"], "Site 12"
    )
    assert "what was asked for is a selection" in page.html().decode()


def test_the_page_does_not_call_a_whole_log_filtered(ledger: FakeLedger) -> None:
    context = context_of(ledger)
    page = Summary(dataclasses.replace(context, scope={**context.scope, "filters": {}, "complete": False}), Tally())
    assert "everything that the log holds" in page.html().decode()
    assert f"0 of its {context.checkpoint.size} leaves have their event here" in page.html().decode()


def test_the_page_writes_times_kinds_and_outcomes_for_people(ledger: FakeLedger) -> None:
    text = page_of(ledger, **{"file.opened": Kind("opened “{name}”", label="File opened")}).text
    assert "File opened" in text
    assert "allowed" in text
    assert not re.search(r"\dT\d\d:", text)
