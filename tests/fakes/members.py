"""Witnesses at other institutions: real ones, each with its server in a thread, and a policy that names them."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger_bridge.signing import log_policy
from ledger_bridge.witnessing import watching
from tests.witness.conftest import make_witness, open_witness
from witness.cosigning import Witness
from witness.server import WitnessServer
from witness.state import State


class Member:
    """A witness with its server in a thread of this process."""

    def __init__(self, directory: Path, name: str) -> None:
        keys = [str(log.key) for log in log_policy().logs]
        self.directory = make_witness(directory, name, keys=keys)
        self.witness: Witness = open_witness(self.directory)
        self.server = WitnessServer(("127.0.0.1", 0), self.witness)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def vkey(self) -> str:
        return str(self.witness.cosigners[0].key)

    def size(self, origin: str) -> int:
        return self.witness.state.head(origin).size

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def forget(self) -> None:
        """Lose the memory, as after a restored backup, but not the key."""
        (self.directory / "witness.sqlite").unlink()
        State(self.directory).create()


@pytest.fixture
def members(db: None, tmp_path: Path) -> Iterator[list[Member]]:
    made = [Member(tmp_path / name, f"{name}.example/w") for name in ("a", "b", "c")]
    yield made
    for member in made:
        member.stop()


Ask = Callable[..., None]


@pytest.fixture
def ask_for(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Write a policy file: so many of these members, at these addresses."""
    monkeypatch.setattr(watching, "WHEN_BUSY", 0.0)
    monkeypatch.setattr(watching, "WHEN_QUIET", 0.0)
    monkeypatch.setattr(watching, "_heard", {})
    monkeypatch.setattr(watching, "_forgetful", set())

    def write(members: list[Member], quorum: str, urls: dict[int, str] | None = None) -> None:
        lines = [
            f"witness w{n} {member.vkey} {(urls or {}).get(n, member.url)}".rstrip() for n, member in enumerate(members)
        ]
        names = " ".join(f"w{n}" for n in range(len(members)))
        path = tmp_path / "policy"
        path.write_text("\n".join([*lines, f"group all-of-them {quorum} {names}", "quorum all-of-them", ""]))
        settings.LEDGER_WITNESS_POLICY = str(path)

    return write
