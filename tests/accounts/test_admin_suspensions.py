"""Suspending commission admins and auditors: always two, and never down to fewer than two."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import AdminSuspension, Institution, User
from core.errors import Conflict, Refused
from tests.accounts.conftest import kinds
from tests.conftest import make_person


@pytest.fixture
def greta(charite: Institution) -> User:
    """A third commission admin."""
    return make_person("Greta Haas", charite, role="commission_admin")


@pytest.fixture
def proposed(olga: User, dana: User, erik: User) -> AdminSuspension:
    return services.propose_suspension(actor=dana, person=olga, reason="Her account was stolen.")


@pytest.mark.parametrize("who", ["erik", "olga"])
def test_one_admin_alone_suspends_neither_admin_nor_auditor(
    request: pytest.FixtureRequest, dana: User, greta: User, who: str
) -> None:
    with pytest.raises(Conflict, match="takes two"):
        services.suspend_contributor(actor=dana, person=request.getfixturevalue(who), reason="I want it.")


def test_the_page_proposes_and_changes_nothing_yet(client: Client, olga: User, dana: User, erik: User) -> None:
    client.force_login(dana)
    client.post(f"/people/{olga.pk}/suspend/", {"reason": "Stolen account"})
    assert User.objects.get(pk=olga.pk).suspended_at is None
    assert AdminSuspension.objects.get().person == olga
    assert "waits for a second admin" in client.get(f"/people/{olga.pk}/").content.decode()
    assert "Stolen account" in client.get("/people/appointments/").content.decode()


def test_a_second_admin_makes_it_happen(client: Client, proposed: AdminSuspension, erik: User, olga: User) -> None:
    client.force_login(erik)
    page = f"/people/suspensions/{proposed.pk}/confirm/"
    assert "Her account was stolen." in client.get(page).content.decode()
    assert User.objects.get(pk=olga.pk).suspended_at is None
    client.post(page)
    assert User.objects.get(pk=olga.pk).suspended_at is not None
    assert kinds()[-2:] == ["suspension.proposed", "suspension.confirmed"]


def test_neither_who_proposed_nor_anybody_else_confirms(
    proposed: AdminSuspension, dana: User, olga: User, bob: User
) -> None:
    for person in (dana, olga, bob):
        with pytest.raises(Refused):
            services.confirm_suspension(actor=person, suspension=proposed)


def test_who_proposed_is_not_shown_how_to_confirm_it(client: Client, proposed: AdminSuspension, dana: User) -> None:
    client.force_login(dana)
    assert client.get(f"/people/suspensions/{proposed.pk}/confirm/").status_code == 403


def test_the_database_refuses_one_person_alone(proposed: AdminSuspension, dana: User) -> None:
    with pytest.raises(IntegrityError, match="two_people_suspend_a_third"), transaction.atomic():
        AdminSuspension.objects.update(state="confirmed", decided_by=dana.pk, decided_at=timezone.now())


def test_the_last_two_admins_stay(dana: User, erik: User) -> None:
    with pytest.raises(Conflict, match="last two"):
        services.propose_suspension(actor=dana, person=erik, reason="I want it.")


def test_the_last_two_stay_also_when_a_third_left_meanwhile(dana: User, erik: User, greta: User) -> None:
    suspension = services.propose_suspension(actor=dana, person=erik, reason="Stolen")
    User.objects.filter(pk=dana.pk).update(approved_until=timezone.now())
    with pytest.raises(Conflict, match="last two"):
        services.confirm_suspension(actor=greta, suspension=suspension)
    assert User.objects.get(pk=erik.pk).suspended_at is None


def test_a_third_admin_can_be_suspended(dana: User, erik: User, greta: User) -> None:
    suspension = services.propose_suspension(actor=dana, person=erik, reason="Stolen")
    services.confirm_suspension(actor=greta, suspension=suspension)
    assert User.objects.get(pk=erik.pk).suspended_at is not None


def test_the_person_concerned_is_not_warned(client: Client, dana: User, erik: User, greta: User) -> None:
    suspension = services.propose_suspension(actor=dana, person=erik, reason="Stolen")
    client.force_login(erik)
    assert "Stolen" not in client.get("/people/appointments/").content.decode()
    assert client.post(f"/people/suspensions/{suspension.pk}/decline/").status_code == 404


def test_it_can_be_declined(client: Client, proposed: AdminSuspension, erik: User) -> None:
    client.force_login(erik)
    client.post(f"/people/suspensions/{proposed.pk}/decline/")
    with pytest.raises(Conflict):
        services.confirm_suspension(actor=erik, suspension=proposed)
    assert kinds()[-1] == "suspension.declined"


def test_it_is_proposed_once(proposed: AdminSuspension, olga: User, erik: User) -> None:
    with pytest.raises(Conflict, match="proposed already"):
        services.propose_suspension(actor=erik, person=olga, reason="Again")


def test_contributors_are_suspended_without_it(alice: User, dana: User) -> None:
    with pytest.raises(Conflict, match="one admin"):
        services.propose_suspension(actor=dana, person=alice, reason="x")
