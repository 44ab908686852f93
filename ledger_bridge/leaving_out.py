"""What an export may leave out: groups of fields, of which the verifier then sees salted hashes alone.

Rules enforced
    * whoever acted is hidden together with everything that tells two of their entries from others': the institution,
      the stream, the account that ran a command, the personal token of a program;
    * a detail in which a hidden value of the same entry stands is hidden with it.

Out of scope: what an entry says about somebody else. Whom it concerns is not who acted, and stays.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger_bridge.events import BY_TOKEN

_DETAIL = "detail."


@dataclass(frozen=True)
class Group:
    """Fields that are left out together."""

    label: str
    fields: frozenset[str] = frozenset()
    prefix: str | None = None

    def holds(self, name: str) -> bool:
        return name in self.fields or (self.prefix is not None and name.startswith(self.prefix))


ACTOR = "actor"
DETAILS = "details"
ASKED_WHO_ACTED = (
    "Who acted cannot be left out of the trail of a person or an institution: what was asked for says it already."
)
GROUPS: dict[str, Group] = {
    ACTOR: Group(
        "who acted", frozenset({"actor", "actor_institution", "actor_stream", "detail.operator", _DETAIL + BY_TOKEN})
    ),
    "source": Group("source address and request id", frozenset({"source_address", "request_id"})),
    "purpose": Group("purpose", frozenset({"purpose"})),
    DETAILS: Group("details", prefix=_DETAIL),
}


def describe_left_out(groups: Iterable[str]) -> str:
    """Return the groups in words; one that is not known is shown by its name."""
    return ", ".join(GROUPS[one].label if one in GROUPS else one for one in groups)


def names_left_out(fields: Mapping[str, Any], groups: Iterable[str]) -> frozenset[str]:
    """Return the names of the fields of an entry that these groups hide."""
    wanted = [GROUPS[one] for one in groups]
    named = {name for name in fields if any(group.holds(name) for group in wanted)}
    telling = [str(fields[name]) for name in named if fields[name] and not name.startswith(_DETAIL)]
    return frozenset(named | {name for name in fields if name.startswith(_DETAIL) and _tells(fields[name], telling)})


def _tells(value: Any, hidden: list[str]) -> bool:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return any(one in text for one in hidden)
