"""Writes a trail export (`docs/formats/entry.md`) as one stream of bytes: to a file, a socket or a browser.

Rules enforced
    * the output need not be seekable, and memory does not grow with the number of events or leaves;
    * the same trail gives the same bytes: times in the zip are fixed, nothing is asked of clock or chance;
    * the manifest is signed and comes last, with the size and SHA-256 of every member as it was written;
    * events ascend by index and are as many as the scope says; leaves are exactly those of the checkpoint.

Out of scope: which events belong to the trail, whether the checkpoint holds (the verifier asks that), and encryption.
Events are read once for all members; no plaintext is spooled (trail_portions.py).
"""

import io
import json
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO

from ledger_bridge import renderings
from ledger_bridge.renderings import Context, Kind, Names, Summary, Tally
from ledger_bridge.short_form import ShortForm
from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.note import NoteSigner, parse
from ledger_bridge.trail_helper import TrailHelper
from ledger_bridge.trail_portions import Open, Portions, PortionWriter, Read, deserves_help

_BLOCK = 1 << 18
_OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE_BY_ALL = 0o644 << 16

# Above this many events the members are stored, not deflated: salts do not compress, and an auditor with a million
# events would rather wait for the disk than for the processor.
_DEFLATE_UP_TO = 20_000

# A member whose size is not known beforehand may pass 2 GiB only when the trail is large. Small archives do without the
# 64-bit fields, which some older programs cannot read in a streamed zip.
_SMALL_UP_TO = 2_000


class ArchiveError(ValueError):
    """What was given to the writer does not make a trail."""


@dataclass(frozen=True, kw_only=True)
class Trail:
    """All that goes into an export.

    `indexes` are the places of the events in the log, ascending; `read` fetches some of them, and `open` makes of that
    events in one of the forms of docs/formats/entry.md, perhaps in a second process. `leaves` yields the leaves from 0
    to the size of the checkpoint, in chunks of any length; it is not asked when there is a short form. `name_them` is
    asked for the names behind the ids.
    """

    policy_text: str
    checkpoint_note: bytes
    scope: Mapping[str, Any]
    indexes: Sequence[int]
    read: Read
    leaves: Iterable[bytes]
    name_them: Callable[[Mapping[str, Collection[str]]], Names] = lambda _: {}
    open: Open = iter
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    anchors: Mapping[str, Any] | None = None
    notices: Sequence[Mapping[str, Any]] = ()
    short: ShortForm | None = None
    """In place of the leaves."""
    name: str = "trail.zip"
    share: bool = False
    """Whether a second process may open half of the events."""


def write_trail(out: BinaryIO, trail: Trail, *, signer: NoteSigner) -> None:
    """Write a trail export to a file.

    Raises:
        ArchiveError: events or leaves are not those that scope and checkpoint promise.
        FormatError: the checkpoint is not one.

    """
    out.writelines(iter_trail(trail, signer=signer))


def iter_trail(trail: Trail, *, signer: NoteSigner) -> Iterator[bytes]:
    """Yield a trail export piece by piece. An error in the middle leaves an archive without manifest, which is refused.

    Raises:
        ArchiveError: events or leaves are not those that scope and checkpoint promise.
        FormatError: the checkpoint is not one.

    """
    checkpoint = Checkpoint.parse(parse(trail.checkpoint_note).text)
    context = Context(checkpoint=checkpoint, scope=trail.scope, names={}, kinds=trail.kinds, name=trail.name)
    archive = _Archive(events=int(trail.scope["events"]))
    yield from archive.add("policy", [trail.policy_text.encode()])
    yield from archive.add("checkpoint", [trail.checkpoint_note])
    yield from archive.add("scope.json", [_json(trail.scope)])
    if trail.anchors is not None:
        yield from archive.add("anchors.json", [_json(trail.anchors)])
    if trail.notices:
        yield from archive.add("notices.jsonl", map(_json, trail.notices))
    for name, chunks in _members_of_log(trail, checkpoint):
        yield from archive.add(name, chunks)
    with closing(_portions(trail, context)) as portions:
        yield from _members_of_events(archive, trail, context, portions)
    yield from archive.finish(signer)


def _members_of_log(trail: Trail, checkpoint: Checkpoint) -> Iterator[tuple[str, Iterable[bytes]]]:
    if trail.short:
        return trail.short.members()
    return iter([("leaves.bin", _counted(trail.leaves, checkpoint.size * LEAF_SIZE))])


def _members_of_events(archive: "_Archive", trail: Trail, context: Context, portions: Portions) -> Iterator[bytes]:
    tally = Tally()
    yield from archive.add("events.jsonl", _event_lines(trail, portions, tally, context.checkpoint.size))
    names = trail.name_them(tally.mentioned)
    context = context.with_names(names)
    portions.learn_names(names)
    yield from archive.add("names.json", [_json(names)])
    yield from archive.add("README.txt", [renderings.readme(context)])
    yield from archive.add("fhir-auditevents.ndjson", portions.fhir())
    yield from archive.add("events.csv", portions.csv())
    yield from archive.add("summary.html", [Summary(context, tally).html()])


def _portions(trail: Trail, context: Context) -> Portions:
    helper = TrailHelper(context, trail.open) if trail.share and deserves_help(len(trail.indexes)) else None
    return Portions(trail.indexes, trail.read, PortionWriter(context, trail.open), helper)


def manifest_text(members: Mapping[str, tuple[str, int]]) -> bytes:
    """The text of a manifest: SHA-256 and size of every member, sorted by name."""
    version = 1 if "leaves.bin" in members else 2
    lines = [f"{digest} {size} {name}\n" for name, (digest, size) in sorted(members.items())]
    return (f"ithaca-trail/v{version}\nmembers\n" + "".join(lines)).encode()


class _Outbox(io.RawIOBase):
    """Where the zip library writes; it cannot seek, so the library streams."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


class _Archive:
    """A zip that hands out its bytes as they come and remembers what went into each member."""

    def __init__(self, events: int) -> None:
        self._outbox = _Outbox()
        self._zip = zipfile.ZipFile(self._outbox, "w", compresslevel=1)
        self._method = zipfile.ZIP_DEFLATED if events <= _DEFLATE_UP_TO else zipfile.ZIP_STORED
        self._large = events > _SMALL_UP_TO
        self._members: dict[str, tuple[str, int]] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        digest, size = sha256(), 0
        # Hashed beside: neither the hash nor the checksum of the zip holds up Python while it works on a block.
        with self._zip.open(self._info(name), "w", force_zip64=self._large) as member, ThreadPoolExecutor(1) as beside:
            for block in _blocks(chunks):
                hashed = beside.submit(digest.update, block)
                member.write(block)
                size += len(block)
                yield self._outbox.take()
                hashed.result()
        self._members[name] = (digest.hexdigest(), size)
        yield self._outbox.take()

    def finish(self, signer: NoteSigner) -> Iterator[bytes]:
        yield from self.add("manifest", [signer.sign(manifest_text(self._members))])
        self._zip.close()
        yield self._outbox.take()

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, _OLDEST_ZIP_TIME)
        info.compress_type = self._method
        info.external_attr = _READABLE_BY_ALL
        return info


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Gather small chunks: a write for every line would cost more than the line."""
    gathered: list[bytes] = []
    size = 0
    for chunk in chunks:
        gathered.append(chunk)
        size += len(chunk)
        if size >= _BLOCK:
            yield b"".join(gathered)
            gathered.clear()
            size = 0
    if gathered:
        yield b"".join(gathered)


def _event_lines(trail: Trail, portions: Portions, tally: Tally, size: int) -> Iterator[bytes]:
    last = -1
    for lines in portions.lines():
        for index in lines.indexes:
            if not last < index < size:
                raise ArchiveError(f"event {index} follows {last} in a log of {size} leaves")
            last = index
        tally.add(lines.tally)
        yield lines.data
    if tally.total != trail.scope["events"]:
        raise ArchiveError(f"the scope promises {trail.scope['events']} events, but there are {tally.total}")


def _counted(chunks: Iterable[bytes], expected: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        yield chunk
    if size != expected:
        raise ArchiveError(f"the checkpoint covers {expected} bytes of leaves, but there are {size}")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
