"""What a witness is told: `witness.toml` in its directory. A value that cannot be used is named in the error."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.mldsa import MLDSA44, MldsaVerifier
from ledger_bridge.tlog.note import Ed25519Verifier, Verifier, VerifierKey, require_name
from witness.errors import UnusableError

_FILE = "witness.toml"
_HIGHEST_PORT = 65535
_LONGEST_PAUSE = 3600
_TEMPLATE = """\
# The witness's own name, as it stands in its key. Never change it.
name = "{name}"

# Where it listens; "" for no port at all, when every log below is asked at its url.
listen = "{listen}"
"""
_LOG_TEMPLATE = """
[[log]]
# The verifier keys of the log, of every type that it signs with. Get them from its operator in person, or from two
# places that do not depend on each other.
keys = [{keys}]
# With a url the witness asks the log itself; without one it waits until the log comes.
{url}
poll_seconds = 10
"""


@dataclass(frozen=True)
class Log:
    """A log that is cosigned."""

    origin: str
    verifiers: tuple[Verifier, ...]
    url: str | None = None
    poll_seconds: int = 10


@dataclass(frozen=True)
class Settings:
    """All that stands in the file."""

    name: str
    listen: tuple[str, int] | None
    logs: dict[str, Log]


def write_settings(directory: Path, *, name: str, listen: str, keys: list[str], url: str | None) -> None:
    """Write a first settings file, for people to read and to extend.

    Raises:
        UnusableError: there is one already, or a value cannot be used.

    """
    text = _TEMPLATE.format(name=name, listen=listen)
    if keys:
        quoted = ", ".join(f'"{key}"' for key in keys)
        text += _LOG_TEMPLATE.format(keys=quoted, url=f'url = "{url}"' if url else '# url = "https://…/ledger"')
    _parse(text)
    try:
        with (directory / _FILE).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UnusableError(f"{directory / _FILE} exists already; edit it instead.") from error


def read_settings(directory: Path) -> Settings:
    """Read the settings file.

    Raises:
        UnusableError: it is missing, or a value cannot be used; the message names it.

    """
    try:
        return _parse((directory / _FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"{directory / _FILE} cannot be read. Make it with “init”.") from error


def _parse(text: str) -> Settings:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnusableError(f"{_FILE}: {error}") from error
    _refuse_others(table, {"name", "listen", "log"}, "")
    name = _text(table, "name")
    try:
        require_name(name)
    except FormatError as error:
        raise UnusableError(f"{_FILE}: name: {error}") from error
    listed = table.get("log", [])
    if not isinstance(listed, list):
        raise UnusableError(f"{_FILE}: log: write [[log]], with two brackets")
    logs = [_log(one, f"log {number}: ") for number, one in enumerate(listed, start=1)]
    if len({log.origin for log in logs}) != len(logs):
        raise UnusableError(f"{_FILE}: log: an origin occurs twice; give one log all its keys")
    return Settings(name, parse_address(_text(table, "listen")), {log.origin: log for log in logs})


def _log(table: Any, where: str) -> Log:
    if not isinstance(table, dict):
        raise UnusableError(f"{_FILE}: {where}is not a table")
    _refuse_others(table, {"keys", "url", "poll_seconds"}, where)
    keys = table.get("keys")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise UnusableError(f"{_FILE}: {where}keys: a list of verifier keys is wanted")
    try:
        verifiers = tuple(log_verifier(VerifierKey.parse(key)) for key in keys)
    except FormatError as error:
        raise UnusableError(f"{_FILE}: {where}keys: {error}") from error
    origins = {verifier.key.name for verifier in verifiers}
    if len(origins) != 1 or len(set(keys)) != len(keys):
        raise UnusableError(f"{_FILE}: {where}keys: they must be different keys of one name, the log's origin")
    return Log(origins.pop(), verifiers, _url(table.get("url"), where), _pause(table.get("poll_seconds", 10), where))


def log_verifier(key: VerifierKey) -> Verifier:
    """What checks a log's signature, by the type of its key.

    Raises:
        FormatError: a log does not sign with such a key.

    """
    return MldsaVerifier(key) if key.algorithm == MLDSA44 else Ed25519Verifier(key)


def _text(table: dict[str, Any], field: str) -> str:
    if not isinstance(value := table.get(field), str):
        raise UnusableError(f"{_FILE}: {field}: a text is wanted")
    return value


def _refuse_others(table: dict[str, Any], known: set[str], where: str) -> None:
    for field in table.keys() - known:
        raise UnusableError(f"{_FILE}: {where}{field}: there is no such setting")


def parse_address(text: str) -> tuple[str, int] | None:
    """Read "host:port", or "" for no port.

    Raises:
        UnusableError: it is neither.

    """
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdecimal() and int(port) <= _HIGHEST_PORT):
        raise UnusableError(f'{_FILE}: listen: write "127.0.0.1:8383", or "" for no port')
    return host.strip("[]"), int(port)


def _url(value: Any, where: str) -> str | None:
    if value is None:
        return None
    parts = urlsplit(value) if isinstance(value, str) else None
    if not parts or parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise UnusableError(f'{_FILE}: {where}url: write "https://…/ledger"')
    return str(value).rstrip("/")


def _pause(value: Any, where: str) -> int:
    if type(value) is not int or not 1 <= value <= _LONGEST_PAUSE:
        raise UnusableError(f"{_FILE}: {where}poll_seconds: a whole number from 1 to {_LONGEST_PAUSE} is wanted")
    return value
