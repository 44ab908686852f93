"""Comments on a file or on one of its versions, who was mentioned in them, and who follows what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.ids import uuid7
from ledger_bridge.subjects import Subject
from workspaces.conversation.regions import SMALLEST, Region

CHANGED_WITHIN = timedelta(minutes=15)
"""For so long the author may correct a comment; afterwards others have answered what it said."""
LAST_PAGE = 1_000_000
REGION_FIELDS = ("region_left", "region_top", "region_width", "region_height")
_NO_REGION = models.Q(region_left=None, region_top=None, region_width=None, region_height=None)
# All four are asked for by name: a comparison with nothing is not false, and a constraint lets it pass.
_REGION_ON_THE_PAGE = models.Q(
    region_left__isnull=False,
    region_top__isnull=False,
    region_width__isnull=False,
    region_height__isnull=False,
    region_left__gte=0,
    region_top__gte=0,
    region_width__gte=SMALLEST,
    region_height__gte=SMALLEST,
    region_width__lte=Decimal(1) - models.F("region_left"),
    region_height__lte=Decimal(1) - models.F("region_top"),
    page__isnull=False,
)


def _fraction() -> models.DecimalField[Decimal | None, Decimal | None]:
    return models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)


class CommentQuerySet(models.QuerySet["Comment"]):
    def threads(self) -> Self:
        """Those that answer no other one."""
        return self.filter(thread=None)

    def with_names(self) -> Self:
        """Fetch along what a page says about each, and the key that its text is sealed under."""
        related = self.select_related("author__institution", "taken_back_by", "version", "workspace_key", "file")
        return related.prefetch_related("mentioned__institution")


class Comment(models.Model):
    """What somebody said about a file, one of its versions, or a page of that. Its text is sealed.

    An answer stands under the comment that began the thread, whichever one in it it answers.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file = models.ForeignKey("workspaces.Item", models.PROTECT, related_name="comments", db_index=False)
    version = models.ForeignKey("workspaces.Version", models.PROTECT, null=True, blank=True, related_name="+")
    page = models.PositiveIntegerField(null=True, blank=True, help_text="A page of the version, as the viewer counts.")
    # A marked part of the page, in fractions of it; it goes with the text.
    region_left = _fraction()
    region_top = _fraction()
    region_width = _fraction()
    region_height = _fraction()
    thread = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="answers", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # The text with the salt of its commitment, under the workspace's key; empty once it was taken back or removed.
    sealed = models.BinaryField()
    workspace_key = models.ForeignKey("workspaces.WorkspaceKey", models.PROTECT, related_name="+")
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    entry = models.UUIDField(unique=True, help_text="The ledger entry that says it was written.")
    changed_entry = models.UUIDField(null=True, blank=True, help_text="The one that says what it says now.")

    objects = CommentQuerySet.as_manager()

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        indexes = [
            models.Index(fields=["file", "-id"], condition=models.Q(thread=None), name="comment_threads"),
            models.Index(fields=["thread", "id"], name="comment_answers"),
            models.Index(fields=["author", "-written_at"], name="comment_by_author"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(page=None) | models.Q(version__isnull=False, page__gte=1),
                name="comment_on_a_page_names_the_version",
            ),
            models.CheckConstraint(
                condition=models.Q(thread=None) | models.Q(version=None, page=None),
                name="answer_is_about_what_its_thread_is",
            ),
            models.CheckConstraint(
                condition=models.Q(taken_back_at=None, taken_back_by=None)
                | models.Q(taken_back_at__isnull=False, taken_back_by__isnull=False, sealed=b""),
                name="comment_taken_back_has_no_text",
            ),
            models.CheckConstraint(
                condition=models.Q(changed_at=None, changed_entry=None)
                | models.Q(changed_at__isnull=False, changed_entry__isnull=False),
                name="changed_comment_names_its_entry",
            ),
            models.CheckConstraint(
                condition=_NO_REGION | (_REGION_ON_THE_PAGE & ~models.Q(sealed=b"")),
                name="comment_region_lies_on_its_page",
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def is_taken_back(self) -> bool:
        return self.taken_back_at is not None

    @property
    def may_still_change(self) -> bool:
        return not self.is_taken_back and timezone.now() - self.written_at < CHANGED_WITHIN

    @property
    def about(self) -> str:
        """What it is about, in words."""
        if self.version is None:
            return "the file"
        page = f", page {self.page}" if self.page else ""
        part = ", a marked part" if self.region else ""
        return f"version {self.version.number}{page}{part}"

    @property
    def region(self) -> Region | None:
        """The marked part of the page, if there is one."""
        left, top, width, height = self.region_left, self.region_top, self.region_width, self.region_height
        if left is None or top is None or width is None or height is None:
            return None
        return Region(left, top, width, height)

    @region.setter
    def region(self, region: Region | None) -> None:
        self.region_left = region.left if region else None
        self.region_top = region.top if region else None
        self.region_width = region.width if region else None
        self.region_height = region.height if region else None

    @property
    def ledger_subject(self) -> Subject:
        file = self.file.ledger_subject
        version = str(self.version_id) if self.version_id else None
        return Subject(workspace=file.workspace, item=file.item, version=version)


class Follow(models.Model):
    """Somebody wants to hear of what is new in a workspace, a folder or a file, or, where `muted`, does not.

    The nearest one on the way down to a file decides.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    workspace = models.ForeignKey("workspaces.Workspace", models.CASCADE, related_name="+")
    item = models.ForeignKey("workspaces.Item", models.CASCADE, null=True, blank=True, related_name="+")
    muted = models.BooleanField(default=False)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "workspace", "item"], nulls_distinct=False, name="one_follow_for_each_thing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} follows {self.item_id or self.workspace_id}"
