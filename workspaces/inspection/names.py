"""Names of entries that would lead out of the folder that an archive is unpacked into."""

import re

from workspaces.inspection.findings import unsafe

# A path of more bytes is in no file system, and only a parser's memory could be meant.
LONGEST = 4096
_DRIVE = re.compile(r"[A-Za-z]:")


def require_inside(name: str) -> None:
    """Refuse a name that leads elsewhere, on whatever system it is unpacked.

    Raises:
        StopLookingError: it does.

    """
    if len(name) > LONGEST or "\0" in name:
        raise unsafe("An entry in it has a name that no system can keep.")
    parts = name.replace("\\", "/").split("/")
    if ".." in (part.strip() for part in parts):
        raise unsafe("An entry in it would be unpacked outside of the folder that is chosen for it (“..” in its name).")
    if parts[0] == "" or _DRIVE.match(name):
        raise unsafe("An entry in it would be unpacked to a fixed place on the disk (its name begins at the root).")
