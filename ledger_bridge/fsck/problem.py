"""What does not hold, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    where: str
    what: str
    only_notable: bool = False
    """It may have an innocent reason, which only somebody who was there can know: shown, but nothing fails by it."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
