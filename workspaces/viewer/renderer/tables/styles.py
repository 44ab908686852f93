"""Which cells of a workbook are dates: a number says so only by the format it is shown in."""

import re
from datetime import datetime, timedelta

from workspaces.viewer.renderer.tables.packed import Package

_STYLES, _WORKBOOK = "xl/styles.xml", "xl/workbook.xml"
# Formats that every program knows by number: ECMA-376, part 1, 18.8.30.
_DATES = {14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58}
_TIMES = {18, 19, 20, 21, 32, 33, 45, 46, 47}
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_EPOCH, _EPOCH_OF_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  a workbook has no time zone
_FIRST_SOUND_DAY, _FALSE_LEAP_DAY = 61, 60
_LAST_DAY = 2_957_000  # in the year 9995, so that what is rounded up is still a date
_SECONDS = 86_400


class Styles:
    """`kinds`: for each style by its number whether it shows a "date", a "time", or neither."""

    def __init__(self, kinds: list[str], epoch: datetime) -> None:
        self._kinds = kinds
        self._epoch = epoch

    def shown(self, number: str, style: str) -> str:
        """Return a number as the style shows it: a date as one, others with no more digits than they have."""
        try:
            value = float(number)
            kind = self._kinds[int(style)] if style else ""
        except (ValueError, IndexError):
            return number
        if kind and 0 <= value < _LAST_DAY:
            return self._time(value, kind)
        return f"{value:.15g}"

    def _time(self, value: float, kind: str) -> str:
        days, seconds = divmod(round(value * _SECONDS), _SECONDS)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        if kind == "time" and days == 0:
            return clock
        if self._epoch == _EPOCH and days < _FIRST_SOUND_DAY:
            # Their year 1900 had a 29th of February.
            days = days + 1 if days < _FALSE_LEAP_DAY else days
        day = f"{self._epoch + timedelta(days=days):%Y-%m-%d}"
        return f"{day} {clock}" if seconds else day


def read_styles(package: Package) -> Styles:
    """Read the formats of a workbook, and from which day it counts."""
    custom: dict[int, str] = {}
    used: list[int] = []
    inside: list[str] = []
    epoch = [_EPOCH]

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        if name == "numFmt":
            custom[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and "cellXfs" in inside:
            used.append(_number(attributes.get("numFmtId")))

    def end(name: str) -> None:
        inside.pop()

    def workbook(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
            epoch[0] = _EPOCH_OF_1904

    if package.has(_STYLES):
        package.parse(_STYLES, start=start, end=end, text=_nothing)
    package.parse(_WORKBOOK, start=workbook, end=_nothing, text=_nothing)
    return Styles([_kind(one, custom) for one in used], epoch[0])


def _kind(number: int, custom: dict[int, str]) -> str:
    if number in custom:
        letters = _NOT_LETTERS.sub("", custom[number].partition(";")[0]).lower()
        if letters == "general":
            return ""
        if any(letter in letters for letter in "dy"):
            return "date"
        return "time" if any(letter in letters for letter in "hs") else "date" if "mmm" in letters else ""
    return "date" if number in _DATES else "time" if number in _TIMES else ""


def _number(said: str | None) -> int:
    try:
        return int(said or 0)
    except ValueError:
        return 0


def _nothing(*_: object) -> None:
    """Read past it."""
