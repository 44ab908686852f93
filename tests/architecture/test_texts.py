"""Every field into which somebody can write is written into by the test with hostile texts (tests/browser/texts.py).

The list of fields is made from the forms and from the description of the API, so a new field fails here until it has a
row there.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django import forms
from drf_spectacular.generators import SchemaGenerator

from tests.architecture.sources import ROOMS, ROOT, modules
from tests.browser.texts import ELSEWHERE, OF_PROGRAMS, ROWS


def forms_below(form: type) -> Iterator[type]:
    below: list[type] = form.__subclasses__()
    for one in below:
        yield one
        yield from forms_below(one)


def written_in_forms() -> dict[str, set[str]]:
    """Return the fields that take a text, by the form that they are in."""
    for path in modules(*ROOMS):
        if path.name in {"forms.py", "urls.py"} or path.parent.name in {"forms", "views"}:
            import_module(str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__"))
    found: dict[str, set[str]] = {}
    for form in forms_below(forms.BaseForm):
        if form.__module__.partition(".")[0] in ROOMS:
            fields = getattr(form, "base_fields", {}).items()
            if names := {name for name, field in fields if isinstance(field, forms.CharField)}:
                found[f"{form.__module__}.{form.__name__}"] = names
    return found


def written_by_programs() -> set[str]:
    """Return the names of the properties of requests that take a text, as the description of the API has them."""
    generator: Any = SchemaGenerator
    schema = generator().get_schema(request=None, public=True)
    bodies = [
        content["schema"]
        for operations in schema["paths"].values()
        for operation in operations.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    return {name for body in bodies for name in texts_of(body, schema["components"]["schemas"])}


def texts_of(schema: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    schema = known[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for name, what in schema.get("properties", {}).items():
        inner = what.get("items", what)
        if inner.get("type") == "string" and "enum" not in inner and inner.get("format") in {None, "email"}:
            yield name


def test_every_form_that_takes_a_text_has_a_row() -> None:
    assert set(ROWS) & set(ELSEWHERE) == set()
    assert set(written_in_forms()) == set(ROWS) | set(ELSEWHERE)


def test_programs_write_nothing_that_people_do_not_write() -> None:
    of_people = {field for form, fields in written_in_forms().items() if form in ROWS for field in fields}
    assert written_by_programs() - of_people == set(OF_PROGRAMS)
