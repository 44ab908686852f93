"""Odd input: a clear sentence, never an error of the server."""

import pytest
from django.test import Client

from accounts.models import User
from ledger_bridge import access

ODD_DAYS = ["9999-12-31", "0001-01-01", "0000-01-01", "1900-01-01", "2026-02-30", "²026-01-01", "99999-01-01", "\x00"]
ODD_DAYS += ["2026-01-01T00:00+99:99", "1" * 5_000, "-1", "\u0662\u0660\u0662\u0666-01-01"]
ODD_TEXTS = ["\x00", "a\x00b", "²", "%", "_", "\\", "'" * 300, "x" * 100_000, "\ud800", "9" * 5_000, "{0.__class__}"]
ODD_PLACES = ["²_0", "\x00", "9" * 5_000 + "_x", "-62135596800000001_" + "0" * 32, "253402300800000000_" + "0" * 32]
ODD_PLACES += ["1_{00000000-0000-0000-0000-000000000000}", "nan_" + "0" * 32, "1e9_" + "0" * 32, "\u0663_" + "0" * 32]
ODD_TILES = [
    "²/000",
    "0/²",
    "0/000.p/²",
    "0/\u0663\u0663\u0663",
    "0/000.p/" + "9" * 5_000,
    "9" * 5_000 + "/000",
    "0/\x00",
    "entries/²",
]


@pytest.fixture(autouse=True)
def _stepped_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_step_up", [lambda view: view])


def status(person: User, path: str, query: dict[str, str]) -> int:
    client = Client()
    client.force_login(person)
    code: int = client.get(
        path, {name: text.encode(errors="surrogatepass") for name, text in query.items()}
    ).status_code
    return code


@pytest.mark.parametrize("path", ["/audit/", "/audit/mine/", "/audit/export/"])
@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("day", ODD_DAYS)
def test_any_day_is_answered(olga: User, path: str, field: str, day: str) -> None:
    assert status(olga, path, {field: day}) in {200, 400}


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1900-01-01"])
def test_a_day_that_nothing_can_be_recorded_on_is_said_at_the_field(olga: User, day: str) -> None:
    client = Client()
    client.force_login(olga)
    assert "Choose a day between 2000 and 2199" in client.get("/audit/", {"until": day}).content.decode()


def test_the_whole_span_of_days_can_be_asked_for(olga: User) -> None:
    assert status(olga, "/audit/", {"since": "2000-01-01", "until": "2199-12-31"}) == 200


@pytest.mark.parametrize("field", ["person", "institution", "workspace", "item", "kind", "outcome"])
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_any_text_is_answered(olga: User, field: str, text: str) -> None:
    assert status(olga, "/audit/", {field: text}) in {200, 400}


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_any_text_is_answered_to_those_who_do_not_see_everything(alice: User, text: str) -> None:
    assert status(alice, "/audit/mine/", dict.fromkeys(["institution", "workspace", "item", "kind"], text)) == 200


@pytest.mark.parametrize("towards", ["older", "newer"])
@pytest.mark.parametrize("place", ODD_PLACES)
def test_any_place_is_answered(olga: User, towards: str, place: str) -> None:
    assert status(olga, "/audit/", {towards: place}) in {200, 400}


@pytest.mark.parametrize("tile", ODD_TILES)
def test_a_tile_that_cannot_be_is_not_found(client: Client, db: None, tile: str) -> None:
    assert client.get(f"/ledger/tile/{tile}").status_code == 404
