"""The privileges of the two database roles of a hospital's installation, as SQL.

The web role records and reads: it may add entries, never change one, and it cannot write leaves, tiles or checkpoints.
The sequencer role writes the log and cannot add entries. Neither owns a table, so neither can take a trigger away, and
both reach partitions only through the table of entries.
"""

from dataclasses import dataclass

_APPEND_ONLY = ("entry", "leaf", "tile", "checkpoint", "cosignature", "publication")
_CHANGING = ("outbox", "stream", "ledgerkey", "treestate", "logkey", "witnessstanding", "feedposition")
_READ = (*_APPEND_ONLY, *_CHANGING, "quarantine", "codesbegin", "erasedstream", "keydatabasemark")

WEB = {
    "entry": "INSERT",
    "outbox": "INSERT",
    "stream": "INSERT",
    "ledgerkey": "INSERT, UPDATE (wrapped_key)",
    "cosignature": "INSERT",
    "erasedstream": "INSERT, UPDATE (destroyed_at)",
    "keydatabasemark": "INSERT",
}
_ANCHORS = ("anchor", "anchorturn", "erasure", "legalhold", "rollingcheck", "tagfile")
SEQUENCER = {
    "leaf": "INSERT",
    "tile": "INSERT",
    "checkpoint": "INSERT",
    "cosignature": "INSERT",
    "publication": "INSERT",
    "witnessstanding": "INSERT, UPDATE",
    "outbox": "DELETE",
    "stream": "UPDATE (length)",
    "treestate": "INSERT, UPDATE",
    "logkey": "INSERT",
    "feedposition": "INSERT, UPDATE",
    "quarantine": "INSERT",
    "keydatabasemark": "INSERT",
}
_MAKE_PARTITIONS = "ledger_make_partitions(text, integer)"
_NUMBERED = ("tile", "logkey", "quarantine")


@dataclass(frozen=True)
class Roles:
    web: str
    sequencer: str


def statements(roles: Roles) -> list[str]:
    """Return what the owner of the tables has to run once the roles exist. Safe to run again."""
    web, sequencer = _quote(roles.web), _quote(roles.sequencer)
    return [
        *(f"REVOKE ALL ON {_table(name)} FROM PUBLIC, {web}, {sequencer};" for name in _READ),
        *(f"GRANT SELECT ON {_table(name)} TO {web}, {sequencer};" for name in _READ),
        *(f"REVOKE ALL ON {_table(name)} FROM PUBLIC, {web}, {sequencer};" for name in _ANCHORS),
        *(f"GRANT SELECT ON {_table(name)} TO {sequencer};" for name in _ANCHORS),
        *(f"GRANT SELECT, INSERT, UPDATE ON {_table(name)} TO {web};" for name in _ANCHORS),
        f"GRANT USAGE ON SEQUENCE {_table('anchor')}_id_seq, {_table('tagfile')}_id_seq TO {web};",
        *(f"GRANT {rights} ON {_table(name)} TO {web};" for name, rights in WEB.items()),
        *(f"GRANT {rights} ON {_table(name)} TO {sequencer};" for name, rights in SEQUENCER.items()),
        f"REVOKE ALL ON FUNCTION {_MAKE_PARTITIONS} FROM PUBLIC, {web}, {sequencer};",
        f"GRANT EXECUTE ON FUNCTION {_MAKE_PARTITIONS} TO {sequencer};",
        f"GRANT USAGE ON SEQUENCE {_table('outbox')}_id_seq, {_table('stream')}_id_seq TO {web};",
        f"GRANT USAGE ON SEQUENCE {_table('cosignature')}_id_seq TO {web}, {sequencer};",
        f"GRANT USAGE ON SEQUENCE {', '.join(_table(name) + '_id_seq' for name in _NUMBERED)} TO {sequencer};",
    ]


def _table(name: str) -> str:
    return f"ledger_bridge_{name}"


def _quote(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
