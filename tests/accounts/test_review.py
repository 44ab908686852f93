"""Reviewing applications: the deeds and the desk."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import Application, Institution, User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.accounts.conftest import end_of, kinds
from tests.fakes.vault import MemoryVault


def test_it_makes_the_applicant_a_contributor_for_a_year(
    client: Client, application: Application, dana: User, charite: Institution
) -> None:
    client.force_login(dana)
    client.post(f"/review/{application.pk}/approve/", {"institution": str(charite.pk), "reason": "Welcome"})
    frida = User.objects.get(email="frida@example.org")
    assert (frida.role, frida.institution) == (User.Role.CONTRIBUTOR, charite)
    assert timedelta(days=364) < end_of(frida) - timezone.now() < timedelta(days=366)
    assert frida.groups.get() == charite.members
    assert frida.orcid == "0000-0002-1825-0097"
    entry = Entry.objects.get(kind="application.approved")
    assert (entry.actor, entry.person) == (dana.pk, frida.pk)


def test_it_tells_the_applicant_at_every_step(
    application: Application,
    dana: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.ask_for_more(actor=dana, application=application, reason="Which ward?")
        services.answer_application(actor=application.applicant, application=application, text="The fourth.")
        services.refuse_application(actor=dana, application=application, reason="We only take hospitals.")
    assert [mail.subject for mail in mailoutbox] == [
        "A question about your application",
        "Your application was refused",
    ]
    assert "Which ward?" in mailoutbox[0].body


def test_it_needs_a_reason_to_refuse_and_to_ask(client: Client, application: Application, dana: User) -> None:
    client.force_login(dana)
    for deed in ("refuse", "ask"):
        assert client.post(f"/review/{application.pk}/{deed}/", {"reason": "  "}).status_code == 400
    with pytest.raises(InvalidInput):
        services.refuse_application(actor=dana, application=application, reason=" ")
    application.refresh_from_db()
    assert application.state == "submitted"


def test_it_needs_the_right(application: Application, alice: User, olga: User) -> None:
    for person in (alice, olga, application.applicant):
        with pytest.raises(Refused):
            services.approve_application(actor=person, application=application)


def test_it_hides_the_desk_and_the_application_from_strangers(
    client: Client, application: Application, alice: User, olga: User
) -> None:
    for person in (alice, olga):
        client.force_login(person)
        assert client.get("/review/").status_code == 403
        assert client.get(f"/review/{application.pk}/").status_code == 404
        assert client.post(f"/review/{application.pk}/refuse/", {"reason": "no"}).status_code == 404


def test_it_lets_nobody_decide_on_themselves(client: Client, application: Application, dana: User) -> None:
    Application.objects.filter(pk=application.pk).update(applicant=dana)
    application.refresh_from_db()
    with pytest.raises(Refused, match="own application"):
        services.approve_application(actor=dana, application=application)
    client.force_login(dana)
    assert client.get(f"/review/{application.pk}/").status_code == 404


def test_it_lets_the_database_refuse_a_decision_on_oneself(application: Application) -> None:
    application.state, application.decided_by = "approved", application.applicant
    application.decided_at = timezone.now()
    with pytest.raises(IntegrityError, match="nobody_decides_on_themselves"), transaction.atomic():
        application.save()


def test_it_lets_the_database_refuse_a_decision_without_a_decider(application: Application) -> None:
    with pytest.raises(IntegrityError, match="a_decision_has_a_decider"), transaction.atomic():
        Application.objects.update(state="approved")


def test_it_decides_once(application: Application, dana: User, erik: User) -> None:
    services.approve_application(actor=dana, application=application)
    with pytest.raises(Conflict):
        services.refuse_application(actor=erik, application=application, reason="Too late")


def test_it_waits_for_the_address_to_be_confirmed(application: Application, dana: User) -> None:
    EmailAddress.objects.filter(user=application.applicant).update(verified=False)
    with pytest.raises(Conflict, match="confirmed"):
        services.approve_application(actor=dana, application=application)


def test_it_asks_for_the_institution_when_it_is_new(application: Application, dana: User) -> None:
    Application.objects.update(institution=None, proposed_institution="New clinic")
    with pytest.raises(InvalidInput) as refusal:
        services.approve_application(actor=dana, application=application)
    assert refusal.value.field == "institution"


def test_it_lists_the_oldest_first_and_finds_by_name(client: Client, application: Application, dana: User) -> None:
    client.force_login(dana)
    assert "Frida Nilsson" in client.get("/review/").content.decode()
    assert "Frida Nilsson" in client.get("/review/?q=nils&sort=name&state=submitted").content.decode()
    assert "Nothing waits here" in client.get("/review/?q=somebody+else").content.decode()
    assert client.get("/review/?state=nonsense&page=999").status_code == 200


def test_it_asks_for_the_list_in_a_fixed_number_of_queries(
    client: Client, application: Application, dana: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client.force_login(dana)
    client.get("/review/")
    with django_assert_max_num_queries(8):
        client.get("/review/")


def test_it_shows_the_evidence(client: Client, application: Application, dana: User) -> None:
    client.force_login(dana)
    page = client.get(f"/review/{application.pk}/").content.decode()
    assert "BE-4711" in page
    assert "0000-0002-1825-0097" in page


def test_it_records_before_it_opens_a_document(
    client: Client, application: Application, dana: User, vault: MemoryVault
) -> None:
    stored = vault.keep("diploma é.pdf", b"%PDF diploma")
    Application.objects.update(document=stored.id, document_name=stored.name)
    client.force_login(dana)
    answer = client.get(f"/apply/{application.pk}/documents/{stored.id}/")
    assert kinds()[-1] == "application.evidence_opened"
    assert answer.getvalue() == b"%PDF diploma"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''diploma")


def test_it_opens_only_documents_of_the_application(
    client: Client, application: Application, dana: User, alice: User, vault: MemoryVault
) -> None:
    stray = vault.keep("other.pdf", b"secret")
    client.force_login(dana)
    assert client.get(f"/apply/{application.pk}/documents/{stray.id}/").status_code == 400
    client.force_login(alice)
    assert client.get(f"/apply/{application.pk}/documents/{stray.id}/").status_code == 404
    assert "application.evidence_opened" not in kinds()
