"""Holds the database of subject keys against the ledger: an empty or a foreign one would begin second streams unseen.

Both databases carry the same random mark. Where one of them has none yet, because both are new, were made before there
were marks, or the first deed rolled back, a key behind one of the newest streams shows that they belong together.
"""

from uuid import uuid4

from django.db import connection

from core.errors import Unavailable
from ledger_bridge.subject_key_store import PostgresStore

FOREIGN = (
    "The database of subject keys does not belong to this ledger: it is empty, or another ledger's. Nothing was opened"
    " or changed. Look at SUBJECT_KEYS_URL."
)
_HAS_TABLE = "SELECT to_regclass('ledger_bridge_keydatabasemark') IS NOT NULL"
_MARK = "SELECT mark::text FROM ledger_bridge_keydatabasemark"
_KEEP = "INSERT INTO ledger_bridge_keydatabasemark (id, mark) VALUES (1, %s) ON CONFLICT DO NOTHING"
_NEWEST = """
    SELECT subject::text FROM ledger_bridge_stream stream
    WHERE NOT EXISTS (SELECT FROM ledger_bridge_erasedstream erased WHERE erased.stream_id = stream.id)
    ORDER BY id DESC LIMIT 100
"""
_checked: set[str] = set()


def require_own(store: PostgresStore) -> None:
    """Look once in each process whether these keys are this ledger's.

    Raises:
        Unavailable: when they are not, or their database does not answer.

    """
    if store.url in _checked:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HAS_TABLE)
        if not cursor.fetchone()[0]:
            return  # a migration from before there were marks needs keys
        cursor.execute(_MARK)
        here = next((mark for (mark,) in cursor.fetchall()), None)
    there = store.mark()
    if not (here and there):
        _require_some_key(store)
        there = store.leave_mark(there or here or str(uuid4()))
    if here is None:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [there])
    elif here != there:
        raise Unavailable(FOREIGN)
    _checked.add(store.url)


def forget_checks() -> None:
    """Look again at the next use."""
    _checked.clear()


def _require_some_key(store: PostgresStore) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        newest = [blind for (blind,) in cursor.fetchall()]
    if newest and not store.behind(newest):
        raise Unavailable(FOREIGN)
