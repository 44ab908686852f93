"""The same events for people: a printable page, a read-me, and what the other renderings share with them.

Rules enforced
    * the page is self-contained: no script, nothing fetched, every value escaped;
    * memory does not grow with the number of events.

Out of scope: proof. Renderings are covered by the signed manifest of the archive; what is proven is `events.jsonl`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from html import escape
from itertools import islice
from typing import Any

import orjson

from ledger_bridge import events
from ledger_bridge.leaving_out import describe_left_out
from ledger_bridge.sentences import by_token, describe_filters, fill_in
from ledger_bridge.tlog.checkpoint import Checkpoint

Event = Mapping[str, Any]
Names = Mapping[str, Mapping[str, str]]
"""Display names by kind and id."""
HIDDEN = "(hidden)"
_NOTHING: dict[str, Any] = {}
_DETAIL = len("detail.")

NAMED = {
    "actor": "person",
    "person": "person",
    "actor_institution": "institution",
    "workspace": "workspace",
    "item": "item",
}


@dataclass(frozen=True)
class Kind:
    """What the renderings need to know of a kind of event (see `ledger_bridge.events.Event`)."""

    sentence: str = ""
    action: str = "E"
    dicom_code: str = "110100"
    label: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_UNKNOWN = Kind()


def kind_of(event: type[events.Event]) -> Kind:
    """What the renderings need to know of an event."""
    return Kind(event.sentence, event.action, event.dicom_code, event.label, event.words)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the renderings of one export share."""

    checkpoint: Checkpoint
    scope: Mapping[str, Any]
    names: Names
    kinds: Mapping[str, Kind]
    name: str = "trail.zip"
    """What the file of the archive is called."""

    def with_names(self, names: Names) -> "Context":
        """Return the same with these names."""
        return replace(self, names=names)

    def kind_of(self, event: Event) -> Kind:
        """The kind of an event; an unknown one is shown by its dotted name alone."""
        return self.kinds.get(fields_of(event).get("kind", ""), _UNKNOWN)

    def name_of(self, field: str, value: str | None) -> str:
        """The display name behind an id, or nothing."""
        if not value or field not in NAMED:
            return ""
        return self.names.get(NAMED[field], {}).get(value, "")


def fields_of(event: Event) -> dict[str, Any]:
    """Return the fields in clear; an erased event has none."""
    fields: dict[str, Any] = event.get("fields", _NOTHING)
    return fields


def details(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {short: fields[name] for name, short in _detail_names(tuple(fields))}


@lru_cache(maxsize=256)
def _detail_names(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Entries of one kind have the same names, so these are told apart once for all of them."""
    return [(name, name[_DETAIL:]) for name in names if name.startswith("detail.")]


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else compact(value)


def compact(value: Any) -> str:
    return orjson.dumps(value).decode()


_SHORT = 2
_WHOLE_LOG = "  leaves.bin               every leaf of the log, so that its root can be computed again"
_SHORT_LOG = """\
  some-leaves.bin, log-hashes.bin
                           the leaves of these events, the newest leaves, and hashes from them to the root
  spans.jsonl, span-tags.bin
                           what shows from the log's sorted tags that no event is missing, without every leaf"""

_README = """\
This archive holds a trail: events that the log {origin} recorded,
together with everything needed to check them without asking its server.

  events.jsonl             the events; the only member that is proven one by one
{log}
  checkpoint               what the log (and its witnesses) signed: {size} leaves
  policy                   whose signatures count
  scope.json               what was asked for: {asked}
  manifest                 size and SHA-256 of every member, signed by the log
  events.csv, summary.html, fhir-auditevents.ndjson, names.json
                           the same events for reading; covered by the manifest

Left out of the events: {left_out}. Of a field that is left out, events.jsonl
holds a salted hash, which binds whoever exported it to what the field says.

To check it, on any computer with Python 3.11 or newer and the package "cryptography", take the folders
verifier/ and ledger_bridge/tlog/ of Ithaca's source from a place that you trust, not from whoever gave you
this archive; docs/verify.md in the same source explains every line of the report. Then, next to them:

  python -m verifier {name} --policy policy

Take the policy file from somewhere else than this archive: from the institution that runs the
log, or from a witness. The policy in the archive only shows that the archive agrees with itself.
With "--known checkpoint" and a checkpoint that you kept from an earlier day, the verifier also
shows that nothing before that day was changed since.

The verifier answers 0 and says what holds, or 1 and names the first thing that does not.
"""


def readme(context: Context) -> bytes:
    """`README.txt`."""
    checkpoint = context.checkpoint
    text = _README.format(
        origin=checkpoint.origin,
        size=checkpoint.size,
        name=context.name,
        asked=_asked_for(context).replace("\n", " "),
        left_out=_left_out(context),
        log=_SHORT_LOG if context.scope.get("version") == _SHORT else _WHOLE_LOG,
    )
    return text.encode()


NAMED_AT_MOST = 20_000
"""Names are for reading only; an export with more of them than anybody reads shows ids."""


class Tally:
    """Counts events as they pass, keeps the first few, and whom and what they mention."""

    ROWS = 500

    def __init__(self, rows: int | None = None) -> None:
        self._rows = self.ROWS if rows is None else rows
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.first: list[Event] = []
        self.times: tuple[str, str] | None = None
        self.total = 0
        self.mentioned: dict[str, set[str]] = {kind: set() for kind in NAMED.values()}

    def observe(self, events: Sequence[Event]) -> None:
        """Take note of events."""
        fields = [fields_of(event) for event in events]
        self.total += len(events)
        self.kinds.update([one.get("kind", HIDDEN) for one in fields])
        self.outcomes.update([one.get("outcome", HIDDEN) for one in fields])
        self._widen([time for one in fields if (time := one.get("occurred_at"))])
        self.first += events[: max(0, self._rows - len(self.first))]
        for name, kind in NAMED.items():
            self.mentioned[kind].update([value for one in fields if (value := one.get(name))])

    def _widen(self, times: Sequence[str]) -> None:
        if times := [*times, *(self.times or ())]:
            self.times = (min(times), max(times))

    def add(self, other: "Tally") -> None:
        """Take over what was counted elsewhere, after what was counted here."""
        self.total += other.total
        self.kinds += other.kinds
        self.outcomes += other.outcomes
        self.first += other.first[: max(0, self._rows - len(self.first))]
        self._widen(other.times or ())
        for kind, ids in other.mentioned.items():
            room = NAMED_AT_MOST - len(self.mentioned[kind])
            self.mentioned[kind].update(islice(ids, max(0, room)))


class Summary:
    """The printable page: what was counted, and the first few events."""

    LARGEST = 20

    def __init__(self, context: Context, tally: Tally) -> None:
        self._context = context
        self._tally = tally

    def html(self) -> bytes:
        """`summary.html`, after all events have passed."""
        kinds = [(self._label(kind), count) for kind, count in self._tally.kinds.most_common(self.LARGEST)]
        outcomes = [(_in_words(outcome), count) for outcome, count in self._tally.outcomes.most_common()]
        body = [self._head(), _table("Kinds of event", kinds), _table("Outcome", outcomes), self._events()]
        return (_PAGE_TOP + "".join(body) + "</main></body></html>\n").encode()

    def _label(self, kind: str) -> str:
        return self._context.kinds.get(kind, Kind()).label or kind

    def _head(self) -> str:
        checkpoint, scope = self._context.checkpoint, self._context.scope
        first, last = self._tally.times or ("", "")
        facts = {
            "Log": checkpoint.origin,
            "Checkpoint": f"{checkpoint.size} leaves, root {checkpoint.root.hex()}",
            "Events": str(self._tally.total),
            "First": _moment(first),
            "Last": _moment(last),
            "Asked for": _asked_for(self._context),
            "Left out of the events": _left_out(self._context),
            "Is anything missing?": _completeness(scope, self._tally.total, checkpoint.size),
            "Exported": f"{_moment(as_text(scope.get('exported_at')))} by {as_text(scope.get('exported_by'))}",
        }
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
        return f"<h1>Trail</h1><dl>{rows}</dl>"

    def _events(self) -> str:
        rows = [self._row(event) for event in self._tally.first]
        rest = self._tally.total - len(rows)
        note = f"<p>{rest} more are in events.csv.</p>" if rest else ""
        head = "<tr><th>Leaf</th><th>When</th><th>Who</th><th>What</th><th>Outcome</th></tr>"
        return f"<h2>Events</h2><table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>{note}"

    def _row(self, event: Event) -> str:
        fields = fields_of(event)
        actor = fields.get("actor", HIDDEN)
        who = self._context.name_of("actor", actor) or actor or "nobody signed in"
        what = (self._sentence(event) or fields.get("kind", HIDDEN)) + by_token(details(fields))
        cells = (event["index"], _moment(fields.get("occurred_at", HIDDEN)), who, what, _outcome(fields))
        return "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>"

    def _sentence(self, event: Event) -> str:
        kind, fields, context = self._context.kind_of(event), fields_of(event), self._context
        person = context.name_of("person", fields.get("person"))
        names = context.names
        return fill_in(kind.sentence, details(fields), words=kind.words, person=person, names=names, gap=HIDDEN)


def _asked_for(context: Context) -> str:
    filters = context.scope.get("filters")
    return describe_filters(compact(filters), context.names) if filters else "everything that the log holds"


def _left_out(context: Context) -> str:
    groups = (context.scope.get("filters") or {}).get("left_out") or []
    return describe_left_out(groups) if groups else "nothing"


def _completeness(scope: Mapping[str, Any], events: int, leaves: int) -> str:
    """Say what the verifier can show about events that are not here."""
    if scope.get("complete"):
        return "No: the verifier shows that no event about what was asked for is left out."
    if not set(scope.get("filters") or ()) - {"left_out"}:
        return f"The whole log was asked for: {events} of its {leaves} leaves have their event here."
    return "That cannot be shown: what was asked for is a selection. Each event here can still be checked."


def _outcome(fields: Mapping[str, Any]) -> str:
    return _in_words(str(fields.get("outcome", HIDDEN)))


def _in_words(outcome: str) -> str:
    return {"allow": "allowed", "deny": "refused"}.get(outcome, outcome)


def _moment(text: str) -> str:
    """Return a time as people write it, in UTC; what is none as it is."""
    try:
        return f"{datetime.fromisoformat(text):%-d %B %Y, %H:%M:%S} UTC"
    except ValueError:
        return text


def _table(title: str, counts: Iterable[tuple[str, int]]) -> str:
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{count}</td></tr>" for name, count in counts)
    return f"<h2>{escape(title)}</h2><table><tbody>{rows}</tbody></table>"


_PAGE_TOP = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Trail</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #999; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td, dd { overflow-wrap: anywhere; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
</style></head><body><main>
"""
