"""A ledger of its own for crashes: a durable PostgreSQL, two witnesses as processes, and a chain where anvil is here.

Whatever works on the ledger is a process forked from this one, which has everything loaded and no connection open: so
a process that dies is a real one, and its successor starts within milliseconds.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from config.database import beside, embedded_postgres, make_database
from tests.fakes.anvil import CHAIN_ID, KEYS, Anvil
from tests.needs import find
from tests.stack import ROOT, free_port

WITHIN = 30.0


class Installation:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.postgres = embedded_postgres()
        self.witnesses: list[WitnessProcess] = []
        self.chain: Anvil | None = None
        self.log = os.open(home / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def start(self) -> None:
        self.postgres.start(durable=True)
        os.environ["DATABASE_URL"] = beside(self.postgres.url, "crashes")
        make_database(os.environ["DATABASE_URL"])
        self._load()
        self._introduce_witnesses()
        if find("anvil"):
            self._open_chain()

    def stop(self) -> None:
        for witness in self.witnesses:
            witness.kill()
        if self.chain:
            self.chain.stop()
        self.postgres.stop("immediate")

    def fork(self, work: Callable[[], None]) -> int:
        """Start a process that does this, and return its id. It says what went wrong in the log of the home."""
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            os.dup2(self.log, 1)
            os.dup2(self.log, 2)
            work()
            code = 0
        except BaseException:  # noqa: BLE001  whatever it is, the process ends here and says so
            os.write(self.log, f"process {os.getpid()}\n{traceback.format_exc()}\n".encode())
        finally:
            os._exit(code)

    def crash_database(self) -> None:
        self.postgres.stop("immediate")
        self.postgres.start(durable=True)

    def said(self) -> str:
        return (self.home / "said").read_text(errors="replace")

    def _load(self) -> None:
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections

        import config.celery  # noqa: F401  whoever records wakes a worker, here through a broker in memory
        from ledger_bridge.anchors import schedule, turns
        from ledger_bridge.witnessing import standings

        make_database(settings.SUBJECT_KEYS_URL, afresh=True)
        call_command("migrate", verbosity=0, interactive=False)
        connections.close_all()
        # A second costs more here than anywhere else.
        standings._FIRST_PAUSE = timedelta(milliseconds=10)
        schedule.FIRST_PAUSE = schedule.LONGEST_PAUSE = turns.LASTS = timedelta(0)
        schedule.look_again.__defaults__ = (timedelta(0),)

    def _introduce_witnesses(self) -> None:
        from django.conf import settings
        from django.db import connections

        from ledger_bridge.signing import log_policy

        keys = [str(log.key) for log in log_policy().logs]
        connections.close_all()
        self.witnesses = [WitnessProcess(self.home / name, name, keys, self.log) for name in ("north", "south")]
        lines = [f"witness {one.name} {one.vkey} {one.url}" for one in self.witnesses]
        path = self.home / "policy"
        path.write_text("\n".join([*lines, "group both all north south", "quorum both", ""]))
        settings.LEDGER_WITNESS_POLICY = str(path)
        for witness in self.witnesses:
            witness.start()

    def _open_chain(self) -> None:
        from django.conf import settings

        from ledger_bridge.anchors.client import EvmClient
        from ledger_bridge.anchors.deployment import Operator
        from ledger_bridge.anchors.rpc import Rpc
        from ledger_bridge.anchors.wallets import read_wallet

        self.chain = Anvil(self.home)
        self.chain.start()
        key = self.home / "chain.key"
        key.touch(mode=0o600)
        key.write_text(KEYS[0])
        settings.ANCHOR_RPC_URL, settings.ANCHOR_CHAIN_ID = self.chain.url, CHAIN_ID
        settings.ANCHOR_KEY_FILE, settings.ANCHOR_CONFIRMATIONS, settings.ANCHOR_INTERVAL = str(key), 1, 0
        operator = Operator(EvmClient(Rpc(self.chain.url)), read_wallet(key, ""))
        contract = operator.deploy()
        operator.open_log(contract)
        settings.ANCHOR_CONTRACT = "0x" + contract.hex()


class WitnessProcess:
    """`python -m witness run`, on the same port and with the same memory every time."""

    def __init__(self, directory: Path, name: str, keys: list[str], log: int) -> None:
        self.directory, self.name, self._log = directory, name, log
        logs = [word for key in keys for word in ("--log", key)]
        made = self._witness("init", "--name", f"{name}.example/w", "--listen", f"127.0.0.1:{free_port()}", *logs)
        self.vkey = made.splitlines()[0]
        self.url = "http://" + next(
            line.split('"')[1] for line in (directory / "witness.toml").read_text().splitlines() if "listen" in line[:6]
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "witness", "run", "--directory", str(self.directory)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log)
        assert self.process.stdout
        with self.process.stdout as said:
            assert said.readline().startswith(b"Witness"), f"the witness {self.name} does not start"

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def evidence(self) -> str:
        """What speaks against the log, in the words of `status`; nothing when nothing does."""
        done = self._run("status")
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def _witness(self, *arguments: str) -> str:
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(self, command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        words = [sys.executable, "-m", "witness", command, "--directory", str(self.directory), *arguments]
        return subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(pids: list[int], seconds: float) -> dict[int, int]:
    """Wait so long for these children; return how each that ended did, as a signal (negative) or a status."""
    ended: dict[int, int] = {}
    deadline = time.monotonic() + seconds
    while True:
        for pid in pids:
            if pid not in ended:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    ended[pid] = os.waitstatus_to_exitcode(status)
        if len(ended) == len(pids) or time.monotonic() > deadline:
            return ended
        time.sleep(0.002)
