"""`make reset`: throws away everything under ITHACA_HOME, after asking."""

import shutil
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.database import embedded_postgres, ithaca_home
from config.launcher import hold_home

# By name: ITHACA_HOME may point to a directory that holds other things too.
OURS = ("postgres", "postgres.new", "keyring", "blobs", "ledger", "broker", "mail", "static", "beat-schedule*")


def main() -> int:
    home = ithaca_home()
    try:
        lock = hold_home()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with lock:
        found = [path for name in OURS for path in home.glob(name)]
        if not (sys.argv[1:] == ["--yes"] or confirmed(f"Throw away the database, keys and files in {home}? [y/N] ")):
            return 1
        embedded_postgres().stop("immediate")
        for path in found:
            throw_away(path)
    return 0


def throw_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def confirmed(question: str) -> bool:
    return sys.stdin.isatty() and input(question).strip().lower() in {"y", "yes"}


if __name__ == "__main__":
    sys.exit(main())
