"""Whoever is given access, or loses it, is told: by a mail that names nothing, and on their first page."""

from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing.services import (
    add_member,
    change_role,
    create_group,
    grant_role,
    lift_exception,
    remove_member,
    revoke_role,
    set_exception,
)
from tests.sharing.conftest import house_of
from workspaces.models import Item, Workspace
from workspaces.permissions import Right


def home(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse("home")).content.decode()


def test_giving_changing_and_taking_a_role_is_told(
    alice: User, bob: User, workspace: Workspace, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        grant = grant_role(actor=alice, workspace=workspace, role="visitor", person=bob)
        grant = change_role(actor=alice, grant=grant, role="contributor")
        revoke_role(actor=alice, grant=grant)
    assert [message.to for message in mail.outbox] == [[bob.email]] * 3
    told = ["gave you a role in a workspace", "changed your role", "took your role in a workspace away"]
    assert all(words in message.body for words, message in zip(told, mail.outbox, strict=True))


def test_an_exception_is_told_when_made_and_when_lifted(
    alice: User, bob: User, scan: Item, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        exception = set_exception(actor=alice, item=scan, right=Right.VIEW, effect="allow", person=bob)
        lift_exception(actor=alice, exception=exception)
    assert [message.to for message in mail.outbox] == [[bob.email]] * 2


def test_joining_and_being_taken_out_of_a_group_is_told_but_not_leaving(
    alice: User, bob: User, django_capture_on_commit_callbacks: object
) -> None:
    readers = create_group(actor=alice, name="Readers")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        for actor in (alice, bob):
            add_member(actor=alice, profile=readers, person=bob)
            remove_member(actor=actor, profile=readers, person=bob)
    assert len(mail.outbox) == 3


def test_the_mail_names_neither_the_workspace_nor_the_file(
    alice: User, bob: User, workspace: Workspace, scan: Item, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        grant_role(actor=alice, workspace=workspace, role="visitor", person=bob, purpose="For Léa's case")
        set_exception(actor=alice, item=scan, right=Right.VIEW, effect="deny", person=bob)
    said = "".join(f"{message.subject}{message.body}" for message in mail.outbox)
    assert "Alice Brandt (Charité, Berlin)" in said
    assert not any(word in said for word in (workspace.name, scan.name, "Léa", "Imaging"))


def test_nobody_is_mailed_for_a_group(
    alice: User, bob: User, workspace: Workspace, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        grant_role(actor=alice, workspace=workspace, role="visitor", group=house_of(bob))
    assert mail.outbox == []


def test_the_first_page_has_a_line_for_each(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    revoke_role(actor=alice, grant=grant_role(actor=alice, workspace=workspace, role="visitor", person=bob))
    set_exception(actor=alice, item=scan, right=Right.VIEW, effect="deny", person=bob)
    page = home(bob)
    assert all(words in page for words in ("gave you a role", "took your role away", "made an exception about you"))
    assert "Site 12" in page
    assert scan.name not in page
    assert "Your access</h2>" not in home(alice)
