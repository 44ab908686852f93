"""Hostile files end in "cannot be shown" for themselves, and the next file is drawn as if nothing had been."""

import time

import pytest

from core.errors import IthacaError
from tests.workspaces.viewer import hostile, hostile_tables
from tests.workspaces.viewer.drawing import draw
from tests.workspaces.viewer.hostile import Hostile, endless_pdf, png
from workspaces.viewer.errors import CannotShow

CORPUS = [pytest.param(one, id=one.name) for one in [*hostile.corpus(), *hostile_tables.corpus()]]


@pytest.mark.parametrize("file", CORPUS)
def test_a_hostile_file_is_refused_or_shown_and_nothing_else(file: Hostile) -> None:
    assert file.outcome in {"any", outcome_of(file)}
    assert draw("text", b"next").facts["lines"] == ["next"]


def test_the_corpus_is_as_large_as_was_promised() -> None:
    assert len({one.id for one in CORPUS}) == len(CORPUS) > 140


def outcome_of(file: Hostile) -> str:
    try:
        drawn = draw(file.kind, file.content, file.media_type)
    except CannotShow as error:
        return "refused" if "cannot be shown" in error.sentence else error.sentence
    return (
        "shown"
        if drawn.content_type in {"image/png", "image/webp"} or {"lines", "rows", "nodes"} & set(drawn.facts)
        else "nothing"
    )


def test_a_page_that_never_ends_is_ended_and_not_tried_again() -> None:
    begun = time.monotonic()
    with pytest.raises(CannotShow, match="more time or memory"):
        draw("pdf", endless_pdf())
    assert time.monotonic() - begun < 25
    again = time.monotonic()
    with pytest.raises(CannotShow, match="more time or memory"):
        draw("pdf", endless_pdf())
    assert time.monotonic() - again < 1


def test_a_missing_page_is_said_in_numbers() -> None:
    with pytest.raises(IthacaError, match="There is no page 7: it has 1"):
        draw("image", png(8, 8, bytes(72)), "image/png", 7)


@pytest.mark.parametrize("file", [one for one in CORPUS if one.values[0].kind == "text"])  # type: ignore[union-attr]
def test_text_goes_out_as_text(file: Hostile) -> None:
    lines = draw("text", file.content).facts["lines"]
    assert all(isinstance(line, str) for line in lines)
    assert len("".join(lines)) <= 64 * 1024
