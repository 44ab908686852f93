"""Where the installation is and with which token it is asked: from the environment, or from a file of mode 0600."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ithaca_client.errors import RefusedError, UsageError

_HERE = {"localhost", "127.0.0.1", "::1"}
_NOBODY = "You are not signed in. Make a token under “Tokens for programs” and run: ithaca login https://…"


@dataclass(frozen=True)
class Session:
    url: str
    token: str

    def save(self) -> Path:
        """Keep it for the next command, readable by its owner only."""
        path = session_file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({"url": self.url, "token": self.token}, file)
        unfinished.rename(path)
        return path


def current_session() -> Session:
    """Return what ITHACA_URL and ITHACA_TOKEN say, else what `ithaca login` kept.

    Raises:
        RefusedError: nobody is signed in.

    """
    kept = _kept()
    url, token = os.environ.get("ITHACA_URL") or kept.get("url"), os.environ.get("ITHACA_TOKEN") or kept.get("token")
    if not url or not token:
        raise RefusedError(_NOBODY)
    return Session(require_url(url), token)


def forget_session() -> None:
    session_file().unlink(missing_ok=True)


def session_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "ithaca" / "session.json"


def require_url(url: str) -> str:
    """Return the address without its last slash.

    Raises:
        UsageError: a token must not travel in clear, except to this very machine.

    """
    try:
        parts = urlsplit(url)
        named = parts.hostname is not None and parts.username is None
        here = parts.scheme == "http" and parts.hostname in _HERE
    except ValueError:
        named = here = False
    if not named or not (parts.scheme == "https" or here):
        raise UsageError("The address of an installation begins with https://.")
    return url.rstrip("/")


def _kept() -> dict[str, str]:
    try:
        kept = json.loads(session_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RefusedError(f"{session_file()} cannot be read. Sign in again: ithaca login https://…") from error
    return kept if isinstance(kept, dict) else {}
