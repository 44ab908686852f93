"""How long a page of the viewer takes, and what readers notice while somebody opens something hostile.

    python -m bench.viewer [--rounds N]

Pages are drawn by the warm process and its locked-in children as in a web worker, from bytes in memory; the database
and the opening of segments, which `bench.files` measures, are not in it. Percentiles over all rounds after a warm-up.
"""

import argparse
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from bench import viewer_tables
from bench.report import Row, write
from bench.viewer_tables import PARQUET, ROWS, XPT
from core.errors import Unavailable
from workspaces.viewer.drawing import Job, Renderer
from workspaces.viewer.errors import CannotShow

SAMPLES = Path(__file__).resolve().parents[1] / "walkthrough"
STAMP = ["Inês Ferreira-Lindqvist · Hospital Pediátrico Santa Aurélia", "2026-11-29 05:41 UTC · entry 0191f5e2"]
READERS = 50
READS_FOR = 8.0
"""Seconds that a reader looks at a page before turning it."""


def main() -> None:
    """Measure, print the table and write `bench/results/viewer.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    own = Renderer()
    form = (SAMPLES / "forms" / "consent-form.pdf").read_bytes()
    scan = (SAMPLES / "images" / "CT_small.dcm").read_bytes()
    tables = {"CSV": ("text/csv", viewer_tables.text()), "XPT": (XPT, viewer_tables.transport())}
    tables["Parquet"] = (PARQUET, viewer_tables.parquet())

    def rows_of(content: bytes, media_type: str, page: int) -> Callable[[], None]:
        return lambda: _draw(own, Job("table", media_type, len(content), page, stamp=STAMP), content)

    def of(kind: str, content: bytes) -> Callable[[], None]:
        return lambda: _draw(own, Job(kind, "", len(content), 1, stamp=STAMP), content)

    draw_form = of("pdf", form)
    rows = [
        Row.at_most("first page of a PDF form, p95", _p(95, _times(draw_form, rounds)), "ms", 300),
        Row.at_most("CT slice with a window, p95", _p(95, _times(of("dicom", scan), rounds)), "ms", 150),
        *[
            row
            for name, (kind, content) in tables.items()
            for row in _table(own, name, partial(rows_of, content, kind), rounds)
        ],
        *_beside_something_hostile(own, form, rounds),
    ]
    own.stop()
    write("viewer", rows, settings={"rounds": rounds, "readers": READERS})


def _draw(own: Renderer, job: Job, content: bytes, person: object = None) -> None:
    reader = person or threading.get_ident()
    # Whoever is turned away because of others has waited for nothing; their time counts like that of a page.
    with suppress(Unavailable):
        own.draw(job, lambda at, size: content[at : at + size], person=reader, document=id(content))


def _times(draw: Callable[[], None], rounds: int) -> list[float]:
    draw()
    return [_time(draw) for _ in range(rounds)]


def _time(draw: Callable[[], None]) -> float:
    begun = time.perf_counter()
    draw()
    return (time.perf_counter() - begun) * 1000


def _p(percent: int, times: list[float]) -> float:
    return sorted(times)[max(-(-len(times) * percent // 100) - 1, 0)]


def _table(own: Renderer, name: str, of_page: Callable[[int], Callable[[], None]], rounds: int) -> list[Row]:
    """Measure the first and the last rows, and the memory that the first ones take."""
    first, last = of_page(1), of_page(ROWS // 100)
    taken = [_p(95, _times(first, rounds)), _p(50, _times(last, 5))]
    parent = own.process or 0
    plain = viewer_tables.memory(parent, lambda: _draw(own, Job("text", "", 1, 1, stamp=STAMP), b"x"))
    more = [viewer_tables.memory(parent, draw) - plain for draw in (first, last)]
    return [
        Row.at_most(f"first rows of a million in {name}, p95", taken[0], "ms", 500),
        Row(f"last rows of a million in {name}, median of five", taken[1], "ms"),
        Row.at_most(f"memory that the first rows in {name} take beyond plain text", more[0], "MiB", 64),
        Row.at_most(f"memory that the last rows in {name} take beyond plain text", more[1], "MiB", 64),
    ]


def _beside_something_hostile(own: Renderer, form: bytes, rounds: int) -> list[Row]:
    """Let fifty readers turn pages, alone and while one person asks for a page that never ends."""
    job = Job("pdf", "application/pdf", len(form), 1, stamp=STAMP)
    alone = _readers(own, job, form, rounds)
    stop = threading.Event()
    attacker = threading.Thread(target=_attack, args=(own, stop))
    attacker.start()
    beside = _readers(own, job, form, rounds)
    stop.set()
    attacker.join()
    ratio = _p(99, beside) / _p(99, alone)
    return [
        Row(f"page among {READERS} readers, p99", _p(99, alone), "ms"),
        Row(
            "the same while something hostile is drawn, p99",
            _p(99, beside),
            "ms",
            peer="without it",
            peer_value=_p(99, alone),
            ratio=ratio,
            target="≤ 2 x",
            met=ratio <= 2,
        ),
    ]


def _readers(own: Renderer, job: Job, form: bytes, rounds: int) -> list[float]:
    """Return the times of pages that fifty people ask for, one after the other and each with a pause."""
    times: list[float] = []

    def read(number: int) -> None:
        time.sleep(number / READERS * READS_FOR)
        for _ in range(max(rounds // 10, 1)):
            time.sleep(READS_FOR)
            times.append(_time(lambda: _draw(own, job, form, f"reader {number}")))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _attack(own: Renderer, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        content = endless_pdf(number)
        try:
            _draw(own, Job("pdf", "application/pdf", len(content), 1, stamp=STAMP), content, "attacker")
        except CannotShow:
            continue


def endless_pdf(number: int) -> bytes:
    """Return a page that draws a form ten times, which draws a form ten times, and so on; another for each number."""
    names = [b"/Resources<</XObject<</X %d 0 R>>>>" % (form + 5) for form in range(40)]
    content = b"/X Do 0 0 9 9 re f " * 10
    head = b"%%PDF-1.4\n%% %d\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" % number
    page = b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    page += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R%s>>endobj\n" % names[0]
    page += b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (len(content), content)
    forms = b"\n".join(
        b"%d 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 99 99]%s/Length %d>>stream\n%s\nendstream endobj"
        % (at + 4, names[at], len(content), content)
        for at in range(1, 40)
    )
    return head + page + forms + b"\ntrailer<</Root 1 0 R>>"


if __name__ == "__main__":
    main()
