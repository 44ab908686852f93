"""Nobody keeps a thread by speaking slowly."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.worker import PacedSocket
from tests.stack import ROOT, free_port

APP = "tests.config.test_worker:application"


def application(environ: dict[str, object], start_response: object) -> list[bytes]:
    body = environ["wsgi.input"].read()  # type: ignore[attr-defined]
    start_response("200 OK", [("Content-Length", str(len(body)))])  # type: ignore[operator]
    return [body]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, PacedSocket]]:
    client, server = socket.socketpair()
    with client, server:
        yield client, PacedSocket(server, patience=0.2, least_rate=1000)


def test_a_client_that_says_nothing_is_cut_off(pair: tuple[socket.socket, PacedSocket]) -> None:
    begun = time.monotonic()
    with pytest.raises(ConnectionResetError):
        pair[1].recv(100)
    assert time.monotonic() - begun < 2


def test_single_bytes_do_not_buy_more_time(pair: tuple[socket.socket, PacedSocket]) -> None:
    client, server = pair
    dribble = threading.Thread(target=send_slowly, args=(client,), daemon=True)
    begun = time.monotonic()
    dribble.start()
    with pytest.raises(ConnectionResetError):
        take(server, 100)
    assert time.monotonic() - begun < 2


def take(server: PacedSocket, times: int) -> None:
    for _ in range(times):
        server.recv(1)


def send_slowly(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for _ in range(100):
            client.send(b"x")
            time.sleep(0.05)


def test_a_client_that_keeps_the_pace_may_send_for_ever(pair: tuple[socket.socket, PacedSocket]) -> None:
    client, server = pair
    for _ in range(10):
        client.send(b"x" * 500)
        assert len(server.recv(500)) == 500
        time.sleep(0.05)
    assert server._left == 0.2


def test_a_shorter_limit_of_the_server_stays_its_own(pair: tuple[socket.socket, PacedSocket]) -> None:
    pair[1].settimeout(0.05)
    with pytest.raises(TimeoutError):
        pair[1].recv(100)


def test_the_kernel_sends_a_part_of_a_file(pair: tuple[socket.socket, PacedSocket], tmp_path: Path) -> None:
    client, server = pair
    (tmp_path / "blob").write_bytes(b"0123456789")
    with (tmp_path / "blob").open("rb", buffering=0) as blob:
        assert server.send_file(blob, 2, 5) == 5
        assert client.recv(100) == b"23456"
        assert server.send_file(blob, 8, 5) == 2


def test_a_client_that_takes_nothing_of_a_file_is_cut_off(
    pair: tuple[socket.socket, PacedSocket], tmp_path: Path
) -> None:
    (tmp_path / "blob").write_bytes(bytes(4_000_000))
    pair[1].settimeout(0.05)
    with (tmp_path / "blob").open("rb", buffering=0) as blob, pytest.raises(ConnectionResetError):
        pair[1].send_file(blob, 0, 4_000_000)


def test_a_view_is_sent_to_its_end(pair: tuple[socket.socket, PacedSocket]) -> None:
    client, server = pair
    content = os.urandom(3_000_000)
    sender = threading.Thread(target=server.send_view, args=[memoryview(content)])
    sender.start()
    assert client.recv(len(content), socket.MSG_WAITALL) == content
    sender.join()


def test_a_client_that_takes_nothing_of_a_view_is_cut_off(pair: tuple[socket.socket, PacedSocket]) -> None:
    pair[1].settimeout(0.05)
    with pytest.raises(ConnectionResetError):
        pair[1].send_view(memoryview(bytes(4_000_000)))


@contextmanager
def served() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "1", "--threads", "2", APP]
    environment = {**os.environ, "WEB_PATIENCE": "2", "WEB_LEAST_RATE": "1000"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def ask(port: int, body: bytes = b"hello", declared: int = 5) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {declared}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def test_as_many_slow_clients_as_threads_keep_nobody_out() -> None:
    with served() as port:
        slow = [ask(port, b"x", declared=1000) for _ in range(2)]
        time.sleep(0.3)
        begun = time.monotonic()
        with ask(port) as quick:
            assert quick.recv(4096).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - begun < 10
        for connection in slow:
            connection.close()
