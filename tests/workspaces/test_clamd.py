"""The words of a real clamd, and what they are worth."""

import io
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from tests.clamd import VIRUS, clamd, clamd_in
from tests.needs import needs
from workspaces.scanning.clamd import Answer, Clamd, ScannerDown, Verdict

needs_clamd = needs("clamd")


@pytest.fixture(scope="module")
def scanner() -> Iterator[Clamd]:
    with clamd() as address:
        yield Clamd(address)


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", content)
    return packed.getvalue()


@needs_clamd
def test_an_ordinary_file_is_clean(scanner: Clamd) -> None:
    assert scanner.scan([b"subject,", b"visit\n"]) == Answer(Verdict.CLEAN)
    assert scanner.scan([]) == Answer(Verdict.CLEAN)


@needs_clamd
@pytest.mark.parametrize("content", [VIRUS, zipped(VIRUS)], ids=["alone", "zipped"])
def test_a_virus_is_found_however_it_is_cut(scanner: Clamd, content: bytes) -> None:
    for cut in (1, 7, len(content)):
        answer = scanner.scan(content[at : at + cut] for at in range(0, len(content), cut))
        assert (answer.verdict, answer.finding) == (Verdict.INFECTED, "Tests.Virus.UNOFFICIAL")


@needs_clamd
def test_clamd_keeps_what_it_scans_in_a_file_until_it_has_answered(tmp_path: Path) -> None:
    """Why its directory for temporary files has to be in memory (docs/scanning.md)."""
    temporary, content = tmp_path / "tmp", b"subject,visit\n" * 9000
    temporary.mkdir()
    with clamd_in(tmp_path, temporary) as address, socket.socket(socket.AF_UNIX) as line:
        line.connect(address.removeprefix("unix://"))
        line.sendall(b"zINSTREAM\0" + struct.pack(">I", len(content)) + content)
        wait_until(lambda: any(content in kept for kept in files_in(temporary)))
        line.sendall(struct.pack(">I", 0))
        assert line.recv(100) == b"stream: OK\0"
        # It answers first, and deletes then.
        wait_until(lambda: not files_in(temporary))


def files_in(folder: Path) -> list[bytes]:
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # gone since it was listed
            found.append(path.read_bytes())
    return found


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@needs_clamd
def test_more_than_the_scanner_takes_is_not_scanned(scanner: Clamd) -> None:
    answer = scanner.scan([bytes(1024 * 1024)] * 40)
    assert (answer.verdict, answer.final) == (Verdict.NOT_SCANNED, True)


@needs_clamd
def test_what_the_scanner_did_not_unpack_to_its_end_is_not_called_clean(scanner: Clamd) -> None:
    content = VIRUS
    for _ in range(40):
        content = zipped(content)
    assert scanner.scan([content]).verdict is Verdict.NOT_SCANNED


@needs_clamd
def test_an_encrypted_archive_is_not_called_clean(scanner: Clamd) -> None:
    packed = bytearray(zipped(b"secret"))
    # The flag of encryption, in the local header and in the directory; that is all clamd looks at.
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    assert scanner.scan([bytes(packed)]).verdict is not Verdict.CLEAN


@needs_clamd
def test_a_clamd_that_hides_its_limits_is_found_out() -> None:
    with clamd(alert_exceeds_max=False) as address:
        assert "AlertExceedsMax" in (Clamd(address).unsound() or "")
    with clamd() as address:
        assert Clamd(address).unsound() is None


@needs_clamd
def test_an_error_while_the_file_is_read_goes_through_and_is_no_verdict(scanner: Clamd) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("the file is damaged")

    with pytest.raises(ValueError, match="damaged"):
        scanner.scan(broken())


def answering(path: Path, said: bytes) -> Iterator[Clamd]:
    """Serve one answer, whatever is asked."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        line, _ = server.accept()
        line.recv(100_000)
        line.sendall(said)
        line.close()

    thread = Thread(target=serve)
    thread.start()
    yield Clamd(f"unix://{path}")
    thread.join()
    server.close()


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (b"stream: OK\0", Verdict.CLEAN),
        (b"stream: Win.Test FOUND\0", Verdict.INFECTED),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", Verdict.NOT_SCANNED),
        (b"stream: Heuristics.Encrypted.PDF FOUND\0", Verdict.NOT_SCANNED),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict.NOT_SCANNED),
        (b"stream: Can't allocate memory ERROR\0", Verdict.NOT_SCANNED),
        (b"stream: OKAY\0", Verdict.NOT_SCANNED),
        (b"\xff\xfe\0", Verdict.NOT_SCANNED),
    ],
)
def test_only_ok_means_clean(tmp_path: Path, said: bytes, verdict: Verdict) -> None:
    for scanner in answering(tmp_path / "s", said):
        assert scanner.scan([b"x"]).verdict is verdict


def test_silence_is_not_a_verdict(tmp_path: Path) -> None:
    for scanner in answering(tmp_path / "s", b""):
        with pytest.raises(ScannerDown):
            scanner.scan([b"x"])


@pytest.mark.parametrize("address", ["unix:///nowhere/clamd.sock", "tcp://127.0.0.1:9"])
def test_nobody_there_is_not_a_verdict(address: str) -> None:
    with pytest.raises(ScannerDown):
        Clamd(address).scan([b"x"])
