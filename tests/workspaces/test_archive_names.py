"""Names inside a ZIP archive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.archive_names import Names, safe_component


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("scan.dcm", "scan.dcm"),
        ("Befund Müller 检查.pdf", "Befund Müller 检查.pdf"),
        ("..\\..\\evil", ".._.._evil"),
        ("../evil", ".._evil"),
        ("C:evil", "C_evil"),
        ("..", "__"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("COM1 .csv", "_COM1 .csv"),
        ("console.log", "console.log"),
        ("data.", "data_"),
        ("data ", "data_"),
        ('a<b>"c"|?*', "a_b__c____"),
        ("line\nbreak", "line_break"),
    ],
)
def test_a_name_becomes_one_plain_component(name: str, safe: str) -> None:
    assert safe_component(name) == safe


@given(st.lists(st.text(min_size=1, max_size=12), max_size=12))
def test_nothing_leaves_its_folder_or_hides_another(names: list[str]) -> None:
    given_out = Names()
    paths = [given_out.take("Visit/", name) for name in names]
    assert len({path.casefold() for path in paths}) == len(paths)
    for path in paths:
        folder, component = path.split("/")
        assert folder == "Visit"
        assert component not in {"", ".", ".."}
        assert not set(component) & set('\\:<>"|?*\0\n')


def test_names_that_differ_in_case_are_two_files() -> None:
    names = Names(reserved=["SHA256SUMS.txt"])
    assert names.take("", "a.txt") == "a.txt"
    assert names.take("", "A.TXT") == "A (2).TXT"
    assert names.take("", "sha256sums.txt") == "sha256sums (2).txt"
    assert names.take("b/", "a.txt") == "b/a.txt"
