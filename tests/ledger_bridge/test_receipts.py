"""A receipt: who gets it, what it shows, and that it can be checked."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, Refused
from ledger_bridge import access
from ledger_bridge.models import Entry, Outbox
from ledger_bridge.receipts import proof_states
from ledger_bridge.services import sequence_entries, take_receipt, view_receipt
from tests.ledger_bridge.conftest import Fill, Thing
from verifier.__main__ import main


def page(user: User, entry: str, name: str = "receipt") -> "tuple[int, str, bytes]":
    client = Client()
    client.force_login(user)
    response = client.get(reverse(f"ledger:{name}", args=[entry]))
    return response.status_code, response.content.decode(errors="replace"), response.content


def test_an_entry_waits_until_it_is_sequenced(fill: Fill, alice: User) -> None:
    entry = fill(1, actor=alice, sequence=False)[0]
    assert "being recorded" in page(alice, entry)[1]
    assert page(alice, entry, "receipt_file")[0] == 409


def test_it_says_where_the_entry_stands(fill: Fill, alice: User) -> None:
    entry = fill(3, actor=alice)[1]
    assert "entry number 1 of the log" in page(alice, entry)[1]


def test_its_file_convinces_the_verifier(fill: Fill, alice: User, tmp_path: Path) -> None:
    entry = fill(5, actor=alice)[2]
    file, policy = tmp_path / "e.tlog-proof", tmp_path / "policy"
    file.write_bytes(page(alice, entry, "receipt_file")[2])
    policy.write_bytes(Client().get("/ledger/policy").content)
    assert main([str(file), "--policy", str(policy)]) == 0


def test_the_person_it_concerns_gets_it_without_the_others_network(fill: Fill, alice: User, bob: User) -> None:
    entry = fill(1, actor=alice, subject=bob)[0]
    status, text, _ = page(bob, entry)
    assert status == 200
    assert "Network" not in text


def test_an_auditor_gets_it(fill: Fill, alice: User, olga: User) -> None:
    assert page(olga, fill(1, actor=alice)[0])[0] == 200


@pytest.mark.parametrize("name", ["receipt", "receipt_file", "badge", "entry"])
def test_it_is_hidden_from_strangers(fill: Fill, alice: User, charlie: User, name: str) -> None:
    assert page(charlie, fill(1, actor=alice)[0], name)[0] == 404


def test_it_is_hidden_from_commission_admins(fill: Fill, alice: User, dana: User) -> None:
    assert page(dana, fill(1, actor=alice)[0])[0] == 404


def test_a_room_above_may_say_yes(fill: Fill, alice: User, bob: User, thing: Thing) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    assert page(bob, entry)[0] == 404
    access.register_entry_policy(_lets_in(bob, thing), lambda *_: None)
    try:
        assert page(bob, entry)[0] == 200
    finally:
        access._policies.pop()


def numbers(user: User, entry: str) -> set[str]:
    """Return the slots of which a receipt gives the number."""
    body = page(user, entry, "receipt_file")[2]
    extra = next(line for line in body.splitlines() if line.startswith(b"extra "))
    return set(json.loads(base64.b64decode(extra.removeprefix(b"extra ")))["tags"])


def test_its_file_counts_nobody_s_entries_but_the_reader_s(fill: Fill, alice: User, bob: User, thing: Thing) -> None:
    about = replace(thing.ledger_subject, person=bob.ledger_id)
    entry = fill(1, actor=alice, subject=about)[0]
    assert (numbers(alice, entry), numbers(bob, entry)) == ({"actor"}, {"person"})


def test_its_file_counts_what_the_reader_may_see_the_trail_of(
    fill: Fill, alice: User, bob: User, thing: Thing, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    monkeypatch.setattr(access, "_policies", [(_lets_in_where_no_item_is(bob, thing), lambda *_: None)])
    assert numbers(alice, entry) == {"actor"}
    monkeypatch.setattr(access, "_policies", [(_lets_in(bob, thing), lambda *_: None)])
    assert numbers(bob, entry) == {"workspace", "item"}
    monkeypatch.setattr(access, "_policies", [(_lets_in_where_no_item_is(alice, thing), lambda *_: None)])
    assert numbers(alice, entry) == {"actor", "workspace"}


def test_its_file_counts_everything_for_an_auditor(
    fill: Fill, alice: User, bob: User, olga: User, thing: Thing
) -> None:
    about = replace(thing.ledger_subject, person=bob.ledger_id)
    assert numbers(olga, fill(1, actor=alice, subject=about)[0]) == {"workspace", "item", "actor", "person"}


def test_nobody_without_an_account_gets_it(fill: Fill, alice: User) -> None:
    response = Client().get(reverse("ledger:receipt", args=[fill(1, actor=alice)[0]]))
    assert response.status_code == 302


def test_an_entry_in_quarantine_is_not_said_to_be_on_its_way(fill: Fill, alice: User) -> None:
    entry = fill(1, actor=alice, sequence=False)[0]
    Outbox.objects.update(code=bytes(32))
    sequence_entries()
    assert proof_states([entry])[entry].state == "quarantined"
    for name in ("receipt", "badge"):
        text = page(alice, entry, name)[1]
        assert ("in quarantine" in text, "being recorded" in text, "hx-trigger" in text) == (True, False, False)
    assert "is in quarantine" in page(alice, entry)[1]


def test_there_is_no_receipt_for_what_is_in_quarantine(fill: Fill, alice: User) -> None:
    entry = Entry.objects.get(pk=fill(1, actor=alice, sequence=False)[0])
    Outbox.objects.update(code=bytes(32))
    sequence_entries()
    with pytest.raises(Conflict, match="quarantine"):
        take_receipt(actor=alice, entry=entry)


def test_states_of_many_entries_cost_two_queries(fill: Fill, django_assert_num_queries: "object") -> None:
    made = fill(3) + fill(2, sequence=False)
    with django_assert_num_queries(2):  # type: ignore[operator]
        states = proof_states(made)
    assert [states[entry].state for entry in made] == ["sequenced"] * 3 + ["pending"] * 2
    assert states[made[2]].index == 2


def _lets_in(person: User, thing: Thing) -> access.EntryPolicy:
    def policy(user: object, entry: Entry) -> bool:
        return user == person and str(entry.workspace) == thing.ledger_subject.workspace

    return policy


def _lets_in_where_no_item_is(person: User, thing: Thing) -> access.EntryPolicy:
    everything = _lets_in(person, thing)
    return lambda user, entry: entry.item is None and everything(user, entry)


@pytest.mark.parametrize(("name", "kind"), [("receipt", "receipt.viewed"), ("receipt_file", "receipt.taken")])
def test_reading_it_is_recorded_where_the_entry_belongs(
    fill: Fill, olga: User, thing: Thing, name: str, kind: str
) -> None:
    entry = fill(1, subject=thing)[0]
    page(olga, entry, name)
    read = Entry.objects.get(kind=kind)
    assert (str(read.actor), read.detail) == (olga.ledger_id, {"entry": entry})
    assert (str(read.workspace), str(read.item)) == (thing.ledger_subject.workspace, thing.ledger_subject.item)


def test_a_receipt_that_is_not_ready_is_not_recorded_as_taken(fill: Fill, olga: User) -> None:
    page(olga, fill(1, sequence=False)[0], "receipt_file")
    assert not Entry.objects.filter(kind="receipt.taken").exists()


def test_the_deeds_refuse_whom_the_page_hides_it_from(fill: Fill, alice: User, charlie: User) -> None:
    entry = Entry.objects.get(pk=fill(1, actor=alice)[0])
    for deed in (view_receipt, take_receipt):
        with pytest.raises(Refused):
            deed(actor=charlie, entry=entry)


def test_asking_how_large_an_export_would_be_is_recorded(
    fill: Fill, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_step_up", [lambda view: view])
    client = Client()
    client.force_login(olga)
    client.get(reverse("ledger:export"), {"outcome": "deny"})
    asked = Entry.objects.get(kind="trail.counted")
    assert (str(asked.actor), asked.detail) == (olga.ledger_id, {"filters": '{"outcome": "deny"}'})
