"""Appointing commission admins and auditors: always two."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import AdminAppointment, Institution, User
from accounts.services.appointments import INSTALLER, Founder
from core.errors import Conflict, InvalidInput, Refused
from tests.accounts.conftest import kinds


@pytest.fixture
def proposed(alice: User, dana: User) -> AdminAppointment:
    return services.propose_admin(actor=dana, candidate=alice, reason="She knows everybody.")


def test_it_takes_two_admins(client: Client, proposed: AdminAppointment, alice: User, erik: User) -> None:
    alice.refresh_from_db()
    assert alice.role == User.Role.CONTRIBUTOR
    client.force_login(erik)
    client.post(f"/people/appointments/{proposed.pk}/confirm/")
    alice.refresh_from_db()
    assert (alice.role, alice.is_staff) == (User.Role.COMMISSION_ADMIN, True)
    assert kinds()[-2:] == ["appointment.proposed", "appointment.confirmed"]


def test_it_is_not_confirmed_by_the_one_who_proposed(client: Client, proposed: AdminAppointment, dana: User) -> None:
    client.force_login(dana)
    assert client.post(f"/people/appointments/{proposed.pk}/confirm/").status_code == 403
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


def test_it_is_not_proposed_by_the_candidate(dana: User) -> None:
    with pytest.raises(Refused):
        services.propose_admin(actor=dana, candidate=dana, reason="Me")


def test_it_needs_the_right(proposed: AdminAppointment, bob: User, alice: User, olga: User) -> None:
    for person in (bob, alice, olga):
        with pytest.raises(Refused):
            services.confirm_admin(actor=person, appointment=proposed)


@pytest.mark.parametrize("confirmer", ["dana", "alice"])
def test_it_lets_the_database_refuse_one_person_alone(
    request: pytest.FixtureRequest, proposed: AdminAppointment, confirmer: str
) -> None:
    confirmer_id = request.getfixturevalue(confirmer).pk
    with pytest.raises(IntegrityError, match="two_people_appoint_a_third"), transaction.atomic():
        AdminAppointment.objects.update(state="confirmed", confirmed_by=confirmer_id, decided_at=timezone.now())


def test_it_makes_an_auditor(alice: User, dana: User, erik: User) -> None:
    appointment = services.propose_admin(actor=dana, candidate=alice, reason="Retired", role="auditor")
    services.confirm_admin(actor=erik, appointment=appointment)
    alice.refresh_from_db()
    assert (alice.role, alice.is_staff) == (User.Role.AUDITOR, False)


@pytest.mark.parametrize("role", ["applicant", "contributor", "king"])
def test_it_knows_two_roles(alice: User, dana: User, role: str) -> None:
    with pytest.raises(InvalidInput):
        services.propose_admin(actor=dana, candidate=alice, reason="x", role=role)


def test_it_is_open_once_for_each_candidate(proposed: AdminAppointment, alice: User, erik: User) -> None:
    with pytest.raises(Conflict):
        services.propose_admin(actor=erik, candidate=alice, reason="Again")


def test_it_can_be_declined(client: Client, proposed: AdminAppointment, erik: User, dana: User) -> None:
    client.force_login(erik)
    client.post(f"/people/appointments/{proposed.pk}/decline/")
    with pytest.raises(Conflict):
        services.confirm_admin(actor=erik, appointment=proposed)
    assert kinds()[-1] == "appointment.declined"


def test_it_asks_for_the_second_factor_again(client: Client, alice: User, dana: User) -> None:
    client.force_login(dana)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()
    assert client.get(f"/people/{alice.pk}/appoint/")["Location"].startswith("/accounts/")


def test_it_proposes_from_the_page_of_the_person(client: Client, alice: User, dana: User) -> None:
    client.force_login(dana)
    client.post(f"/people/{alice.pk}/appoint/", {"role": "auditor", "reason": "Independent"})
    assert AdminAppointment.objects.get().role == "auditor"
    assert "waits for a second admin" in client.get(f"/people/{alice.pk}/").content.decode()
    assert "Independent" in client.get("/people/appointments/").content.decode()


def test_it_founds_a_commission_once(db: None, charite: Institution) -> None:
    founders = [Founder("d@example.org", "Dana", "a long password", charite), Founder("e@example.org", "Erik")]
    people = services.found_commission(actor=INSTALLER, founders=founders)
    assert all(person.in_good_standing for person in people)
    assert kinds() == ["appointment.founded", "appointment.founded"]
    with pytest.raises(Conflict):
        services.found_commission(actor=INSTALLER, founders=founders)


def test_it_founds_no_commission_of_one(db: None) -> None:
    alone = Founder("d@example.org", "Dana")
    with pytest.raises(InvalidInput):
        services.found_commission(actor=INSTALLER, founders=[alone, alone])


def test_it_lets_no_person_found_a_commission(alice: User) -> None:
    with pytest.raises(Refused):
        services.found_commission(actor=alice, founders=[])
