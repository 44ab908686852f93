"""The pages of erasures: two admins walk through them, and nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ledger_bridge.erasure.models import Erasure, LegalHold
from ledger_bridge.models import Entry
from tests.ledger_bridge.conftest import Fill, Thing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _keep_nothing(settings: object) -> None:
    settings.LEDGER_RETENTION_DAYS = {"workspace": 0, "item": 0, "person": 0}  # type: ignore[attr-defined]


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def form_for(thing: Thing, **more: str) -> dict[str, str]:
    return {"kind": "item", "subject": thing.ledger_subject.item or "", **more}


def test_one_admin_asks_and_another_erases(fill: Fill, alice: User, dana: User, erik: User, thing: Thing) -> None:
    entry = fill(1, actor=alice, subject=thing)[0]
    asked = client_of(dana).post(reverse("ledger:new_erasure"), form_for(thing, ground="order 12"), follow=True)
    assert "order 12" in asked.content.decode()
    page = reverse("ledger:confirm_erasure", args=[Erasure.objects.get().pk])
    assert "another admin must confirm" in client_of(dana).get(page).content.decode()
    assert client_of(dana).post(page).status_code == 403
    assert "There is no way back" in client_of(erik).get(page).content.decode()
    done = client_of(erik).post(page, follow=True).content.decode()
    assert "File or folder: erased" in done
    assert (thing.ledger_subject.item or "") not in done
    assert not Entry.objects.get(pk=entry).is_readable


def test_a_wrong_id_is_said_at_its_field(dana: User, thing: Thing) -> None:
    answer = client_of(dana).post(reverse("ledger:new_erasure"), form_for(thing, ground="order 12"))
    assert answer.status_code == 400
    assert "Nothing is recorded about this." in answer.content.decode()


def test_a_hold_is_placed_shown_and_lifted(fill: Fill, alice: User, dana: User, thing: Thing) -> None:
    fill(1, actor=alice, subject=thing)
    client = client_of(dana)
    placed = client.post(reverse("ledger:new_hold"), form_for(thing, reason="inquiry 7"), follow=True)
    assert "inquiry 7" in placed.content.decode()
    refused = client.post(reverse("ledger:new_erasure"), form_for(thing, ground="order 12"))
    assert "A legal hold stands against it." in refused.content.decode()
    client.post(reverse("ledger:lift_hold", args=[LegalHold.objects.get().pk]))
    assert client.post(reverse("ledger:new_erasure"), form_for(thing, ground="order 12")).status_code == 302


def test_an_admin_reads_no_name_that_is_not_for_admins(fill: Fill, alice: User, dana: User, thing: Thing) -> None:
    from workspaces.models import Workspace

    workspace = Workspace.objects.create(name="Unblinding of arm B", owner=alice)
    fill(1, actor=alice, subject=workspace)
    client = client_of(dana)
    client.post(reverse("ledger:new_hold"), {"kind": "workspace", "subject": str(workspace.pk), "reason": "x"})
    shown = client.get(reverse("ledger:erasures")).content.decode()
    assert str(workspace.pk) in shown
    assert "Unblinding" not in shown
