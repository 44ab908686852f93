"""A witness over HTTP, as tlog-witness wants it, and what it does with those who are slow, large or many."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from hashlib import sha256

import pytest

from ledger_bridge.tlog.cosignature import CosignatureVerifier
from ledger_bridge.tlog.note import open_note
from tests.witness.conftest import ORIGIN, FakeLog, ask
from witness import server as serving
from witness.cosigning import Witness
from witness.server import MAX_BODY, WitnessServer


@pytest.fixture
def port(witness: Witness) -> Iterator[int]:
    with WitnessServer(("127.0.0.1", 0), witness, request_seconds=1.0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def send(port: int, data: bytes) -> bytes:
    """Send bytes as they are, and return all that comes until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_cosignature_is_answered_as_lines(port: int, witness: Witness, log: FakeLog) -> None:
    status, _, lines = ask(port, log.request(0))
    assert status == 200
    open_note(log.note() + lines, [CosignatureVerifier(witness.cosigners[0].key)])


def test_a_conflict_is_answered_with_the_size(port: int, log: FakeLog) -> None:
    ask(port, log.request(0, 5))
    assert ask(port, log.request(3)) == (409, "text/x.tlog.size", b"5\n")


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_it_answers_with_the_status_of_the_specification(port: int, log: FakeLog, status: int) -> None:
    ask(port, log.request(0))
    bodies = {
        400: b"nonsense",
        403: log.request(0, 6).replace(b"\n6\n", b"\n5\n"),
        404: log.request(0).replace(ORIGIN.encode(), b"elsewhere"),
        422: log.forked(2, 5).request(7),
    }
    assert ask(port, bodies[status])[0] == status


def test_the_latest_checkpoint_is_read_by_the_hash_of_the_origin(port: int, witness: Witness, log: FakeLog) -> None:
    ask(port, log.request(0))
    status, kind, note = ask(port, b"", f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint", "GET")
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert open_note(note, [CosignatureVerifier(witness.cosigners[0].key)]).text in log.note()


def test_there_is_no_checkpoint_before_the_first(port: int) -> None:
    assert ask(port, b"", f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint", "GET")[0] == 404


def test_the_key_is_read_as_a_line(port: int, witness: Witness) -> None:
    assert ask(port, b"", "/vkey", "GET")[2] == "".join(f"{one.key}\n" for one in witness.cosigners).encode()


def test_the_health_says_where_it_stands(port: int, log: FakeLog) -> None:
    ask(port, log.request(0))
    health = json.loads(ask(port, b"", "/health", "GET")[2])
    assert (health["logs"][ORIGIN]["size"], health["evidence"]) == (7, 0)


def test_a_connection_serves_several_requests(port: int) -> None:
    get = b"GET /vkey HTTP/1.1\r\nHost: w\r\n\r\n"
    assert send(port, get * 2 + get.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).count(b"200 OK") == 3


def test_other_paths_and_methods_are_not_there(port: int) -> None:
    assert ask(port, b"", "/add-entries")[0] == 404
    assert ask(port, b"", "/../witness.key", "GET")[0] == 404
    assert ask(port, b"", "/add-checkpoint", "PUT")[0] == 501


def test_a_large_body_is_refused_unread(port: int) -> None:
    head = f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
    assert b" 413 " in send(port, head.encode())


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Content-Length: +5", b" 400 "),
        ("Content-Length: 05", b" 400 "),
        ("Content-Length: 5\r\nContent-Length: 6", b" 411 "),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", b" 411 "),
        ("X: y", b" 411 "),
    ],
)
def test_a_length_that_could_be_read_in_two_ways_is_refused(port: int, header: str, status: bytes) -> None:
    answer = send(port, f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n{header}\r\n\r\nhello".encode())
    assert status in answer
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("start", [b"POST /add-ch", b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 99\r\n\r\nold"])
def test_who_drips_is_cut_off(port: int, start: bytes) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(start)
        with pytest.raises(OSError):  # noqa: PT011  # reset or broken pipe, as the system happens to say
            _drip(connection, until=began + 5)
    assert time.monotonic() - began < 4


def _drip(connection: socket.socket, until: float) -> None:
    while time.monotonic() < until:
        connection.sendall(b"x")
        time.sleep(0.1)


def test_more_connections_than_allowed_are_turned_away(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(serving.MAX_CONNECTIONS)]
    time.sleep(0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as one_more:
        assert one_more.recv(1) == b""
    for connection in held:
        connection.close()
    time.sleep(0.2)
    assert ask(port, b"", "/vkey", "GET")[0] == 200
