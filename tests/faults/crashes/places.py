"""Where a process of the ledger can be let die, read from the source itself."""

import re

from tests.stack import ROOT

_PLACE = re.compile(r'\breach\("([^"]+)"\)')


def places(folder: str, names: str = "*.py") -> list[str]:
    """Return all places in a folder, or in those of its files, as the source names them."""
    files = (path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob(names))
    return sorted({place for text in files for place in _PLACE.findall(text)})
