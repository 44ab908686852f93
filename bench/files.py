"""Uploads and downloads through the running server, next to nginx and to a plain Django upload view.

    python -m bench.files [--size MIB] [--rounds N] [--small N] [--without-engine]

The contenders take turns within a round; a first round warms up and is not counted; medians are reported. Clients send
with sendfile and read into one buffer, over the loopback, on the same machine. Every upload goes to a fresh file, and
its time includes making it durable: Ithaca does that by itself, for nginx the benchmark calls fsync on what it stored.
The plain Django view is measured as Django leaves it (no fsync). All of them stand behind the same gunicorn settings.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.files_servers import Server, ithaca, nginx, plain_django
from bench.report import WORK, Row, write

MIB = 1 << 20
FOLDER = WORK / "files"
CLIENTS = 4
SMALL = 64 * 1024
UNIT = "GB/s"


@dataclass(frozen=True)
class Servers:
    ours: Server
    plain: Server
    nginx: Server


def main() -> None:
    """Measure, print the table and write `bench/results/files.json`."""
    options = _options()
    if not options.without_engine:
        engine = [sys.executable, "-m", "bench.files_engine", f"--size={options.size}", f"--rounds={options.rounds}"]
        subprocess.run(engine, check=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        rows = measure(options)
    finally:
        _stop_database()
        shutil.rmtree(FOLDER)
    write("files", rows, settings={"size_mib": options.size, "rounds": options.rounds, "small_files": options.small})


def measure(options: argparse.Namespace) -> list[Row]:
    large, small = FOLDER / "large", FOLDER / "small"
    _fill(large, options.size)
    small.write_bytes(os.urandom(SMALL))
    with ExitStack() as stack:
        servers = Servers(
            stack.enter_context(ithaca(FOLDER / "home")),
            stack.enter_context(plain_django(FOLDER / "plain")),
            stack.enter_context(nginx(FOLDER / "nginx")),
        )
        # Memory first, while no worker has seen a large file yet.
        rows = memory_rows(servers.ours, large, small)
        rows = [*large_rows(servers, large, options.rounds), *small_rows(servers, small, options), *rows]
        return [*rows, *processor_rows(servers, large, small)]


def memory_rows(server: Server, large: Path, small: Path) -> list[Row]:
    """Return by how much the largest worker grew over large uploads and downloads by several clients at once."""
    for _ in range(20):
        read_ours(server, upload_ours(server, small))
    before = server.resident_kib()
    with ProcessPoolExecutor(CLIENTS) as clients:
        list(clients.map(_up_and_down, [_address(server)] * CLIENTS, [large] * CLIENTS))
    grown = (server.resident_kib() - before) / 1024
    what = f"growth of a web worker, {CLIENTS} clients with {large.stat().st_size // MIB} MiB each, up and down"
    return [Row.at_most(what, grown, "MiB", 32)]


def large_rows(servers: Servers, large: Path, rounds: int) -> list[Row]:
    size = large.stat().st_size
    version = upload_ours(servers.ours, large)
    stored = store_with_nginx(servers.nginx, large)
    speeds = take_turns(
        {
            "upload": lambda: upload_ours(servers.ours, large),
            "upload nginx": lambda: store_with_nginx(servers.nginx, large),
            "upload plain": lambda: upload_plain(servers.plain, large),
            "download": lambda: read_ours(servers.ours, version),
            "download nginx": lambda: read_nginx(servers.nginx, stored),
        },
        size / 1e9,
        rounds,
    )
    upload, download = (
        f"upload {size // MIB} MiB, sealed, hashed, durable, recorded",
        f"download {size // MIB} MiB, verified",
    )
    return [
        Row.against(
            upload, speeds["upload"], UNIT, peer="nginx PUT, fsync", peer_value=speeds["upload nginx"], at_least=0.8
        ),
        Row.against(
            upload, speeds["upload"], UNIT, peer="plain Django view", peer_value=speeds["upload plain"], at_least=1.3
        ),
        Row.against(
            download, speeds["download"], UNIT, peer="nginx sendfile", peer_value=speeds["download nginx"], at_least=0.9
        ),
    ]


def small_rows(servers: Servers, small: Path, options: argparse.Namespace) -> list[Row]:
    each = options.small // CLIENTS
    rates: dict[str, list[float]] = {"ours": [], "plain": []}
    with ProcessPoolExecutor(CLIENTS) as clients:
        # The first round warms up, and is short.
        for count in [max(each // 10, 1), *[each] * options.rounds]:
            for name, server, work in (("ours", servers.ours, _many_ours), ("plain", servers.plain, _many_plain)):
                start = time.perf_counter()
                list(clients.map(work, [_address(server)] * CLIENTS, [small] * CLIENTS, [count] * CLIENTS))
                rates[name].append(count * CLIENTS / (time.perf_counter() - start))
    ours, plain = (statistics.median(found[1:]) for found in rates.values())
    what = f"{each * CLIENTS} files of 64 KiB up and down, {CLIENTS} clients, entries included"
    return [Row.against(what, ours, "files/s", peer="plain Django view", peer_value=plain, at_least=0.8)]


def processor_rows(servers: Servers, large: Path, small: Path) -> list[Row]:
    """Return what the servers work for it, without the database's part: a clock tells little on a busy machine."""
    version, stored = upload_ours(servers.ours, large), store_with_nginx(servers.nginx, large)
    gigabytes = large.stat().st_size / 1e9
    work = [
        ("a GB down", "nginx", 1, gigabytes, servers.nginx, lambda: read_ours(servers.ours, version),
         lambda: read_nginx(servers.nginx, stored)),
        ("a GB up", "plain Django view", 1, gigabytes, servers.plain, lambda: upload_ours(servers.ours, large),
         lambda: upload_plain(servers.plain, large)),
        ("64 KiB up and down", "plain Django view", 200, 1, servers.plain, lambda: _many_ours(servers.ours, small, 1),
         lambda: _many_plain(servers.plain, small, 1)),
    ]  # fmt: skip
    rows = []
    for what, peer, times, amount, other, run, run_other in work:
        ours, theirs = _worked(servers.ours, run, times) / amount, _worked(other, run_other, times) / amount
        row = Row(f"processor time of the server for {what}", ours * 1000, "ms", peer, theirs * 1000, ours / theirs)
        rows.append(row)
    return rows


def _worked(server: Server, run: Callable[[], object], times: int) -> float:
    """Return the processor time, in seconds, that a server spends on one run."""
    before = server.processor_seconds()
    for _ in range(times):
        run()
    return (server.processor_seconds() - before) / times


def take_turns(contenders: dict[str, Callable[[], object]], amount: float, rounds: int) -> dict[str, float]:
    """Return the median rate of each contender over `rounds` rounds after a warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            # Nobody pays for writing back what another left in memory.
            os.sync()
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return {name: amount / statistics.median(times[1:]) for name, times in taken.items()}


def _own_name() -> dict[str, str]:
    return {"X-File-Name": f"{time.time_ns()}-{os.getpid()}"}


def upload_ours(server: Server, file: Path) -> str:
    """Upload under a name of its own and return the version."""
    with server.client() as client:
        answer = client.send("PUT", server.upload_path, file, _own_name())
    return str(answer["version"])


def read_ours(server: Server, version: str) -> None:
    with server.client() as client:
        client.get(f"/workspaces/versions/{version}/download/")


def upload_plain(server: Server, file: Path) -> None:
    with server.client() as client:
        answer = client.send_form("/upload/", file)
    # Otherwise the disk fills up; deleting is part of nobody's time worth mentioning.
    Path(answer["path"]).unlink()


def store_with_nginx(server: Server, file: Path) -> str:
    name = f"/{time.time_ns()}"
    with server.client() as client:
        client.send("PUT", name, file, {})
    for path in (server.folder / "files" / name[1:], server.folder / "files"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return name


def read_nginx(server: Server, name: str) -> None:
    with server.client() as client:
        client.get(name)


def _address(server: Server) -> Server:
    """Return the server without its process, which another process cannot hold."""
    return Server(server.port, None, server.folder, server.headers, server.workspace)  # type: ignore[arg-type]


def _up_and_down(server: Server, file: Path) -> None:
    read_ours(server, upload_ours(server, file))


def _many_ours(server: Server, file: Path, count: int) -> None:
    with server.client() as client:
        for _ in range(count):
            answer = client.send("PUT", server.upload_path, file, _own_name())
            client.get(f"/workspaces/versions/{answer['version']}/download/")


def _many_plain(server: Server, file: Path, count: int) -> None:
    with server.client() as client:
        for _ in range(count):
            answer = client.send_form("/upload/", file)
            client.get(f"/download/{answer['id']}/")


def _fill(path: Path, mebibytes: int) -> None:
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MIB))


def _stop_database() -> None:
    from config.database import embedded_postgres

    embedded_postgres().stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=int(os.environ.get("BENCH_SIZE_MIB", "1024")), metavar="MIB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", type=int, default=2000, help="number of small files")
    parser.add_argument("--without-engine", action="store_true", help="leave bench.files_engine out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
