"""The world of the permission matrix with one, or many, of everything that a page lists."""

from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import services as people
from accounts.models import TermsVersion, User
from ledger_bridge.erasure import services as erasures
from ledger_bridge.services import sequence_entries
from sharing import services as sharing
from sharing.links import inbox as links
from tests.architecture.world import World, make_file
from tests.conftest import make_institution, make_person
from workspaces import services as workspaces
from workspaces.crypt4gh.keys import format_public_key
from workspaces.models import Item, Outsider, Version, Workspace
from workspaces.permissions import Right, Role
from workspaces.viewer.models import Viewing


def add_row(world: World, number: int) -> None:
    """Do everything once more that puts a row on some page; `number` makes names differ."""
    owner = world.people["owner"]
    study = Workspace.objects.get(pk=world.ids["workspace_id"])
    folder = Item.objects.get(pk=world.ids["folder_id"])
    table = Item.objects.get(pk=world.ids["item_id"])
    first = Version.objects.get(pk=world.ids["version_id"])
    hospital = make_institution(f"Hospital {number}", "DE")
    person = make_person(f"Person{number} Novak", hospital)
    _let_in(owner, study, person, number)
    file = make_file(owner, study, folder, f"file {number}.csv", b"a,b\n1,2\n")
    _organise(owner, study, file, number)
    _talk_and_read(world, person, table, file, first, number)
    _share_outside(owner, folder, file, number)
    _ask(owner, study, person, table, number)
    _remove(owner, study, number)
    _platform(world, person, hospital, number)


def _let_in(owner: User, study: Workspace, person: User, number: int) -> None:
    until = timezone.now() + timedelta(days=5)
    condition = sharing.make_condition(actor=owner, workspace=study, name=f"Ward {number}", networks=["127.0.0.0/8"])
    sharing.grant_role(actor=owner, workspace=study, role=Role.CONTRIBUTOR, person=person, expires_at=until)
    sharing.invite(actor=owner, workspace=study, email=f"new{number}@example.org", role=Role.VISITOR)
    group = sharing.create_group(actor=owner, name=f"Group {number}")
    sharing.add_member(actor=owner, profile=group, person=person)
    sharing.grant_role(actor=owner, workspace=study, role=Role.VISITOR, group=group.group, condition=condition)


def _organise(owner: User, study: Workspace, file: Version, number: int) -> None:
    workspaces.tag_item(actor=owner, item=file.file, name=f"Tag {number}")
    workspaces.lock_file(actor=owner, file=file.file, reason="Being read", until=timezone.now() + timedelta(days=1))
    workspaces.keep_at_hand(actor=owner, thing=file.file, wanted=True)
    workspaces.mark_about(actor=owner, item=file.file, pseudonym=f"12-{number:03}")
    workspaces.create_folder(actor=owner, workspace=study, parent=None, name=f"Folder {number}")


def _talk_and_read(world: World, person: User, table: Item, file: Version, first: Version, number: int) -> None:
    owner = world.people["owner"]
    workspaces.follow(actor=owner, thing=table, wanted=True)
    workspaces.write_comment(actor=person, file=table, text=f"Question {number} for @{owner.name}.")
    workspaces.ask_acknowledgement(actor=world.people["manager"], version=file)
    for version in (first, file):
        workspaces.view_version(actor=person, version=version)
        workspaces.record_page(actor=person, version=version, page=1)
    key = workspaces.register_recipient_key(
        actor=owner, name=f"Key {number}", content=format_public_key(bytes([number + 10]) * 32)
    )
    workspaces.hand_over_version(actor=owner, version=first, key=key)
    workspaces.tag_item(actor=owner, item=table, name=f"Of the table {number}")
    workspaces.mark_about(actor=owner, item=table, pseudonym=f"13-{number:03}")
    sealed = workspaces.seal_upload(actor=person, workspace=table.workspace, chunks=[b"%d" % number], into=table)
    workspaces.upload_version(actor=person, file=table, sealed=sealed)


def _share_outside(owner: User, folder: Item, file: Version, number: int) -> None:
    until = timezone.now() + timedelta(days=14)
    link, _ = sharing.make_file_request(
        actor=owner, folder=folder, expires_at=until, most_files=9, most_bytes=10_000, title=f"Title {number}"
    )
    send, _ = sharing.send_copy(
        actor=owner,
        version=file,
        email=f"reader{number}@elsewhere.example",
        expires_at=until,
        mode="view",
        most_openings=3,
        purpose="Second opinion",
    )
    guest = Outsider.objects.create(link=link.pk, name=f"Guest {number}", email=f"g{number}@elsewhere.example")
    links.tell_of_delivery(link, guest)
    links.tell_of_opening(send)


def _ask(owner: User, study: Workspace, person: User, table: Item, number: int) -> None:
    reader = make_person(f"Reader{number} Okoye", person.institution)
    sharing.grant_role(actor=owner, workspace=study, role=Role.VISITOR, person=reader)
    sharing.ask_for_access(actor=reader, thing=table, days=7, purpose=f"Reason {number}", rights=[Right.EDIT])
    sharing.set_exception(actor=owner, item=table, right=Right.PRINT, effect="deny", person=person)
    elsewhere = workspaces.create_workspace(actor=person, name=f"Elsewhere {number}")
    workspaces.create_folder(actor=person, workspace=elsewhere, parent=None, name="Nothing")
    sharing.grant_role(
        actor=person,
        workspace=elsewhere,
        role=Role.MANAGER,
        person=owner,
        expires_at=timezone.now() + timedelta(days=5),
    )
    workspaces.set_terms(actor=person, workspace=elsewhere, text="For the study alone.")


def _remove(owner: User, study: Workspace, number: int) -> None:
    for name in (f"Old {number}", f"Going {number}"):
        folder = workspaces.create_folder(actor=owner, workspace=study, parent=None, name=name)
        workspaces.remove_item(actor=owner, item=folder)
    workspaces.ask_for_removal(actor=owner, item=folder, reason="By mistake.")


def _platform(world: World, person: User, hospital: Any, number: int) -> None:
    admin = world.people["admin"]
    particulars = people.Particulars(
        institution=hospital, profession="Nurse", reason="I care.", terms=TermsVersion.objects.current()
    )
    people.apply(
        email=f"new{number}@ward.example", password="correct horse battery", name="Nia Bello", particulars=particulars
    )
    EmailAddress.objects.filter(email=f"new{number}@ward.example").update(verified=True)
    people.propose_admin(actor=admin, candidate=person, reason="Careful.")
    kept = workspaces.create_workspace(actor=person, name=f"Kept {number}")
    erasures.place_hold(actor=admin, kind="workspace", subject=str(kept.pk), reason="Inquiry.")
    people.make_api_token(actor=world.people["owner"], name=f"Script {number}", scopes=["read"], days=30)


def settle(world: World) -> None:
    """Let the clock do what it does meanwhile, and write the log."""
    Viewing.objects.update(seen_at=timezone.now() - timedelta(minutes=16))
    workspaces.end_viewings()
    sharing.announce_ends()
    sequence_entries()
