"""The embedded database comes up by itself, stays private and comes back after a crash."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from config.embedded_postgres import EmbeddedPostgres


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    home = Path(tempfile.mkdtemp(prefix="ithaca-pg-"))
    server = EmbeddedPostgres(home / "postgres")
    yield server
    server.stop("immediate")
    shutil.rmtree(home)


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.directory / "postmaster.pid").read_text().split()[0])


def test_it_starts_once_and_stays(server: EmbeddedPostgres) -> None:
    server.start(durable=False)
    first = postmaster(server)
    server.start(durable=False)
    assert postmaster(server) == first


def test_nobody_else_may_enter_its_directory(server: EmbeddedPostgres) -> None:
    server.start(durable=False)
    assert server.directory.stat().st_mode & 0o077 == 0
    assert server.socket_directory.stat().st_mode & 0o077 == 0


def test_it_starts_again_after_its_postmaster_was_killed(server: EmbeddedPostgres) -> None:
    server.start()
    os.kill(postmaster(server), signal.SIGKILL)
    server.start()
    assert server.answers()


def test_a_failing_statement_does_not_put_its_values_into_the_log(server: EmbeddedPostgres) -> None:
    server.start(durable=False)
    with psycopg2.connect(server.url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE person (email text UNIQUE)")
        cursor.execute("INSERT INTO person VALUES ('canary@example.org')")
        with pytest.raises(psycopg2.IntegrityError):
            cursor.execute("INSERT INTO person VALUES ('canary@example.org')")
    connection.close()
    assert "person_email_key" in server.log.read_text()
    assert "canary" not in server.log.read_text()


def test_a_long_path_gets_a_private_socket_elsewhere() -> None:
    server = EmbeddedPostgres(Path("/tmp") / ("long" * 30) / "postgres")
    assert len(str(server.socket_directory)) < 90
    assert server.socket_directory != server.directory


def test_a_path_with_a_space_gets_a_private_socket_elsewhere() -> None:
    assert " " not in str(EmbeddedPostgres(Path("/tmp/my files/postgres")).socket_directory)
