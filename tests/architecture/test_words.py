"""Words that promise more than Ithaca keeps do not stand on pages or in documents, except where they are denied."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, named

FORBIDDEN = re.compile(
    r"\b(immutable|immutability|end-to-end|zero[- ]knowledge|unhackable|unbreakable|military[- ]grade|bank[- ]grade"
    r"|certified|tamper-?proof|hipaa[- ]compliant|gdpr[- ]compliant|100 ?% secure)\b",
    re.IGNORECASE,
)
DENIAL = re.compile(r"\b(not|no|nobody|never|neither|nor|nothing|without|isn't|cannot|avoid)\b", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n\s*\n|\n\s*[-*|#]")


def texts() -> list[Path]:
    pages = [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    documents = [path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if path.name != "LICENSE"]
    return sorted([*pages, *documents])


@pytest.mark.parametrize("path", texts(), ids=named)
def test_a_text_promises_nothing_it_cannot_keep(path: Path) -> None:
    sentences = SENTENCE.split(path.read_text(encoding="utf-8"))
    claims = [text.strip() for text in sentences if FORBIDDEN.search(text) and not DENIAL.search(text)]
    assert claims == []


PAGES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if not {"components", "emails"} & set(path.relative_to(ROOT).parts) and path.name != "base.html"
]


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_page_has_a_title(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.search(r"{% block title %}\s*\S", source) or inherits_title(source) or "{% extends" not in source


def inherits_title(source: str) -> bool:
    """True when a page builds on another page that has a title, not on the base."""
    extended = re.search(r'{% extends "([^"]+)" %}', source)
    if extended is None or extended[1] == "base.html":
        return False
    parent = (ROOT / "templates" / extended[1]).read_text(encoding="utf-8")
    return "{% block title %}" in parent
