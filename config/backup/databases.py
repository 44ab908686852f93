"""Copies of a database, by PostgreSQL's own programs, as a stream: nothing of them ever lies on a disk in clear."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

import psycopg2
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg2.extensions import make_dsn, parse_dsn

from config.embedded_postgres import binaries
from core.errors import Unavailable

_BLOCK = 1024 * 1024
_TABLES = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'"


Address = Mapping[str, Any]
"""Connection parameters as libpq names them."""


def main_database() -> Address:
    named = connection.get_connection_params()
    return {name: value for name, value in named.items() if name != "cursor_factory"}


def subject_keys_database() -> Address:
    named: Address = parse_dsn(settings.SUBJECT_KEYS_URL)
    return named


def dump(database: Address) -> Iterator[bytes]:
    """Yield a copy of the database as it is at this moment, in pg_dump's custom format.

    Raises:
        Unavailable: pg_dump failed; what came so far is worth nothing.

    """
    address, environment = _address(database)
    command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--dbname={address}"]
    with tempfile.TemporaryFile() as said, _run(command, environment, said, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101  asked for above
        try:
            while block := process.stdout.read(_BLOCK):
                yield block
        except BaseException:
            process.kill()
            raise
        _require_success(process, said)


def load(database: Address, chunks: Iterable[bytes]) -> None:
    """Put a copy into an empty database, whole or not at all.

    Raises:
        Unavailable: pg_restore failed; the database is as empty as before.

    """
    address, environment = _address(database)
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    command.append(f"--dbname={address}")
    with tempfile.TemporaryFile() as said, _run(command, environment, said, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101  asked for above
        try:
            for chunk in chunks:
                process.stdin.write(chunk)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already, and says why
        except BaseException:
            process.kill()
            raise
        _require_success(process, said)


def is_empty(database: Address) -> bool:
    server = psycopg2.connect(**database)
    try:
        with server.cursor() as cursor:
            cursor.execute(_TABLES)
            return bool(cursor.fetchone() == (0,))
    finally:
        server.close()


def _run(
    command: list[str],
    environment: dict[str, str],
    said: IO[bytes],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=said)  # noqa: S603  our own


def _require_success(process: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
    if process.wait():
        said.seek(0)
        # Names of tables and of the server, never rows: PostgreSQL's programs print no content.
        reason = said.read(2000).decode(errors="replace").strip().splitlines()
        raise Unavailable(f"PostgreSQL's own program failed: {reason[0] if reason else process.returncode}")


def _program(name: str) -> str:
    """Return the program of the embedded PostgreSQL, which reads every older server, or the machine's own."""
    try:
        return str(binaries() / name)
    except ImproperlyConfigured:
        found = shutil.which(name)
        if found is None:
            raise Unavailable(f"{name} is not installed here; install PostgreSQL's client programs.") from None
        return found


def _address(database: Address) -> tuple[str, dict[str, str]]:
    """Return the address for a command line, which everybody here can read, and the password apart from it."""
    named = {name: value for name, value in database.items() if name != "password"}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": os.environ.get("HOME", "/")}
    if password := database.get("password"):
        environment["PGPASSWORD"] = password
    return make_dsn("", **named), environment
