"""What some tests need besides Python, and whether it is here.

A test that lacks something is skipped and listed at the end as "not run: needs …". ITHACA_REQUIRE=chromium,redis makes
a missing one a failure instead, which is what continuous integration does.
"""

import os
import shutil
from pathlib import Path

import pytest

PROGRAMS = {
    "chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "redis": ("redis-server",),
    "rabbitmq": ("rabbitmq-server",),
    "rsyslog": ("rsyslogd",),
    "anvil": ("anvil",),
    "openssl": ("openssl",),
    "ceph": ("radosgw",),
    "tus-js-client": ("node",),
    "clamd": ("clamd",),
    "zip": ("zip",),
    "libreoffice": ("soffice", "libreoffice"),
}
NAMES = {
    "chromium": "Chromium",
    "redis": "Redis",
    "rabbitmq": "RabbitMQ",
    "rsyslog": "rsyslog",
    "anvil": "anvil (make anvil)",
    "openssl": "OpenSSL (the program)",
    "clamd": "clamd (ClamAV)",
    "zip": "Info-ZIP (zip)",
    "libreoffice": "LibreOffice",
    "ceph": "Ceph (radosgw, ceph-mon, ceph-osd)",
    "tus-js-client": "Node and tus-js-client (make tus-js-client)",
}

_ROOT = Path(__file__).resolve().parents[1]
_FETCHED = [str(path) for path in (_ROOT / ".venv").glob("anvil/node_modules/@foundry-rs/anvil-*/bin")]


_TUS = _ROOT / ".venv/tus/node_modules/tus-js-client"


def find(what: str) -> str | None:
    """Return the path of a program; an environment variable of its name (CHROMIUM=…) comes first."""
    if chosen := os.environ.get(what.upper().replace("-", "_")):
        return chosen
    if what == "tus-js-client" and not _TUS.is_dir():
        return None
    # Debian keeps servers in /usr/sbin, which an ordinary user's PATH lacks.
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", *_FETCHED])
    return next((path for name in PROGRAMS[what] if (path := shutil.which(name, path=search))), None)


def required() -> set[str]:
    return {name.strip() for name in os.environ.get("ITHACA_REQUIRE", "").split(",") if name.strip()}


def needs(what: str) -> pytest.MarkDecorator:
    missing = find(what) is None and what not in required()
    return pytest.mark.skipif(missing, reason=f"not run: needs {NAMES[what]}")
