"""Tests: an embedded database, keys and blobs in directories of their own, mail in memory."""

import os
import tempfile
from pathlib import Path

from config.database import beside, start_embedded_database
from config.env import env_text

# Before anything else looks for a home: pytest sets Django up before it reads a conftest.py.
os.environ.setdefault("ITHACA_HOME", str(Path(tempfile.gettempdir()) / f"ithaca-tests-{os.getuid()}"))
start_embedded_database(durable=False)

from config.settings.base import *  # noqa: E402

SECRET_KEY = "only for tests"  # noqa: S105
_scratch = Path(tempfile.mkdtemp(prefix="ithaca-test-"))
KEYRING_DIRECTORY = _scratch / "keyring"
BLOB_DIRECTORY = _scratch / "blobs"
LEDGER_DIRECTORY = _scratch / "ledger"
FAILPOINT = env_text("ITHACA_FAILPOINT", "")
# Every worker has its own, and makes it afresh: its keys are wrapped under the keyring above (tests/conftest.py).
SUBJECT_KEYS_URL = beside(SUBJECT_KEYS_URL, f"test_subject_keys_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
ITHACA_WALKTHROUGH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}  # tests of the shared one say so
