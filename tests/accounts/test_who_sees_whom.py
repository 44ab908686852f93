"""What each role sees of people, institutions, applications and what admins propose: nothing more than it needs."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts import services
from accounts.models import AdminAppointment, AdminSuspension, ApiToken, Application, Institution, User
from tests.conftest import make_person


def test_an_applicant_sees_nobody_but_themselves(frida: User, alice: User, dana: User) -> None:
    assert set(User.objects.visible_to(frida)) == {frida}
    assert set(User.objects.get_queryset().visible_to(frida)) == {frida}


def test_a_contributor_sees_neither_applicants_nor_who_was_removed(frida: User, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert set(User.objects.visible_to(alice)) == {alice}
    assert set(User.objects.get_queryset().visible_to(alice)) == {alice}


def test_a_commission_admin_sees_applicants_too(frida: User, dana: User) -> None:
    assert {frida, dana} <= set(User.objects.visible_to(dana))


@pytest.mark.parametrize("model", [User, Institution, Application, AdminAppointment, AdminSuspension])
def test_somebody_who_has_not_signed_in_sees_nobody(model: Any, application: Application, dana: User) -> None:
    assert not model.objects.all().visible_to(AnonymousUser()).exists()


def test_an_applicant_sees_no_institution_of_others(frida: User, charite: Institution, necker: Institution) -> None:
    assert set(Institution.objects.all().visible_to(frida)) == set(Institution.objects.filter(people=frida))


def test_a_contributor_sees_every_institution(alice: User, charite: Institution, necker: Institution) -> None:
    assert {charite, necker} <= set(Institution.objects.all().visible_to(alice))


def test_an_application_is_seen_by_its_applicant_and_not_by_contributors(application: Application, alice: User) -> None:
    assert set(Application.objects.all().visible_to(application.applicant)) == {application}
    assert not Application.objects.all().visible_to(alice).exists()


def test_an_appointment_is_seen_by_admins_and_the_candidate(alice: User, bob: User, dana: User, erik: User) -> None:
    proposed = services.propose_admin(actor=dana, candidate=alice, reason="She is careful.")
    seen = AdminAppointment.objects.all().visible_to
    assert [set(seen(person)) for person in (alice, bob, erik)] == [{proposed}, set(), {proposed}]


def test_a_suspension_that_is_only_proposed_is_hidden_from_whom_it_concerns(
    alice: User, dana: User, erik: User, charite: Institution
) -> None:
    greta = make_person("Greta Haas", charite, role="commission_admin")
    proposed = services.propose_suspension(actor=dana, person=erik, reason="His account was stolen.")
    seen = AdminSuspension.objects.all().visible_to
    assert [set(seen(person)) for person in (erik, alice, greta)] == [set(), set(), {proposed}]


def test_a_token_is_seen_by_its_owner_alone(alice: User, bob: User) -> None:
    token, _ = services.make_api_token(actor=alice, name="sequencer", scopes=("read",), days=30)
    assert [set(ApiToken.objects.visible_to(person)) for person in (alice, bob)] == [{token}, set()]
