"""The witness that `make run` starts beside Ithaca: a process, a key and a directory of its own, on this machine.

It shows how witnessing works and catches accidents such as a restored backup. It adds no independent trust, because
whoever runs Ithaca here runs it too, and the pages say so.
"""

import socket
import subprocess
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.database import ithaca_home
from config.env import env_text

NAME = "localhost/witness"
_HOST = "127.0.0.1"


def own_policy() -> str:
    """Return the path of the policy that names this witness, or nothing before it was introduced."""
    path = _policy_path()
    return str(path) if path.exists() else ""


def introduce() -> int | None:
    """Make the witness if there is none, choose a port for it and write the policy; None when another policy is named.

    Raises:
        ImproperlyConfigured: when it cannot be made.

    """
    if env_text("LEDGER_WITNESS_POLICY", ""):
        return None
    if not (_directory() / "witness.toml").exists():
        _run("init", "--directory", str(_directory()), "--name", NAME, "--listen", "")
    vkeys = [line.split()[1] for line in _run("status", "--directory", str(_directory())).splitlines() if line]
    port = _free_port()
    policy = f"witness local {vkeys[0]} http://{_HOST}:{port}\nquorum local\n"
    _replace(_policy_path(), policy)
    return port


def tell_of_the_log() -> None:
    """Write the log's keys into the witness's settings: it is told by whoever sets it up, never by the log itself."""
    from ledger_bridge.signing import log_policy
    from ledger_bridge.tlog.encoding import MAX_SIZE

    policy = log_policy()
    current = [log.key for log in policy.logs if policy.is_valid(log.key, MAX_SIZE)]
    keys = ", ".join(f'"{key}"' for key in current)
    _replace(_directory() / "witness.toml", f'name = "{NAME}"\nlisten = ""\n\n[[log]]\nkeys = [{keys}]\n')


def command(port: int) -> list[str]:
    """Return how it is started."""
    listen = f"{_HOST}:{port}"
    return [sys.executable, "-m", "witness", "run", "--directory", str(_directory()), "--listen", listen]


def _directory() -> Path:
    return ithaca_home() / "witness"


def _policy_path() -> Path:
    return ithaca_home() / "witness-policy"


def _run(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  our own command, no shell
        [sys.executable, "-m", "witness", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode == 2:  # noqa: PLR2004  # what the witness says when it cannot be used
        raise ImproperlyConfigured(done.stderr.strip())
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(path)
