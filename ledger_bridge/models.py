"""What is recorded (Entry), what the log commits to (Leaf), and the signed heads (Checkpoint).

The big tables are append-only; triggers refuse UPDATE, DELETE and TRUNCATE. Only Outbox (what is not sequenced yet),
Stream.length and TreeState change. Formats: docs/formats/entry.md.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models.query import ModelIterable

from core.ids import uuid7
from ledger_bridge.anchors.models import Anchor, AnchorTurn  # noqa: F401  Django looks for models here
from ledger_bridge.blind_ids import BlindIdField
from ledger_bridge.entry_seal import SEALED, SUBJECTS, DamagedSealError, open_entry
from ledger_bridge.erasure.models import Erasure, LegalHold  # noqa: F401  Django looks for models here
from ledger_bridge.feeds.models import FeedPosition  # noqa: F401  Django looks for models here
from ledger_bridge.sealing import keys_for_reading
from ledger_bridge.tag_files.models import TagFile  # noqa: F401  Django looks for models here
from ledger_bridge.tlog.note import VerifierKey
from ledger_bridge.witnessing.models import Cosignature, Publication, WitnessStanding  # noqa: F401  Django looks for models here


class LedgerKey(models.Model):
    """A key that wraps stream keys, itself wrapped by the key service: recording needs the service only once."""

    generation = models.PositiveIntegerField(primary_key=True)
    wrapped_key = models.BinaryField()

    def __str__(self) -> str:
        return f"ledger key {self.generation}"


class KeyDatabaseMark(models.Model):
    """The mark that the database of subject keys carries too, so that no other one is taken for it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_key_database_mark")]

    def __str__(self) -> str:
        return f"mark {self.mark}"


class Stream(models.Model):
    """Everything recorded about one workspace, item or person; its key makes the tags.

    `subject` is the blind id, as in entries.
    """

    class Kind(models.TextChoices):
        WORKSPACE = "workspace"
        ITEM = "item"
        PERSON = "person"

    kind = models.CharField(max_length=16, choices=Kind)
    subject = models.UUIDField()
    wrapped_key = models.BinaryField()
    commitment = models.BinaryField()
    length = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="one_stream_per_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


def _stream_reference() -> "models.ForeignKey[Stream | None, Stream | None]":
    # Without a database constraint: its check would lock a row that everybody who works in a workspace shares.
    # Streams are never deleted, and `ledger_fsck` looks at every reference.
    return models.ForeignKey(Stream, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False)


def _about(column: str) -> models.Index:
    """Index of the entries about one thing, newest first; most columns are empty in most entries."""
    return models.Index(
        fields=[column, "-recorded_at", "-id"],
        condition=models.Q((f"{column}__isnull", False)),
        name=f"entry_by_{column}",
    )


class EntryQuerySet(models.QuerySet["Entry"]):
    """Opens the entries it fetches, all at once."""

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()
        if is_new and self._iterable_class is ModelIterable:
            open_entries(self._result_cache or [])


class Entry(models.Model):
    """One recorded event. Whom and what it is about, and the seed its commitment was made from, are sealed.

    In the table the columns of subjects hold blind ids, and those that are sealed hold nothing. An entry that was
    fetched as a row has them all, unless it was erased: then `is_readable` is false. Entries from before there were
    seals have everything in clear until `ledger_seal_old_entries` has passed.

    `pads` fills the slots of its leaf that have no stream; `code` shows that `record()` made it (entry_codes.py).
    Entries from before there were codes have neither.
    """

    class Outcome(models.TextChoices):
        ALLOW = "allow", "allowed"
        DENY = "deny", "refused"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=64)
    schema = models.PositiveSmallIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = BlindIdField(null=True, subject="person")
    actor_kind = models.CharField(max_length=16)
    actor_institution = BlindIdField(null=True, subject="institution")
    workspace = BlindIdField(null=True, subject="workspace")
    item = BlindIdField(null=True, subject="item")
    version = models.UUIDField(null=True)
    person = BlindIdField(null=True, subject="person")
    outcome = models.CharField(max_length=8, choices=Outcome)
    purpose = models.TextField(null=True)  # noqa: DJ001  null means "not asked", which the commitment tells from ""
    request_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  null is committed to as such
    source_address = models.CharField(max_length=64, null=True)  # noqa: DJ001  null is committed to as such
    detail: Any = models.JSONField(null=True)
    seed: Any = models.BinaryField(null=True)
    commitment = models.BinaryField()
    sealed = models.BinaryField(null=True)
    pads = models.BinaryField(null=True)
    code = models.BinaryField(null=True)
    workspace_stream = _stream_reference()
    item_stream = _stream_reference()
    actor_stream = _stream_reference()
    person_stream = _stream_reference()

    is_readable: ClassVar[bool] = False
    objects = EntryQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            _about("workspace"),
            _about("item"),
            _about("actor"),
            _about("person"),
            models.Index(fields=["-recorded_at", "-id"], name="entry_by_time"),
            models.Index(fields=["kind", "-recorded_at", "-id"], name="entry_by_kind"),
            models.Index(fields=["id"], condition=models.Q(sealed=None), name="entry_unsealed"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=["allow", "deny"]), name="entry_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


def open_entries(entries: Sequence[Entry]) -> None:
    """Put what was sealed in its place, with one query for the keys of all these entries."""
    listed = [entry for entry in entries if entry.sealed is not None]
    blinds = [{name: str(one) for name in SUBJECTS if (one := getattr(entry, name))} for entry in listed]
    for entry, keys in zip(listed, keys_for_reading(blinds), strict=True):
        opened = _opened(entry, keys) if keys is not None else None
        vars(entry).update(opened or _NOTHING, is_readable=opened is not None)
    for entry in entries:
        if entry.sealed is None:
            vars(entry).update(is_readable=True)


_IDS = (*SUBJECTS, "version")
_NOTHING: dict[str, Any] = dict.fromkeys((*SUBJECTS, "version", "purpose")) | {"detail": {}}


def _opened(entry: Entry, keys: Any) -> dict[str, Any] | None:
    try:
        opened = open_entry(entry.id.bytes, bytes(entry.sealed or b""), commitment=bytes(entry.commitment), keys=keys)
    except DamagedSealError:
        # Shown like an erased one; `ledger_fsck` tells them apart.
        return None
    values = dict(zip(SEALED, opened.values, strict=True))
    ids = {name: UUID(values[name]) for name in _IDS if values[name]}
    return {**values, **ids, "detail": opened.detail, "seed": opened.seed}


class ErasedStream(models.Model):
    """A stream whose subject was erased: nothing is recorded in it any more, and the key of its subject is destroyed.

    Written before the key is destroyed, so that a deed which still has that key cannot seal anything with it.
    """

    stream = models.OneToOneField(Stream, models.PROTECT, primary_key=True, db_constraint=False, related_name="+")
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"erased: stream {self.pk}"


class Outbox(models.Model):
    """What a trigger queues for every new entry and the sequencer takes away: all it needs to make the leaf."""

    id = models.BigAutoField(primary_key=True)
    entry = models.UUIDField()
    commitment = models.BinaryField()
    pads = models.BinaryField()
    code = models.BinaryField()
    workspace_stream = models.BigIntegerField(null=True)
    item_stream = models.BigIntegerField(null=True)
    actor_stream = models.BigIntegerField(null=True)
    person_stream = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"waiting: {self.entry}"


class Quarantined(models.Model):
    """What stood in the outbox and was not made by `record()`: kept as it was found, never sequenced."""

    id = models.BigAutoField(primary_key=True)
    entry = models.UUIDField(db_index=True)
    record = models.BinaryField()
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "ledger_bridge_quarantine"
        verbose_name_plural = "quarantined"

    def __str__(self) -> str:
        return f"quarantined: {self.entry}"


class CodesBegin(models.Model):
    """The place in the log from which on every entry has a code, with a code of its own. Absent: from the first."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    index = models.BigIntegerField()
    code = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_begin")]

    def __str__(self) -> str:
        return f"codes begin at {self.index}"


class Leaf(models.Model):
    """Entry number `index` of the log: the 97 bytes and, for each stream, the entry's number n in it."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, models.PROTECT, db_column="entry", db_constraint=False)
    data = models.BinaryField()
    workspace_n = models.BigIntegerField(null=True)
    item_n = models.BigIntegerField(null=True)
    actor_n = models.BigIntegerField(null=True)
    person_n = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "leaves"

    def __str__(self) -> str:
        return str(self.index)


class Tile(models.Model):
    """The root of a full tile. Its 256 hashes lie in a file (`tile_store`), and follow from leaves or roots below."""

    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    root = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "number"], name="one_tile_per_place")]

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class Checkpoint(models.Model):
    """A signed tree head as a C2SP note."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        get_latest_by = "size"

    def __str__(self) -> str:
        return f"{self.size}"


class TreeState(models.Model):
    """The one row that the sequencer locks: size of the tree and the hashes of its right edge."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_tree")]

    def __str__(self) -> str:
        return f"tree of {self.size}"


class RollingCheck(models.Model):
    """How far the check in the background has got, and what it found: a list of where, what, and in which pass."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_index = models.BigIntegerField(default=0)
    passes = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    found = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="only_one_rolling_check")]

    def __str__(self) -> str:
        return f"checked up to {self.next_index} in pass {self.passes + 1}"


class LogKey(models.Model):
    """A public key of the log: it signs for trees from `first` leaves on, and up to `last` if it was retired."""

    vkey = models.TextField(unique=True)
    first = models.BigIntegerField(default=0)
    last = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(first__gte=0), name="log_key_begins_somewhere"),
            models.CheckConstraint(
                condition=models.Q(last__isnull=True) | models.Q(last__gte=models.F("first")),
                name="log_key_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key.name}+{self.key.key_id.hex()}"

    @property
    def key(self) -> VerifierKey:
        return VerifierKey.parse(self.vkey)
