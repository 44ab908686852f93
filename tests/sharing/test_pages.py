"""Who finds which page about access, and what stands on it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing.models import WorkspaceUserGrant
from tests.sharing.conftest import exempt, give, in_days, make_item
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def access_url(workspace: Workspace) -> str:
    return reverse("sharing:workspace_access", args=[workspace.pk])


def item_url(item: Item) -> str:
    return reverse("sharing:item_access", args=[item.pk])


def test_the_owner_sees_who_is_in_until_when_and_why(alice: User, bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    page = as_(alice).get(access_url(workspace)).content.decode()
    assert "Bob Lefèvre" in page
    assert "No end" in page


def test_a_stranger_finds_no_page(charlie: User, workspace: Workspace, scan: Item) -> None:
    for url in (access_url(workspace), item_url(scan), reverse("sharing:grant", args=[workspace.pk])):
        assert as_(charlie).get(url).status_code == 404


def test_a_member_sees_the_others_but_no_deeds(bob: User, charlie: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    give(workspace, "visitor", charlie)
    page = as_(bob).get(access_url(workspace)).content.decode()
    assert "Charlie Moreau" in page
    assert "Take away" not in page


def test_somebody_let_in_to_one_file_does_not_see_the_others(
    bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    exempt(scan, "allow", Right.VIEW, charlie)
    for url in (access_url(workspace), item_url(scan)):
        assert "Bob Lefèvre" not in as_(charlie).get(url).content.decode()


def test_a_refusal_names_the_rule(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    answer = as_(bob).get(reverse("sharing:grant", args=[workspace.pk]))
    assert answer.status_code == 403
    assert "Your role Visitor does not include “share”." in answer.content.decode()


def test_the_item_page_says_what_everybody_may_and_why(
    alice: User, bob: User, workspace: Workspace, imaging: Item, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    exempt(imaging, "deny", Right.DOWNLOAD, bob)
    page = as_(alice).get(item_url(scan)).content.decode()
    assert "Exception on “Imaging”: download denied" in page
    assert "Owner of the workspace" in page


def test_pages_take_as_many_queries_for_many_as_for_one(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    few = [count_queries(alice, url) for url in (access_url(workspace), item_url(scan))]
    give(workspace, "visitor", charlie)
    for number in range(5):
        exempt(make_item(workspace, None, f"{number}"), "allow", Right.VIEW, bob)
    exempt(scan, "deny", Right.EDIT, charlie)
    many = [count_queries(alice, url) for url in (access_url(workspace), item_url(scan))]
    assert many == few
    assert max(many) <= 20


def count_queries(person: User, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_(person)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_letting_in_is_two_steps_with_an_end_by_default(alice: User, bob: User, workspace: Workspace) -> None:
    url = reverse("sharing:grant", args=[workspace.pk])
    found = as_(alice).get(url, {"q": "necker"}).content.decode()
    assert f"?person={bob.pk}" in found
    page = as_(alice).get(url, {"person": str(bob.pk)}).content.decode()
    [day] = re.findall(r'name="expires_on" value="(\d{4}-\d\d-\d\d)"', page)
    answer = as_(alice).post(f"{url}?person={bob.pk}", {"role": "visitor", "expires_on": day})
    assert answer.status_code == 302
    assert WorkspaceUserGrant.objects.get(user=bob).expires_at is not None


def test_no_end_must_be_chosen(alice: User, bob: User, workspace: Workspace) -> None:
    url = f"{reverse('sharing:grant', args=[workspace.pk])}?person={bob.pk}"
    refused = as_(alice).post(url, {"role": "visitor", "expires_on": ""})
    assert refused.status_code == 400
    assert "choose that there is no end" in refused.content.decode()
    assert as_(alice).post(url, {"role": "visitor", "no_end": "on"}).status_code == 302


@pytest.mark.parametrize("choice", ["person=abc", "person=01890000-0000-7000-8000-000000000000", "group=99999999"])
def test_somebody_who_is_not_there_cannot_be_chosen(alice: User, workspace: Workspace, choice: str) -> None:
    assert as_(alice).get(f"{reverse('sharing:grant', args=[workspace.pk])}?{choice}").status_code == 404


def test_commission_admins_are_not_offered(alice: User, dana: User, workspace: Workspace) -> None:
    page = as_(alice).get(reverse("sharing:grant", args=[workspace.pk]), {"q": "Dana"}).content.decode()
    assert str(dana.pk) not in page
    assert "Nobody found" in page


def test_changing_and_taking_away(alice: User, bob: User, workspace: Workspace) -> None:
    grant = give(workspace, "visitor", bob)
    answer = as_(alice).post(reverse("sharing:change", args=[grant.pk]), {"role": "contributor", "no_end": "on"})
    assert answer.status_code == 302
    assert bob.has_perm(Right.UPLOAD, workspace)
    revoke = reverse("sharing:revoke", args=[grant.pk])
    assert "loses the role Contributor" in as_(alice).get(revoke).content.decode()
    as_(alice).post(revoke)
    assert not bob.has_perm(Right.VIEW, workspace)


def test_a_stranger_cannot_touch_a_grant_and_a_visitor_is_refused(
    alice: User, bob: User, charlie: User, workspace: Workspace
) -> None:
    grant = give(workspace, "visitor", bob)
    for name in ("sharing:change", "sharing:revoke"):
        assert as_(charlie).post(reverse(name, args=[grant.pk])).status_code == 404
        assert as_(bob).post(reverse(name, args=[grant.pk])).status_code == 403


def test_making_and_lifting_an_exception(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    give(workspace, "visitor", bob)
    url = f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}"
    as_(alice).post(url, {"effect": "deny", "right": "workspaces.view", "no_end": "on"})
    assert not bob.has_perm(Right.VIEW, scan)
    exception = scan.user_exceptions.get()
    as_(alice).post(reverse("sharing:lift_exception", args=[exception.pk]))
    assert bob.has_perm(Right.VIEW, scan)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2001-01-01", "Access must end in the future."),
        ("9999-12-31", "Choose an end within ten years, or choose that there is none."),
        ("soon", "Enter a valid date."),
    ],
)
def test_an_error_stands_at_its_field(alice: User, bob: User, scan: Item, day: str, sentence: str) -> None:
    url = f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}"
    answer = as_(alice).post(url, {"effect": "allow", "right": "workspaces.view", "expires_on": day})
    assert answer.status_code == 400
    assert answer.context["form"].errors["expires_on"] == [sentence]


def test_leaving(bob: User, workspace: Workspace) -> None:
    give(workspace, "visitor", bob)
    assert as_(bob).post(reverse("sharing:leave", args=[workspace.pk])).status_code == 302
    assert not bob.has_perm(Right.VIEW, workspace)


def test_handing_over_asks_again_for_a_factor(alice: User, bob: User, workspace: Workspace) -> None:
    client = as_(alice)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    answer = client.get(f"{reverse('sharing:hand_over', args=[workspace.pk])}?person={bob.pk}")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_handing_over(alice: User, bob: User, workspace: Workspace) -> None:
    url = f"{reverse('sharing:hand_over', args=[workspace.pk])}?person={bob.pk}"
    assert "becomes the owner" in as_(alice).get(url).content.decode()
    as_(alice).post(url)
    workspace.refresh_from_db()
    assert workspace.owner == bob


def test_shared_with_me_lists_only_what_no_role_reaches(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    for person in (bob, charlie):
        exempt(scan, "allow", Right.VIEW, person)
    give(workspace, "visitor", charlie)
    url = reverse("sharing:shared_with_me")
    assert "scan.dcm" in as_(bob).get(url).content.decode()
    assert "scan.dcm" not in as_(charlie).get(url).content.decode()


def test_everybody_must_sign_in(workspace: Workspace, scan: Item, client: Client) -> None:
    for url in (access_url(workspace), item_url(scan), reverse("sharing:groups"), reverse("sharing:invitations")):
        assert client.get(url).status_code == 302


def test_changing_suggests_the_end_that_holds(alice: User, bob: User, workspace: Workspace) -> None:
    url = f"{reverse('sharing:grant', args=[workspace.pk])}?person={bob.pk}"
    day = in_days(33).date().isoformat()
    as_(alice).post(url, {"role": "visitor", "expires_on": day})
    grant = WorkspaceUserGrant.objects.get(user=bob)
    assert f'value="{day}"' in as_(alice).get(reverse("sharing:change", args=[grant.pk])).content.decode()


def test_the_page_says_what_a_person_may_do_before_and_after(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    url = f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}"
    assert "may here now: view, download" in as_(alice).get(url).content.decode()
    answer = as_(alice).post(url, {"effect": "allow", "right": Right.VIEW, "no_end": "on"}, follow=True)
    assert "To let them look without downloading, deny Download." in answer.content.decode()


def test_whoever_may_do_nothing_yet_is_suggested_to_look_only(alice: User, bob: User, scan: Item) -> None:
    url = f"{reverse('sharing:add_exception', args=[scan.pk])}?person={bob.pk}"
    page = as_(alice).get(url).content.decode()
    assert "may here now: nothing." in page
    assert page.count(" checked") == 2
