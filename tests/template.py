"""Migrates an empty database once, as the template from which every run and every worker copies its own.

Migrating takes longer than most test files. The template's name holds what it depends on: the migrations, what they
import of ours, and the day, because a migration makes partitions ahead of today. So an edited migration makes another
template. Django still runs `migrate` on the copy, which adds what is newer and refreshes the permissions.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from config.database import beside

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "ithaca_template_"
_LOCK = 0x17_4AC4


def make_template(url: str) -> str:
    """Return the name of the migrated template on this server, made by whoever comes first while the others wait."""
    today = datetime.now(UTC)
    name = f"{PREFIX}{today:%Y%m%d}_{_digest()}"
    server = psycopg2.connect(beside(url, "postgres"), connect_timeout=5)
    try:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
            found = {str(row[0]) for row in cursor.fetchall()}
            if name not in found:
                _make(cursor, name)
            _drop(cursor, {one for one in found if one < f"{PREFIX}{today - timedelta(days=1):%Y%m%d}"})
    finally:
        server.close()
    return name


def _make(cursor: Any, name: str) -> None:
    """Migrate under another name first: an interrupted run leaves nothing that looks like a template."""
    unfinished = f"unfinished_{name}"
    _drop(cursor, {unfinished})
    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    _migrate(unfinished)
    # PostgreSQL copies only a database to which nobody is connected.
    cursor.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(unfinished)))
    cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name)))


def _migrate(name: str) -> None:
    from django.core.management import call_command
    from django.db import connection

    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _drop(cursor: Any, names: set[str]) -> None:
    for name in names:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _digest() -> str:
    """Return what the template is made of, in short: every installed app's migrations and our core that they import."""
    from django.apps import apps
    from django.conf import settings
    from django.db.migrations.loader import MigrationLoader

    files = set((ROOT / "core").rglob("*.py"))
    for app in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(app.label)
        if module and (Path(app.path) / "migrations").is_dir():
            files |= set(Path(str(import_module(module).__file__)).parent.rglob("*.py"))
    whole = sha256(settings.LEDGER_PARTITION.encode())
    for path in sorted(files):
        whole.update(f"\n{path}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]
