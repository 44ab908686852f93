"""The switch that stands at every place while the tests run: it takes one away, and remembers which refused anybody."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.mutation.sites import Site


@dataclass
class Switches:
    """Which site is taken away now, and how often each kept something back since somebody last looked."""

    sites: list[Site] = field(default_factory=list)
    away: int = -1
    _refusals: Counter[int] = field(default_factory=Counter)

    def __call__(self, number: int) -> bool:
        """Say whether the site is away. Until `granted` is called, it counts as having refused."""
        self._refusals[number] += 1
        return number == self.away

    def granted(self, number: int) -> None:
        self._refusals[number] -= 1

    def answered(self, number: int, answer: Any) -> Any:
        if answer:
            self.granted(number)
        return answer

    def refusing(self) -> set[int]:
        """Return the sites that refused somebody, and all filters that were passed."""
        return {number for number, count in self._refusals.items() if count > 0}

    def forget(self) -> None:
        self._refusals.clear()
