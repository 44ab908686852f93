"""Copies of the test's database and of directories, taken and put back while the installation runs on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from django.db import connection, connections
from psycopg2 import sql

from config.database import beside
from config.embedded_postgres import binaries


class Backup:
    """The database as it was, beside it under another name, and directories with what they held."""

    def __init__(self, name: str, directories: tuple[Path, ...]) -> None:
        self.name = f"{connection.settings_dict['NAME']}_{name}"
        self._kept = [(path, path.with_name(f"{path.name}.{name}")) for path in directories]

    def take(self) -> None:
        self.drop()
        _copy(str(connection.settings_dict["NAME"]), self.name)
        for path, kept in self._kept:
            shutil.copytree(path, kept)

    def restore(self) -> None:
        database = str(connection.settings_dict["NAME"])
        with _server() as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        _copy(self.name, database)
        for path, kept in self._kept:
            shutil.rmtree(path)
            shutil.copytree(kept, path)

    def drop(self) -> None:
        with _server() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.name)))
        for _, kept in self._kept:
            shutil.rmtree(kept, ignore_errors=True)


@contextmanager
def backup(name: str, *directories: Path) -> Iterator[Backup]:
    made = Backup(name, directories)
    made.take()
    try:
        yield made
    finally:
        made.drop()


def dump(path: Path) -> None:
    """Take a backup as a hospital would, with pg_dump."""
    _run("pg_dump", "-Fc", "-f", str(path), "-d", _address(str(connection.settings_dict["NAME"])))


def restore_dump(path: Path) -> None:
    database = str(connection.settings_dict["NAME"])
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    _run("pg_restore", "-d", _address(database), str(path))


def _copy(source: str, target: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(target), sql.Identifier(source)))


@contextmanager
def _server() -> Iterator[psycopg2.extensions.cursor]:
    # A database that somebody is connected to can be neither copied nor dropped.
    connections.close_all()
    server = psycopg2.connect(_address("postgres"))
    server.autocommit = True
    try:
        with server.cursor() as cursor:
            yield cursor
    finally:
        server.close()


def _address(database: str) -> str:
    return beside(os.environ["DATABASE_URL"], database)


def _run(program: str, *arguments: str) -> None:
    connections.close_all()
    done = subprocess.run([str(binaries() / program), *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
