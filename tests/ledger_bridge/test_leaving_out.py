"""Exports that leave fields out: what is hidden stands nowhere, and a stranger with the verifier is still convinced."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from accounts.models import User
from core.credentials import acting_by
from core.errors import InvalidInput
from core.http import RequestContext, request_context
from ledger_bridge import access, names
from ledger_bridge.events import TrailViewed
from ledger_bridge.filters import TrailFilters
from ledger_bridge.leaving_out import GROUPS, names_left_out
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from ledger_bridge.services import export_trail, sequence_entries
from ledger_bridge.signing import log_signer, policy_text
from tests.fakes.archives import forge, members
from tests.ledger_bridge.conftest import Thing
from tests.ledger_bridge.test_export import OPERATOR
from verifier.__main__ import main

PURPOSE = "TREATMENT-OF-7731"
REQUEST = "REQUEST-5512"
ADDRESS = "198.51.100.0/24"
DETAIL = "LOOKED-FOR-4409"
NAME = "Alice In Full"
TOKEN = "0192f4a0-7731-7000-8000-4409551212ab"


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"workspace": lambda ids: dict.fromkeys(ids, "Site 12"), "person": lambda ids: dict.fromkeys(ids, NAME)}
    monkeypatch.setattr(names, "_resolvers", known)
    monkeypatch.setattr(names, "_searches", {})


@pytest.fixture
def told(db: None, alice: User, thing: Thing) -> TrailFilters:
    """Two entries about a workspace that tell everything there is to tell, and the filter that finds them."""
    token = request_context.set(RequestContext(request_id=REQUEST, source_address=ADDRESS))
    try:
        with acting_by(lambda: True, token=TOKEN), transaction.atomic():
            # The second detail repeats who acted, as looking at one's own trail does.
            for detail in (DETAIL, json.dumps({"person": [alice.ledger_id]})):
                record(TrailViewed(filters=detail), actor=alice, subject=thing, purpose=PURPOSE)
    finally:
        request_context.reset(token)
    sequence_entries()
    return TrailFilters(workspaces=(str(thing.ledger_subject.workspace),))


def hiding(filters: TrailFilters, *groups: str) -> bytes:
    return b"".join(export_trail(actor=OPERATOR, filters=replace(filters, left_out=groups)).chunks)


def text_of(archive: bytes) -> str:
    """Everything that the archive holds, uncompressed; leaves and signatures too."""
    opened = zipfile.ZipFile(io.BytesIO(archive))
    return "\n".join(opened.read(name).decode("latin-1") for name in opened.namelist())


def lines(archive: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members(archive)["events.jsonl"].splitlines()]


def verify(archive: bytes, folder: Path) -> int:
    (folder / "trail.zip").write_bytes(archive)
    (folder / "policy").write_text(policy_text())
    return main([str(folder / "trail.zip"), "--policy", str(folder / "policy")])


def secrets_of(alice: User) -> dict[str, list[str]]:
    return {
        "actor": [alice.ledger_id, NAME, TOKEN, *([alice.ledger_institution] if alice.ledger_institution else [])],
        "source": [ADDRESS, REQUEST],
        "purpose": [PURPOSE],
        "details": [DETAIL, TOKEN, b64encode(DETAIL.encode()).decode()],
    }


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_left_out_stands_nowhere_in_the_archive(group: str, told: TrailFilters, alice: User) -> None:
    whole, partial = text_of(hiding(told)), text_of(hiding(told, group))
    for secret in secrets_of(alice)[group]:
        assert secret in whole
        assert secret not in partial


def test_the_rest_stays(told: TrailFilters, alice: User) -> None:
    partial = text_of(hiding(told, "actor"))
    assert all(secret in partial for secret in (ADDRESS, REQUEST, PURPOSE, DETAIL))


@pytest.mark.parametrize("groups", [("actor",), ("source",), ("purpose",), ("details",), tuple(GROUPS)])
def test_the_verifier_accepts_it_and_says_what_was_left_out(
    groups: tuple[str, ...], told: TrailFilters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = hiding(told, *groups)
    assert verify(archive, tmp_path) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Nothing is missing" in said
    hidden = sorted({name for line in lines(archive) for name in line["hidden"]})
    assert f"What these fields say: {', '.join(hidden)}. They were left out of {len(lines(archive))}" in said


def test_of_a_whole_export_the_verifier_says_no_such_thing(
    told: TrailFilters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(hiding(told), tmp_path) == 0
    assert "What these fields say" not in capsys.readouterr().out


def test_a_tampered_hash_is_refused_even_under_the_logs_signature(
    told: TrailFilters, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = hiding(told, "actor")
    found = lines(archive)
    found[0]["hidden"]["actor"] = "00" * 32
    changed = b"".join(json.dumps(line).encode() + b"\n" for line in found)
    assert verify(forge(archive, log_signer().ed25519[0], events_jsonl=changed), tmp_path) == 1
    assert "its fields and salts do not give the commitment in its leaf" in capsys.readouterr().out


def test_with_nothing_hidden_the_seed_stands_for_all_salts(told: TrailFilters) -> None:
    assert all("seed" in line and "salts" not in line for line in lines(hiding(told)))


@pytest.mark.parametrize("group", GROUPS)
def test_with_anything_hidden_no_seed_is_disclosed(group: str, told: TrailFilters) -> None:
    found = lines(hiding(told, group))
    assert all("salts" in line and "seed" not in line for line in found)


def test_no_two_entries_of_a_hidden_actor_can_be_put_together(told: TrailFilters) -> None:
    for line in lines(hiding(told, "actor")):
        assert {"actor", "actor_institution", "actor_stream"} <= line["hidden"].keys()


def test_a_detail_that_repeats_who_acted_is_hidden_with_it(told: TrailFilters) -> None:
    first, second, *_ = lines(hiding(told, "actor"))
    assert "detail.filters" in first["fields"]
    assert "detail.filters" in second["hidden"]


def test_a_detail_of_any_shape_is_searched() -> None:
    fields = {"actor": "a-1", "detail.list": ["x", {"by": "a-1"}], "detail.other": ["x"], "detail.none": None}
    assert names_left_out(fields, ["actor"]) == {"actor", "detail.list"}


def test_nobody_is_named_in_its_names(told: TrailFilters) -> None:
    assert json.loads(members(hiding(told, "actor"))["names.json"])["person"] == {}


@pytest.mark.parametrize("filters", [{"people": ("ID",)}, {"institutions": ("ID",)}])
def test_who_acted_cannot_be_left_out_of_their_own_trail(filters: dict[str, Any], told: TrailFilters) -> None:
    with pytest.raises(InvalidInput, match="what was asked for says it already"):
        hiding(TrailFilters(**filters), "actor")
    assert not Entry.objects.filter(kind="trail.exported").exists()


def test_the_deed_refuses_a_group_that_it_does_not_know(told: TrailFilters) -> None:
    with pytest.raises(InvalidInput, match="“everything” cannot be left out; what can is: actor, source"):
        hiding(told, "everything")


def test_a_file_about_a_person_still_leaves_other_things_out(told: TrailFilters, alice: User, tmp_path: Path) -> None:
    archive = hiding(TrailFilters(people=(alice.ledger_id,)), "purpose", "source")
    assert verify(archive, tmp_path) == 0
    assert PURPOSE not in text_of(archive)


def test_it_says_everywhere_what_was_left_out(told: TrailFilters) -> None:
    held = members(hiding(told, "actor", "purpose"))
    assert json.loads(held["scope.json"])["filters"]["left_out"] == ["actor", "purpose"]
    assert b"Left out of the events: who acted, purpose." in held["README.txt"]
    assert b"who acted, purpose" in held["summary.html"]


def test_the_entry_about_the_export_says_it(told: TrailFilters) -> None:
    last = lines(hiding(told, "source"))[-1]["fields"]
    assert last["kind"] == "trail.exported"
    assert json.loads(last["detail.filters"])["left_out"] == ["source"]


def test_an_export_of_the_whole_log_stays_one(db: None, told: TrailFilters) -> None:
    summary = members(hiding(TrailFilters(), "purpose"))["summary.html"].decode()
    assert "everything; leaving out purpose" in summary
    assert "The whole log was asked for" in summary


# The page and the command --------------------------------------------------------------------------------------------


Post = Callable[..., Any]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch, olga: User, told: TrailFilters) -> Post:
    monkeypatch.setattr(access, "_step_up", [lambda view: view])

    def run(*hide: str, **asked: str) -> Any:
        client = Client()
        client.force_login(olga)
        query = "&".join(f"{name}={value}" for name, value in ({"workspace": told.workspaces[0]} | asked).items())
        return client.post(f"/audit/export/?{query}", {"hide": hide})

    return run


def test_the_page_leaves_out_what_is_ticked(post: Post, olga: User, tmp_path: Path) -> None:
    archive = b"".join(post("actor", "source"))
    assert verify(archive, tmp_path) == 0
    assert not [secret for secret in (ADDRESS, olga.ledger_id, olga.name) if secret in text_of(archive)]


def test_the_page_refuses_what_it_does_not_know(post: Post) -> None:
    answer = post("kind")
    assert answer.status_code == 400
    assert "“kind” cannot be left out" in answer.content.decode()


def test_the_page_says_why_who_acted_cannot_be_left_out(post: Post, alice: User) -> None:
    answer = post("actor", person=alice.ledger_id)
    assert answer.status_code == 400
    assert "what was asked for says it already" in answer.content.decode()


def test_the_command_leaves_out_what_it_is_told(
    told: TrailFilters, alice: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.zip"
    call_command("export_trail", "--workspace", told.workspaces[0], "--hide", "actor", "purpose", "--out", str(out))
    assert "left out: who acted, purpose" in capsys.readouterr().err
    assert verify(out.read_bytes(), tmp_path) == 0
    assert not [secret for secret in (PURPOSE, alice.ledger_id, NAME) if secret in text_of(out.read_bytes())]


def test_the_command_hides_the_account_that_ran_it(
    told: TrailFilters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "rosalind-9917")
    for hide, there in ([], True), (["--hide", "actor"], False):
        call_command("export_trail", "--workspace", told.workspaces[0], *hide, "--out", str(tmp_path / "out.zip"))
        exported = lines((tmp_path / "out.zip").read_bytes())[-1]
        assert ("detail.operator" in exported["fields"]) is there


def test_the_command_refuses_what_it_does_not_know(told: TrailFilters, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--hide: “names” cannot be left out; what can is: actor, source") as refused:
        call_command("export_trail", "--hide", "names", "--out", str(tmp_path / "out.zip"))
    assert refused.value.returncode == 2
    assert not (tmp_path / "out.zip").exists()
