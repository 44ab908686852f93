"""Progress on standard error, where a person looks on; nothing where a script does."""

import sys
from typing import Any, Self

from tqdm import tqdm


class Bar:
    """Shows how far one file after the other has come."""

    def __init__(self, *, shown: bool | None = None) -> None:
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._bar: tqdm[Any] | None = None

    def begin(self, name: str, size: int) -> None:
        self.end()
        self._bar = tqdm(
            total=size, desc=name, unit="B", unit_scale=True, unit_divisor=1024, disable=not self._shown, leave=True
        )

    def reach(self, position: int) -> None:
        if self._bar is not None:
            self._bar.update(position - self._bar.n)

    def note(self, words: str) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(words)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()
