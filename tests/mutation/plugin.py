"""Takes one permission check after the other away, and looks for a test that fails: `make test-mutation`.

killers.json remembers for each place a test that noticed. A run asks that test first, and looks for another where it
notices nothing any more, or where a place is new; SEARCH=no takes both for a failure. AFRESH=yes forgets, and
PLACES=sharing/links asks only about places with that in their names. A search runs every test once to see where each is
refused something, and asks only those about a place.
"""

import builtins
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.db import connections

from tests.mutation.kept import KEPT, KEPT_IN_WORDS
from tests.mutation.sites import ROOMS, ROOT, SWITCH, Site, modules, switched
from tests.mutation.switches import Switches

KILLERS = Path(__file__).with_name("killers.json")
SEARCH = os.environ.get("SEARCH", "yes") != "no"
AFRESH = os.environ.get("AFRESH") == "yes"
PLACES = os.environ.get("PLACES", "")
PART, PARTS = (int(one) for one in os.environ.get("PART", "0/1").split("/"))
"""Which of the runs side by side this is (tests/mutation/__main__.py): it answers for every so-many-th place."""
ONE_WORLD = ("tests/architecture/test_every_deed_asks.py", "tests/mutation/rows.py")
"""Files whose tests all stand on one world, which takes longer to make than any of them."""
MOST_TRIED = 150
MOST_ROWS = 15
LONGEST = 300


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
    Hunt(session.items).run()
    return True


def import_everything() -> None:
    """Import what no test has needed so far, so that every place is known."""
    for path in modules():
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def remembered() -> dict[str, str]:
    return json.loads(KILLERS.read_text(encoding="utf-8")) if KILLERS.exists() else {}


@dataclass
class Hunt:
    """Goes through all places; `killers` and `faults` are what it finds, by the places' names."""

    items: list[pytest.Item]
    killers: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=remembered)
    passing: dict[str, bool] = field(default_factory=dict)

    @property
    def sites(self) -> dict[int, Site]:
        """Return the places that this run answers for, by their numbers."""
        chosen = [(number, site) for number, site in enumerate(SWITCHES.sites) if PLACES in site.name]
        return dict(chosen[PART::PARTS])

    def run(self) -> None:
        begun = time.monotonic()
        calm = [item for item in self.items if not empties_tables(item)]
        # What a session sets up stays in this process, and every copy of it finds it there. What a directory sets up
        # must not, and the last test of all stands in this one.
        first = next((item for item in calm if item.path.parent != KILLERS.parent), calm[0])
        assert not failed(first, self.other(first)), "the first test fails as things are"
        if SEARCH:
            self.keep_elsewhere()
        self.ask_and_search(calm)
        self.ask_and_search([item for item in self.items if empties_tables(item)])
        if SEARCH:
            self.remember()
        names = {site.name for site in SWITCHES.sites}
        listed = {*KEPT, *(() if SEARCH else self.known)}
        self.faults += [f"it is listed in tests/mutation, and is not there any more: {name}" for name in listed - names]
        for site in self.sites.values():
            if (site.name in self.killers) == (site.name in KEPT):
                self.faults.append(fault(site, self.remembered_for(site)))
        self.report(time.monotonic() - begun)

    def keep_elsewhere(self) -> None:
        """Leave what tests of other files have noticed as it was, where a search goes among some files."""
        files = {item.nodeid.partition("::")[0] for item in self.items}
        for site in self.sites.values():
            file = self.remembered_for(site).partition("::")[0]
            if file and file not in files and (ROOT / file).exists():
                self.killers[site.name] = self.remembered_for(site)

    def ask_and_search(self, items: list[pytest.Item]) -> None:
        """Ask those of some tests that noticed something before, and look among them for what nothing notices yet."""
        by_id = {item.nodeid: item for item in items}
        later = {item.nodeid for item in self.items if empties_tables(item)} - by_id.keys()
        named = {number: self.remembered_for(site) for number, site in self.sites.items()}
        pairs = [(number, by_id[test]) for number, test in named.items() if test in by_id]
        self.ask_together([(number, item) for number, item in pairs if is_in_one_world(item)])
        for number, item in pairs:
            if not is_in_one_world(item) and self.notices(number, item):
                self.killers[SWITCHES.sites[number].name] = item.nodeid
        left = [number for number, site in self.sites.items() if site.name not in self.killers]
        if SEARCH and items:
            self.search([number for number in left if named[number] not in later], items)

    def remembered_for(self, site: Site) -> str:
        return "" if AFRESH else self.known.get(site.name, "")

    def ask_together(self, pairs: list[tuple[int, pytest.Item]]) -> None:
        """Ask tests that stand on one world, and undo what they do to it, in one process for each file of them."""
        for file in ONE_WORLD:
            asked = [(number, item) for number, item in pairs if item.nodeid.startswith(file)]
            if not asked:
                continue
            beside = [item for item in self.items if item.nodeid.startswith(file)]
            beside.append(self.other(beside[0]))
            for place in in_a_process_of_its_own(partial(noticing, asked, beside)):
                number, item = asked[int(place)]
                self.killers[SWITCHES.sites[number].name] = item.nodeid
                if SEARCH:
                    self.remember()

    def search(self, numbers: list[int], items: list[pytest.Item]) -> None:
        """Find out which tests are refused at each place, and ask them, the shortest first."""
        say(f"{len(numbers)} places are looked at for which no test is remembered that notices")
        if not numbers:
            return
        refused = self.refused_at(set(numbers), items)
        for_one_world = {number: [item for item in found if is_in_one_world(item)] for number, found in refused.items()}
        self.ask_together([(number, item) for number, found in for_one_world.items() for item in found[:MOST_ROWS]])
        for number in numbers:
            if SWITCHES.sites[number].name not in self.killers:
                asked = [item for item in refused.get(number, []) if not is_in_one_world(item)]
                self.look_for_killer(number, asked)

    def refused_at(self, numbers: set[int], items: list[pytest.Item]) -> dict[int, list[pytest.Item]]:
        took: dict[str, float] = {}
        refused: dict[int, list[pytest.Item]] = {}
        for item, following in zip(items, [*items[1:], self.other(items[-1])], strict=True):
            SWITCHES.forget()
            begun = time.monotonic()
            if failed(item, following):
                say(f"fails as things are, so it notices nothing: {item.nodeid}")
                continue
            took[item.nodeid] = time.monotonic() - begun
            for number in SWITCHES.refusing() & numbers:
                refused.setdefault(number, []).append(item)
        for found in refused.values():
            found.sort(key=lambda item: took[item.nodeid])
        return refused

    def look_for_killer(self, number: int, items: list[pytest.Item]) -> None:
        site, left = SWITCHES.sites[number], items[:MOST_TRIED]
        while (place := self.first_to_notice(number, left)) is not None:
            if self.passes(left[place]):
                self.killers[site.name] = left[place].nodeid
                self.remember()
                return
            left = left[place + 1 :]
        say(f"not noticed by the {len(items)} tests that it may concern: {site}")

    def remember(self) -> None:
        names = {site.name for site in SWITCHES.sites} - {site.name for site in self.sites.values()}
        others = {name: test for name, test in self.known.items() if name in names}
        KILLERS.write_text(json.dumps(dict(sorted((others | self.killers).items())), indent=0) + "\n", encoding="utf-8")

    def first_to_notice(self, number: int, items: list[pytest.Item]) -> int | None:
        """Return which of the tests is the first to fail without this place."""

        def ask() -> Iterator[str]:
            SWITCHES.away = number
            for place, (item, after) in enumerate(zip(items, [*items[1:], self.other(items[-1])], strict=True)):
                if failed(item, after):
                    yield str(place)
                    return

        said = list(in_a_process_of_its_own(ask)) if items else []
        return int(said[0]) if said else None

    def notices(self, number: int, item: pytest.Item) -> bool:
        return self.first_to_notice(number, [item]) is not None and self.passes(item)

    def passes(self, item: pytest.Item) -> bool:
        """Say whether it passes with everything in its place, so that it noticed nothing but what was away."""
        if item.nodeid not in self.passing:
            said = list(in_a_process_of_its_own(lambda: iter([] if failed(item, self.other(item)) else ["passed"])))
            self.passing[item.nodeid] = bool(said)
        return self.passing[item.nodeid]

    def other(self, item: pytest.Item) -> pytest.Item:
        """Return a test of another file: what is named as following decides what pytest takes down."""
        first, last = self.items[0], self.items[-1]
        return last if last.path != item.path else first

    def report(self, seconds: float) -> None:
        for fault in sorted(self.faults):
            say(fault)
        places = len({site.name for site in self.sites.values()} - KEPT.keys())
        held = len(self.killers.keys() - KEPT.keys())
        whole = f"{100 * held / max(places, 1):.1f}".removesuffix(".0")
        say(f"{held} of {places} places held by a test ({whole} %) in {seconds:.0f} s{KEPT_IN_WORDS}")
        # One of two runs side by side may have nothing to answer for, but not both.
        if self.faults or not any(PLACES in site.name for site in SWITCHES.sites):
            pytest.exit("a permission check is held by no test", returncode=1)


def noticing(pairs: list[tuple[int, pytest.Item]], beside: list[pytest.Item]) -> Iterator[str]:
    """Say in which pairs the test passes as things are, and fails without the place. The world is never taken down.

    It is asked as things are first, so that whatever is wrong with how it is asked here is not taken for noticing.
    `beside` are the tests of the file and one more: pytest does not take down a test that is said to follow itself.
    """
    noticed, passing = set(), {}
    for place, (number, item) in enumerate(pairs):
        if number not in noticed:
            following = beside[1] if item is beside[0] else beside[0]
            signal.alarm(LONGEST)
            if item.nodeid not in passing:
                passing[item.nodeid] = not failed(item, following)
            SWITCHES.away = number
            if passing[item.nodeid] and failed(item, following):
                noticed.add(number)
                yield str(place)
            SWITCHES.away = -1


def fault(site: Site, remembered_test: str) -> str:
    if site.name in KEPT:
        return f"it is kept for a reason that is none, because a test notices it: {site}"
    if SEARCH:
        return f"taken away, and no test failed: {site}"
    why = f"{remembered_test} does not notice it" if remembered_test else "no test is remembered that notices it"
    return (
        f"taken away, and {why}: {site}. Run make test-mutation with the tests about it, as in "
        "ARGS=tests/sharing/test_reviews.py, and keep what it writes. If that finds none, write one (docs/sharing.md)."
    )


def is_in_one_world(item: pytest.Item) -> bool:
    return item.nodeid.partition("::")[0] in ONE_WORLD


def empties_tables(item: pytest.Item) -> bool:
    """Say whether a test commits and leaves empty tables behind, which no test that comes after it here expects."""
    marker = item.get_closest_marker("django_db")
    names = getattr(item, "fixturenames", [])
    return bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in names


def failed(item: pytest.Item, following: pytest.Item) -> bool:
    reports: list[Any] = runtestprotocol(item, log=False, nextitem=following)
    return any(report.failed for report in reports)


def in_a_process_of_its_own(ask: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Answer in a copy of this process: what does without a check may leave anything behind. A death is no answer."""
    connections.close_all()
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        signal.alarm(LONGEST)
        try:
            for answer in ask():
                os.write(writing, f"{answer}\n".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        yield from (line.strip() for line in pipe)
    os.waitpid(process, 0)


def say(sentence: str) -> None:
    capture = sys.__stdout__
    assert capture is not None
    capture.write(sentence + "\n")
    capture.flush()
