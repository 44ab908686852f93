"""Turns a DATABASE_URL into Django's settings, and starts the embedded PostgreSQL when none is given.

The embedded server comes from a PyPI wheel, listens on a Unix socket only and lives under ITHACA_HOME/postgres. It is
for trying Ithaca out, for development and for tests; a hospital sets DATABASE_URL.
"""

import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg2
from django.core.exceptions import ImproperlyConfigured
from psycopg2 import sql

from config.embedded_postgres import EmbeddedPostgres
from config.env import env_text

SUBJECT_KEYS_NAME = "ithaca_subject_keys"
_PRODUCTION = "config.settings.production"


def parse_database_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://: Ithaca runs on PostgreSQL only.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # A database that is down must be noticed while the person still waits for the answer.
        "OPTIONS": {"connect_timeout": "5", **query},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


def ithaca_home() -> Path:
    """Where keys, blobs and the embedded database live; made with mode 0700 when it is missing."""
    home = Path(os.environ.get("ITHACA_HOME", Path(__file__).resolve().parent.parent / "var")).resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def embedded_postgres() -> EmbeddedPostgres:
    return EmbeddedPostgres(ithaca_home() / "postgres")


def beside(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    parts = urlsplit(url)
    # Not by `urlunsplit`, which leaves out the slashes of an address without a host.
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


def make_database(url: str, *, afresh: bool = False) -> None:
    """Make the database of this address unless it is there; `afresh` throws away what it held."""
    name = sql.Identifier(parse_database_url(url)["NAME"])
    server = psycopg2.connect(beside(url, "postgres"), connect_timeout=5)
    try:
        server.autocommit = True
        with server.cursor() as cursor:
            if afresh:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            with contextlib.suppress(psycopg2.errors.DuplicateDatabase, psycopg2.errors.UniqueViolation):
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))
    finally:
        server.close()


def start_embedded_database(*, durable: bool = True) -> str:
    """Start the embedded server unless a DATABASE_URL is set or it runs already; return the URL, also put there.

    Where nobody names another place, the database of subject keys stands on the same server, and is made here.
    """
    url = _start(durable=durable)
    if not env_text("SUBJECT_KEYS_URL", "") and os.environ.get("DJANGO_SETTINGS_MODULE") != _PRODUCTION:
        make_database(beside(url, SUBJECT_KEYS_NAME))
    return url


def _start(*, durable: bool) -> str:
    if url := env_text("DATABASE_URL", ""):
        return url
    if os.environ.get("DJANGO_SETTINGS_MODULE") == _PRODUCTION:
        env_text("DATABASE_URL")  # raises: a hospital names its database
    server = embedded_postgres()
    server.start(durable=durable)
    os.environ["DATABASE_URL"] = server.url
    return server.url
