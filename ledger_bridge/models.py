"""What is recorded (Entry), what the log commits to (Leaf), and the signed heads (Checkpoint).

The big tables are append-only; triggers refuse UPDATE, DELETE and TRUNCATE. Only Outbox (what is not sequenced yet),
Stream.length and TreeState change. Formats: docs/formats/entry.md.
"""

from django.db import models

from core.ids import uuid7
from ledger_bridge.anchors.models import Anchor, AnchorTurn  # noqa: F401  Django looks for models here
from ledger_bridge.feeds.models import FeedPosition  # noqa: F401  Django looks for models here
from ledger_bridge.tlog.note import VerifierKey
from ledger_bridge.witnessing.models import Cosignature as Cosignature
from ledger_bridge.witnessing.models import Publication as Publication
from ledger_bridge.witnessing.models import WitnessStanding as WitnessStanding


class LedgerKey(models.Model):
    """A key that wraps stream keys, itself wrapped by the key service: recording needs the service only once."""

    generation = models.PositiveIntegerField(primary_key=True)
    wrapped_key = models.BinaryField()

    def __str__(self) -> str:
        return f"ledger key {self.generation}"


class Stream(models.Model):
    """Everything recorded about one workspace, item or person; its key makes the tags."""

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


class Entry(models.Model):
    """One recorded event in clear, with the seed its commitment was made from.

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
    actor = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=16)
    actor_institution = models.UUIDField(null=True)
    workspace = models.UUIDField(null=True)
    item = models.UUIDField(null=True)
    version = models.UUIDField(null=True)
    person = models.UUIDField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    purpose = models.TextField(null=True)  # noqa: DJ001  null means "not asked", which the commitment tells from ""
    request_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  null is committed to as such
    source_address = models.CharField(max_length=64, null=True)  # noqa: DJ001  null is committed to as such
    detail = models.JSONField(default=dict)
    seed = models.BinaryField()
    commitment = models.BinaryField()
    pads = models.BinaryField(null=True)
    code = models.BinaryField(null=True)
    workspace_stream = _stream_reference()
    item_stream = _stream_reference()
    actor_stream = _stream_reference()
    person_stream = _stream_reference()

    class Meta:
        indexes = [
            _about("workspace"),
            _about("item"),
            _about("actor"),
            _about("person"),
            models.Index(fields=["-recorded_at", "-id"], name="entry_by_time"),
            models.Index(fields=["kind", "-recorded_at", "-id"], name="entry_by_kind"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=["allow", "deny"]), name="entry_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


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
    """A full tile: 256 hashes and their root. Partial tiles are sliced from leaves and from full tiles below."""

    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()
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
