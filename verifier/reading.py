"""Reads `events.jsonl` line by line, on every processor when there is enough to do.

Most of the time of a verification goes into decoding lines and hashing their fields, and a line needs nothing but
itself. Results come back in the order of the file, and only a few batches are under way at a time.
"""

import gc
import io
import multiprocessing
import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from verifier.events import Digest, EventReader
from verifier.report import MismatchError
from verifier.scope import Scope

_LONGEST_LINE = 1 << 20
_BATCH_SIZE = 1 << 20
_WORTH_SHARING = 20_000  # events; below this, starting processes costs more than it saves
_MOST_WORKERS = 3  # each takes about 35 MB

Batch = tuple[int, bytes]
"""The number of the first line, and whole lines."""

_readers: list[EventReader] = []


def read_events(member: io.BufferedReader, scope: Scope) -> Generator[Digest, None, None]:
    """Yield what every line demands of its leaf, in order.

    Raises:
        MismatchError: a line cannot be read or contradicts itself.

    """
    workers = min(os.cpu_count() or 1, _MOST_WORKERS)
    if scope.events < _WORTH_SHARING or workers == 1:
        reader = EventReader(scope)
        for batch in _batches(member):
            yield from _read(reader, batch)
    else:
        yield from _read_in_processes(member, scope, workers)


def _read_in_processes(member: io.BufferedReader, scope: Scope, workers: int) -> Iterator[Digest]:
    # "spawn" behaves alike on every system and copies no state that a child should not have.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _start_worker, (scope,)) as pool:
        under_way: deque[Future[list[Digest]]] = deque()
        try:
            for batch in _batches(member):
                under_way.append(pool.submit(_work, batch))
                if len(under_way) > 2 * workers:
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker(scope: Scope) -> None:
    # Lines become trees without cycles; looking for cycles among them would take a tenth of the time.
    gc.disable()
    _readers.append(EventReader(scope))


def _work(batch: Batch) -> list[Digest]:
    return _read(_readers[0], batch)


def _read(reader: EventReader, batch: Batch) -> list[Digest]:
    first, data = batch
    lines = data.split(b"\n")[:-1]
    for number, line in enumerate(lines, start=first):
        if len(line) >= _LONGEST_LINE:
            raise _endless(number)
    return [reader.read(line, number) for number, line in enumerate(lines, start=first)]


def _batches(member: io.BufferedReader) -> Iterator[Batch]:
    first, rest = 1, b""
    waiting: Batch | None = None
    while block := member.read(_BATCH_SIZE):
        end = block.rfind(b"\n") + 1
        if not end:
            if len(rest) >= _LONGEST_LINE:
                break
            rest += block
            continue
        if waiting:
            yield waiting
        waiting = first, rest + block[:end]
        rest = block[end:]
        first += waiting[1].count(b"\n")
    if rest:
        raise _endless(first)
    if waiting:
        yield waiting


def _endless(number: int) -> MismatchError:
    return MismatchError("it has no end", member="events.jsonl", line=number)
