"""Empties the tables after a test that commits: Django truncates every one of them, which takes longer than most tests.

Only rows are taken away, and with the triggers at rest, of which some refuse that. What Django makes after migrating is
kept: it would be made again and be the same.
"""

from functools import lru_cache
from typing import Any

from django.db import connection
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty_quickly() -> None:
    """Let every test that commits, pytest-django's among them, end this way."""
    TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[attr-defined]


def _empty_tables(_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(";".join(f"DELETE FROM {connection.ops.quote_name(table)}" for table in _tables()))  # noqa: S608  names of our tables
        finally:
            cursor.execute("RESET session_replication_role")


@lru_cache
def _tables() -> tuple[str, ...]:
    return tuple(sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT))
