"""One blob on its way into a bucket: whole if it is small, in parts of equal size if it is not.

What has to outlive the process lies in the bucket itself, under `incoming/<blob>/<size>`: an object that holds the
sealed bytes which do not fill a part yet, and in its metadata the id of the upload and the number of parts before
them. The first is written before the first part is, so that whatever was begun can be found and given up: not every
server lists its unfinished uploads.
"""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from core.errors import DamagedContent, Unavailable
from workspaces.storage.s3.bucket import Bucket
from workspaces.storage.s3.errors import NameTaken

BLOBS = "blobs/"
INCOMING = "incoming/"
# It holds less than a part: 27 MiB with the settings as they come, and for the largest object of S3 (5 TiB) this much.
_LARGEST_STATE = 600 * 1024 * 1024


def blob_key(name: UUID) -> str:
    return BLOBS + name.hex


def incoming_prefix(name: UUID) -> str:
    return f"{INCOMING}{name.hex}/"


@dataclass(frozen=True)
class Sent:
    """What of a blob has arrived in parts."""

    upload: str
    etags: list[str]


class S3Writer:
    """Memory: two parts, one that fills and one on its way, and what is written at once."""

    def __init__(
        self,
        bucket: Bucket,
        name: UUID,
        *,
        part_size: int,
        is_new: bool = True,
        sent: Sent | None = None,
        held: bytes = b"",
        state: str = "",
    ) -> None:
        self.name = name
        self._bucket = bucket
        self._key = blob_key(name)
        self._part_size = part_size
        # One that is put back takes the place of whatever damaged thing is there.
        self._is_new = is_new
        self._upload = sent.upload if sent else ""
        self._etags = list(sent.etags) if sent else []
        self._buffer = bytearray(held)
        # The state that this writer was opened from stays until there is a newer one that somebody has opened.
        self._state = state
        self._open = True
        self._ours = True

    def write(self, data: bytes | memoryview) -> None:
        self._require_open()
        self._buffer += data
        while len(self._buffer) > self._part_size:
            self._send(self._part_size)

    def commit(self) -> None:
        self._require_open()
        if self._upload:
            self._complete()
        else:
            self._put()
        self._open = self._ours = False
        # Whatever is left over is swept later: the blob itself is durable and has its name.
        if self._upload or self._state:
            with suppress(Unavailable):
                self._forget_states()

    def abort(self) -> None:
        if not self._ours:
            return
        self._open = self._ours = False
        self._buffer.clear()
        # An error here would hide the one that led here; what stays is given up by the sweeper.
        with suppress(Unavailable):
            if self._upload:
                self._bucket.give_up(self._key, self._upload)
            if self._upload or self._state:
                self._forget_states()

    def suspend(self) -> int:
        self._require_open()
        size = len(self._etags) * self._part_size + len(self._buffer)
        self._write_state(size)
        self._open = self._ours = False
        return size

    def _send(self, size: int) -> None:
        if not self._upload:
            self._begin()
        number = len(self._etags) + 1
        body = bytes(memoryview(self._buffer)[:size])
        self._etags.append(self._bucket.send(self._key, self._upload, number, body))
        del self._buffer[:size]

    def _begin(self) -> None:
        if not self._state:
            self._bucket.put(f"{incoming_prefix(self.name)}begun", b"")
        self._upload = self._bucket.begin(self._key, {})

    def _put(self) -> None:
        token = uuid4().hex
        try:
            self._bucket.put(self._key, bytes(self._buffer), metadata={"writer": token}, new=self._is_new)
        except NameTaken as error:
            found = self._bucket.head(self._key)
            # An answer that was lost on its way makes botocore ask again, and find what it has stored itself.
            if found is None or found.metadata.get("writer") != token:
                raise _taken() from error

    def _complete(self) -> None:
        size = len(self._etags) * self._part_size + len(self._buffer)
        if self._buffer or not self._etags:
            self._send(len(self._buffer))
        try:
            self._bucket.complete(self._key, self._upload, self._etags, new=self._is_new)
        except (NameTaken, DamagedContent) as error:
            # The same lost answer: the upload is gone because it is complete.
            found = self._bucket.head(self._key)
            if found is None or found.size != size or self._bucket.uploads(self._key):
                raise _taken() from error

    def _write_state(self, size: int) -> None:
        key = f"{incoming_prefix(self.name)}{size:016x}"
        metadata = {"upload": self._upload, "parts": str(len(self._etags)), "part-size": str(self._part_size)}
        self._bucket.put(key, bytes(self._buffer), metadata=metadata)
        self._forget_states({key, self._state})

    def _forget_states(self, keep: set[str] | None = None) -> None:
        for found in list(self._bucket.listed(incoming_prefix(self.name))):
            if found.key not in (keep or set()):
                self._bucket.delete(found.key)

    def _require_open(self) -> None:
        if not self._open:
            raise Unavailable("The blob is closed.")


def reopen(bucket: Bucket, name: UUID, size: int) -> S3Writer:
    """Continue a blob after its first `size` bytes, from the smallest state that holds them.

    Raises:
        DamagedContent: no state does, or its parts are not there.

    """
    states = sorted(found.key for found in bucket.listed(incoming_prefix(name)) if not found.key.endswith("begun"))
    if not states or bucket.head(blob_key(name)) is not None:
        raise DamagedContent("There is no such upload any more.")
    for key in states:
        if int(key.rpartition("/")[2], 16) < size:
            continue
        held, metadata = bucket.read(key, _LARGEST_STATE)
        parts, part_size = int(metadata["parts"]), int(metadata["part-size"])
        if parts * part_size <= size <= parts * part_size + len(held):
            sent = _sent(bucket, name, metadata["upload"], parts, part_size) if metadata.get("upload") else None
            held = held[: size - parts * part_size]
            return S3Writer(bucket, name, part_size=part_size, sent=sent, held=held, state=key)
    raise DamagedContent("Stored bytes of this upload are missing.")


def _sent(bucket: Bucket, name: UUID, upload: str, parts: int, part_size: int) -> Sent:
    arrived = bucket.sent(blob_key(name), upload)
    wanted = [arrived.get(number) for number in range(1, parts + 1)]
    etags = [part.etag for part in wanted if part and part.size == part_size]
    if len(etags) != parts:
        raise DamagedContent("Stored bytes of this upload are missing.")
    return Sent(upload, etags)


def _taken() -> DamagedContent:
    return DamagedContent("The file store holds something else under the name of this blob. Nothing was stored.")
