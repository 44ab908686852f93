"""A real Ethereum node on this machine, and what only such a node can be asked for."""

import json
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.needs import find

# The first two accounts of every anvil: their keys are printed at each start, and worth nothing anywhere.
KEYS = (
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
)
ADDRESSES = ("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0x70997970c51812dc3a010c7d01b50e0d17dc79c8")
CHAIN_ID = 31_337


class Anvil:
    """One node. It keeps its port and, when stopped in good order, its state."""

    def __init__(self, directory: Path) -> None:
        self._state = directory / "state.json"
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = find("anvil")
        assert program
        command = [program, "--silent", "--port", str(self._port), "--state", str(self._state)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < give_up, "anvil does not start"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def ask(self, method: str, *parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310  our own address
        with urlopen(request, timeout=10) as response:  # noqa: S310
            answer = json.load(response)
        assert "error" not in answer, answer
        return answer["result"]

    def mine(self, count: int = 1) -> None:
        self.ask("anvil_mine", hex(count))

    def _answers(self) -> bool:
        try:
            return bool(self.ask("eth_chainId"))
        except OSError:
            return False


def _free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
