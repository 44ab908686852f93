"""Applying: from nobody to somebody whose application can be read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.test import Client

from accounts import services
from accounts.models import Application, Institution, TermsVersion, User
from accounts.services import Particulars
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.accounts.conftest import PASSWORD, kinds, with_password
from tests.fakes.vault import MemoryVault

TYPED = {
    "name": "Frida Nilsson",
    "email": "frida@example.org",
    "password": "seven wooden boats",
    "proposed_institution": "Karolinska, Stockholm",
    "profession": "Geneticist",
    "reason": "I care for undiagnosed children.",
    "terms": "on",
}


def test_it_makes_an_account_an_application_and_a_mail(
    client: Client,
    terms: TermsVersion,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/apply/", TYPED)["Location"] == "/apply/sent/"
    application = Application.objects.get(applicant__email="frida@example.org")
    assert (application.state, application.terms_version) == ("submitted", terms)
    assert application.applicant.role == User.Role.APPLICANT
    assert kinds() == ["application.submitted"]
    assert mailoutbox[0].to == ["frida@example.org"]


def test_it_can_be_reviewed_only_after_the_address_is_confirmed(
    client: Client,
    terms: TermsVersion,
    dana: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/apply/", TYPED)
    assert not Application.objects.all().visible_to(dana).exists()
    client.post(_link(str(mailoutbox[0].body)))
    assert Application.objects.all().visible_to(dana).exists()
    assert "signin.email_confirmed" in kinds()


def test_it_writes_links_from_the_settings_and_not_from_the_host(
    client: Client,
    terms: TermsVersion,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/apply/", TYPED, headers={"X-Forwarded-Host": "evil.example"})
    assert "http://localhost:8000/accounts/confirm-email/" in str(mailoutbox[0].body)


def test_it_answers_the_same_when_the_address_has_an_account(
    client: Client,
    terms: TermsVersion,
    alice: User,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/apply/", TYPED | {"email": "Alice@Example.org"})
    assert answer["Location"] == "/apply/sent/"
    assert not Application.objects.exists()
    assert mailoutbox[0].subject == "You have an account already"
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": ""}, "This field is required"),
        ({"email": "frida"}, "valid email"),
        ({"email": "frida@example.org\r\nBcc: x@example.org"}, "valid email"),
        ({"password": "short"}, "too short"),
        ({"password": "frida@example.org"}, "too similar"),
        ({"password": "administrator"}, "too common"),
        ({"proposed_institution": ""}, "Choose your institution"),
        ({"institution": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
        ({"orcid": "0000-0002-1825-0098"}, "not a valid ORCID"),
        ({"reason": " "}, "This field is required"),
        ({"terms": ""}, "only apply if you accept"),
        ({"profession": "a" * 101}, "at most 100"),
        ({"name": "Frida\x00Nilsson"}, "Null characters"),
    ],
)
def test_it_says_what_is_wrong(client: Client, terms: TermsVersion, changed: dict[str, Any], says: str) -> None:
    answer = client.post("/apply/", TYPED | changed)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert not User.objects.exists()


def test_it_shows_the_terms(client: Client, terms: TermsVersion) -> None:
    page = client.get("/apply/").content.decode()
    assert terms.text.splitlines()[0][:40] in page


def test_it_changes_nothing_that_the_form_does_not_ask(client: Client, terms: TermsVersion) -> None:
    client.post("/apply/", TYPED | {"role": "commission_admin", "is_staff": "on", "state": "approved"})
    person = User.objects.get(email="frida@example.org")
    assert (person.role, person.is_staff) == (User.Role.APPLICANT, False)
    assert person.applications.get().state == "submitted"


def test_it_takes_a_document(client: Client, terms: TermsVersion, vault: MemoryVault) -> None:
    letter = SimpleUploadedFile("letter.pdf", b"%PDF letter")
    client.post("/apply/", TYPED | {"document": letter})
    application = Application.objects.get()
    assert [one.content for one in vault.documents.values()] == [b"%PDF letter"]
    assert application.document_name == "letter.pdf"


def test_it_checks_the_csrf_token_of_a_form_with_a_document(terms: TermsVersion, vault: MemoryVault) -> None:
    answer = Client(enforce_csrf_checks=True).post("/apply/", TYPED)
    assert answer.status_code == 403
    assert not Application.objects.exists()


def test_it_takes_an_institution_of_the_list(client: Client, terms: TermsVersion, necker: Institution) -> None:
    client.post("/apply/", TYPED | {"proposed_institution": "", "institution": str(necker.pk)})
    assert Application.objects.get().institution == necker


def test_it_lets_the_applicant_sign_in_and_see_how_it_stands(client: Client, frida: User) -> None:
    with_password(client, frida)
    assert client.get("/apply/status/")["Location"] == "/account/enrol/"
    client.force_login(frida)
    assert "Waiting for review" in client.get("/apply/status/").content.decode()


def test_it_gives_an_applicant_nothing_else(client: Client, frida: User) -> None:
    client.force_login(frida)
    for page in ("/review/", "/people/", "/people/institutions/", "/people/appointments/"):
        assert client.get(page).status_code == 403


def test_it_can_be_withdrawn_and_sent_again(client: Client, application: Application, terms: TermsVersion) -> None:
    client.force_login(application.applicant)
    assert client.get("/apply/")["Location"] == "/apply/status/"
    client.post(f"/apply/{application.pk}/withdraw/")
    assert client.get("/apply/").status_code == 200
    client.post("/apply/", {name: TYPED[name] for name in ("proposed_institution", "profession", "reason", "terms")})
    states = list(application.applicant.applications.order_by("submitted_at").values_list("state", flat=True))
    assert states == ["withdrawn", "submitted"]
    assert "application.withdrawn" in kinds()


def test_it_allows_one_open_application_at_a_time(application: Application, particulars: Particulars) -> None:
    with pytest.raises(Conflict):
        services.apply_again(actor=application.applicant, particulars=particulars)


def test_it_lets_nobody_else_withdraw_it(client: Client, application: Application, alice: User) -> None:
    client.force_login(alice)
    assert client.post(f"/apply/{application.pk}/withdraw/").status_code == 404
    with pytest.raises(Refused):
        services.withdraw_application(actor=alice, application=application)


def test_it_can_be_answered_only_when_something_was_asked(application: Application) -> None:
    with pytest.raises(Conflict):
        services.answer_application(actor=application.applicant, application=application, text="Here.")


def test_it_is_answered_with_a_document(
    client: Client, application: Application, dana: User, vault: MemoryVault
) -> None:
    services.ask_for_more(actor=dana, application=application, reason="Please send the certificate.")
    client.force_login(application.applicant)
    assert "Please send the certificate." in client.get("/apply/status/").content.decode()
    scan = SimpleUploadedFile("certificate.pdf", b"%PDF")
    client.post(f"/apply/{application.pk}/answer/", {"text": "Here it is.", "document": scan})
    application.refresh_from_db()
    assert application.state == "submitted"
    assert application.messages.get(author=application.applicant).document_name == "certificate.pdf"
    assert Entry.objects.get(kind="application.answered").detail["with_document"] is True


def test_it_refuses_an_application_without_an_institution(particulars: Particulars, terms: TermsVersion) -> None:
    nowhere = Particulars(profession="Doctor", reason="Care", terms=terms)
    with pytest.raises(InvalidInput) as refusal:
        services.apply(email="x@example.org", password=PASSWORD, name="X", particulars=nowhere)
    assert refusal.value.field == "institution"
    assert not EmailAddress.objects.exists()


def _link(body: str) -> str:
    found = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", body)
    assert found
    return found[1]
