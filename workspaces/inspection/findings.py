"""What can be found out about an archive, and the limits within which it is looked into."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How far an archive was looked into, and what that showed."""

    SOUND = "sound"
    """All of it was looked into, and nothing stands out."""
    LARGE = "large"
    """One compressed file, larger than is looked into: nothing stands out as far as it went."""
    UNSEEN = "unseen"
    """Not all of it could be looked into: it is beyond a limit, encrypted, damaged or of an unknown kind."""
    UNSAFE = "unsafe"
    """Unpacking it could do harm, or show something else than its list of entries says."""


@dataclass(frozen=True)
class Limits:
    """How much is looked into.

    Attributes:
        entries: files and folders, at all depths together.
        unpacked: bytes that come out of it, at all depths together.
        ratio: how many times larger what comes out may be than what went in, once it is more than `FREE` bytes.
        depth: archives in archives; 1 looks into none of the archives that lie in one.

    """

    entries: int
    unpacked: int
    ratio: int
    depth: int


FREE = 64 * 1024 * 1024
"""So much may come out of anything: a bomb of this size harms nobody, and images of nothing shrink a thousandfold."""


@dataclass(frozen=True)
class Found:
    """What looking into an archive showed.

    Attributes:
        state: how far it was looked into, and what that showed.
        finding: a sentence for people, or nothing where all is well.
        entries: files and folders that were seen, at all depths together.
        unpacked: bytes that came out of it.
        office: which kind of office document it is by its parts ("word", "xl", "ppt"), if it is one.

    """

    state: State
    finding: str
    entries: int
    unpacked: int
    office: str = ""

    @property
    def is_remarkable(self) -> bool:
        """Whether whoever unpacks it should know of the finding before."""
        return self.state in {State.UNSEEN, State.UNSAFE}


class StopLookingError(Exception):
    """Looking on makes no sense or is not allowed; `state` and the sentence say why."""

    def __init__(self, state: State, finding: str) -> None:
        super().__init__(finding)
        self.state = state
        self.finding = finding


def unsafe(finding: str) -> StopLookingError:
    """Return the error for something that could do harm."""
    return StopLookingError(State.UNSAFE, finding)


def unseen(finding: str) -> StopLookingError:
    """Return the error for something that cannot be looked into."""
    return StopLookingError(State.UNSEEN, finding)


DAMAGED = "It is cut off or damaged."
TWO_MEANINGS = "Its list of entries and its content do not agree, so programs may unpack different things from it."


class Budget:
    """What was seen so far at all depths, held against the limits.

    Args:
        limits: those of the installation.

    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.entries = 0
        self.unpacked = 0
        self.office = ""
        self.unknown = ""
        self._taken = 0
        self._inflated = 0

    def take(self, size: int) -> None:
        """Count bytes of the file itself."""
        self._taken += size

    def count_entry(self) -> None:
        """Count a file or folder.

        Raises:
            StopLookingError: there are too many.

        """
        self.entries += 1
        if self.entries > self.limits.entries:
            raise unseen(f"It holds more than {self.limits.entries:,} entries.")

    def count_content(self, size: int) -> None:
        """Count bytes that an entry holds.

        Raises:
            StopLookingError: there are too many.

        """
        self.unpacked += size
        self._require_room(self.unpacked)

    def count_inflated(self, size: int) -> None:
        """Count bytes that came out of something compressed, whatever they are.

        Raises:
            StopLookingError: there are too many, or far more than went in.

        """
        self._inflated += size
        self._require_room(self._inflated)
        if self._inflated > FREE and self._inflated > self.limits.ratio * self._taken:
            raise unseen(f"It unpacks to more than {self.limits.ratio} times its size.")

    def note_unknown(self, finding: str) -> None:
        """Remember that something in it was passed over, and look on."""
        self.unknown = self.unknown or finding

    def beyond(self, finding: str) -> StopLookingError:
        """Return the error for something that is longer than is looked into.

        A long file that is compressed by itself is ordinary; in an archive something could hide behind the length.
        """
        return StopLookingError(State.UNSEEN if self.entries else State.LARGE, finding)

    def _require_room(self, size: int) -> None:
        if size > self.limits.unpacked:
            raise self.beyond(f"It unpacks to more than {_size(self.limits.unpacked)}.")


def _size(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":  # noqa: PLR2004
            return f"{count:,} {unit}"
        count //= 1024
    raise AssertionError
