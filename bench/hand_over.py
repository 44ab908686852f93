"""Hand-overs of sealed bodies through the running server, next to nginx sending a file of the same length by sendfile.

    python -m bench.hand_over [--size MIB] [--huge MIB] [--rounds N]

The contenders take turns; a first round warms up and is not counted; medians are reported. Every download is recorded
before its first byte, and that is part of its time. A hand-over of `--huge` MiB is held against one of 1 MiB: how
long it takes to be made, and until its first byte arrives.
"""

import argparse
import json
import os
import shutil
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any

from bench.files import MIB, UNIT, _fill, _stop_database, read_nginx, store_with_nginx, take_turns, upload_ours
from bench.files_servers import Server, ithaca, nginx
from bench.report import WORK, Row, write

FOLDER = WORK / "hand_over"
STARTS = 25


def main() -> None:
    """Measure, print the table and write `bench/results/hand_over.json`."""
    options = _options()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        rows = measure(options)
    finally:
        _stop_database()
        shutil.rmtree(FOLDER)
    settings = {"size_mib": options.size, "huge_mib": options.huge, "rounds": options.rounds, "starts": STARTS}
    write("hand_over", rows, settings=settings)


def measure(options: argparse.Namespace) -> list[Row]:
    with ExitStack() as stack:
        ours = stack.enter_context(ithaca(FOLDER / "home"))
        theirs = stack.enter_context(nginx(FOLDER / "nginx"))
        key = register_key(ours)
        small, huge = (upload(ours, mebibytes) for mebibytes in (1, options.huge))
        return [*speed_rows(ours, theirs, key, options), *start_rows(ours, key, small, huge, options.huge)]


def speed_rows(ours: Server, theirs: Server, key: str, options: argparse.Namespace) -> list[Row]:
    large = FOLDER / "large"
    _fill(large, options.size)
    made = hand_over(ours, upload_ours(ours, large), key)
    stored = store_with_nginx(theirs, large)
    read_ours(ours, made)
    grown_from = ours.resident_kib()
    busy = {"ours": ours.processor_seconds(), "nginx": theirs.processor_seconds()}
    speeds = take_turns(
        {"ours": lambda: read_ours(ours, made), "nginx": lambda: read_nginx(theirs, stored)},
        large.stat().st_size / 1e9,
        options.rounds,
    )
    grown = (ours.resident_kib() - grown_from) / 1024
    what = f"hand-over of {options.size} MiB, recorded"
    row = Row.against(what, speeds["ours"], UNIT, peer="nginx sendfile", peer_value=speeds["nginx"], at_least=0.95)
    gigabytes = large.stat().st_size * (options.rounds + 1) / 1e9
    ours_spent, theirs_spent = (
        (server.processor_seconds() - busy[name]) / gigabytes for name, server in (("ours", ours), ("nginx", theirs))
    )
    spent = Row(
        "processor time of the server for a GB of it", ours_spent, "s", "nginx", theirs_spent, ours_spent / theirs_spent
    )
    return [row, spent, Row.at_most(f"growth of a web worker over {options.rounds} of them", grown, "MiB", 32)]


def start_rows(ours: Server, key: str, small: str, huge: str, mebibytes: int) -> list[Row]:
    """Hold the start of a huge hand-over against that of a small one, a pair at a time."""
    made = {version: hand_over(ours, version, key) for version in (small, huge)}
    makes = alternately(lambda version: hand_over(ours, version, key), small, huge)
    starts = alternately(lambda version: first_byte(ours, made[version]), small, huge)
    rows = []
    for what, times in (("making", makes), ("first byte of", starts)):
        row = Row.at_most(f"{what} a hand-over of {mebibytes} MiB, in those of 1 MiB", times[1] / times[0], "x", 1.1)
        rows.append(row)
        rows.append(Row(f"{what} a hand-over of {mebibytes} MiB", times[1] * 1000, "ms"))
    return rows


def alternately(run: Callable[[str], object], *versions: str) -> list[float]:
    taken: dict[str, list[float]] = {version: [] for version in versions}
    for _ in range(STARTS + 1):
        for version in versions:
            start = time.perf_counter()
            run(version)
            taken[version].append(time.perf_counter() - start)
    return [statistics.median(times[1:]) for times in taken.values()]


def register_key(server: Server) -> str:
    from workspaces.crypt4gh import keys

    content = keys.format_public_key(keys.public_key(keys.generate_secret_key())).decode()
    return str(post(server, "/api/v1/keys/", {"name": "Bench", "public_key": content})["id"])


def hand_over(server: Server, version: str, key: str) -> dict[str, Any]:
    return post(server, f"/api/v1/versions/{version}/hand-overs/", {"key": key})


def read_ours(server: Server, made: dict[str, Any]) -> None:
    with server.client() as client:
        client.get(made["file"])


def first_byte(server: Server, made: dict[str, Any]) -> None:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", made["file"], headers=server.headers)
        connection.getresponse().read(1)


def post(server: Server, path: str, sent: dict[str, Any]) -> dict[str, Any]:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        headers = {**server.headers, "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(sent), headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        if response.status != 201:
            message = f"POST {path}: {response.status} {answer}"
            raise RuntimeError(message)
        return answer


def upload(server: Server, mebibytes: int) -> str:
    """Upload so many MiB of nothing, from a file without blocks, and return the version."""
    hollow = FOLDER / f"hollow-{mebibytes}"
    with hollow.open("wb") as file:
        file.truncate(mebibytes * MIB)
    try:
        return upload_ours(server, hollow)
    finally:
        hollow.unlink()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=int(os.environ.get("BENCH_SIZE_MIB", "1024")), metavar="MIB")
    parser.add_argument("--huge", type=int, default=int(os.environ.get("BENCH_HUGE_MIB", "10240")), metavar="MIB")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
