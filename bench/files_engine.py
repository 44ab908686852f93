"""How fast files are sealed and opened, next to the reference tool, age and plain SHA-256.

    python -m bench.files_engine [--size MIB] [--rounds N]

The size may also come from BENCH_SIZE_MIB. Sealing and opening without hashes are measured as whole commands, start
included, file to file, each writing a fresh file. The contenders take turns within a round, a first round warms up
and is not counted, and dirty pages are flushed before every measurement so that nobody pays for another's.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.report import ROOT, WORK, Row, write
from workspaces.crypt4gh import SealingWriter, keys, new_data_key

MIB = 1 << 20
FOLDER = WORK / "files_engine"
UNIT = "GB/s"

PLAIN = FOLDER / "plain"
OUT = FOLDER / "out"
SECRET = FOLDER / "reader.sec"
PUBLIC = FOLDER / "reader.pub"
AGE_KEY = FOLDER / "age.key"
REFERENCE = Path(sys.executable).with_name("crypt4gh")
OURS = [sys.executable, "-m", "workspaces.crypt4gh"]


@dataclass(frozen=True)
class Contender:
    """Something that is timed: a name and a function that does all of the work once."""

    name: str
    run: Callable[[], None]


def main() -> None:
    """Measure, print the table and write `bench/results/files_engine.json`."""
    options = _options()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        write_plaintext(options.size)
        write_keys()
        speeds = measure(contenders(), options.size * MIB, options.rounds)
    finally:
        shutil.rmtree(FOLDER)
    write("files_engine", rows(speeds), settings={"size_mib": options.size, "rounds": options.rounds})


def contenders() -> list[Contender]:
    """Everybody who can be measured here, in the order in which they take turns."""
    found = [
        Contender("seal", lambda: _command([*OURS, "seal", PUBLIC], PLAIN, OUT)),
        Contender("open", lambda: _command([*OURS, "open", SECRET], FOLDER / "ours", OUT)),
        Contender("seal hashed", lambda: seal_hashed(OUT)),
        Contender("seal hashed, discarded", lambda: seal_hashed(Path(os.devnull))),
        Contender("sha256", hash_plaintext),
    ]
    _command([*OURS, "seal", PUBLIC], PLAIN, FOLDER / "ours")
    if REFERENCE.exists():
        found += _reference()
    if shutil.which("age"):
        found += _age()
    return found


def measure(found: list[Contender], size: int, rounds: int) -> dict[str, float]:
    """Return the median speed of each contender in GB/s, over `rounds` rounds after a warm-up."""
    taken: dict[str, list[float]] = {contender.name: [] for contender in found}
    for _ in range(rounds + 1):
        for contender in found:
            OUT.unlink(missing_ok=True)
            os.sync()
            start = time.perf_counter()
            contender.run()
            taken[contender.name].append(time.perf_counter() - start)
    return {name: size / 1e9 / statistics.median(times[1:]) for name, times in taken.items()}


def rows(speeds: dict[str, float]) -> list[Row]:
    """Compare the speeds as the targets ask."""
    comparisons = [
        ("seal, file to file", "seal", "crypt4gh encrypt", 3.5),
        ("seal, file to file", "seal", "age", 2.5),
        ("open, file to file, every check on", "open", "crypt4gh decrypt", 1.8),
        ("open, file to file, every check on", "open", "age -d", 1.2),
        ("seal with SHA-256 and BLAKE3, result discarded", "seal hashed, discarded", "sha256", 0.9),
        ("seal with SHA-256 and BLAKE3, file to file", "seal hashed", "sha256", 0.9),
    ]
    return [
        Row.against(what, speeds[own], UNIT, peer=peer, peer_value=speeds[peer], at_least=target)
        for what, own, peer, target in comparisons
        if peer in speeds
    ]


def seal_hashed(target: Path) -> None:
    """Seal with both hashes, in this process."""
    with (
        PLAIN.open("rb", buffering=0) as source,
        target.open("wb", buffering=0) as sink,
        SealingWriter(new_data_key(), sink.write) as writer,
    ):
        while chunk := source.read(MIB):
            writer.update(chunk)
        writer.finish()


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
    encrypt = [REFERENCE, "encrypt", "--recipient_pk", PUBLIC]
    decrypt = [REFERENCE, "decrypt", "--sk", SECRET]
    _command(encrypt, PLAIN, FOLDER / "reference")
    return [
        Contender("crypt4gh encrypt", lambda: _command(encrypt, PLAIN, OUT)),
        Contender("crypt4gh decrypt", lambda: _command(decrypt, FOLDER / "reference", OUT)),
    ]


def _age() -> list[Contender]:
    subprocess.run(["age-keygen", "-o", AGE_KEY], check=True, capture_output=True)
    found = subprocess.run(["age-keygen", "-y", AGE_KEY], check=True, capture_output=True, text=True)
    encrypt, decrypt = ["age", "-r", found.stdout.strip()], ["age", "-d", "-i", AGE_KEY]
    _command(encrypt, PLAIN, FOLDER / "age")
    return [
        Contender("age", lambda: _command(encrypt, PLAIN, OUT)),
        Contender("age -d", lambda: _command(decrypt, FOLDER / "age", OUT)),
    ]


def _command(arguments: list[str | Path] | list[str], source: Path, target: Path) -> None:
    with source.open("rb") as stdin, target.open("wb") as stdout:
        subprocess.run(arguments, stdin=stdin, stdout=stdout, check=True, cwd=ROOT.parent)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=int(os.environ.get("BENCH_SIZE_MIB", "1024")), metavar="MIB")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
