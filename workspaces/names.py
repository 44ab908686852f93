"""Names that people give: kept as they were typed, as far as that is safe.

Any Unicode is welcome. A character that can make a name look like another one (control and bidirectional characters) is
replaced by U+FFFD, so that the trick shows; "/" and NUL, which no file system keeps, are refused with a sentence.
"""

import re
import unicodedata
from collections.abc import Container
from urllib.parse import quote, unquote_to_bytes

from core.errors import Conflict, InvalidInput
from core.text import neutral

MAX_NAME_BYTES = 255
_MAX_TEXT = 4000
# The limit counts bytes, as file systems do; people count letters, and those outside ASCII take two to four.
_TOO_LONG = (
    f"This name is too long. About {MAX_NAME_BYTES} letters fit, fewer with accents or of other scripts. Shorten it."
)

_CHARSET = "UTF-8''"
_NOT_ENCODED = "Send the name of the file as percent-encoded UTF-8 (RFC 8187)."
_PERCENT_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2}|[ !-$&-~])*")
_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029]")


def clean_name(text: str, *, field: str = "name") -> str:
    """Return the name as it is stored: NFC, without outer white space, nothing deceptive in it.

    Raises:
        InvalidInput: with the sentence that says why it cannot be a name.

    """
    name = unicodedata.normalize("NFC", neutral(unicodedata.normalize("NFC", text.strip()))).strip()
    if not name_key(name):
        raise InvalidInput("Give a name.", field=field)
    if "/" in name or "\0" in text:
        raise InvalidInput("A name cannot contain “/” or the character NUL.", field=field)
    if name in {".", ".."}:
        raise InvalidInput("“.” and “..” mean folders everywhere; choose another name.", field=field)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidInput(_TOO_LONG, field=field)
    return name


def name_key(name: str) -> str:
    """Return what must be unique in a folder: names that differ in case or in invisible characters are one name."""
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).casefold())


def clean_text(text: str, *, field: str, limit: int = _MAX_TEXT) -> str:
    """Return a text of several lines as it is stored: NFC, unix line ends, nothing deceptive in it."""
    lines = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text)).split("\n")
    cleaned = "\n".join("\t".join(neutral(cell) for cell in line.split("\t")) for line in lines).strip()
    if len(cleaned) > limit:
        raise InvalidInput(f"This text is too long: at most {limit} characters.", field=field)
    return cleaned


def name_from_header(value: str) -> str:
    """Return the name that a header carries as percent-encoded UTF-8, with or without RFC 8187's charset in front.

    Raises:
        InvalidInput: when it is not that; what the name may be is decided by `clean_name`.

    """
    encoded = value[len(_CHARSET) :] if value[: len(_CHARSET)].upper() == _CHARSET else value
    if not _PERCENT_ENCODED.fullmatch(encoded):
        raise InvalidInput(_NOT_ENCODED, field="name")
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise InvalidInput(_NOT_ENCODED, field="name") from None


def numbered_name(name: str, taken: Container[str]) -> str:
    """Return "name (2).ext", or the next number whose key is not among the `taken` keys.

    Raises:
        Conflict: after a thousand copies.

    """
    stem, extension = split_extension(name)
    for number in range(2, 1000):
        end = f" ({number}){extension}"
        candidate = _cut(stem, MAX_NAME_BYTES - len(end.encode())) + end
        if name_key(candidate) not in taken:
            return candidate
    raise Conflict("There are too many copies of this name already; choose another name.")


def split_extension(name: str) -> tuple[str, str]:
    """Return ("scan.nii", ".gz") for "scan.nii.gz"; a name that starts with its only dot has no extension."""
    stem, dot, extension = name.rpartition(".")
    if not stem or not re.fullmatch(r"\w{1,16}", extension):
        # What follows the full stop of a sentence is not an extension.
        return name, ""
    return stem, dot + extension


def content_disposition(name: str) -> str:
    """Return the header of a download, its name in ASCII for old programs and in UTF-8 for others (RFC 6266)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%;' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip()
