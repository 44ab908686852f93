"""How long rights take, on small and large installations, next to stock django-guardian on the same data.

    python -m bench.permissions [--full] [--files N …] [--rounds N]

1,000 people, 200 groups, 2,000 workspaces; 1,000 and 100,000 files, with --full also 1,000,000. Every workspace has an
owner, three people and a group with roles, some of them run out; one folder in twenty and one file in a thousand carry
an exception; one person is a manager everywhere through a group. A tenth of the files lie in a single big folder.

A page is the first 50 items of a folder that the person may view, and their rights on each: what a folder page asks.
Times are medians over many people and folders, Django included, in one process with a warm cache. Guardian gets the
same answer written out as it needs it, one row for each file and person or group that may view it (its other rights
would be six times as many rows), and both usual ways to ask, with twenty seconds for each page. The scratch database is
dropped in the end.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report import Row, write

if TYPE_CHECKING:
    from accounts.models import User

PAGE = 50
SIZES = (1_000, 100_000)
FULL = 1_000_000
LIMIT = 20.0  # ms for a page
GROWTH = 1.5
GUARDIAN_ROUNDS = 6
PATIENCE = 20_000.0  # ms that guardian gets for one page


@dataclass(frozen=True)
class Asked:
    """What one size took, in milliseconds, and how many queries."""

    member: float
    manager: float
    exceptions: float
    stranger: float
    big_folder: float
    one_check: float
    workspaces: float
    page_queries: int
    check_queries: int
    guardian: float
    guardian_narrowed: float
    our_bytes: int
    guardian_bytes: int


def main() -> None:
    """Measure every size, print the table and write `bench/results/permissions.json`."""
    arguments = _arguments()
    sizes = arguments.files or [*SIZES, *([FULL] if arguments.full else [])]
    with _scratch_database():
        found = {size: _measure(size, arguments.rounds) for size in sizes}
    rows = [row for size, asked in found.items() for row in _rows(size, asked)]
    if len(found) > 1:
        rows += _growth(found)
    write("permissions", rows, settings={"rounds": arguments.rounds, "sizes": sizes})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also a million files")
    parser.add_argument("--files", type=int, nargs="+", help="only these numbers of files")
    parser.add_argument("--rounds", type=int, default=60)
    return parser.parse_args()


@contextmanager
def _scratch_database() -> Iterator[None]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from config.database import start_embedded_database

    start_embedded_database()
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = f"bench_permissions_{os.getpid()}"
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def _measure(size: int, rounds: int) -> Asked:
    from bench import permissions_data as data

    started = time.monotonic()
    installation = data.build(size)
    print(f"{size:,} files written in {time.monotonic() - started:.0f} s")
    member = list(installation.member_folders(rounds))
    files = list(installation.member_files(rounds))
    manager = [(installation.manager, folder) for _, folder in member]
    stranger = [(installation.stranger, folder) for _, folder in member]
    exempted = [(installation.exempted, folder) for folder in installation.folders_of(installation.exempted, rounds)]
    return Asked(
        member=_median(_page, member),
        manager=_median(_page, manager),
        exceptions=_median(_page, exempted),
        stranger=_median(_page, stranger),
        big_folder=_median(_page, [(installation.manager, installation.big_folder)] * rounds),
        one_check=_median(_check, files * 5),
        workspaces=_median(_workspaces, [(person, None) for person, _ in member]),
        page_queries=_queries(lambda: _page(*manager[0])),
        check_queries=_queries(lambda: _check(*files[0])),
        guardian=_patiently(_guardian_page, manager[:GUARDIAN_ROUNDS]),
        guardian_narrowed=_patiently(_guardian_narrowed, manager[:GUARDIAN_ROUNDS]),
        our_bytes=data.table_bytes(data.OUR_TABLES),
        guardian_bytes=data.table_bytes(data.GUARDIAN_TABLES),
    )


def _page(person: "User", folder: Any) -> None:
    from core.access import rights_on_each
    from workspaces.models import Item

    rights_on_each(person, Item.objects.in_folder(folder.workspace, folder).visible_to(person)[:PAGE])


def _check(person: "User", file: Any) -> None:
    from workspaces.permissions import Right

    person.has_perm(Right.DOWNLOAD, file)


def _workspaces(person: "User", _: Any) -> None:
    from workspaces.models import Workspace

    list(Workspace.objects.visible_to(person)[:PAGE])


def _guardian_page(person: "User", folder: Any) -> None:
    """As guardian's documentation begins: all objects of the person, then those of the folder."""
    from guardian.shortcuts import get_objects_for_user

    from bench.guarded import GuardedItem

    mine = get_objects_for_user(person, "bench.view", GuardedItem, accept_global_perms=False)
    _guardian_rights(person, list(mine.filter(workspace_id=folder.workspace_id, parent_id=folder.pk)[:PAGE]))


def _guardian_narrowed(person: "User", folder: Any) -> None:
    """The folder first, so that guardian only looks at the permissions of its files."""
    from guardian.shortcuts import get_objects_for_user

    from bench.guarded import GuardedItem

    here = GuardedItem.objects.filter(workspace_id=folder.workspace_id, parent_id=folder.pk)
    _guardian_rights(person, list(get_objects_for_user(person, "bench.view", here, accept_global_perms=False)[:PAGE]))


def _guardian_rights(person: "User", page: Any) -> None:
    from guardian.core import ObjectPermissionChecker

    ObjectPermissionChecker(person).prefetch_perms(page)


def _median(deed: Callable[[Any, Any], None], cases: list[tuple[Any, Any]]) -> float:
    """Return the median in milliseconds; the first few run once before, so that the cache is warm."""
    for person, thing in cases[:6]:
        deed(person, thing)
    times = []
    for person, thing in cases:
        started = time.perf_counter()
        deed(person, thing)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _patiently(deed: Callable[[Any, Any], None], cases: list[tuple[Any, Any]]) -> float:
    """Return the median in milliseconds, or the patience that ended before an answer came."""
    from django.db import OperationalError, connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = %s", [PATIENCE])
    try:
        return _median(deed, cases)
    except OperationalError:
        return PATIENCE
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def _queries(deed: Callable[[], None]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        deed()
    return len(queries)


def _rows(size: int, asked: Asked) -> list[Row]:
    at = f"{size:,} files"
    best = min(asked.guardian, asked.guardian_narrowed)
    return [
        Row.at_most(f"{at}: page of 50 with rights, member", asked.member, "ms", LIMIT),
        Row.at_most(f"{at}: page of 50 with rights, sees everything", asked.manager, "ms", LIMIT),
        Row.at_most(f"{at}: page of 50 with rights, 200 exceptions", asked.exceptions, "ms", LIMIT),
        Row.at_most(f"{at}: page of 50, stranger", asked.stranger, "ms", LIMIT),
        Row.at_most(f"{at}: page of 50 of the big folder", asked.big_folder, "ms", LIMIT),
        Row.at_most(f"{at}: page of 50 workspaces", asked.workspaces, "ms", LIMIT),
        Row.at_most(f"{at}: one check", asked.one_check, "ms", 1.0),
        Row.at_most(f"{at}: queries of a page", asked.page_queries, "queries", 2),
        Row.at_most(f"{at}: queries of one check", asked.check_queries, "queries", 2),
        _faster(f"{at}: speed of a page, sees everything", asked.manager, "guardian, first way", asked.guardian, size),
        _faster(f"{at}: speed of a page, sees everything", asked.manager, "guardian, best way", best, None),
        _smaller(f"{at}: permission tables", asked, size),
    ]


def _faster(what: str, ours: float, peer: str, theirs: float, size: int | None) -> Row:
    """Compare as pages a second, so that more is better."""
    wanted = 5.0 if size == FULL else None
    return Row.against(what, 1000 / ours, "pages/s", peer=peer, peer_value=1000 / theirs, at_least=wanted)


def _smaller(what: str, asked: Asked, size: int) -> Row:
    share = asked.our_bytes / asked.guardian_bytes
    target, met = ("≤ 0.01 x", share <= 0.01) if size == FULL else (None, None)
    return Row(what, asked.our_bytes / 2**20, "MiB", "guardian", asked.guardian_bytes / 2**20, share, target, met)


def _growth(found: dict[int, Asked]) -> list[Row]:
    """Say how much longer a page takes on the largest installation than on the smallest."""
    small, large = found[min(found)], found[max(found)]
    pairs = {"member": (large.member, small.member), "sees everything": (large.manager, small.manager)}
    return [
        Row.at_most(f"page, {who}: {max(found):,} files against {min(found):,}", after / before, "x", GROWTH)
        for who, (after, before) in pairs.items()
    ]


if __name__ == "__main__":
    main()
