"""People and institutions: who sees whom, and entering an institution."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import services
from accounts.models import Institution, User
from core.errors import Conflict, InvalidInput, Refused
from ledger_bridge import names
from tests.accounts.conftest import kinds


def test_it_lists_and_filters_people(client: Client, alice: User, bob: User, dana: User, charite: Institution) -> None:
    client.force_login(dana)
    assert _listed(client, "") == {"Alice Brandt", "Bob Lefèvre", "Dana Okafor"}
    assert _listed(client, "q=lef") == {"Bob Lefèvre"}
    assert _listed(client, f"institution={charite.pk}") == {"Alice Brandt", "Dana Okafor"}
    assert _listed(client, "role=commission_admin") == {"Dana Okafor"}
    User.objects.filter(pk=bob.pk).update(suspended_at="2026-01-01T00:00:00Z")
    assert _listed(client, "standing=suspended") == {"Bob Lefèvre"}
    assert _listed(client, "standing=good") == {"Alice Brandt", "Dana Okafor"}
    assert _listed(client, "standing=expired&role=king") == {"Alice Brandt", "Bob Lefèvre", "Dana Okafor"}


def test_it_needs_a_fixed_number_of_queries(
    client: Client, alice: User, bob: User, dana: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    client.force_login(dana)
    client.get("/people/")
    with django_assert_max_num_queries(8):
        client.get("/people/")


def test_it_hides_applicants_from_contributors(client: Client, alice: User, frida: User) -> None:
    client.force_login(alice)
    assert "Frida" not in client.get("/people/").content.decode()
    assert client.get(f"/people/{frida.pk}/").status_code == 404


def test_it_offers_only_admins_what_only_admins_may(client: Client, alice: User, bob: User, dana: User) -> None:
    client.force_login(alice)
    assert "Suspend" not in client.get(f"/people/{bob.pk}/").content.decode()
    client.force_login(dana)
    assert "Suspend" in client.get(f"/people/{bob.pk}/").content.decode()
    assert "Suspend" not in client.get(f"/people/{dana.pk}/").content.decode()


def test_it_is_closed_to_people_without_standing(client: Client, alice: User) -> None:
    client.force_login(alice)
    User.objects.update(approved_until="2020-01-01T00:00:00Z")
    assert client.get("/people/").status_code == 403
    assert client.get("/account/profile/").status_code == 200


def test_it_enters_an_institution_with_its_group(client: Client, dana: User) -> None:
    client.force_login(dana)
    client.post("/people/institutions/", {"name": " Rigs  hospitalet ", "kind": "hospital", "country": "dk"})
    made = Institution.objects.get(name="Rigs hospitalet")
    assert (made.country, made.members.name) == ("DK", "Rigs hospitalet (DK)")
    assert kinds()[-1] == "institution.created"


def test_it_enters_each_institution_once(client: Client, dana: User) -> None:
    client.force_login(dana)
    for expected in (302, 400):
        answer = client.post("/people/institutions/", {"name": "Clinic", "kind": "hospital", "country": "DK"})
        assert answer.status_code == expected
    with pytest.raises(Conflict):
        services.create_institution(actor=dana, name="CLINIC", kind="hospital", country="DK")


@pytest.mark.parametrize(
    ("name", "kind", "country"),
    [
        ("", "hospital", "DE"),
        ("X", "castle", "DE"),
        ("X", "hospital", "D"),
        ("X", "hospital", "ZZ"),
        ("X", "hospital", ""),
    ],
)
def test_it_says_what_is_wrong_with_an_institution(dana: User, name: str, kind: str, country: str) -> None:
    with pytest.raises(InvalidInput):
        services.create_institution(actor=dana, name=name, kind=kind, country=country)


def test_it_lets_only_admins_enter_institutions(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = "/people/institutions/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"name": "Mine", "kind": "hospital", "country": "DE"}).status_code == 403
    with pytest.raises(Refused):
        services.create_institution(actor=alice, name="Mine", kind="hospital", country="DE")


def test_it_names_people_and_institutions_for_the_ledger(alice: User, charite: Institution) -> None:
    asked = {"person": {str(alice.pk)}, "institution": {str(charite.pk)}}
    found = names.resolve(asked)
    assert found["person"] == {str(alice.pk): "Alice Brandt"}
    assert found["institution"] == {str(charite.pk): "Charité, Berlin"}


def test_it_changes_name_and_time_zone(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post("/account/profile/", {"name": "Alice B. Brandt", "time_zone": "Europe/Berlin", "role": "auditor"})
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.role) == ("Alice B. Brandt", "Europe/Berlin", "contributor")
    assert kinds()[-1] == "profile.changed"


@pytest.mark.parametrize("typed", [{"name": " ", "time_zone": "UTC"}, {"name": "A", "time_zone": "Mars/Olympus"}])
def test_it_says_what_is_wrong_with_a_profile(client: Client, alice: User, typed: dict[str, Any]) -> None:
    client.force_login(alice)
    assert client.post("/account/profile/", typed).status_code == 400
    with pytest.raises(InvalidInput):
        services.change_profile(actor=alice, **typed)


def _listed(client: Client, query: str) -> set[str]:
    return {row["person"].name for row in client.get(f"/people/?{query}").context["rows"]}


@pytest.mark.parametrize("typed", ["Côte d'Ivoire", "cote d\u2019ivoire", "CI", "civ", "  ci "])
def test_a_country_is_chosen_by_name_or_letters(client: Client, dana: User, typed: str) -> None:
    client.force_login(dana)
    client.post("/people/institutions/", {"name": "CHU de Cocody", "kind": "hospital", "country": typed})
    assert Institution.objects.get(name="CHU de Cocody").country == "CI"
    assert "Côte d&#x27;Ivoire" in client.get("/people/institutions/").content.decode()


def test_a_country_that_is_none_is_refused_at_its_field(client: Client, dana: User) -> None:
    client.force_login(dana)
    answer = client.post("/people/institutions/", {"name": "Guy's", "kind": "hospital", "country": "United Kingdom"})
    assert answer.status_code == 400
    (sentence,) = answer.context["form"].errors["country"]
    assert sentence.endswith("Did you mean United Kingdom of Great Britain and Northern Ireland?")
    assert "Guy&#x27;s" in answer.content.decode()
    assert not Institution.objects.filter(name="Guy's").exists()


def test_every_country_is_offered(client: Client, dana: User) -> None:
    client.force_login(dana)
    page = client.get("/people/institutions/").content.decode()
    assert page.count("<option value=") >= 249
    assert '<option value="Japan">' in page


def test_a_country_that_the_list_does_not_know_any_more_is_still_shown(dana: User, charite: Institution) -> None:
    Institution.objects.filter(pk=charite.pk).update(country="YU")
    assert Institution.objects.get(pk=charite.pk).country_name == "YU"
