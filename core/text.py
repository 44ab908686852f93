"""Text that people type and others read: nothing in it may make it look like something else."""

import unicodedata

from core.errors import InvalidInput

# Not part of the category "control", but they reorder, hide or break what stands around them.
_DECEPTIVE = frozenset("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff") | {
    chr(code) for start, stop in ((0x202A, 0x202F), (0x2066, 0x2070), (0xE0000, 0xE0080)) for code in range(start, stop)
}


def neutral(text: str) -> str:
    """Return the text with U+FFFD for every deceptive character, so that the trick shows."""
    return "".join("\ufffd" if _is_deceptive(char) else char for char in text)


def plain_line(text: str, *, field: str, empty: str) -> str:
    """Return one line as it is stored: NFC, single spaces.

    Raises:
        InvalidInput: for control and bidirectional characters, and with the sentence `empty` for nothing at all.

    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if any(_is_deceptive(char) for char in line):
        raise InvalidInput("This holds a character that is invisible or turns the text around. Remove it.", field=field)
    if not line:
        raise InvalidInput(empty, field=field)
    return line


def _is_deceptive(char: str) -> bool:
    return char in _DECEPTIVE or unicodedata.category(char) in {"Cc", "Cs"}
