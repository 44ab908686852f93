"""Entries lie in partitions by time, made ahead; whatever nobody made one for goes into the default partition.

So recording never waits for a partition. If none was made for long, the default partition becomes the one of that time,
with what was recorded in it, and a new, empty one takes its place. The work is done by a function of the database, with
the rights of the owner of the tables (migrations 0018 and 0019). An entry from a far future waits in the default one.
"""

import logging

from django.conf import settings
from django.db import OperationalError, connection, transaction

AHEAD = 3
_MAKE = "SELECT ledger_make_partitions(%s, %s)"

logger = logging.getLogger(__name__)


def make_partitions() -> int:
    """Make the partitions of the next months, weeks or days (LEDGER_PARTITION), and return how many were made."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Whoever reads all entries holds it up; those who record must not queue behind that.
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute(_MAKE, [settings.LEDGER_PARTITION, AHEAD])
            (made,) = cursor.fetchone()
    except OperationalError as error:
        logger.warning("No partitions were made (%s); the next attempt is in an hour.", str(error).strip())
        return 0
    return int(made)
