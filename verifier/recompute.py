"""`python -m verifier.recompute TRAIL… --leaves FILE`: make the tag files that trails in short form rest on again.

FILE holds the leaves of the same log, from the first on: another export that carries all of them, or the leaves one
after the other, 97 bytes each. Trail and leaves must have the same root, so it does not matter where they come from.
Several trails of one log are compared, with leaves or without: no two may take different roots for the same span.

Exit status: 0 every root that a trail takes from the log is the one that its leaves give, and no two differ; 1 one
does, or the leaves are not those of a trail; 2 unusable input. That a trail itself holds is for `python -m verifier`.
"""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.entry import LEAF_SIZE
from ledger_bridge.tlog.errors import TlogError
from ledger_bridge.tlog.merkle import Frontier, leaf_hash
from ledger_bridge.tlog.note import parse
from ledger_bridge.tlog.tags import Span, root_from_leaves
from verifier.archive import Archive
from verifier.report import MismatchError, UnusableError, printable
from verifier.scope import SHORT, parse_scope
from verifier.spans import NamedSpan, Roots, read_spans

_AT_ONCE = 4096


def main(arguments: Sequence[str] | None = None) -> int:
    """Derive every root and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m verifier.recompute", description="Check tag files, offline.")
    parser.add_argument("trails", type=Path, nargs="+", metavar="trail", help="a trail export in short form")
    parser.add_argument("--leaves", type=Path, help="an export with every leaf, or leaves alone")
    options = parser.parse_args(arguments)
    if options.leaves is None and len(options.trails) == 1:
        parser.error("give --leaves to hold one trail against, or another trail of the same log")
    try:
        opened = [(path, *_read_trail(path)) for path in options.trails]
        _compare_with_each_other(opened)
        for _, checkpoint, spans in opened if options.leaves else []:
            _compare_with_leaves(checkpoint, spans, options.leaves)
    except UnusableError as unusable:
        print(f"verifier: {unusable}", file=sys.stderr)
        return 2
    except MismatchError as mismatch:
        print(f"DOES NOT HOLD: {printable(str(mismatch))}")
        return 1
    return 0


def _compare_with_each_other(opened: Sequence[tuple[Path, Checkpoint, list[NamedSpan]]]) -> None:
    origin = opened[0][1].origin
    roots = Roots(origin)
    for path, checkpoint, spans in opened:
        if checkpoint.origin != origin:
            raise UnusableError(f"{path} is of another log than {opened[0][0]}.")
        for one in spans:
            one.note(roots)
    if len(opened) > 1:
        print(f"No two of the {len(opened)} trails take different roots for the same span from the log.")


def _compare_with_leaves(checkpoint: Checkpoint, spans: Sequence[NamedSpan], leaves: Path) -> None:
    with ExitStack() as opened:
        source = _Leaves(leaves, opened)
        if source.root(checkpoint.size) != checkpoint.root:
            raise MismatchError(f"{leaves.name} does not begin with the {checkpoint.size} leaves of the trail's log")
        for one in spans:
            if root_from_leaves(one.span, partial(source.read, one.span)) != one.root:
                where = f"leaves {one.span.first} to {one.span.end - 1}"
                raise MismatchError(f"the tags of {where} have another root than the log names")
            print(f"The tags of leaves {one.span.first} to {one.span.end - 1} have the root that the log names.")
    print(f"The {len(spans)} tag files that this trail rests on are right.")


def _read_trail(path: Path) -> tuple[Checkpoint, list[NamedSpan]]:
    with Archive(path) as archive:
        if archive.version != SHORT:
            raise UnusableError(f"{path} carries every leaf itself, so it rests on no tag files.")
        try:
            checkpoint = Checkpoint.parse(parse(archive.read("checkpoint")).text)
        except TlogError as error:
            raise MismatchError(str(error), member="checkpoint") from error
        scope = parse_scope(archive.read("scope.json"), checkpoint.size, SHORT)
        end = scope.tail or 0 if scope.streams else 0
        return checkpoint, read_spans(archive.read("spans.jsonl"), origin=checkpoint.origin, tail=end)


class _Leaves:
    """The leaves of a log, in an export or in a file of their own."""

    def __init__(self, path: Path, opened: ExitStack) -> None:
        try:
            file = opened.enter_context(path.open("rb"))
        except OSError as error:
            raise UnusableError(f"{path} cannot be read: {error.strerror}.") from error
        self._archive = opened.enter_context(Archive(path)) if file.read(2) == b"PK" else None
        self._file: BinaryIO = file
        if self._archive and self._archive.version == SHORT:
            raise UnusableError(f"{path} does not carry every leaf.")

    def root(self, size: int) -> bytes:
        frontier = Frontier()
        for chunk in self._read(0, size):
            frontier.append_many(leaf_hash(chunk[at : at + LEAF_SIZE]) for at in range(0, len(chunk), LEAF_SIZE))
        return frontier.root() if frontier.size == size else b""

    def read(self, span: Span) -> Iterator[bytes]:
        return self._read(span.first, span.leaves)

    def _read(self, first: int, count: int) -> Iterator[bytes]:
        file: BinaryIO | io.BufferedReader = self._archive.open("leaves.bin") if self._archive else self._file
        file.seek(first * LEAF_SIZE) if file is self._file else _skip(file, first * LEAF_SIZE)
        while count and (chunk := file.read(min(count, _AT_ONCE) * LEAF_SIZE)):
            yield chunk[: len(chunk) - len(chunk) % LEAF_SIZE]
            count -= len(chunk) // LEAF_SIZE


def _skip(file: BinaryIO | io.BufferedReader, size: int) -> None:
    while size:
        size -= len(file.read(min(size, 1 << 20))) or size


if __name__ == "__main__":
    sys.exit(main())
