"""Takes trail exports apart and puts them together again, as the two kinds of attacker would."""

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from ledger_bridge.tlog.note import Signer
from ledger_bridge.trail_archive import manifest_text

Event = dict[str, Any]


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def pack(contents: dict[str, bytes]) -> bytes:
    """Zip members with correct checksums: what somebody without the log's key can always do."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def forge(archive: bytes, signer: Signer, **changes: bytes) -> bytes:
    """Change members and sign a new manifest: what the log's operator can do. `_` stands for `.` and `-`."""
    contents = members(archive)
    by_word = {name.replace(".", "_").replace("-", "_"): name for name in contents}
    contents.update({by_word[word]: data for word, data in changes.items()})
    del contents["manifest"]
    listed = {name: (sha256(data).hexdigest(), len(data)) for name, data in contents.items()}
    return pack({**contents, "manifest": signer.sign(manifest_text(listed))})


def events_of(archive: bytes) -> list[Event]:
    return [json.loads(line) for line in members(archive)["events.jsonl"].splitlines()]


def event_lines(events: list[Event]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def edit_events(edit: Callable[[list[Event]], object]) -> Callable[[bytes], dict[str, bytes]]:
    """The change of `events.jsonl` that an edit of its list makes; the number in the scope follows."""

    def change(archive: bytes) -> dict[str, bytes]:
        events = events_of(archive)
        edit(events)
        return {"events_jsonl": event_lines(events), **edit_scope(lambda s: s.update(events=len(events)))(archive)}

    return change


def edit_scope(edit: Callable[[dict[str, Any]], object]) -> Callable[[bytes], dict[str, bytes]]:
    def change(archive: bytes) -> dict[str, bytes]:
        scope = json.loads(members(archive)["scope.json"])
        edit(scope)
        return {"scope_json": json.dumps(scope).encode()}

    return change


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
