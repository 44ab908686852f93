"""The second process of an export stays small: what it imports needs no Django."""

import subprocess
import sys

_IMPORTED = """
import sys
import ledger_bridge.trail_events, ledger_bridge.trail_helper, ledger_bridge.trail_portions
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"django", "psycopg2", "celery", "kombu"}))
"""


def test_what_the_second_process_imports_knows_no_django_and_no_database() -> None:
    found = subprocess.run([sys.executable, "-c", _IMPORTED], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
