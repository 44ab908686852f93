"""Takes files away. What was broken off is continued; a file has its name only when it is whole and the right one."""

import hashlib
import time
from pathlib import Path
from typing import Any

import requests

from ithaca_client.api import Api
from ithaca_client.errors import ClientError, UnreachableError
from ithaca_client.progress import Bar

_BLOCK = 1024 * 1024
_TRIES = 8
_PARTIAL = 206


def download(api: Api, version: dict[str, Any], target: Path, bar: Bar) -> None:
    """Fetch a version and compare it with the hash that the ledger holds.

    Raises:
        ClientError: what came is not what was recorded; nothing is left under the name of the file.

    """
    part = _fetch(api, f"/api/v1/versions/{version['id']}/content/", target, version["size"], bar)
    if _sha256(part) != version["sha256"]:
        part.unlink()
        raise ClientError("What came is not what was recorded; it was thrown away. Tell the operators.")
    part.rename(target)


def hand_over(api: Api, made: dict[str, Any], target: Path, bar: Bar) -> Path:
    """Fetch a sealed file and its receipt, and return where the receipt is. `check` holds one against the other."""
    # What an earlier hand-over left has another header; going on with it would mix two files.
    target.with_name(f"{target.name}.part").unlink(missing_ok=True)
    _fetch(api, made["file"], target, made["size"], bar).rename(target)
    receipt = target.with_name(f"{target.name}.receipt.json")
    receipt.write_bytes(_receipt(api, made["receipt"]))
    return receipt


def _fetch(api: Api, path: str, target: Path, size: int, bar: Bar) -> Path:
    if target.exists():
        raise ClientError(f"{target} is there already. Move it away, or choose another name with --output.")
    part = target.with_name(f"{target.name}.part")
    bar.begin(target.name, size)
    failures = 0
    while not part.exists() or part.stat().st_size < size:
        try:
            _continue(api, path, part, size, bar)
            failures = 0
        except (UnreachableError, requests.RequestException) as error:
            failures += 1
            if failures == _TRIES:
                raise UnreachableError(f"The line broke too often; what came lies in {part}. Try again.") from error
            time.sleep(min(2**failures / 4, 30))
    if part.stat().st_size > size:
        part.unlink()
        raise ClientError("More came than was announced; it was thrown away.")
    return part


def _continue(api: Api, path: str, part: Path, size: int, bar: Bar) -> None:
    """Fetch what is missing, and not a block more than was announced.

    Raises:
        UnreachableError: nothing came.

    """
    held = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={held}-", "Accept": "*/*"} if held else {"Accept": "*/*"}
    with api.ask("GET", path, headers=headers, stream=True) as response:
        again = response.status_code == _PARTIAL
        with part.open("ab" if again else "wb") as file:
            reached = held if again else 0
            for block in response.iter_content(_BLOCK):
                file.write(block)
                reached += len(block)
                bar.reach(reached)
                if reached > size:
                    return
    if reached <= held and reached < size:
        raise UnreachableError("The installation sent nothing.")


def _receipt(api: Api, path: str) -> bytes:
    """Return the receipt, which is there once the log holds the entry: a moment after the hand-over."""
    for _ in range(30):
        try:
            return api.ask("GET", path).content
        except ClientError as error:
            # Its kinds say that waiting does not help, such as a line that broke or a right that is missing.
            if type(error) is not ClientError:
                raise
            waiting = error
            time.sleep(0.5)
    raise waiting


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
