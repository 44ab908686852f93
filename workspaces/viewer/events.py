"""What happens when somebody looks at a file. That it begins is `version.opened`."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class VersionViewed(Event):
    """`opening` is the entry of its beginning; `seconds` lie between that and the last sign of looking.

    `times` says for about how many seconds a page was shown ("1=40 2=15"), as far as a browser told it (`browser`) or
    the next page was asked for (`requests`). A page that is missing was sent; for how long it was shown is not known.
    """

    kind = "version.viewed"
    label = "Pages viewed"
    sentence = "was shown {pages} of version {number} of “{name}”"
    action = "R"
    dicom_code = "110103"
    name: str
    number: int
    pages: str
    opening: str
    seconds: int
    times: str = ""
    measured: str = ""


@dataclass(frozen=True, kw_only=True)
class VersionPrinted(Event):
    """Whether a printer was there, nobody but the person knows: these pages were made ready for one."""

    kind = "version.printed"
    label = "Pages printed"
    sentence = "was given {pages} of version {number} of “{name}” to print"
    action = "R"
    dicom_code = "110106"
    name: str
    number: int
    pages: str


@dataclass(frozen=True, kw_only=True)
class VersionTextTaken(Event):
    kind = "version.text_taken"
    label = "Text of a page taken"
    sentence = "was given the text of page {page} of version {number} of “{name}”"
    action = "R"
    dicom_code = "110106"
    name: str
    number: int
    page: int


@dataclass(frozen=True, kw_only=True)
class SpotlightSet(Event):
    kind = "spotlight.set"
    label = "Spotlight required or not"
    sentence = "set that pages of “{name}” {required} through the spotlight alone"
    words = {"required": {"yes": "are shown", "no": "need not be shown"}}
    action = "U"
    name: str
    required: str
