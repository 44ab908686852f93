"""What happens in the walk-through, deed by deed, with the same deeds and the same upload path as everybody's.

Every step looks first whether it has been taken, so a story that was interrupted goes on where it stopped.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from accounts import services as people
from accounts.models import Application, Institution, TermsVersion, User
from accounts.walkthrough import prepare_login
from config.walkthrough import cast, papers
from config.walkthrough.cast import Person
from config.walkthrough.papers import Paper
from core.errors import Refused
from ledger_bridge.events import AccessRefused
from ledger_bridge.models import Entry
from ledger_bridge.recording import record_durably
from sharing import services as sharing
from sharing.models import AccessReview, Effect, Invitation, WorkspaceUserGrant
from workspaces import services as workspaces
from workspaces.models import Item, Removal, Version, Workspace
from workspaces.permissions import Right, Role
from workspaces.scanning.services import scan_next

STUDY_NAME = "Undiagnosed epilepsies of early childhood"
TRIAL_NAME = "Remission trials, read again"


def is_told() -> bool:
    """True when the last deed of the story has happened."""
    refused = Entry.objects.filter(kind=AccessRefused.kind, outcome=Entry.Outcome.DENY)
    eloise = User.objects.filter(email=cast.ELOISE.email).first()
    return eloise is not None and refused.filter(actor=eloise.pk).exists()


def tell() -> Iterator[str]:
    """Yield a line for each chapter, as it is done."""
    found_commission()
    yield "The commission is founded, and three institutions are entered."
    for person in cast.CONTRIBUTORS:
        approve(person)
    appoint_auditor()
    apply(cast.TOMAS)
    yield "Four contributors and an auditor are approved; one applicant waits."
    study, trial = fill_study(), fill_trial()
    have_scanned()
    yield "Two workspaces hold real files."
    share(study, trial)
    ask(study, trial)
    talk(study)
    ask_to_read(study)
    ask_outside(study)
    send_outside(study)
    clear_up(study, trial)
    yield "What was sent twice lies in the bin, and two people decide whether it goes for good."
    read(study, trial)
    yield "Access is given and asked for, files are opened, one download is refused."


def found_commission() -> None:
    if not User.objects.filter(role=User.Role.COMMISSION_ADMIN).exists():
        founders = [people.Founder(person.email, person.name, cast.PASSWORD) for person in cast.FOUNDERS]
        for user in people.found_commission(actor=people.INSTALLER, founders=founders):
            prepare_login(user=user, password=cast.PASSWORD)
    known = set(Institution.objects.values_list("name", flat=True))
    for house in cast.HOUSES:
        if house.name not in known:
            people.create_institution(
                actor=user_of(cast.AMARA), name=house.name, kind=house.kind, country=house.country, city=house.city
            )


def apply(person: Person) -> Application:
    """Let the person apply; the prepared log-in counts as having confirmed the address."""
    found = Application.objects.filter(applicant__email=person.email).first()
    if found is not None:
        return found
    particulars = people.Particulars(
        institution=Institution.objects.get(name=person.house),
        profession=person.profession,
        reason=person.reason,
        terms=TermsVersion.objects.current(),
    )
    people.apply(email=person.email, password=cast.PASSWORD, name=person.name, particulars=particulars)
    prepare_login(user=user_of(person), password=cast.PASSWORD)
    return Application.objects.get(applicant__email=person.email)


def approve(person: Person) -> User:
    application = apply(person)
    if application.is_open:
        people.approve_application(actor=user_of(cast.AMARA), application=application)
    return user_of(person)


def appoint_auditor() -> None:
    user = approve(cast.FRIEDERIKE)
    if user.role == User.Role.AUDITOR:
        return
    reason = "The ethics committee has asked for an independent auditor."
    appointment = people.propose_admin(actor=user_of(cast.AMARA), candidate=user, reason=reason, role=User.Role.AUDITOR)
    people.confirm_admin(actor=user_of(cast.SIGRUN), appointment=appointment)


def fill_study() -> Workspace:
    about = "Case histories, images and consent of children with epilepsies that have no name yet."
    study = workspace_of(cast.MARIA, STUDY_NAME, about)
    for paper in papers.STUDY:
        bring(study, paper, papers.chunks(paper))
    return study


def fill_trial() -> Workspace:
    about = "Published remission and survival tables, to be analysed again with the commission's methods."
    trial = workspace_of(cast.KENJI, TRIAL_NAME, about)
    for paper in papers.TRIAL:
        bring(trial, paper, papers.first_draft(paper) if paper == papers.GEHAN else papers.chunks(paper))
    table = item_of(trial, papers.GEHAN)
    if table.versions.count() == 1:
        sealed = workspaces.seal_upload(
            actor=trial.owner, workspace=trial, chunks=papers.chunks(papers.GEHAN), into=table
        )
        workspaces.upload_version(actor=trial.owner, file=table, sealed=sealed, note="The last row was missing")
    return trial


def have_scanned() -> None:
    """Let the scanner see what was brought, if there is one: the worker, which asks it otherwise, begins later."""
    while scan_next():
        pass


def share(study: Workspace, trial: Workspace) -> None:
    now = timezone.now()
    give(study, cast.KENJI, Role.CONTRIBUTOR, now + timedelta(days=90), "Statistics of the study")
    give(study, cast.ELOISE, Role.VISITOR, now + timedelta(days=30), "Reading of exomes")
    give(study, cast.SEUN, Role.MANAGER, None, "Second reader and deputy")
    give(trial, cast.MARIA, Role.VISITOR, now + timedelta(days=14), "Review of the tables")
    folder = Item.objects.get(workspace=study, name="Consent")
    if not folder.user_exceptions.exists():
        sharing.set_exception(
            actor=study.owner,
            item=folder,
            right=Right.DOWNLOAD,
            effect=Effect.DENY,
            person=user_of(cast.ELOISE),
            purpose="Consent forms stay in the house",
        )
    if not Invitation.objects.filter(workspace=study).exists():
        message = "We would like your opinion on two of the case histories."
        sharing.invite(actor=study.owner, workspace=study, email=cast.COLLEAGUE, role=Role.VISITOR, message=message)
    if not AccessReview.objects.filter(workspace=study).exists():
        sharing.plan_reviews(actor=study.owner, workspace=study, every_days=90)
        sharing.start_review(actor=study.owner, workspace=study)


def ask(study: Workspace, trial: Workspace) -> None:
    """Let one request wait for the owner of the study, and let another be refused with a reason."""
    consent, table = item_of(study, papers.CONSENT), item_of(trial, papers.GEHAN)
    if not consent.access_requests.exists():
        sharing.ask_for_access(
            actor=user_of(cast.ELOISE),
            thing=consent,
            rights=[Right.DOWNLOAD],
            days=7,
            purpose="To compare the wording with our own form before the ethics committee meets",
            message="I only need the blank form, not what families have signed.",
        )
    if not table.access_requests.exists():
        request = sharing.ask_for_access(
            actor=user_of(cast.MARIA),
            thing=table,
            rights=[Right.UPLOAD],
            days=30,
            purpose="I have a corrected copy of the table",
        )
        reason = "The table stays as it was published. Please put your copy beside it."
        sharing.refuse_request(actor=trial.owner, request=request, reason=reason)


def talk(study: Workspace) -> None:
    """Let three people talk about a slice, one of whom is asked for by name."""
    slice_14 = item_of(study, papers.CT)
    if slice_14.comments.exists():
        return
    version = slice_14.current_version
    first = workspaces.write_comment(
        actor=user_of(cast.SEUN),
        file=slice_14,
        text=f"Is the bright rim on the left real, or the edge of the window? @{study.owner.name}, you read the MR.",
        version=version,
        page=1,
    )
    workspaces.write_comment(
        actor=study.owner, file=slice_14, text="It is the window: at brain width it is gone.", answers=first
    )
    workspaces.write_comment(
        actor=user_of(cast.KENJI),
        file=slice_14,
        text="I leave this slice out of the measurements until that is settled.",
    )


def ask_outside(study: Workspace) -> None:
    """Let a laboratory without an account deliver a report through a link."""
    folder = Item.objects.filter(workspace=study, name=papers.DELIVERED.folder).first()
    if folder is None:
        folder = workspaces.create_folder(actor=study.owner, workspace=study, parent=None, name=papers.DELIVERED.folder)
    if folder.links.exists():
        return
    request, token = sharing.make_file_request(
        actor=study.owner,
        folder=folder,
        expires_at=timezone.now() + timedelta(days=14),
        most_files=20,
        most_bytes=1024**3,
        title="Tables of the outside site",
        instructions="Please send the tables of both visits, without names. CSV or Excel will do.",
        kinds=["tables"],
    )
    begun = sharing.begin_visit(token=token)
    assert begun is not None  # noqa: S101  the link was made a moment ago
    deliverer = sharing.introduce(visit=begun[0], name=cast.OUTSIDE[0], email=cast.OUTSIDE[1])
    sealed = workspaces.seal_upload(
        actor=deliverer, workspace=study, chunks=papers.chunks(papers.DELIVERED), into=folder
    )
    sharing.deliver_file(actor=deliverer, request=request, name=papers.DELIVERED.name, sealed=sealed)


def send_outside(study: Workspace) -> None:
    """Let an expert without an account look at one slice."""
    slice_14 = item_of(study, papers.CT)
    if slice_14.links.exists() or slice_14.current_version is None:
        return
    sharing.send_copy(
        actor=study.owner,
        version=slice_14.current_version,
        email=cast.COLLEAGUE,
        expires_at=timezone.now() + timedelta(days=14),
        mode="view",
        most_openings=5,
        purpose="An opinion on the bright rim at the left",
    )


def ask_to_read(study: Workspace) -> None:
    """Ask everybody to acknowledge the consent form; one of them has."""
    version = item_of(study, papers.CONSENT).current_version
    assert version is not None  # noqa: S101  every file has one
    if version.asks.exists():
        return
    statement = "I have read this consent form and ask no family for more than it says."
    ask = workspaces.ask_acknowledgement(actor=study.owner, version=version, statement=statement)
    workspaces.acknowledge(actor=user_of(cast.SEUN), ask=ask)


def clear_up(study: Workspace, trial: Workspace) -> None:
    """Put three files in the bin, and ask for two of them that they go for good: a manager and an admin may answer."""
    put_in_bin(study, papers.OLD_CONSENT)
    ask_for_removal(study, papers.TWICE, "It was sent twice. The other copy stays.")
    ask_for_removal(trial, papers.DRAFT, "A draft without the last column, brought in by mistake.")


def put_in_bin(workspace: Workspace, paper: Paper) -> Item:
    bring(workspace, paper, papers.chunks(paper))
    item = item_of(workspace, paper)
    return item if item.removed_at else workspaces.remove_item(actor=workspace.owner, item=item)


def ask_for_removal(workspace: Workspace, paper: Paper, reason: str) -> None:
    item = put_in_bin(workspace, paper)
    if not Removal.objects.filter(item=item).exists():
        workspaces.ask_for_removal(actor=workspace.owner, item=item, reason=reason)


def read(study: Workspace, trial: Workspace) -> None:
    """Let people open files, and one be refused: the last deed of the story."""
    look(cast.SEUN, study, papers.CT, purpose="Second reading")
    look(cast.SEUN, study, papers.MR, purpose="Second reading")
    look(cast.KENJI, study, papers.PHENOPACKET)
    look(cast.ELOISE, study, papers.FAMILY, purpose="Segregation analysis")
    look(cast.ELOISE, study, papers.PHENOPACKET, right=Right.DOWNLOAD, purpose="Segregation analysis")
    look(cast.MARIA, trial, papers.GEHAN)
    try:
        look(cast.ELOISE, study, papers.CONSENT, right=Right.DOWNLOAD)
    except Refused as refusal:
        # What the middleware does for a request.
        event = AccessRefused(right=refusal.right, rule=refusal.sentence)
        subject = item_of(study, papers.CONSENT)
        record_durably(event, actor=user_of(cast.ELOISE), subject=subject, outcome=Entry.Outcome.DENY)


def look(
    person: Person, workspace: Workspace, paper: Paper, *, right: Right = Right.VIEW, purpose: str | None = None
) -> None:
    version = item_of(workspace, paper).current_version
    assert version is not None  # noqa: S101  every file has one
    opened = workspaces.open_version(actor=user_of(person), version=version, right=right, purpose=purpose)
    for _chunk in opened.iter_range(0, opened.size):
        pass


def give(workspace: Workspace, person: Person, role: Role, until: datetime | None, purpose: str) -> None:
    user = user_of(person)
    if not WorkspaceUserGrant.objects.filter(content_object=workspace, user=user).exists():
        sharing.grant_role(
            actor=workspace.owner, workspace=workspace, role=role, person=user, expires_at=until, purpose=purpose
        )


def bring(workspace: Workspace, paper: Paper, chunks: Iterable[bytes]) -> Version | None:
    owner = workspace.owner
    folder = Item.objects.filter(workspace=workspace, name=paper.folder).first()
    if folder is None:
        folder = workspaces.create_folder(actor=owner, workspace=workspace, parent=None, name=paper.folder)
    if Item.objects.filter(parent=folder, name=paper.name).exists():
        return None
    sealed = workspaces.seal_upload(actor=owner, workspace=workspace, chunks=chunks, into=folder)
    return workspaces.add_file(
        actor=owner, workspace=workspace, parent=folder, name=paper.name, sealed=sealed, note=paper.note
    )


def workspace_of(person: Person, name: str, description: str) -> Workspace:
    owner = user_of(person)
    found = Workspace.objects.filter(owner=owner, name=name).first()
    return found or workspaces.create_workspace(actor=owner, name=name, description=description)


def item_of(workspace: Workspace, paper: Paper) -> Item:
    return Item.objects.get(workspace=workspace, name=paper.name)


def user_of(person: Person) -> User:
    return User.objects.get(email=person.email)
