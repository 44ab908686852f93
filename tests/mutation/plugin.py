"""Takes one permission check after the other away, and looks for a test that fails: `make test-mutation`.

killers.json remembers for each place a test that noticed. A run asks that test first, and looks for another where it
notices nothing any more, or where a place is new; SEARCH=no takes both for a failure. AFRESH=yes forgets.
"""

import builtins
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.db import connections

from tests.mutation.sites import SWITCH, Site, switched

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "ledger_bridge", "accounts", "workspaces", "sharing")
KILLERS = Path(__file__).with_name("killers.json")
SEARCH = os.environ.get("SEARCH", "yes") != "no"
AFRESH = os.environ.get("AFRESH") == "yes"
MOST_TRIED = 150
LONGEST = 300
LIKELY = re.compile("refus|right|strang|hid|not|nobody|only|other|404|403|foreign|secret|without|leak|see")


@dataclass
class Switches:
    """Which site is taken away now, and which were passed since somebody last looked."""

    sites: list[Site] = field(default_factory=list)
    away: int = -1
    passed: set[int] = field(default_factory=set)

    def __call__(self, number: int) -> bool:
        self.passed.add(number)
        return number == self.away


SWITCHES = Switches()


class SwitchingLoader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        module = str(Path(path).relative_to(ROOT))
        tree, sites = switched(self.get_data(path).decode(), module, len(SWITCHES.sites))
        SWITCHES.sites += sites
        return compile(tree, path, "exec", dont_inherit=True)


class SwitchingFinder(importlib.abc.MetaPathFinder):
    """Loads the rooms' modules with their switches."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in ROOMS or ".migrations" in fullname:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if found is None or not isinstance(found.loader, importlib.machinery.SourceFileLoader) or not found.origin:
            return found
        return spec_from_file_location(
            fullname,
            found.origin,
            loader=SwitchingLoader(fullname, found.origin),
            submodule_search_locations=found.submodule_search_locations,
        )


# This plugin is loaded before Django is: nothing of the rooms may have been imported without its switches.
assert not {name.partition(".")[0] for name in sys.modules} & set(ROOMS)
setattr(builtins, SWITCH, SWITCHES)
sys.meta_path.insert(0, SwitchingFinder())


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Interrupted("something could not be collected")
    import_everything()
    Hunt([item for item in session.items if not empties_tables(item)]).run()
    return True


def import_everything() -> None:
    """Import what no test has needed so far, so that every place is known."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if "migrations" not in path.parts and path.stem != "__main__":
                importlib.import_module(name)


@dataclass
class Hunt:
    items: list[pytest.Item]
    killers: dict[str, str] = field(default_factory=dict)
    passed: Counter[int] = field(default_factory=Counter)
    survived: list[str] = field(default_factory=list)

    def run(self) -> None:
        begun = time.monotonic()
        known = {} if AFRESH or not KILLERS.exists() else json.loads(KILLERS.read_text(encoding="utf-8"))
        by_id = {item.nodeid: item for item in self.items}
        files = {name.partition("::")[0] for name in by_id}
        left = []
        for number, site in enumerate(SWITCHES.sites):
            named = known.get(site.name, "")
            killer, file = by_id.get(named), named.partition("::")[0]
            # A search among some files leaves what tests of other files have noticed as it was.
            elsewhere = SEARCH and file and file not in files and (ROOT / file).exists()
            if elsewhere or (killer and self.first_to_notice(number, [killer]) is not None):
                self.killers[site.name] = named
            else:
                left.append(number)
        say(f"{len(self.killers)} of {len(SWITCHES.sites)} places are noticed by the tests that noticed them before")
        if left and SEARCH:
            self.search(left)
        else:
            self.survived = [describe(SWITCHES.sites[number]) for number in left]
        self.report(time.monotonic() - begun)

    def search(self, numbers: list[int]) -> None:
        """Ask the tests that sound like it first, and all others about what those did not notice."""
        likely = [item for item in self.items if LIKELY.search(item.name)]
        others = [item for item in self.items if not LIKELY.search(item.name)]
        left = self.search_among(others, self.search_among(likely, numbers))
        self.survived = [f"{describe(SWITCHES.sites[number])}, {self.passed[number]} tests pass it" for number in left]

    def search_among(self, items: list[pytest.Item], numbers: list[int]) -> list[int]:
        """Find out which tests pass each place, and ask them, the shortest first; return what none noticed."""
        ways = self.ways_past(set(numbers), items) if numbers else {}
        self.passed.update({number: len(found) for number, found in ways.items()})
        return [number for number in numbers if not self.is_noticed(number, ways.get(number, []))]

    def is_noticed(self, number: int, items: list[pytest.Item]) -> bool:
        site, left = SWITCHES.sites[number], items[:MOST_TRIED]
        while (place := self.first_to_notice(number, left)) is not None:
            if self.passes(left[place]):
                self.killers[site.name] = left[place].nodeid
                KILLERS.write_text(json.dumps(dict(sorted(self.killers.items())), indent=0) + "\n", encoding="utf-8")
                return True
            left = left[place + 1 :]
        say(f"not noticed by {len(items)} tests: {describe(site)}")
        return False

    def ways_past(self, numbers: set[int], items: list[pytest.Item]) -> dict[int, list[pytest.Item]]:
        took: dict[str, float] = {}
        ways: dict[int, list[pytest.Item]] = {}
        for item, following in zip(items, [*items[1:], items[0]], strict=True):
            SWITCHES.passed.clear()
            begun = time.monotonic()
            if not failed(item, following):
                took[item.nodeid] = time.monotonic() - begun
                for number in SWITCHES.passed & numbers:
                    ways.setdefault(number, []).append(item)
        for found in ways.values():
            found.sort(key=lambda item: took[item.nodeid])
        return ways

    def first_to_notice(self, number: int, items: list[pytest.Item]) -> int | None:
        """Return which of the tests is the first to fail without this place."""

        def ask() -> int | None:
            SWITCHES.away = number
            return next((place for place, item in enumerate(items) if failed(item, self.other(item))), None)

        return in_a_process_of_its_own(ask)

    def passes(self, item: pytest.Item) -> bool:
        """Say whether it passes with everything in its place, so that it noticed nothing but what was away."""
        return in_a_process_of_its_own(lambda: None if failed(item, self.other(item)) else 1) == 1

    def other(self, item: pytest.Item) -> pytest.Item:
        """Return a test of another file: what is named as following decides what pytest takes down."""
        first, last = self.items[0], self.items[-1]
        return last if last.path != item.path else first

    def report(self, seconds: float) -> None:
        places = len(SWITCHES.sites)
        for place in self.survived:
            say(f"taken away, and no test failed: {place}")
        share = 100 * len(self.killers) / max(places, 1)
        whole = f"{share:.1f}".removesuffix(".0")
        say(f"{len(self.killers)} of {places} permission checks are held by a test ({whole} %) in {seconds:.0f} s")
        if self.survived or not places:
            pytest.exit("a permission check is held by no test", returncode=1)


def empties_tables(item: pytest.Item) -> bool:
    """Say whether a test commits and leaves empty tables behind, which no test that comes after it here expects."""
    marker = item.get_closest_marker("django_db")
    names = getattr(item, "fixturenames", [])
    return bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in names


def failed(item: pytest.Item, following: pytest.Item) -> bool:
    reports: list[Any] = runtestprotocol(item, log=False, nextitem=following)
    return any(report.failed for report in reports)


def in_a_process_of_its_own(ask: Callable[[], int | None]) -> int | None:
    """Answer in a copy of this process: what does without a check may leave anything behind."""
    connections.close_all()
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        signal.alarm(LONGEST)
        try:
            answer = ask()
            os.write(writing, b"" if answer is None else str(answer).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(process, 0)
    return int(said) if said else None


def describe(site: Site) -> str:
    return f"{site.name} (line {site.line})"


def say(sentence: str) -> None:
    capture = sys.__stdout__
    assert capture is not None
    capture.write(sentence + "\n")
    capture.flush()
