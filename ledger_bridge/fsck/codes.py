"""Checks that every entry was made by `record()`: its code, what is in quarantine, and when it came into the log."""

from collections.abc import Iterator

from django.db import connection

from core.errors import Unavailable
from ledger_bridge.entry_codes import coded_of, codes, codes_begin
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.models import CodesBegin, Quarantined
from ledger_bridge.stored_entry import StoredEntry

_FORGED = "its code is not one that this installation made: somebody else put the entry in, or changed it"
_ODD_TIMES = """
    SELECT l.index, e.id, e.recorded_at, signed.created_at
    FROM ledger_bridge_leaf l JOIN ledger_bridge_entry e ON e.id = l.entry
    JOIN LATERAL (
        SELECT created_at FROM ledger_bridge_checkpoint c WHERE c.size > l.index ORDER BY c.size LIMIT 1
    ) signed ON true
    WHERE e.recorded_at NOT BETWEEN signed.created_at - interval '1 day' AND signed.created_at + interval '5 minutes'
    ORDER BY l.index
"""


class CodeCheck:
    """Holds entries against their codes; without the key service it says so once and checks nothing."""

    def __init__(self) -> None:
        try:
            self._codes = codes()
            self._begin = codes_begin()
            self.damage = None
        except Unavailable as error:
            self.damage = Problem("codes", f"they cannot be checked ({error})")

    def check(self, where: str, entry: StoredEntry, index: int | None) -> Iterator[Problem]:
        """Check the code of an entry in this place of the log, or of one that has none yet."""
        if self.damage:
            return
        if entry.code:
            if not self._codes.fits(coded_of(entry), entry.code):
                yield Problem(where, _FORGED)
        elif index is not None and index >= self._begin:
            yield Problem(where, f"it has no code, but every entry from {self._begin} on has one")

    def fits(self, message: bytes, code: bytes) -> bool:
        return self.damage is not None or self._codes.fits(message, code)


def check_quarantine() -> Iterator[Problem]:
    for row in Quarantined.objects.order_by("id").iterator():
        when = f"{row.found_at:%Y-%m-%d %H:%M} UTC"
        yield Problem(f"entry {row.entry}", f"it was found in the outbox on {when}, not made by this installation")
    begin = CodesBegin.objects.first()
    if begin and codes_begin() != begin.index:
        yield Problem("codes", f"“entries below {begin.index} have none” was not written by this installation")


def check_times() -> Iterator[Problem]:
    """Point out entries that were signed long after they were recorded, or before: held back, or a wrong clock."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ODD_TIMES)
        for index, entry, recorded, signed in cursor:
            what = (
                f"it says it was recorded at {recorded:%Y-%m-%d %H:%M}, but was signed at {signed:%Y-%m-%d %H:%M} UTC"
            )
            yield Problem(f"leaf {index}, entry {entry}", what, only_notable=True)
