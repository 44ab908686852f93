"""Names that people give."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, InvalidInput
from workspaces.names import clean_name, clean_text, content_disposition, name_key, numbered_name, split_extension

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=300)


@given(ANY_TEXT)
def test_a_name_is_refused_or_safe(text: str) -> None:
    try:
        name = clean_name(text)
    except InvalidInput:
        return
    assert 1 <= len(name.encode()) <= 255
    assert name == unicodedata.normalize("NFC", name) == name.strip()
    assert not {"/", "\0"} & set(name)
    assert name not in {".", ".."}
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cs"}
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(name)


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    try:
        name = clean_name(text)
    except InvalidInput:
        return
    assert clean_name(name) == name
    assert name_key(name_key(name)) == name_key(name)


@given(ANY_TEXT)
def test_the_key_of_a_name_fits_its_column(text: str) -> None:
    try:
        assert 1 <= len(name_key(clean_name(text))) <= 1024
    except InvalidInput:
        return


@given(ANY_TEXT)
def test_a_header_is_one_line_of_ascii(text: str) -> None:
    try:
        header = content_disposition(clean_name(text))
    except InvalidInput:
        return
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=200))
def test_a_numbered_name_is_a_good_name_and_free(text: str) -> None:
    try:
        name = clean_name(text)
    except InvalidInput:
        return
    first = numbered_name(name, {name_key(name)})
    second = numbered_name(name, {name_key(name), name_key(first)})
    assert len({name_key(name), name_key(first), name_key(second)}) == 3
    assert clean_name(first) == first


@pytest.mark.parametrize(
    "text",
    [
        "Émile Zölle 患者.pdf",
        "العربية.txt",
        "👩‍⚕️ notes",
        "a\\b",
        "con",
        " x ",
        "\u0646\u0627\u0645\u0647\u200c\u0647\u0627",
    ],
)
def test_any_language_is_welcome(text: str) -> None:
    assert clean_name(text) == unicodedata.normalize("NFC", text.strip())


def test_two_spellings_of_one_name_are_one() -> None:
    assert clean_name("Zo\u0308lle") == clean_name("Z\u00f6lle")


def test_a_trick_shows() -> None:
    assert clean_name("report\u202efdp.exe") == "report\ufffdfdp.exe"
    assert clean_name("two\nlines\ttab") == "two\ufffdlines\ufffdtab"


@pytest.mark.parametrize(("one", "other"), [("A", "a"), ("Straße", "STRASSE"), ("a\u200db", "ab"), ("É", "e\u0301")])
def test_names_that_look_alike_have_one_key(one: str, other: str) -> None:
    assert name_key(clean_name(one)) == name_key(clean_name(other))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.txt", ("a", ".txt")),
        ("a.tar.gz", ("a.tar", ".gz")),
        (".hidden", (".hidden", "")),
        ("none", ("none", "")),
        ("Sentence. And another one", ("Sentence. And another one", "")),
    ],
)
def test_an_extension_is_what_follows_the_last_dot(name: str, parts: tuple[str, str]) -> None:
    assert split_extension(name) == parts


def test_a_long_name_is_cut_to_make_room_for_its_number() -> None:
    numbered = numbered_name("é" * 120 + ".csv", set())
    assert numbered.endswith(" (2).csv")
    assert len(numbered.encode()) <= 255


def test_a_thousand_copies_are_enough() -> None:
    with pytest.raises(Conflict):
        numbered_name("a", {f"a ({number})" for number in range(1000)})


def test_a_text_keeps_its_lines() -> None:
    assert clean_text("a\r\nb\rc\td\u202e ", field="note") == "a\nb\nc\td\ufffd"


def test_a_text_has_a_limit() -> None:
    with pytest.raises(InvalidInput) as refused:
        clean_text("x" * 11, field="note", limit=10)
    assert refused.value.field == "note"
