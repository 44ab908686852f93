"""Every link in the README and the docs to a file of this project leads to one that is there."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def broken(page: Path) -> list[str]:
    links = {link.partition("#")[0] for link in _LINK.findall(page.read_text(encoding="utf-8"))}
    local = {link for link in links if link and "://" not in link and not link.startswith("mailto:")}
    return sorted(link for link in local if not (page.parent / link).exists())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_links_to_files_that_are_there(page: Path) -> None:
    assert broken(page) == []
