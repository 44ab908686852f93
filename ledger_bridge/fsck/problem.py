"""What does not hold, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
