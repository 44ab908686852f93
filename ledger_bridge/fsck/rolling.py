"""A check that never ends: each minute the next part of the log, from its first entry to its last, and again.

What it finds is logged at level CRITICAL, shown to everybody on the page of promises, and recorded, once. It looks at
entries, codes, leaves, tiles, signatures and roots, and whether two entries name different roots for the same sorted
tags; whole tables, with gaps in numbers, are left to `ledger_fsck`.
"""

import logging
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from core.access import Service
from ledger_bridge import proofs
from ledger_bridge.fsck.codes import CodeCheck
from ledger_bridge.fsck.events import LedgerDamageFound
from ledger_bridge.fsck.problem import Problem
from ledger_bridge.fsck.tags import check_named_roots
from ledger_bridge.fsck.walk import Entries, check_tile
from ledger_bridge.models import Checkpoint, Leaf, RollingCheck, Tile, TreeState
from ledger_bridge.publishing import read_published
from ledger_bridge.recording import record
from ledger_bridge.signing import log_policy
from ledger_bridge.tlog import merkle
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.tiles import TILE_WIDTH

SLICE = 8 * TILE_WIDTH
"""Whole tiles: about two seconds of work. A million entries take eight hours."""
_KEPT = 100

CHECKING = Service("ledger check")

logger = logging.getLogger(__name__)


@transaction.atomic
def check_next() -> None:
    """Check the next part, remember how far it got, and record what is found for the first time."""
    RollingCheck.objects.get_or_create(id=1)
    row = RollingCheck.objects.select_for_update(skip_locked=True).first()
    if row is None:
        return  # somebody else is at it
    tree = TreeState.objects.first()
    size = tree.size if tree else 0
    places = range(row.next_index, min(row.next_index + SLICE, size))
    problems = list(check_part(places))
    is_over = places.stop >= size or not places
    if is_over and tree:
        problems += [*check_edge(tree), *check_named_roots()]
    _report(row, problems)
    _move_on(row, 0 if is_over else places.stop, is_over=is_over)


def check_part(places: range) -> Iterator[Problem]:
    """Derive these entries, the tiles that end among them and the heads signed over them again."""
    codes = CodeCheck()
    if codes.damage:
        # The key service may be away for a moment: that is not damage, and ledger_fsck says so.
        logger.warning("Entries are checked without their codes now: %s.", codes.damage.what)
    entries = Entries(codes)
    entries.load(places)
    hashes = []
    for index in places:
        yield from entries.check(index)
        hashes.append(entries.hashed(index))
    for start in range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH):
        row = hashes[start : start + TILE_WIDTH]
        number = (places.start + start) // TILE_WIDTH
        yield from check_tile(0, number, b"".join(row), merkle.root(row))
        yield from _check_above(number)
    yield from _check_heads(places)


def check_edge(tree: TreeState) -> Iterator[Problem]:
    """Compare what only stands once: how many leaves there are, the right edge, and the published checkpoint."""
    size = tree.size
    if (leaves := Leaf.objects.filter(index__lt=size).count()) != size:
        yield Problem("tree", f"its size says {size}, but there are {leaves} leaves")
        return
    edge = bytes(tree.frontier)
    hashes = [edge[at : at + merkle.HASH_SIZE] for at in range(0, len(edge), merkle.HASH_SIZE)]
    try:
        if merkle.Frontier.from_hashes(size, hashes).root() != proofs.root_at(size):
            yield Problem("tree", "its right edge is not that of its leaves")
    except (TlogError, ValueError) as error:
        yield Problem("tree", f"its root cannot be derived again ({error})")
    if note := read_published():
        yield from _check_head("published checkpoint", note)


@transaction.atomic
def report_damage(problems: list[Problem]) -> None:
    """Tell what somebody else found, as if this check had; it stays until a whole pass has not found it again."""
    RollingCheck.objects.get_or_create(id=1)
    row = RollingCheck.objects.select_for_update().get()
    _report(row, problems)
    row.save(update_fields=["found"])


def damage() -> list[Problem]:
    """Return what the check found and did not find repaired since."""
    row = RollingCheck.objects.first()
    return [Problem(one["where"], one["what"]) for one in row.found] if row else []


def _check_above(number: int) -> Iterator[Problem]:
    """Check the higher tiles that the level-0 tile of this number completed, from the roots of those below."""
    level = 1
    while (number + 1) % TILE_WIDTH == 0:
        number //= TILE_WIDTH
        below = Tile.objects.filter(
            level=level - 1, number__gte=number * TILE_WIDTH, number__lt=(number + 1) * TILE_WIDTH
        )
        row = [bytes(root) for root in below.order_by("number").values_list("root", flat=True)]
        yield from check_tile(level, number, b"".join(row), merkle.root(row))
        level += 1


def _check_heads(places: range) -> Iterator[Problem]:
    for row in Checkpoint.objects.filter(size__gt=places.start, size__lte=places.stop).order_by("size"):
        where = f"checkpoint {row.size}"
        yield from _check_head(where, row.note.encode(), (row.size, bytes(row.root)))


def _check_head(where: str, note: bytes, stored: tuple[int, bytes] | None = None) -> Iterator[Problem]:
    try:
        head = log_policy().open_checkpoint(note)[0]
        root = proofs.root_at(head.size)
    except (TlogError, ValueError) as error:
        yield Problem(where, f"it does not verify ({error})")
        return
    if stored and stored != (head.size, head.root):
        yield Problem(where, "what was signed differs from what is stored beside it")
    elif head.root != root:
        yield Problem(where, f"its root is not that of the first {head.size} leaves")


def _report(row: RollingCheck, problems: list[Problem]) -> None:
    known = {(one["where"], one["what"]): one for one in row.found}
    for problem in problems:
        key = (problem.where, problem.what)
        if problem.only_notable or (len(known) >= _KEPT and key not in known):
            continue
        if key not in known:
            logger.critical("The stored ledger does not agree with itself. %s. Run “manage.py ledger_fsck”.", problem)
            record(LedgerDamageFound(where=problem.where, what=problem.what), actor=CHECKING)
        known[key] = {"where": problem.where, "what": problem.what, "pass": row.passes}
    row.found = list(known.values())


def _move_on(row: RollingCheck, next_index: int, *, is_over: bool) -> None:
    row.next_index = next_index
    if is_over:
        # What this whole pass did not find again has been repaired.
        row.found = [one for one in row.found if one["pass"] == row.passes]
        row.passes += 1
        row.finished_at = timezone.now()
    row.save(update_fields=["next_index", "passes", "finished_at", "found"])
