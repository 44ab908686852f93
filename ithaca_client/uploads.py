"""Brings files in by tus 1.0, so that a broken line costs the last chunk and no more.

What was begun is known to the installation: the same file, sent to the same place again, is continued, also from
another machine.
"""

import base64
import hashlib
import time
from pathlib import Path
from typing import Any, BinaryIO

from ithaca_client.api import Api, in_options
from ithaca_client.errors import ClientError, UnreachableError
from ithaca_client.places import Place
from ithaca_client.progress import Bar

_TUS = {"Tus-Resumable": "1.0.0"}
_TRIES = 8
_CHECK_EVERY = 1.0


def upload(api: Api, path: Path, place: Place, *, on_conflict: str, chunk: int, bar: Bar) -> dict[str, Any]:
    """Send one file and return what became of it.

    Raises:
        ClientError: the file changed while it was read, its name is taken, or the installation refused it.

    """
    with path.open("rb") as file:
        begun = _unfinished(api, path, place) or _begin(api, path, place, on_conflict)
        bar.begin(path.name, _size(path))
        _send(api, begun, file, _size(path), chunk, bar)
    return _done(api, begun, bar)


def _unfinished(api: Api, path: Path, place: Place) -> str | None:
    """Return the address of an upload of this very file to this very place that was broken off."""
    told = {"name": path.name, "size": _size(path), "modified": _modified(path), "state": "receiving"}
    for one in api.get(f"/api/v1/workspaces/{place.workspace['id']}/uploads/"):
        where = one["place"] or None
        if where == place.folder and all(one[field] == value for field, value in told.items()):
            return f"/api/v1/uploads/{one['id']}/"
    return None


def _begin(api: Api, path: Path, place: Place, on_conflict: str) -> str:
    said = {"filename": path.name, "modified": str(_modified(path)), "on_conflict": on_conflict}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    headers = {**_TUS, "Upload-Length": str(_size(path)), "Upload-Metadata": metadata}
    where = f"/api/v1/workspaces/{place.workspace['id']}/uploads/"
    answer = api.ask("POST", where, headers=headers, params={"folder": place.folder} if place.folder else None, tries=1)
    return answer.headers["Location"]


def _send(api: Api, begun: str, file: BinaryIO, size: int, chunk: int, bar: Bar) -> None:
    offset, failures = _offset(api, begun), 0
    while offset < size:
        bar.reach(offset)
        file.seek(offset)
        piece = file.read(min(chunk, size - offset))
        if not piece:
            raise ClientError("The file became shorter while it was read. What arrived stays for a while; try again.")
        try:
            offset = _send_piece(api, begun, offset, piece)
            failures = 0
        except UnreachableError:
            failures += 1
            if failures == _TRIES:
                raise
            time.sleep(min(2**failures / 4, 30))
            offset = _offset(api, begun)
    bar.reach(size)


def _send_piece(api: Api, begun: str, offset: int, piece: bytes) -> int:
    checksum = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    headers = {
        **_TUS,
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {checksum}",
        "Content-Type": "application/offset+octet-stream",
    }
    return int(api.ask("PATCH", begun, headers=headers, data=piece, tries=1).headers["Upload-Offset"])


def _offset(api: Api, begun: str) -> int:
    return int(api.ask("HEAD", begun, headers=_TUS).headers["Upload-Offset"])


def _done(api: Api, begun: str, bar: Bar) -> dict[str, Any]:
    """Wait until the installation has read everything once more, and return what it says."""
    while (said := api.get(begun))["state"] in {"receiving", "checking"}:
        bar.note("the installation checks it")
        time.sleep(_CHECK_EVERY)
    if said["state"] == "done":
        return dict(said)
    if said["choices"]:
        raise ClientError(f"The name is taken by now. The bytes arrived and wait.{in_options(said['choices'])}")
    raise ClientError(said["error"] or "The upload failed; nothing was stored.")


def _size(path: Path) -> int:
    return path.stat().st_size


def _modified(path: Path) -> int:
    return int(path.stat().st_mtime * 1000)
