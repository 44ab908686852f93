"""Exports: what is in them, who gets them, and that a stranger with the verifier is convinced."""

import io
import json
import os
import pwd
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from core.access import Service
from core.errors import Refused
from ledger_bridge import access, names
from ledger_bridge.filters import TrailFilters
from ledger_bridge.models import Entry
from ledger_bridge.permissions import Right
from ledger_bridge.services import export_trail
from ledger_bridge.signing import policy_text
from tests.ledger_bridge.conftest import Fill, Thing
from verifier.__main__ import main

OPERATOR = Service("operator", frozenset({Right.EXPORT_TRAILS}))


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"workspace": lambda ids: dict.fromkeys(ids, "Site 12"), "person": lambda ids: dict.fromkeys(ids, "Ana")}
    monkeypatch.setattr(names, "_resolvers", known)
    monkeypatch.setattr(names, "_searches", {})


@pytest.fixture
def stepped_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_step_up", [lambda view: view])


Verify = Callable[[bytes], int]


@pytest.fixture
def verify(tmp_path: Path, db: None) -> Verify:
    def run(archive: bytes) -> int:
        (tmp_path / "trail.zip").write_bytes(archive)
        (tmp_path / "policy").write_text(policy_text())
        return main([str(tmp_path / "trail.zip"), "--policy", str(tmp_path / "policy")])

    return run


def export(filters: TrailFilters = TrailFilters()) -> bytes:  # noqa: B008  frozen
    return b"".join(export_trail(actor=OPERATOR, filters=filters).chunks)


def member(archive: bytes, name: str) -> Any:
    return json.loads(zipfile.ZipFile(io.BytesIO(archive)).read(name))


def events(archive: bytes) -> list[Any]:
    lines = zipfile.ZipFile(io.BytesIO(archive)).read("events.jsonl").splitlines()
    return [json.loads(line) for line in lines]


def of(thing: Thing) -> TrailFilters:
    return TrailFilters(workspaces=(thing.ledger_subject.workspace or "",))


def test_the_trail_of_a_workspace_is_shown_to_be_complete(
    fill: Fill, alice: User, thing: Thing, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(5, actor=alice, subject=thing)
    fill(5, actor=alice)
    archive = export(of(thing))
    assert verify(archive) == 0
    assert "Nothing is missing" in capsys.readouterr().out
    assert len(events(archive)) == 6  # the export is the last of them


def test_the_trail_of_a_person_holds_both_sides(fill: Fill, alice: User, bob: User, verify: Verify) -> None:
    fill(2, actor=alice)
    fill(2, actor=bob, subject=alice)
    fill(2, actor=bob)
    archive = export(TrailFilters(people=(alice.ledger_id,)))
    assert verify(archive) == 0
    assert [event["tags"] for event in events(archive)] == [
        {"actor": 1}, {"actor": 2}, {"person": 3}, {"person": 4}, {"person": 5},
    ]  # fmt: skip


def test_the_trail_of_a_file_is_complete(fill: Fill, thing: Thing, verify: Verify) -> None:
    fill(3, subject=thing)
    archive = export(TrailFilters(items=(thing.ledger_subject.item or "",)))
    assert verify(archive) == 0
    assert member(archive, "scope.json")["complete"] is True


def test_several_workspaces_at_once_are_complete(fill: Fill, verify: Verify) -> None:
    things = [Thing.new(), Thing.new()]
    for thing in things:
        fill(2, subject=thing)
    archive = export(TrailFilters(workspaces=tuple(str(thing.ledger_subject.workspace) for thing in things)))
    assert verify(archive) == 0
    assert len(member(archive, "scope.json")["streams"]) == 2


def test_a_narrowed_trail_does_not_claim_to_be_complete(fill: Fill, alice: User, thing: Thing, verify: Verify) -> None:
    fill(3, actor=alice, subject=thing)
    filters = TrailFilters(workspaces=of(thing).workspaces, kind="trail.viewed")
    archive = export(filters)
    assert verify(archive) == 0
    assert member(archive, "scope.json")["complete"] is False
    assert len(events(archive)) == 3


def test_the_whole_trail_verifies(fill: Fill, alice: User, thing: Thing, verify: Verify) -> None:
    fill(300, actor=alice, subject=thing)
    archive = export()
    assert verify(archive) == 0
    assert len(events(archive)) == 301


def test_a_trail_of_something_unheard_of_holds_the_export_alone(fill: Fill, thing: Thing, verify: Verify) -> None:
    archive = export(of(thing))
    assert verify(archive) == 0
    assert [event["fields"]["kind"] for event in events(archive)] == ["trail.exported"]


def test_what_was_committed_before_is_in_it(fill: Fill, thing: Thing) -> None:
    waiting = fill(3, subject=thing, sequence=False)
    assert [event["fields"]["id"] for event in events(export(of(thing)))][:3] == waiting


def test_it_is_recorded_before_the_first_byte(fill: Fill, thing: Thing) -> None:
    made = export_trail(actor=OPERATOR, filters=of(thing))
    assert Entry.objects.filter(kind="trail.exported").count() == 1
    assert isinstance(made.chunks, Iterator)


def test_a_tampered_archive_is_refused(fill: Fill, thing: Thing, verify: Verify) -> None:
    fill(3, subject=thing)
    archive = bytearray(export(of(thing)))
    archive[len(archive) // 2] ^= 1
    assert verify(bytes(archive)) != 0


def test_names_come_along_for_reading(fill: Fill, alice: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    found = member(export(of(thing)), "names.json")
    assert found["workspace"] == {thing.ledger_subject.workspace: "Site 12"}
    assert found["person"][alice.ledger_id] == "Ana"


@pytest.mark.parametrize("person", ["alice", "bob", "dana"])
def test_it_asks_for_the_right(person: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(Refused):
        export_trail(actor=request.getfixturevalue(person), filters=TrailFilters())


# The page ----------------------------------------------------------------------------------------------------------


def call(user: User, method: str = "get", query: str = "") -> HttpResponse:
    client = Client()
    client.force_login(user)
    response: HttpResponse = getattr(client, method)(f"/audit/export/?{query}")
    return response


def test_an_auditor_sees_what_it_will_hold(fill: Fill, stepped_up: None, olga: User, thing: Thing) -> None:
    fill(4, subject=thing)
    page = call(olga, query=f"workspace={thing.ledger_subject.workspace}").content.decode()
    assert "About 5 entries" in page  # this question is the fifth
    assert "no entry is missing" in page


def test_an_auditor_downloads_it(fill: Fill, stepped_up: None, olga: User, thing: Thing, verify: Verify) -> None:
    fill(4, subject=thing)
    response = call(olga, "post", f"workspace={thing.ledger_subject.workspace}")
    assert response["Content-Type"] == "application/zip"
    assert verify(b"".join(response)) == 0


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("person", ["alice", "dana"])
def test_it_is_refused_to_others(stepped_up: None, method: str, person: str, request: pytest.FixtureRequest) -> None:
    for query in ("", "since=2026-13-01"):
        assert call(request.getfixturevalue(person), method, query).status_code == 403
    assert not Entry.objects.filter(kind="trail.exported").exists()


def test_without_a_step_up_it_stays_shut(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_step_up", [])
    assert call(olga, "post").status_code == 503


def test_wrong_filters_are_sent_back(stepped_up: None, olga: User) -> None:
    assert call(olga, "post", "since=yesterday").status_code == 400


# The command -------------------------------------------------------------------------------------------------------


def test_the_command_writes_the_same(fill: Fill, thing: Thing, tmp_path: Path, verify: Verify) -> None:
    fill(3, subject=thing)
    call_command("export_trail", "--workspace", "Site 12", "--out", str(tmp_path / "out.zip"))
    assert verify((tmp_path / "out.zip").read_bytes()) == 0


def test_the_command_s_file_is_for_its_owner_only(fill: Fill, tmp_path: Path) -> None:
    call_command("export_trail", "--out", str(tmp_path / "out.zip"))
    assert [path.name for path in tmp_path.iterdir()] == ["out.zip"]
    assert (tmp_path / "out.zip").stat().st_mode & 0o777 == 0o600


def test_the_command_says_that_it_cannot_write(fill: Fill, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("export_trail", "--out", str(tmp_path / "nowhere" / "out.zip"))


def test_the_command_acts_for_the_installation_and_names_the_account_that_ran_it(
    fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    call_command("export_trail", "--out", str(tmp_path / "out.zip"))
    fields = events((tmp_path / "out.zip").read_bytes())[-1]["fields"]
    account = pwd.getpwuid(os.getuid()).pw_name
    assert (fields["actor"], fields["actor_kind"], fields["detail.operator"]) == (None, "service", account)


def test_the_command_names_who_called_it_through_sudo(
    fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "ana")
    call_command("export_trail", "--out", str(tmp_path / "out.zip"))
    operator = events((tmp_path / "out.zip").read_bytes())[-1]["fields"]["detail.operator"]
    assert operator.endswith(", through sudo by ana")


def test_the_command_speaks_for_nobody_else(fill: Fill, olga: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("export_trail", "--as", "olga@example.org", "--out", str(tmp_path / "out.zip"))


def test_the_command_finds_people_by_address(fill: Fill, alice: User, tmp_path: Path) -> None:
    fill(2, actor=alice)
    call_command("export_trail", "--person", "ALICE@example.org", "--out", str(tmp_path / "out.zip"))
    assert len(events((tmp_path / "out.zip").read_bytes())) == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--workspace", "Nowhere"], "--workspace: Nothing in this trail has this name"),
        (["--person", "nobody@example.org"], "Nobody here has the address"),
        (["--since", "yesterday"], "--since: Enter a valid date"),
        (["--kind", "no.such"], "--kind: Select a valid choice"),
    ],
)
def test_the_command_says_what_it_does_not_know(
    fill: Fill, thing: Thing, tmp_path: Path, options: list[str], sentence: str
) -> None:
    fill(1, subject=thing)
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("export_trail", *options, "--out", str(tmp_path / "out.zip"))
    assert refused.value.returncode == 2
    assert not (tmp_path / "out.zip").exists()


def test_the_command_asks_which_of_two(fill: Fill, tmp_path: Path) -> None:
    fill(1, subject=Thing.new())
    fill(1, subject=Thing.new())
    with pytest.raises(CommandError, match="several are called so"):
        call_command("export_trail", "--workspace", "Site 12", "--out", str(tmp_path / "out.zip"))


@pytest.mark.django_db(transaction=True)
def test_two_processes_write_the_same_export_as_one(
    fill: Fill, alice: User, thing: Thing, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(25, actor=alice, subject=thing)
    monkeypatch.setattr("ledger_bridge.trail_portions.PORTION", 4)
    alone = export(of(thing))
    monkeypatch.setattr("ledger_bridge.trail_portions.WORTH_SHARING", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    shared = export(of(thing))
    assert verify(shared) == 0
    for name in ("events.jsonl", "events.csv"):
        (first, second) = (zipfile.ZipFile(io.BytesIO(one)).read(name) for one in (alone, shared))
        assert second.startswith(first)
        assert second.count(b"\n") == first.count(b"\n") + 1  # the second export is an event of its own
