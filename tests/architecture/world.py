"""A small installation in which everybody of the permission matrix exists, made by the deeds themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts import services as people
from accounts.models import Application, Notice, TermsVersion, User
from ledger_bridge.erasure import services as erasures
from ledger_bridge.erasure.models import Erasure
from ledger_bridge.services import sequence_entries
from ledger_bridge.subject_keys import blind_ids
from sharing import services as sharing
from tests.conftest import make_institution, make_person
from workspaces import services as workspaces
from workspaces.crypt4gh.keys import format_public_key
from workspaces.models import Item, UndoableDeed, Version, Workspace
from workspaces.permissions import Right, Role

# One grey pixel.
_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
PERSONAS = (
    "anonymous", "applicant", "stranger", "visitor", "contributor", "manager", "owner", "admin", "auditor",
)  # fmt: skip


@dataclass
class World:
    """Who is who, and the ids that addresses are made of."""

    people: dict[str, User]
    ids: dict[str, Any]

    def client(self, persona: str) -> Client:
        client = Client(raise_request_exception=False)
        if persona != "anonymous":
            client.force_login(self.people[persona], "allauth.account.auth_backends.AuthenticationBackend")
        return client


def build_world() -> World:
    TermsVersion.objects.get_or_create(version="1", defaults={"text": "Terms.", "effective_at": timezone.now()})
    hospital, laboratory = make_institution("Hospital", "DE"), make_institution("Laboratory", "FR")
    who = {
        "stranger": make_person("Charlie Moreau", laboratory),
        "visitor": make_person("Vera Novak", laboratory),
        "contributor": make_person("Bob Lefèvre", laboratory),
        "manager": make_person("Mona Haddad", hospital),
        "owner": make_person("Alice Brandt", hospital),
        "admin": make_person("Dana Okafor", hospital, role="commission_admin"),
        "auditor": make_person("Olga Petrova", None, role="auditor"),
    }
    User.objects.filter(pk=who["admin"].pk).update(is_staff=True)
    application = _application(hospital)
    who["applicant"] = application.applicant
    ids: dict[str, Any] = {
        "application_id": application.pk,
        "document_id": uuid4(),
        "person_id": who["visitor"].pk,
        "contributor_id": who["contributor"].pk,
        "terms_id": TermsVersion.objects.current().pk,
        "object_id": hospital.pk,
        "institution_id": hospital.pk,
        "content_type_id": 1,
        "app_label": "accounts",
        "session_id": 1,
        "token_id": uuid4(),
        "pk": 1,
        "uidb36": "1",
        "key": "no-such-key",
        "log": "0" * 16,
        "rest": "0/000",
        "span": "0-4096",
        "page": 1,
        "sizes": "0-1",
    }
    ids |= _workspace(who) | _elsewhere(who, make_person("Gita Rao", laboratory))
    sequence_entries()
    return World(who, ids)


def _application(hospital: Any) -> Application:
    particulars = people.Particulars(
        institution=hospital, profession="Nurse", reason="I care.", terms=TermsVersion.objects.current()
    )
    application = people.apply(
        email="frida@example.org", password="correct horse battery", name="Frida Nilsson", particulars=particulars
    )
    assert application is not None
    EmailAddress.objects.filter(user=application.applicant).update(verified=True)
    return application


def _workspace(who: dict[str, User]) -> dict[str, Any]:
    owner = who["owner"]
    workspace = workspaces.create_workspace(actor=owner, name="Study")
    folder = workspaces.create_folder(actor=owner, workspace=workspace, parent=None, name="Images")
    version = make_file(owner, workspace, folder, "table.csv", b"t,e,g\n1,1,0\n")
    grants = {
        role: sharing.grant_role(actor=owner, workspace=workspace, role=role, person=who[role.value])
        for role in (Role.VISITOR, Role.CONTRIBUTOR, Role.MANAGER)
    }
    invitation = sharing.invite(actor=owner, workspace=workspace, email="new@example.org", role=Role.VISITOR)
    profile = sharing.create_group(actor=owner, name="Readers")
    assert owner.institution is not None
    permission_set = sharing.make_permission_set(
        actor=owner, institution=owner.institution, name="Monitor", rights=[Right.VIEW]
    )
    sharing.add_member(actor=owner, profile=profile, person=who["contributor"])
    other = workspaces.create_folder(actor=owner, workspace=workspace, parent=None, name="Notes")
    exception = sharing.set_exception(
        actor=owner, item=other, right=Right.DOWNLOAD, effect="deny", person=who["visitor"]
    )
    bob = who["contributor"]
    upload = workspaces.begin_upload(actor=bob, workspace=workspace, into=None, name="genome.vcf", size=9)
    key = workspaces.register_recipient_key(
        actor=who["visitor"], name="Laptop", content=format_public_key(b"\x09" * 32)
    )
    removed = workspaces.create_folder(actor=owner, workspace=workspace, parent=None, name="Old")
    workspaces.remove_item(actor=owner, item=removed)
    going = workspaces.create_folder(actor=owner, workspace=workspace, parent=None, name="Going")
    workspaces.remove_item(actor=owner, item=going)
    removal = workspaces.ask_for_removal(actor=owner, item=going, reason="Put here by mistake.")
    request = sharing.ask_for_access(
        actor=who["visitor"], thing=version.file, days=7, purpose="Second reading", rights=[Right.EDIT]
    )
    workspaces.ask_acknowledgement(actor=owner, version=version)
    tag = workspaces.tag_item(actor=owner, item=version.file, name="Blinded")
    comment = workspaces.write_comment(actor=owner, file=version.file, text="Look at the third row.")
    link, _ = sharing.make_file_request(
        actor=owner, folder=folder, expires_at=timezone.now() + timedelta(days=14), most_files=9, most_bytes=10_000
    )
    send, _ = sharing.send_copy(
        actor=owner,
        version=version,
        email="reader@elsewhere.example",
        expires_at=timezone.now() + timedelta(days=14),
        mode="view",
        most_openings=3,
        purpose="Second opinion",
    )
    condition = sharing.make_condition(actor=owner, workspace=workspace, name="Clinic", networks=["10.0.0.0/8"])
    mark = workspaces.mark_about(actor=owner, item=folder, pseudonym="12-001")
    review = sharing.start_review(actor=owner, workspace=workspace)
    return {
        "mark_id": mark.pk,
        "participant_id": mark.participant_id,
        "send_id": send.pk,
        "condition_id": condition.pk,
        "comment_id": comment.pk,
        "tag_id": tag.pk,
        "link_id": link.pk,
        "visit_id": uuid4(),
        "notice_id": Notice.objects.filter(person=who["visitor"]).latest("pk").pk,
        "line_id": review.lines.get(grant=grants[Role.VISITOR].pk).pk,
        "request_id": request.pk,
        "key_id": key.pk,
        "hand_over_id": workspaces.hand_over_version(actor=owner, version=version, key=key).pk,
        "removed_id": removed.pk,
        "undo_id": UndoableDeed.objects.get(item=removed).together,
        "removal_id": removal.pk,
        "workspace_id": workspace.pk,
        "item_id": version.file_id,
        "folder_id": folder.pk,
        "version_id": version.pk,
        "picture_id": make_file(owner, workspace, folder, "dot.png", _PICTURE).pk,
        "upload_id": upload.pk,
        "entry_id": version.entry,
        "grant_id": grants[Role.VISITOR].pk,
        "invitation_id": invitation.pk,
        "group_id": profile.pk,
        "set_id": permission_set.pk,
        "exception_id": exception.pk,
    }


def _elsewhere(who: dict[str, User], gita: User) -> dict[str, Any]:
    """Make what the visitor was offered in another workspace, and whom the admins are thinking of."""
    workspace = workspaces.create_workspace(actor=gita, name="Elsewhere")
    offer = sharing.invite(actor=gita, workspace=workspace, email=who["visitor"].email, role=Role.VISITOR)
    subject = blind_ids("workspace", [str(workspace.pk)])[str(workspace.pk)]
    hold = erasures.place_hold(actor=who["admin"], kind="workspace", subject=str(workspace.pk), reason="Inquiry.")
    erasure = Erasure.objects.create(kind="workspace", blind=subject, ground="They asked.", asked_by=gita.pk)
    appointment = people.propose_admin(actor=who["admin"], candidate=gita, reason="She is careful.")
    suspension = people.propose_suspension(actor=_third_admins(gita), person=who["auditor"], reason="She is asleep.")
    return {"offer_id": offer.pk, "appointment_id": appointment.pk, "suspension_id": suspension.pk} | {
        "erasure_id": erasure.pk,
        "hold_id": hold.pk,
    }


def _third_admins(gita: User) -> User:
    """Return an admin besides the persona, so that the persona can be the second one."""
    return make_person("Erik Lindqvist", gita.institution, role="commission_admin")


def make_file(owner: User, workspace: Workspace, folder: Item, name: str, content: bytes) -> Version:
    sealed = workspaces.seal_upload(actor=owner, workspace=workspace, chunks=[content], into=folder)
    return workspaces.add_file(actor=owner, workspace=workspace, parent=folder, name=name, sealed=sealed)


@contextmanager
def undone() -> Iterator[None]:
    """Undo whatever happens inside, so that one request cannot prepare the way for another."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # so that durable deeds may run inside
    with block:
        yield
        transaction.set_rollback(True)
    cache.clear()


@contextmanager
def world_for_many(blocker: Any) -> Iterator[World]:
    """Build the world once for all tests of a module. Each undoes what it does, and in the end nothing is left."""
    with blocker.unblock(), undone(), override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=3600):
        yield build_world()
