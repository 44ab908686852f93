"""What a verification found, for people and for programs; and the two ways in which it can end early."""

import json
from dataclasses import asdict, dataclass, field


class UnusableError(Exception):
    """There is nothing here that could be verified: wrong file, wrong use. Says nothing about the log."""


class MismatchError(Exception):
    """Something does not hold. `where` names the place: member, line, event, field, leaf, as far as known."""

    def __init__(self, sentence: str, **where: str | int) -> None:
        super().__init__(sentence)
        self.where = where

    def __str__(self) -> str:
        """Place and sentence, on one line."""
        place = ", ".join(f"{name} {value}" for name, value in self.where.items())
        return f"{place}: {self.args[0]}" if place else str(self.args[0])


@dataclass
class Report:
    """Whose word was checked against, what passed, what it means, what it cannot tell, and what failed."""

    file: str
    subject: str = ""
    against: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    meaning: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    failure: str | None = None
    where: dict[str, str | int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing failed."""
        return self.failure is None

    def held_against(self, sentence: str) -> None:
        """Note somebody whose word the checks were held against."""
        self.against.append(sentence)

    def conclude(self, sentence: str) -> None:
        """Note what follows from what was checked."""
        self.meaning.append(sentence)

    def passed(self, sentence: str) -> None:
        """Note something that was checked and holds."""
        self.checks.append(sentence)

    def limit(self, sentence: str) -> None:
        """Note something that this verification cannot tell."""
        self.limits.append(sentence)

    def fail(self, mismatch: MismatchError) -> None:
        """Note the first thing that does not hold."""
        self.failure = str(mismatch)
        self.where = dict(mismatch.where)
        self.meaning = []

    def as_text(self) -> str:
        """The report for a person."""
        lines = [printable(f"{self.file}: {self.subject}").rstrip(": "), ""]
        lines += _section("Checked against:", "=", self.against)
        lines += _section("Checked and holding:", "+", self.checks)
        if self.failure:
            bad = f"  - {printable(self.failure)}"
            return "\n".join([*lines, "DOES NOT HOLD:", bad, "", "Do not rely on this file.", ""])
        lines += _section("What that means:", "*", self.meaning)
        lines += _section("What this cannot tell:", "?", self.limits)
        return "\n".join([*lines, "Everything that was checked holds.", ""])

    def as_json(self) -> str:
        """The report for a program."""
        return json.dumps({"holds": self.holds, **asdict(self)}, ensure_ascii=False, indent=2) + "\n"


def _section(title: str, mark: str, sentences: list[str]) -> list[str]:
    return [title, *(f"  {mark} {printable(one)}" for one in sentences), ""] if sentences else []


def printable(text: str) -> str:
    """Names come from the file under suspicion: they must not move the cursor or write lines of their own."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)
