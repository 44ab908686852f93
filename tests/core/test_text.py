"""Text that people type and others read."""

import pytest

from core.errors import InvalidInput
from core.text import neutral, plain_line


def test_a_deceptive_character_is_made_visible() -> None:
    assert neutral("exe\u202etxt") == "exe\ufffdtxt"


def test_spaces_are_single() -> None:
    assert plain_line("  Anna \u00a0 Lena\n", field="name", empty="Name") == "Anna Lena"


def test_nothing_is_not_a_line() -> None:
    with pytest.raises(InvalidInput, match="Say it"):
        plain_line(" \n ", field="name", empty="Say it.")
