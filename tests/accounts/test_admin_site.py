"""Django's admin: a read-only window for commission admins."""

import pytest
from django.test import Client

from accounts.models import Institution, User

PAGES = ["", "accounts/institution/", "accounts/user/", "accounts/application/", "accounts/adminappointment/"]


@pytest.fixture
def staff(client: Client, dana: User) -> Client:
    User.objects.filter(pk=dana.pk).update(is_staff=True)
    client.force_login(dana)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_it_shows_tables_to_commission_admins(staff: Client, page: str) -> None:
    assert staff.get(f"/admin/{page}").status_code == 200


def test_it_never_shows_a_password_hash(staff: Client, alice: User) -> None:
    page = staff.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert alice.email in page
    assert alice.password not in page


def test_it_changes_nothing(staff: Client, charite: Institution) -> None:
    row = f"/admin/accounts/institution/{charite.pk}"
    assert staff.post(f"{row}/change/", {"name": "Mine"}).status_code == 403
    assert staff.post(f"{row}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get("/admin/accounts/institution/add/").status_code == 403


@pytest.mark.parametrize("who", ["alice", "olga"])
def test_it_is_closed_to_everybody_else(request: pytest.FixtureRequest, client: Client, who: str) -> None:
    person = request.getfixturevalue(who)
    User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    client.force_login(person)
    assert client.get("/admin/", follow=True).status_code == 403


def test_it_shows_no_sign_in_form_of_its_own(client: Client, staff: Client, alice: User) -> None:
    User.objects.update(approved_until="2020-01-01T00:00:00Z")
    answer = staff.post("/admin/login/", {"username": alice.email, "password": "correct horse battery"})
    assert answer.status_code == 403
    assert Client().post("/admin/login/", {"username": alice.email})["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("page", ["password_change/", "password_change/done/"])
def test_it_changes_no_password_because_that_would_be_a_deed_without_record(
    staff: Client, dana: User, page: str
) -> None:
    before = User.objects.get(pk=dana.pk).password
    words = {
        "old_password": "correct horse battery",
        "new_password1": "another long phrase",
        "new_password2": "another long phrase",
    }
    assert staff.post(f"/admin/{page}", words).status_code in {403, 404, 405}
    assert User.objects.get(pk=dana.pk).password == before
    assert "password_change" not in staff.get("/admin/").content.decode()
