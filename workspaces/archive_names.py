"""Names inside a ZIP archive: whatever people called their files, unpacking puts them where they belong.

A name becomes one component of a path, without what a file system or an unpacking program could take for something
else: separators, drive letters, characters and device names that Windows reserves, full stops and spaces at the end.
Two names that would be one file on a system that ignores case are told apart by a number.
"""

import re
from collections.abc import Iterable

from workspaces.names import name_key, numbered_name

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


def safe_component(name: str) -> str:
    """Return a name that every system takes for a plain name in one folder."""
    plain = _FORBIDDEN.sub("_", name)
    stripped = plain.rstrip(". ")
    # What was at the end stays visible, so that "data." and "data" do not look like the same file.
    plain = stripped + "_" * (len(plain) - len(stripped))
    stem = plain.partition(".")[0].rstrip()
    return f"_{plain}" if _RESERVED.fullmatch(stem) or not plain else plain


class Names:
    """Gives out paths that are used once, comparing as systems do that ignore case."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken: set[str] = {name_key(name) for name in reserved}

    def take(self, folder: str, name: str) -> str:
        """Return the path of `name` in a folder whose path was given out before ("" for the top)."""
        component = safe_component(name)
        path = folder + component
        if name_key(path) in self._taken:
            in_folder = {key[len(folder) :] for key in self._taken if key.startswith(name_key(folder))}
            path = folder + numbered_name(component, in_folder)
        self._taken.add(name_key(path))
        return path
