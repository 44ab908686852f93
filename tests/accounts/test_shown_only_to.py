"""What pages, lists and programs show of people, tokens and notices: to everybody their own, to few people more."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.backends import _ROLE_RIGHTS
from accounts.forms.people import PeopleFilterForm
from accounts.inbox import telling
from accounts.models import Application, Institution, Notice, User
from accounts.permissions import Right
from accounts.selectors import review_queue
from accounts.services.tokens import MAX_TOKENS
from core.errors import Refused
from tests.accounts.conftest import confirm_address

pytestmark = pytest.mark.django_db


def page(user: User, name: str, *arguments: Any) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def test_marking_everything_read_leaves_what_others_have_not_read(alice: User, bob: User) -> None:
    telling.tell([alice.pk, bob.pk], "access_request.answered", actor=None, about=telling.About(thing=alice.pk))
    services.mark_all_read(actor=alice)
    assert [Notice.objects.visible_to(person).unread().count() for person in (alice, bob)] == [0, 1]


def test_tokens_of_others_do_not_use_up_ones_own(alice: User, bob: User) -> None:
    for _ in range(MAX_TOKENS):
        services.make_api_token(actor=bob, name="sequencer", scopes=("read",), days=30)
    token, _ = services.make_api_token(actor=alice, name="sequencer", scopes=("read",), days=30)
    assert token.owner == alice


def test_the_page_of_tokens_lists_ones_own(alice: User, bob: User) -> None:
    services.make_api_token(actor=bob, name="gene robot", scopes=("read",), days=30)
    assert "gene robot" in page(bob, "accounts:tokens")
    assert "gene robot" not in page(alice, "accounts:tokens")


def test_the_institutions_to_choose_from_are_those_one_sees(frida: User, alice: User, necker: Institution) -> None:
    def offered(user: User) -> set[Institution]:
        return set(PeopleFilterForm(user=user).fields["institution"].queryset)  # type: ignore[attr-defined]

    assert necker in offered(alice)
    assert necker not in offered(frida)


def test_who_enters_an_institution_and_sees_none_is_shown_none(
    dana: User, necker: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown_after_a_mistake() -> str:
        client = Client()
        client.force_login(dana)
        return client.post(reverse("accounts:institutions"), {"name": ""}).content.decode()

    assert "Necker" in shown_after_a_mistake()
    monkeypatch.setitem(_ROLE_RIGHTS, "commission_admin", frozenset({Right.MANAGE_INSTITUTIONS}))
    assert "Necker" not in shown_after_a_mistake()


def test_a_program_of_an_applicant_is_shown_no_institutions(frida: User, alice: User, necker: Institution) -> None:
    def shown(user: User) -> set[str]:
        client = Client()
        client.force_login(user)
        return {one["name"] for one in client.get("/api/v1/institutions/").json()["results"]}

    assert necker.name in shown(alice)
    assert necker.name not in shown(frida)


def test_the_queue_of_applications_is_empty_for_who_reviews_none(application: Application, alice: User) -> None:
    assert not review_queue(alice).exists()


def test_an_application_with_an_unconfirmed_address_is_shown_to_no_admin(
    application: Application, alice: User, dana: User
) -> None:
    Application.objects.filter(pk=application.pk).update(applicant=alice)
    assert "<h2>Applications</h2>" not in page(dana, "accounts:person", alice.pk)
    confirm_address(alice)
    assert "<h2>Applications</h2>" in page(dana, "accounts:person", alice.pk)


def test_a_contributor_is_not_told_what_waits_for_a_second_admin(
    alice: User, bob: User, dana: User, olga: User
) -> None:
    services.propose_admin(actor=dana, candidate=bob, reason="He is careful.")
    services.propose_suspension(actor=dana, person=olga, reason="She is asleep.")
    assert "waits for a second admin" in page(dana, "accounts:person", bob.pk)
    assert "waits for a second admin" in page(dana, "accounts:person", olga.pk)
    assert "waits for a second admin" not in page(alice, "accounts:person", bob.pk)
    assert "waits for a second admin" not in page(alice, "accounts:person", olga.pk)


def test_a_contributor_is_offered_none_of_the_admins_deeds(alice: User, bob: User, dana: User) -> None:
    shown_to_alice = page(alice, "accounts:people") + page(alice, "accounts:person", bob.pk)
    shown_to_dana = page(dana, "accounts:people") + page(dana, "accounts:person", bob.pk)
    for deed in (reverse("accounts:renew", args=[bob.pk]), reverse("accounts:appoint", args=[bob.pk])):
        assert deed in shown_to_dana
        assert deed not in shown_to_alice
    assert reverse("accounts:appointments") in page(dana, "accounts:people")
    assert reverse("accounts:appointments") not in page(alice, "accounts:people")
    assert 'name="country"' in page(dana, "accounts:institutions")
    assert 'name="country"' not in page(alice, "accounts:institutions")


def test_the_admin_who_proposed_is_not_offered_to_confirm(alice: User, dana: User, erik: User) -> None:
    proposed = services.propose_admin(actor=dana, candidate=alice, reason="She is careful.")
    confirm = reverse("accounts:confirm_appointment", args=[proposed.pk])
    assert confirm in page(erik, "accounts:appointments")
    assert confirm not in page(dana, "accounts:appointments")


def test_no_admin_opens_the_evidence_of_who_has_not_applied_to_them(application: Application, alice: User) -> None:
    with pytest.raises(Refused):
        services.open_evidence(actor=alice, application=application, document_id=application.pk)
