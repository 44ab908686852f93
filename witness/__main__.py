"""`python -m witness init|run|status --directory DIR`.

Exit status: 0 all is well, 1 there is evidence against a log, 2 the witness cannot be used as it is.
"""

import argparse
import logging
import signal
import sqlite3
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from witness.cosigning import Witness
from witness.errors import UnusableError, WitnessError
from witness.fetching import RemoteLog
from witness.keys import load_cosigners, make_keys
from witness.polling import Poller
from witness.server import WitnessServer
from witness.settings import Settings, parse_address, read_settings, write_settings
from witness.state import Evidence, State

_EXPLAINED = {
    "fork": "the log signed two different trees of one size: it shows different histories to different people",
    "rollback": "the log's own address shows fewer entries than it had: it lost or hides what it had signed",
    "unproven": "a checkpoint that the log signed came with a proof that does not connect it to what was cosigned",
}


def main() -> int:
    """Do what the command line asks for."""
    options = _options()
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(levelname)s %(message)s")
    try:
        return int(options.command(options))
    except UnusableError as error:
        sys.stderr.write(f"{error}\n")
    except (OSError, sqlite3.DatabaseError) as error:
        sys.stderr.write(f"{options.directory}: {error}\n")
    return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ithaca-witness", description="Cosigns what a log continues, never a fork.")
    parser.add_argument("--verbose", action="store_true", help="tell of every request")
    commands = parser.add_subparsers(required=True)
    init = commands.add_parser("init", help="make a directory with a key, settings and an empty memory")
    init.add_argument("--name", required=True, help="the witness's own name, such as witness.hospital.example/2026")
    init.add_argument("--listen", default="127.0.0.1:8383", help='"" for no inbound port')
    init.add_argument("--log", action="append", default=[], metavar="VKEY", help="a key of the log to cosign")
    init.add_argument("--url", help="where that log is read; the witness then asks it")
    init.set_defaults(command=_init)
    run = commands.add_parser("run", help="serve and poll until told to stop")
    run.add_argument("--once", action="store_true", help="ask every log with a url once, and end")
    run.add_argument("--listen", metavar="HOST:PORT", help="instead of what the settings say")
    run.set_defaults(command=_run)
    status = commands.add_parser("status", help="say what was cosigned, and what speaks against a log")
    status.set_defaults(command=_status)
    for command in (init, run, status):
        command.add_argument("--directory", type=Path, required=True, help="where key, settings and memory lie")
    return parser.parse_args()


def _init(options: argparse.Namespace) -> int:
    directory: Path = options.directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_settings(directory, name=options.name, listen=options.listen, keys=options.log, url=options.url)
    make_keys(directory)
    State(directory).create()
    for cosigner in load_cosigners(directory, options.name):
        sys.stdout.write(f"{cosigner.key}\n")
    return 0


def _open(directory: Path) -> tuple[Witness, Settings]:
    settings, state = read_settings(directory), State(directory)
    state.require()
    return Witness(load_cosigners(directory, settings.name), settings.logs, state), settings


def _run(options: argparse.Namespace) -> int:
    witness, settings = _open(options.directory)
    pollers = [Poller(witness, log, RemoteLog(log.url)) for log in settings.logs.values() if log.url]
    if options.once:
        return _poll_once(pollers)
    listen = settings.listen if options.listen is None else parse_address(options.listen)
    if not pollers and listen is None:
        raise UnusableError("There is nothing to do: no port to listen on, and no log with a url.")
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server = WitnessServer(listen, witness) if listen else None
    threads = [threading.Thread(target=poller.run, args=(stopping,), daemon=True) for poller in pollers]
    threads += [threading.Thread(target=server.serve_forever, daemon=True)] if server else []
    for thread in threads:
        thread.start()
    where = "{}:{}".format(*server.server_address[:2]) if server else "no port"
    sys.stdout.write(f"Witness {settings.name} listens on {where} and asks {len(pollers)} logs.\n")
    sys.stdout.flush()
    stopping.wait()
    if server:
        server.shutdown()
    return 0


def _poll_once(pollers: list[Poller]) -> int:
    failed = 0
    for poller in pollers:
        try:
            poller.poll()
        except WitnessError as error:
            sys.stderr.write(f"{error}\n")
            failed = 2
    return failed


def _status(options: argparse.Namespace) -> int:
    witness, settings = _open(options.directory)
    heads, evidence = witness.state.heads(), witness.state.evidence()
    lines = [f"witness {cosigner.key}" for cosigner in witness.cosigners]
    for origin in sorted({*settings.logs, *heads}):
        head = heads.get(origin)
        lines.append(f"log {origin}: {f'{head.size} entries, {_date(head.time)}' if head else 'nothing cosigned yet'}")
    sys.stdout.write("\n".join(lines) + "\n")
    for one in evidence:
        sys.stdout.write(_told(one))
    if evidence:
        sys.stdout.write(f"\nEVIDENCE: {len(evidence)} kept. Keep this directory, and tell the other institutions.\n")
    return 1 if evidence else 0


def _told(evidence: Evidence) -> str:
    held, shown = (note.decode(errors="replace") for note in (evidence.held, evidence.shown))
    return (
        f"\n{evidence.kind.upper()} {evidence.origin}, seen {_date(evidence.seen_at)}: {_EXPLAINED[evidence.kind]}.\n"
        f"--- cosigned\n{held}--- shown\n{shown}"
    )


def _date(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


if __name__ == "__main__":
    sys.exit(main())
