"""From the refused page to the answer, as people click it, and as programs send it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.access import where_to_ask
from ledger_bridge.models import Entry
from sharing.models import AccessRequest, WorkspaceUserGrant
from sharing.selectors.home import SHOWN
from sharing.services import grant_request, refuse_request, revoke_role
from tests.conftest import make_person
from tests.sharing.conftest import exempt, give, make_item
from tests.sharing.test_asking import ask
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


@pytest.fixture
def visitor(bob: User, workspace: Workspace) -> User:
    give(workspace, "visitor", bob)
    return bob


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: User, name: str, *args: Any, query: str = "") -> str:
    answer = as_(person).get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def wording(text: str) -> str:
    """Return what is read on a page, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_the_refused_page_leads_to_a_form_that_knows_what_was_refused(visitor: User, scan: Item) -> None:
    refused = as_(visitor).get(reverse("workspaces:edit", args=[scan.pk]))
    assert refused.status_code == 403
    address = reverse("sharing:ask_item", args=[scan.pk]) + "?right=edit"
    assert f'href="{address}"' in refused.content.decode()
    form = as_(visitor).get(address).content.decode()
    assert "Your role Visitor does not include “edit”." in form
    assert re.search(r'value="edit"[^>]*checked', form)


@pytest.mark.parametrize(("name", "role"), [("workspaces:trail", "contributor"), ("sharing:grant", "manager")])
def test_what_only_a_role_gives_leads_to_asking_for_the_least_one(
    visitor: User, workspace: Workspace, name: str, role: str
) -> None:
    refused = as_(visitor).get(reverse(name, args=[workspace.pk])).content.decode()
    [address] = re.findall(r'href="([^"]*/ask/\?right=\w+)"', refused)
    form = as_(visitor).get(address).content.decode()
    assert re.search(rf'value="{role}"[^>]*checked', form)


def test_a_stranger_learns_nothing(charlie: User, visitor: User, workspace: Workspace, scan: Item) -> None:
    request = ask(visitor, scan)
    for name, pk in (("ask_item", scan.pk), ("ask_workspace", workspace.pk), ("request", request.pk)):
        here = as_(charlie).get(reverse(f"sharing:{name}", args=[pk]))
        nowhere = as_(charlie).get(reverse(f"sharing:{name}", args=[uuid4()]))
        assert here.status_code == nowhere.status_code == 404
        assert "Ask for access" not in here.content.decode()
    sent = as_(charlie).post(reverse("sharing:ask_item", args=[scan.pk]), sent_form())
    assert sent.status_code == 404
    assert AccessRequest.objects.count() == 1


def sent_form(**more: Any) -> dict[str, Any]:
    return {"rights": ["edit"], "days": "30", "purpose": "Second reading", "message": "", **more}


def test_nobody_is_sent_to_ask_for_what_cannot_be_given(alice: User, dana: User, workspace: Workspace) -> None:
    manager = make_person("Mona Haddad", None)
    give(workspace, "manager", manager)
    refused = as_(manager).post(f"{reverse('sharing:hand_over', args=[workspace.pk])}?person={alice.pk}")
    assert (refused.status_code, "/ask/" in refused.content.decode()) == (403, False)
    assert "/ask/" not in as_(dana).get(reverse("ledger:trail")).content.decode()
    assert "There is nothing to ask for here" in page(manager, "sharing:ask_workspace", workspace.pk)


def test_nobody_is_sent_to_ask_about_what_they_do_not_see(visitor: User, charlie: User, scan: Item) -> None:
    assert where_to_ask(visitor, Right.EDIT.value, scan)
    assert where_to_ask(charlie, Right.EDIT.value, scan) is None


def test_a_program_is_told_where_to_ask(visitor: User, workspace: Workspace) -> None:
    answer = api(visitor, "post", "invitations", workspace.pk, email="a@example.org", role="visitor")
    assert (answer.status_code, answer.json()["ask"]) == (
        403, reverse("sharing:ask_workspace", args=[workspace.pk]) + "?right=share",
    )  # fmt: skip


def test_asking_from_the_form(alice: User, visitor: User, scan: Item) -> None:
    url = reverse("sharing:ask_item", args=[scan.pk])
    answer = as_(visitor).post(url, sent_form(rights=["edit", "upload"], message="Please"), follow=True)
    shown = wording(answer.content.decode())
    assert "Your request is on its way" in shown
    assert "Upload, edit scan.dcm in Site 12 Waiting" in shown
    assert as_(visitor).get(url)["Location"] == reverse("sharing:request", args=[AccessRequest.objects.get().pk])


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"purpose": ""}, "Say what you need it for."),
        ({"rights": []}, "Choose at least one."),
        ({"rights": ["manage"]}, "Select a valid choice."),
        ({"rights": ["view"]}, "Select a valid choice."),
        ({"days": "99999"}, "Select a valid choice."),
        ({"days": "a"}, "Select a valid choice."),
    ],
)
def test_a_form_that_is_refused_says_why_and_loses_nothing(
    visitor: User, scan: Item, sent: dict[str, Any], sentence: str
) -> None:
    answer = as_(visitor).post(reverse("sharing:ask_item", args=[scan.pk]), sent_form(message="Kept", **sent))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "Kept" in answer.content.decode()
    assert not AccessRequest.objects.exists()


def test_the_manager_sees_it_at_home_and_on_both_access_pages(
    alice: User, visitor: User, workspace: Workspace, scan: Item
) -> None:
    request = ask(visitor, scan)
    pages = [
        page(alice, "home"),
        page(alice, "sharing:workspace_access", workspace.pk),
        page(alice, "sharing:item_access", scan.pk),
        page(alice, "sharing:requests"),
    ]
    assert all("Bob Lefèvre" in one and "Second reading" in one for one in pages)
    assert all(reverse("sharing:grant_request", args=[request.pk]) in one for one in pages[:3])


def test_one_click_grants_it(alice: User, visitor: User, scan: Item) -> None:
    answer = as_(alice).post(reverse("sharing:grant_request", args=[ask(visitor, scan).pk]), follow=True)
    assert "has been given what they asked for" in answer.content.decode()
    assert visitor.has_perm(Right.EDIT, scan)


def test_to_another_institution_after_a_proof_of_a_factor(alice: User, visitor: User, scan: Item) -> None:
    client = as_(alice)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]
    session.save()
    request = ask(visitor, scan)
    for name in ("grant_request", "grant_less"):
        answer = client.post(reverse(f"sharing:{name}", args=[request.pk]))
        assert "reauthenticate" in answer["Location"]
    assert not visitor.has_perm(Right.EDIT, scan)
    assert client.post(reverse("sharing:refuse_request", args=[request.pk]), {"reason": "No"}).status_code == 302


def test_granting_less(alice: User, visitor: User, scan: Item) -> None:
    url = reverse("sharing:grant_less", args=[ask(visitor, scan, rights=[Right.EDIT, Right.UPLOAD]).pk])
    assert "30 days, as asked" in as_(alice).get(url).content.decode()
    assert as_(alice).post(url, {"rights": [], "days": "7"}).status_code == 400
    assert as_(alice).post(url, {"rights": ["upload"], "days": "7", "reason": "Upload will do"}).status_code == 302
    assert visitor.has_perm(Right.UPLOAD, scan)
    assert not visitor.has_perm(Right.EDIT, scan)


def test_granting_a_lower_role(alice: User, visitor: User, workspace: Workspace) -> None:
    url = reverse("sharing:grant_less", args=[ask(visitor, workspace, role="manager").pk])
    assert as_(alice).post(url, {"role": "contributor", "days": "30"}).status_code == 302
    assert visitor.has_perm(Right.UPLOAD, workspace)
    assert not visitor.has_perm(Right.SHARE, workspace)


def test_refusing_needs_a_reason_that_the_asker_reads(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    url = reverse("sharing:refuse_request", args=[request.pk])
    assert "Bob Lefèvre asked for edit on “scan.dcm”" in as_(alice).get(url).content.decode()
    empty = as_(alice).post(url, {"reason": " "})
    assert (empty.status_code, "Say why; the asker reads it." in empty.content.decode()) == (400, True)
    as_(alice).post(url, {"reason": "The reading is over"})
    for text in (
        page(visitor, "home"),
        page(visitor, "sharing:requests", query="?list=mine"),
        page(visitor, "sharing:request", request.pk),
    ):
        assert "Refused" in text
        assert "The reading is over" in text


def test_an_answer_that_comes_second_is_told(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    refuse_request(actor=alice, request=request, reason="No")
    answer = as_(alice).post(reverse("sharing:grant_request", args=[request.pk]), follow=True)
    assert "has been answered or withdrawn already: refused" in answer.content.decode()
    for name, sent in (("refuse_request", {"reason": "x"}), ("grant_less", {"rights": ["edit"], "days": "7"})):
        late = as_(alice).post(reverse(f"sharing:{name}", args=[request.pk]), sent, follow=True)
        assert "does not wait for an answer any more" in late.content.decode()


def test_the_page_says_what_stands_against_it(alice: User, visitor: User, scan: Item) -> None:
    exempt(scan, "deny", Right.DOWNLOAD, visitor)
    request = ask(visitor, scan, rights=[Right.DOWNLOAD])
    shown = page(alice, "sharing:request", request.pk)
    assert "would leave nothing in its place" in shown
    assert "Grant as asked" not in shown
    late = as_(alice).post(reverse("sharing:grant_request", args=[request.pk]), follow=True)
    assert "would leave nothing in its place" in late.content.decode()


def test_the_asker_withdraws(alice: User, visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    answer = as_(visitor).post(reverse("sharing:withdraw_request", args=[request.pk]), follow=True)
    assert "has been withdrawn" in answer.content.decode()
    assert "Bob Lefèvre asks" not in page(alice, "home")


def test_whoever_was_shut_out_reads_the_answer_but_no_names(
    alice: User, visitor: User, workspace: Workspace, scan: Item
) -> None:
    request = ask(visitor, scan)
    revoke_role(actor=alice, grant=WorkspaceUserGrant.objects.get())
    refuse_request(actor=alice, request=request, reason="You left")
    Item.objects.filter(pk=scan.pk).update(name="renamed.dcm")
    for text in (
        page(visitor, "sharing:request", request.pk),
        page(visitor, "sharing:requests", query="?list=mine"),
    ):
        assert "You left" in text
        assert "renamed" not in text
        assert workspace.name not in text


def test_the_asker_is_not_told_who_else_is_in_the_workspace(
    alice: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    exempt(scan, "allow", Right.VIEW, charlie)
    give(workspace, "manager", make_person("Mona Haddad", None))
    request = ask(charlie, scan)
    mona = User.objects.get(name="Mona Haddad")
    AccessRequest.objects.update(escalated_at=timezone.now(), addressed_to=mona)
    assert "Mona" not in page(charlie, "sharing:request", request.pk)
    assert "Mona" in page(alice, "sharing:request", request.pk)


def test_the_trail_reads_as_sentences(alice: User, visitor: User, workspace: Workspace, scan: Item) -> None:
    refuse_request(actor=alice, request=ask(visitor, scan, rights=[Right.EDIT]), reason="Not needed")
    grant_request(actor=alice, request=ask(visitor, workspace, days=7))
    trail = wording(page(alice, "home"))
    assert "asked for access for 7 days: the role Contributor" in trail
    assert "granted the request of Bob Lefèvre as asked: the role Contributor (ends:" in trail
    assert "asked for access for 30 days: edit" in trail
    assert "refused the request of Bob Lefèvre for edit: Not needed" in trail


def test_a_page_escapes_what_people_write(alice: User, visitor: User, scan: Item) -> None:
    words = "<script>alert(1)</script>"
    request = ask(visitor, scan, purpose=words, message=words)
    for text in (page(alice, "home"), page(alice, "sharing:request", request.pk), page(alice, "sharing:requests")):
        assert words not in text
        assert "&lt;script&gt;" in text


def test_lists_take_as_many_queries_for_many_as_for_one(alice: User, visitor: User, workspace: Workspace) -> None:
    urls = [reverse("sharing:requests"), reverse("sharing:workspace_access", args=[workspace.pk])]
    ask(visitor, make_item(workspace, None, "a"))
    few = [(count(alice, url), count(visitor, url)) for url in urls]
    for number in range(4):
        ask(visitor, make_item(workspace, None, f"{number}"))
    assert [(count(alice, url), count(visitor, url)) for url in urls] == few
    assert max(max(pair) for pair in few) <= 21


def test_the_first_page_asks_three_queries_for_each_request_it_shows(
    alice: User, visitor: User, workspace: Workspace
) -> None:
    ask(visitor, make_item(workspace, None, "a"))
    few = count(alice, reverse("home"))
    for number in range(9):
        ask(visitor, make_item(workspace, None, f"{number}"))
    assert count(alice, reverse("home")) <= few + 3 * (SHOWN - 1) <= 40


def count(person: User, url: str) -> int:
    client = as_(person)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    return len(queries)


def api(person: User, method: str, name: str, *args: Any, **data: Any) -> Any:
    send = getattr(as_(person), method)
    url = reverse(f"sharing_api:{name}", args=args)
    return send(url) if method == "get" else send(url, data, content_type="application/json")


def test_programs_ask_and_answer(alice: User, visitor: User, workspace: Workspace, scan: Item) -> None:
    made = api(visitor, "post", "ask_item", scan.pk, rights=["edit", "upload"], days=9, purpose="Reading")
    assert (made.status_code, made.json()["state"], made.json()["rights"]) == (201, "open", ["edit", "upload"])
    pk = made.json()["id"]
    assert [row["id"] for row in api(alice, "get", "requests").json()] == [pk]
    granted = api(alice, "post", "grant_request", pk, rights=["edit"])
    assert (granted.status_code, granted.json()["given_rights"]) == (200, ["edit"])
    assert api(visitor, "get", "request", pk).json()["answered_by"] == alice.name
    again = api(alice, "post", "refuse_request", pk, reason="No")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    role = api(visitor, "post", "ask_workspace", workspace.pk, role="contributor", days=9, purpose="Reading")
    assert api(visitor, "delete", "request", role.json()["id"]).status_code == 204


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"rights": [], "days": 9, "purpose": "x"},
        {"rights": ["manage"], "days": 9, "purpose": "x"},
        {"rights": "edit", "days": 9, "purpose": "x"},
        {"rights": ["edit"], "days": 0, "purpose": "x"},
        {"rights": ["edit"], "days": 10**9, "purpose": "x"},
        {"rights": ["edit"], "days": 9, "purpose": " "},
        {"rights": ["edit"], "days": 9, "purpose": "NUL \x00"},
        {"role": "manager", "days": 9, "purpose": "x"},
    ],
)
def test_bad_input_of_programs_changes_nothing(visitor: User, scan: Item, data: dict[str, Any]) -> None:
    assert api(visitor, "post", "ask_item", scan.pk, **data).status_code == 400
    assert not AccessRequest.objects.exists()


def test_the_asker_is_refused_to_grant_it_whatever_they_send(visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    assert api(visitor, "post", "grant_request", request.pk, days=0).status_code == 403


def test_a_refused_answer_is_recorded(visitor: User, scan: Item) -> None:
    request = ask(visitor, scan)
    assert api(visitor, "post", "grant_request", request.pk).status_code == 403
    assert Entry.objects.filter(kind="access.refused", actor=visitor.pk).count() == 1
