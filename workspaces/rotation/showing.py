"""What a page says about keys: what is wrapped under what, since when, and how far rotations are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.timesince import timesince

from core.errors import Unavailable
from core.kms import ROOTS, key_service
from workspaces.models import Version, WorkspaceKey
from workspaces.rotation.holders import HOLDERS
from workspaces.rotation.models import KeyRotation
from workspaces.rotation.working import left_of

_ENDED_SHOWN = 20
# From so few keys, or in so short a time, no rate can be told.
_LEAST_TIME = timedelta(seconds=5)


@dataclass(frozen=True)
class Held:
    """Keys of one kind, and how many of them are not under the newest generation of their root."""

    words: str
    count: int
    left: int


@dataclass(frozen=True)
class RootShown:
    name: str
    generation: int
    since: datetime | None
    """When this generation was made; None for one that was there from the beginning."""
    held: Sequence[Held]

    @property
    def left(self) -> int:
        return sum(held.left for held in self.held)


@dataclass(frozen=True)
class RotationShown:
    """A rotation and how far it is; `left` is what the tables show at this moment."""

    rotation: KeyRotation
    left: int

    @property
    def moved(self) -> int:
        return max(self.rotation.total - self.left, 0)

    @property
    def percent(self) -> int:
        return self.moved * 100 // self.rotation.total if self.rotation.total else 100

    @property
    def is_moving(self) -> bool:
        return self.rotation.state == KeyRotation.State.MOVING

    @property
    def is_at_work(self) -> bool:
        return self.rotation.held_until is not None and self.rotation.held_until > timezone.now()

    @property
    def ends_at(self) -> datetime:
        """When it may be finished at the earliest: what began before has a day to come in."""
        return self.rotation.started_at + settings.KEY_ROTATION_SETTLES

    @property
    def stuck(self) -> str:
        """How many keys do not open, or nothing."""
        count = self.rotation.stuck
        return f"{count:,} key{' does' if count == 1 else 's do'} not open" if count else ""

    @property
    def pace(self) -> str:
        """How fast it goes and how long it will take, as it went since it began; nothing where that cannot be told."""
        took = timezone.now() - self.rotation.started_at
        if not self.is_moving or not self.left or not self.moved or took < _LEAST_TIME:
            return ""
        a_second = self.moved / took.total_seconds()
        remaining = timezone.now() + timedelta(seconds=self.left / a_second)
        return f"{_rate(a_second)}, about {timesince(timezone.now(), remaining, depth=1)} left"


def roots_shown() -> list[RootShown]:
    """Return what lies under each root.

    Raises:
        Unavailable: when the key service does not answer.

    """
    service, shown = key_service(), []
    for root in ROOTS:
        newest = service.newest(root)
        held = [Held(holder.words, holder.count(), holder.left(newest.head)) for holder in HOLDERS[root]]
        made = KeyRotation.objects.filter(root=root, generation=newest.number).first()
        shown.append(RootShown(root, newest.number, made.started_at if made else None, held))
    return shown


def data_keys() -> Held:
    """Count the data keys of versions, and those that are not under the newest key of their workspace."""
    newer = WorkspaceKey.objects.filter(workspace=OuterRef("workspace"), generation__gt=OuterRef("generation"))
    old = WorkspaceKey.objects.filter(Exists(newer)).values_list("pk", flat=True)
    left = Version.objects.filter(workspace_key__in=list(old), shredded_at=None).count()
    return Held("data keys of versions", Version.objects.filter(shredded_at=None).count(), left)


def running() -> list[RotationShown]:
    """Return the rotations that have not ended, the oldest first."""
    return [_shown(one) for one in KeyRotation.objects.exclude(state=KeyRotation.State.FINISHED).order_by("started_at")]


def ended() -> list[KeyRotation]:
    """Return those that have, the newest first."""
    return list(KeyRotation.objects.filter(state=KeyRotation.State.FINISHED).order_by("-finished_at")[:_ENDED_SHOWN])


def _shown(rotation: KeyRotation) -> RotationShown:
    try:
        return RotationShown(rotation, left_of(rotation))
    except Unavailable:
        # The key service says which generation is the newest. Without it, what was noted has to do.
        return RotationShown(rotation, max(rotation.total - rotation.moved, 0))


def _rate(a_second: float) -> str:
    return f"{a_second:,.0f} keys a second" if a_second >= 1 else f"{a_second * 60:,.1f} keys a minute"
