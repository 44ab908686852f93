"""What is taken away where: each kind of place, compiled with its switch, does as before or does without."""

import ast
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver

from core.errors import Refused as RealRefusal
from tests.mutation.kept import KEPT
from tests.mutation.sites import REFUSALS, ROOT, SWITCH, modules, switched
from tests.mutation.switches import Switches


class Things(list[str]):
    def visible_to(self, person: str) -> "Things":
        return Things(thing for thing in self if thing.startswith(person))

    def all(self) -> "Things":
        return self


class Person:
    def has_perm(self, name: str) -> bool:
        return False


class Refused(Exception):
    pass


def require(right: str) -> None:
    if right != "view":
        raise Refused


def visible_to(things: Things, person: str) -> Things:
    return things.visible_to(person)


def run(source: str, *, away: int) -> Any:
    return run_with(source, Switches(away=away))


def run_with(source: str, switches: Switches) -> Any:
    tree, _ = switched(source, "room.py")
    names: dict[str, Any] = {
        SWITCH: switches,
        "things": Things(["a1", "b2"]),
        "person": Person(),
        "Refused": Refused,
        "require": require,
        "visible_to": visible_to,
    }
    exec(compile(tree, "room.py", "exec"), names)  # noqa: S102  our own few lines
    return names["deed"]()


PLACES = {
    "require": ("require('edit')\n    return 'done'", Refused, "done"),
    "refused": ("if True:\n        raise Refused\n    return 'done'", Refused, "done"),
    "visible_to": ("return list(things.visible_to('a'))", ["a1"], ["a1", "b2"]),
    "function": ("return list(visible_to(things, 'a'))", ["a1"], ["a1", "b2"]),
    "has_perm": ("return person.has_perm('x')", False, True),
}


def outcome(source: str, *, away: int) -> Any:
    try:
        return run(source, away=away)
    except Refused:
        return Refused


@pytest.mark.parametrize("kind", PLACES)
def test_a_place_does_as_before_until_it_is_taken_away(kind: str) -> None:
    body, before, without = PLACES[kind]
    source = f"def deed():\n    {body}\n".replace("raise Refused\n", "raise Refused()\n")
    assert outcome(source, away=-1) == before
    assert outcome(source, away=0) == without


def test_places_are_named_by_where_they_stand_and_counted() -> None:
    source = "class A:\n    def b(self):\n        require(1)\n        require(2)\n"
    _, sites = switched(source, "room.py")
    assert [site.name for site in sites] == ["room.py:A.b:require:1", "room.py:A.b:require:2"]
    assert [site.line for site in sites] == [3, 4]


def test_numbers_go_on_where_the_module_before_ended() -> None:
    tree, _ = switched("def deed():\n    require(1)\n", "room.py", first=7)
    assert f"{SWITCH}(7)" in ast.unparse(tree)


def test_decorators_and_definitions_are_no_places() -> None:
    source = "@require_http_methods(['GET'])\ndef has_perm(self, x=things.count()):\n    return self.has_perm('x')\n"
    assert switched(source, "room.py")[1] == []


def test_what_only_sounds_like_a_question_is_no_place() -> None:
    assert switched("def deed(self):\n    self.require()\n", "room.py")[1] == []


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ("require('view')", set()),
        ("require('edit')", {0}),
        ("raise Refused()", {0}),
        ("return person.has_perm('x')", {0}),
        ("return list(things.visible_to('a'))", {0}),
    ],
)
def test_a_place_is_remembered_as_refusing_only_where_it_may_have_kept_something(body: str, refused: set[int]) -> None:
    switches = Switches()
    with suppress(Refused):
        run_with(f"def deed():\n    {body}\n", switches)
    assert switches.refusing() == refused


def test_every_class_of_refusal_is_known() -> None:
    assert get_resolver().url_patterns  # every room is imported with its pages
    kinds: list[type] = [RealRefusal, *RealRefusal.__subclasses__()]
    assert {kind.__name__ for kind in kinds} == REFUSALS


def remembered() -> dict[str, str]:
    return json.loads(Path(__file__).with_name("killers.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_every_place_there_is_has_a_remembered_test_or_is_kept_for_a_reason() -> None:
    places = [site.name for path in modules() for site in switched(path.read_text(), str(path.relative_to(ROOT)))[1]]
    assert sorted(places) == sorted([*remembered(), *KEPT])


def test_every_remembered_test_is_there() -> None:
    texts = {file: (ROOT / file).read_text() for file in {name.partition("::")[0] for name in remembered().values()}}
    for name in remembered().values():
        file, _, test = name.partition("::")
        assert f"\ndef {test.partition('[')[0]}(" in texts[file], name
