"""Links from outside, who came through them, and what they brought."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from core.ids import uuid7
from ledger_bridge.subjects import Subject
from sharing import rules
from sharing.links.kinds import Kind
from workspaces.models import Item, Outsider, Version, Workspace
from workspaces.permissions import Right


class LinkQuerySet(models.QuerySet["Link"]):
    def open(self) -> Self:
        """Neither closed nor past its end; whether it still admits anybody, `rules.why_shut` says."""
        return self.filter(state=Link.State.OPEN, expires_at__gt=timezone.now())

    def visible_to(self, user: Any) -> Self:
        """Those about what the person may share: a link is everybody's business who could have made it."""
        if not rules.has_standing(user):
            return self.none()
        linked = Item.objects.order_by().filter(pk__in=self.order_by().values("item"))
        items = rules.items_with_right(linked, user, Right.SHARE)
        return self.filter(item__in=items.values("pk"))


class Link(models.Model):
    """What a link is, whatever it is for. Of its token only `digest` is kept."""

    class Kind(models.TextChoices):
        REQUEST = "request", "Request for files"
        SEND = "send", "Copy for somebody outside"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"
        EXPIRED = "expired", "Ended"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="links")
    item = models.ForeignKey(Item, models.CASCADE, related_name="links")
    digest = models.BinaryField(unique=True)
    email = models.EmailField(blank=True, help_text="Whom it is for; a code that is mailed there opens it.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = LinkQuerySet.as_manager()

    class Meta:
        app_label = "sharing"
        ordering = ["-made_at"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(state="open"), name="link_by_end"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("made_at")), name="a_link_has_an_end"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at=None)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="a_shut_link_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state="closed", closed_by__isnull=False)
                | (~models.Q(state="closed") & models.Q(closed_by=None)),
                name="a_closed_link_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="send") | ~models.Q(email=""), name="a_copy_is_sent_to_an_address"
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN and self.expires_at > timezone.now()

    @property
    def ledger_subject(self) -> Subject:
        return Subject(workspace=str(self.workspace_id), item=str(self.item_id))


class FileRequest(Link):
    """A link by which somebody outside delivers files into one folder, and sees nothing else."""

    title = models.CharField(max_length=200, blank=True, help_text="Shown to whoever has the link.")
    instructions = models.TextField(max_length=4000, blank=True)
    kinds = ArrayField(models.CharField(max_length=16, choices=Kind), default=list, blank=True)
    most_files = models.PositiveIntegerField()
    most_bytes = models.BigIntegerField()
    files = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager[FileRequest]] = models.Manager()  # type: ignore[assignment]  # of this kind alone

    class Meta:
        app_label = "sharing"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_files__gte=1, most_bytes__gte=1), name="a_request_takes_some"
            ),
            models.CheckConstraint(
                condition=models.Q(files__lte=models.F("most_files"), size__lte=models.F("most_bytes")),
                name="a_request_takes_no_more",
            ),
        ]

    @property
    def room(self) -> tuple[int, int]:
        """How many files and bytes may still come."""
        return self.most_files - self.files, self.most_bytes - self.size


class Send(Link):
    """A version that one person outside may look at, or take away, so often and no more.

    Looking goes on as one opening while pages are asked for (`opened_at`, `seen_at`). Downloading is one opening in one
    visit (`fetched_in`, since `fetched_at`), however many requests it takes.
    """

    class Mode(models.TextChoices):
        VIEW = "view", "Look at it, page by page, with a watermark"
        DOWNLOAD = "download", "Download it"

    version = models.ForeignKey(Version, models.CASCADE, related_name="sends")
    recipient = models.OneToOneField(Outsider, models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode)
    purpose = models.CharField(max_length=500)
    most_openings = models.PositiveIntegerField()
    openings = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    fetched_in = models.UUIDField(null=True)
    fetched_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Send]] = models.Manager()  # type: ignore[assignment]  # of this kind alone

    class Meta:
        app_label = "sharing"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most_openings__gte=1, openings__lte=models.F("most_openings")),
                name="a_copy_is_opened_no_more_often",
            ),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="a_copy_is_sent_for_something"),
        ]

    @property
    def left(self) -> int:
        """How often it may still be opened."""
        return self.most_openings - self.openings

    @property
    def ledger_subject(self) -> Subject:
        """The version and the recipient: what happens to the link stands in the trail of both."""
        return Subject(
            workspace=str(self.workspace_id),
            item=str(self.item_id),
            version=str(self.version_id),
            person=str(self.recipient_id),
        )


class Visit(models.Model):
    """A browser that came through a link. It keeps a secret of its own, so that the link need not be shown again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    link = models.ForeignKey(Link, models.CASCADE, related_name="visits")
    digest = models.BinaryField()
    began_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    # The code that was mailed last. Few tries, and then another one.
    code_digest = models.BinaryField(default=b"")
    code_sent_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    codes_sent = models.PositiveSmallIntegerField(default=0)
    proved_at = models.DateTimeField(null=True)
    outsider = models.ForeignKey(Outsider, models.PROTECT, null=True, related_name="+")

    class Meta:
        app_label = "sharing"
        default_permissions = ()
        indexes = [models.Index(fields=["expires_at"], name="visit_by_end")]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class DeliveredFile(models.Model):
    """A file that came through a request. What is shown of it goes when the file is removed for good."""

    version = models.OneToOneField(Version, models.CASCADE, primary_key=True, related_name="delivery")
    request = models.ForeignKey(FileRequest, models.CASCADE, related_name="deliveries")
    outsider = models.ForeignKey(Outsider, models.PROTECT, related_name="deliveries")
    name = models.CharField(max_length=255, blank=True, help_text="As it was sent; it may be stored under another.")
    entry = models.UUIDField(help_text="The ledger entry that recorded the delivery.")
    delivered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sharing"
        ordering = ["delivered_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"delivery of {self.version_id}"

    @property
    def sha256(self) -> str:
        """Of the content; nothing once the file was removed for good."""
        return bytes(self.version.plaintext_sha256).hex()
