"""Tests: the embedded database of the checkout, keys and blobs in a directory of their own, mail in memory."""

import tempfile
from pathlib import Path

from config.settings.base import *

SECRET_KEY = "only for tests"  # noqa: S105
_scratch = Path(tempfile.mkdtemp(prefix="ithaca-test-"))
KEYRING_DIRECTORY = _scratch / "keyring"
BLOB_DIRECTORY = _scratch / "blobs"
LEDGER_DIRECTORY = _scratch / "ledger"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
ITHACA_WALKTHROUGH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}  # tests of the shared one say so
