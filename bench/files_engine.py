"""How fast files are sealed and opened, next to the reference tool, age and plain SHA-256.

    python -m bench.files_engine [--size MIB] [--rounds N] [--patience SECONDS]

The size may also come from BENCH_SIZE_MIB. Everybody reads from the page cache and writes a fresh file. The engine is
compared with the reference package in one process, and with age as a command, because age is nothing else; the
commands are compared as well, their start included. The contenders take turns within a round, and a first round warms
up and is not counted. Before every measurement dirty pages are flushed, so that nobody pays for another's, and the
input is copied and the copy removed, so that it is cached and there are free pages to write to. All that happens when
the machine is quiet (see `bench.quiet`); the results say how many measurements were disturbed all the same.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.quiet import Quiet
from bench.report import ROOT, WORK, Row, write
from workspaces.crypt4gh import (
    SealingWriter,
    keys,
    make_header,
    new_data_key,
    open_header,
    open_stream,
    read_header,
    write_pieces,
)
from workspaces.crypt4gh.memory import keep_freed_memory

MIB = 1 << 20
FOLDER = WORK / "files_engine"
UNIT = "GB/s"

PLAIN = FOLDER / "plain"
SEALED = FOLDER / "sealed"
OUT = FOLDER / "out"
SECRET = FOLDER / "reader.sec"
PUBLIC = FOLDER / "reader.pub"
AGE_KEY = FOLDER / "age.key"
REFERENCE = Path(sys.executable).with_name("crypt4gh")
Arguments = Sequence[str | Path]
OURS = [sys.executable, "-m", "workspaces.crypt4gh"]


@dataclass(frozen=True)
class Contender:
    """Something that is timed: a name, the file it reads, and a function that does all of the work once."""

    name: str
    source: Path
    run: Callable[[], None]


def main() -> None:
    """Measure, print the table and write `bench/results/files_engine.json`."""
    options = _options()
    keep_freed_memory()  # as every process does that seals and opens much; it holds for the peers in this one as well
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        write_plaintext(options.size)
        write_keys()
        quiet = Quiet(options.patience)
        speeds = measure(contenders(), options.size * MIB, options.rounds, quiet)
    finally:
        shutil.rmtree(FOLDER)
    settings = {"size_mib": options.size, "rounds": options.rounds, "disturbed_measurements": quiet.disturbed}
    write("files_engine", rows(speeds), settings=settings)


def contenders() -> list[Contender]:
    """Everybody who can be measured here, in the order in which they take turns."""
    _command([*OURS, "seal", PUBLIC], PLAIN, SEALED)
    found = [
        Contender("seal", PLAIN, lambda: seal(OUT, hash_content=False)),
        Contender("open", SEALED, open_sealed),
        Contender("seal command", PLAIN, lambda: _command([*OURS, "seal", PUBLIC], PLAIN, OUT)),
        Contender("open command", SEALED, lambda: _command([*OURS, "open", SECRET], SEALED, OUT)),
        Contender("seal hashed", PLAIN, lambda: seal(OUT, hash_content=True)),
        Contender("seal hashed, discarded", PLAIN, lambda: seal(Path(os.devnull), hash_content=True)),
        Contender("sha256", PLAIN, hash_plaintext),
    ]
    if REFERENCE.exists():
        found += _reference()
    if shutil.which("age"):
        found += _age()
    return found


def measure(found: list[Contender], size: int, rounds: int, quiet: Quiet) -> dict[str, float]:
    """Return the median speed of each contender in GB/s, over `rounds` rounds after a warm-up."""
    taken: dict[str, list[float]] = {contender.name: [] for contender in found}
    for _ in range(rounds + 1):
        for contender in found:
            seconds = quiet.time(partial(settle, contender.source), contender.run)
            taken[contender.name].append(seconds)
    return {name: size / 1e9 / statistics.median(times[1:]) for name, times in taken.items()}


def settle(source: Path) -> None:
    """Bring the page cache into the same state for everybody."""
    OUT.unlink(missing_ok=True)
    os.sync()
    shutil.copyfile(source, OUT)
    OUT.unlink()


def rows(speeds: dict[str, float]) -> list[Row]:
    """Compare the speeds as the targets ask."""
    sealing, opening = "seal, file to file", "open, file to file, every check on"
    hashed = "seal with SHA-256 and BLAKE3"
    comparisons = [
        (sealing, "seal", "reference package", "reference seal", 3.5),
        (sealing, "seal", "age", "age", 2.5),
        (opening, "open", "reference package", "reference open", 1.8),
        (opening, "open", "age -d", "age -d", 1.2),
        (f"{hashed}, result discarded", "seal hashed, discarded", "SHA-256, one core", "sha256", 0.9),
        (f"{hashed}, file to file", "seal hashed", "SHA-256, one core", "sha256", 0.9),
        (f"{sealing}, whole command", "seal command", "crypt4gh encrypt", "reference seal command", None),
        (f"{opening}, whole command", "open command", "crypt4gh decrypt", "reference open command", None),
    ]
    return [
        Row.against(what, speeds[own], UNIT, peer=peer, peer_value=speeds[theirs], at_least=target)
        for what, own, peer, theirs, target in comparisons
        if theirs in speeds
    ]


def seal(target: Path, *, hash_content: bool) -> None:
    """Seal the plaintext into a file, header included, in this process."""
    key = new_data_key()
    with (
        PLAIN.open("rb", buffering=0) as source,
        target.open("wb", buffering=0) as sink,
        SealingWriter(key, sink.write, hash_content=hash_content) as writer,
    ):
        sink.write(make_header(key, keys.parse_public_key(PUBLIC.read_bytes())))
        while chunk := source.read(MIB):
            writer.update(chunk)
        writer.finish()


def open_sealed() -> None:
    """Open the sealed file, header included, in this process."""
    with SEALED.open("rb", buffering=0) as source, OUT.open("wb", buffering=0) as sink:
        key = open_header(read_header(source), keys.parse_secret_key(SECRET.read_bytes()))
        for block in open_stream(source, key):
            write_pieces(sink.write, block)


def hash_plaintext() -> None:
    """Hash the same file on one core: the yardstick for sealing with hashes."""
    digest = hashlib.sha256()
    with PLAIN.open("rb", buffering=0) as source:
        while chunk := source.read(MIB):
            digest.update(chunk)


def write_plaintext(mebibytes: int) -> None:
    """Write incompressible bytes, which end up in the page cache for everybody."""
    with PLAIN.open("wb") as file:
        for _ in range(mebibytes):
            file.write(os.urandom(MIB))


def write_keys() -> None:
    """Write a key pair without a passphrase, so that nobody's key derivation is measured."""
    secret = keys.generate_secret_key()
    SECRET.write_bytes(keys.format_secret_key(secret, None))
    PUBLIC.write_bytes(keys.format_public_key(keys.public_key(secret)))


def _reference() -> list[Contender]:
    from crypt4gh import lib

    secret, public = SECRET.read_bytes(), PUBLIC.read_bytes()
    reader, recipient = keys.parse_secret_key(secret), keys.parse_public_key(public)
    sealed = FOLDER / "reference"
    encrypt: Arguments = [REFERENCE, "encrypt", "--recipient_pk", PUBLIC]
    decrypt: Arguments = [REFERENCE, "decrypt", "--sk", SECRET]
    _command(encrypt, PLAIN, sealed)

    def seal_in_process() -> None:
        with PLAIN.open("rb") as source, OUT.open("wb") as sink:
            lib.encrypt([(0, keys.generate_secret_key(), recipient)], source, sink)

    def open_in_process() -> None:
        with sealed.open("rb") as source, OUT.open("wb") as sink:
            lib.decrypt([(0, reader, None)], source, sink)

    return [
        Contender("reference seal", PLAIN, seal_in_process),
        Contender("reference open", sealed, open_in_process),
        Contender("reference seal command", PLAIN, lambda: _command(encrypt, PLAIN, OUT)),
        Contender("reference open command", sealed, lambda: _command(decrypt, sealed, OUT)),
    ]


def _age() -> list[Contender]:
    subprocess.run(["age-keygen", "-o", AGE_KEY], check=True, capture_output=True)
    found = subprocess.run(["age-keygen", "-y", AGE_KEY], check=True, capture_output=True, text=True)
    encrypt: Arguments = ["age", "-r", found.stdout.strip()]
    decrypt: Arguments = ["age", "-d", "-i", AGE_KEY]
    sealed = FOLDER / "age"
    _command(encrypt, PLAIN, sealed)
    return [
        Contender("age", PLAIN, lambda: _command(encrypt, PLAIN, OUT)),
        Contender("age -d", sealed, lambda: _command(decrypt, sealed, OUT)),
    ]


def _command(arguments: Arguments, source: Path, target: Path) -> None:
    with source.open("rb") as stdin, target.open("wb") as stdout:
        subprocess.run(arguments, stdin=stdin, stdout=stdout, check=True, cwd=ROOT.parent)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=int(os.environ.get("BENCH_SIZE_MIB", "1024")), metavar="MIB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=600, metavar="SECONDS")
    return parser.parse_args()


if __name__ == "__main__":
    main()
