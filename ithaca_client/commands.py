"""The commands: each takes the parsed options and returns what it did, for a person and for `--json`."""

import argparse
import getpass
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ithaca_client.api import Api
from ithaca_client.downloads import download as fetch
from ithaca_client.downloads import hand_over as fetch_sealed
from ithaca_client.errors import ClientError, NotFoundError, UsageError
from ithaca_client.places import find_file, find_place, listed
from ithaca_client.progress import Bar
from ithaca_client.session import Session, current_session, forget_session, require_url
from ithaca_client.uploads import upload as send


@dataclass(frozen=True)
class Done:
    """`data` is what `--json` prints, `lines` what a person reads, `failures` how many of several things failed."""

    data: Any
    lines: list[str] = field(default_factory=list)
    failures: int = 0


def login(options: argparse.Namespace) -> Done:
    url = require_url(options.url)
    token = (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    session = Session(url, token)
    me = Api(session).get("/api/v1/me/")
    return Done(me, [f"Signed in to {url} as {me['name']}; kept in {session.save()}."])


def logout(options: argparse.Namespace) -> Done:
    forget_session()
    return Done({}, ["The token is forgotten here. Revoke it under “Tokens for programs” if nobody needs it any more."])


def whoami(options: argparse.Namespace) -> Done:
    session = current_session()
    me = Api(session).get("/api/v1/me/")
    return Done({**me, "url": session.url}, [f"{me['name']} <{me['email']}> at {session.url}"])


def ls(options: argparse.Namespace) -> Done:
    api = Api(current_session())
    if not options.path:
        rows = list(api.all("/api/v1/workspaces/"))
        return Done(rows, [row["name"] + "/" for row in rows])
    place = find_place(api, options.path)
    rows = [place.item] if place.is_file and place.item else list(listed(api, place))
    return Done(rows, [_line(row) for row in rows])


def mkdir(options: argparse.Namespace) -> Done:
    api = Api(current_session())
    above, _, name = options.path.strip("/").rpartition("/")
    if not above:
        raise UsageError("A workspace is made in a browser. Name a folder in one: “Workspace/Folder”.")
    place = find_place(api, above)
    made = api.post(f"/api/v1/workspaces/{place.workspace['id']}/items/", {"name": name, "folder": place.folder})
    return Done(made, [f"Made {options.path}"])


def upload(options: argparse.Namespace) -> Done:
    api = Api(current_session())
    place = find_place(api, options.to)
    if place.is_file:
        raise UsageError(f"“{options.to}” is a file. Name the folder; --new-version adds to a file of the same name.")
    data, lines, failures = [], [], 0
    with Bar() as bar:
        for path in options.files:
            try:
                made = send(api, path, place, on_conflict=options.on_conflict, chunk=options.chunk << 20, bar=bar)
                data.append({"path": str(path), **made})
                lines.append(f"{path}: stored in {options.to}")
            except (ClientError, OSError) as error:
                failures += 1
                data.append({"path": str(path), "state": "failed", "error": str(error)})
                lines.append(f"{path}: {error}")
    return Done(data, lines, failures)


def download(options: argparse.Namespace) -> Done:
    api = Api(current_session())
    file = find_file(api, options.path)
    version = _version(api, file, options.version)
    target = options.output or Path(_plain(file["name"]))
    with Bar() as bar:
        fetch(api, version, target, bar)
    return Done({**version, "path": str(target)}, [f"{target}: version {version['number']}, as it was recorded"])


def handover(options: argparse.Namespace) -> Done:
    api = Api(current_session())
    file = find_file(api, options.path)
    version = _version(api, file, options.version)
    key = _key(api, version, options.key)
    asked = {"key": key["id"], "purpose": options.purpose}
    made = api.post(f"/api/v1/versions/{version['id']}/hand-overs/", asked)
    target = options.output or Path(_plain(made["name"]))
    with Bar() as bar:
        receipt = fetch_sealed(api, made, target, bar)
    lines = [
        f"{target}: sealed for the key “{key['name']}” ({key['fingerprint']})",
        f"{receipt}: its receipt. Ordinary Crypt4GH tools do not notice a cut file.",
        f"This does: ithaca check {target} {receipt}",
    ]
    return Done({**made, "path": str(target), "receipt_path": str(receipt)}, lines)


def _line(row: dict[str, Any]) -> str:
    if row["kind"] == "folder":
        return f"{row['name']}/"
    version = row["current_version"]
    return f"{row['name']}\t{version['size']} bytes\tversion {version['number']}" if version else row["name"]


def _version(api: Api, file: dict[str, Any], number: int | None) -> dict[str, Any]:
    if number is None and file["current_version"]:
        return dict(file["current_version"])
    for version in api.all(f"/api/v1/files/{file['id']}/versions/"):
        if number in {None, version["number"]}:
            return version
    raise NotFoundError(f"“{file['name']}” has no version {number} for you.")


def _key(api: Api, version: dict[str, Any], wanted: str | None) -> dict[str, Any]:
    keys = api.get(f"/api/v1/versions/{version['id']}/recipients/")
    fitting = [key for key in keys if wanted in {None, key["id"], key["name"], key["fingerprint"]}]
    if len(fitting) == 1:
        return dict(fitting[0])
    if not keys:
        raise UsageError("Nobody here has registered a Crypt4GH key. Do it on the page “Crypt4GH keys”.")
    listed_keys = "\n".join(f"  {key['id']}  {key['name']}  {key['fingerprint']}" for key in keys)
    raise UsageError(f"Say with --key which key to seal for:\n{listed_keys}")


def _plain(name: str) -> str:
    """Return a name from the installation as one that cannot lead out of this directory."""
    plain = Path(name.replace("\\", "_").replace("/", "_")).name
    return plain if plain not in {"", ".", ".."} else "download"
