"""Settings shared by every installation. What differs is read from the environment, here and nowhere else."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from config.cache import parse_cache_url
from config.database import SUBJECT_KEYS_NAME, beside, ithaca_home, parse_database_url
from config.env import env_bool, env_choice, env_int, env_list, env_networks, env_text
from config.openapi import OPENAPI
from config.schedule import SCHEDULE
from config.storage import parse_scanner_url, parse_storage_url

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ITHACA_HOME = ithaca_home()

DEBUG = False
PRODUCTION = False
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
SITE_ORIGIN = env_text("SITE_ORIGIN", f"http://localhost:{env_int('PORT', 8000)}")
ITHACA_WALKTHROUGH = False
RELEASE = "0.1.0"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.admin",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "csp",
    "config",
    "core",
    "ledger_bridge",
    "accounts",
    "workspaces",
    "sharing",
]

MIDDLEWARE = [
    "core.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.TokenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ledger_bridge.middleware.RefusalMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.StandingMiddleware",
    "sharing.middleware.UnseenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.PrivateResponsesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.http.installation",
                "accounts.inbox.selectors.in_page_head",
            ],
            "builtins": ["core.templatetags.ui"],
        },
    }
]

DATABASES = {
    "default": parse_database_url(
        env_text("DATABASE_URL", f"postgresql:///postgres?host={ITHACA_HOME}/postgres&user=postgres")
    )
}
# Keys that entries are sealed with: never in the first database, so that no dump of it holds them (docs/running.md).
SUBJECT_KEYS_URL = env_text(
    "SUBJECT_KEYS_URL",
    beside(
        env_text("DATABASE_URL", f"postgresql:///postgres?host={ITHACA_HOME}/postgres&user=postgres"), SUBJECT_KEYS_NAME
    ),
)
CACHES = {"default": parse_cache_url(env_text("CACHE_URL", "database://"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "accounts.backends.PlatformRoleBackend",
    "sharing.backends.GrantBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 600
# Of the links for people without an account: how often an address may try one, or a code.
ACCOUNT_RATE_LIMITS = {"outside": "30/m/ip"}
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "accounts.forms.signin.PasswordForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_ADAPTER = "accounts.adapters.FactorAdapter"
# Recovery codes are our own (accounts.recovery): allauth derives its codes from a seed that can be read back.
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_FORMS = {
    "authenticate": "accounts.forms.factors.SecondFactorForm",
    "reauthenticate": "accounts.forms.factors.SecondFactorAgainForm",
    "activate_totp": "accounts.forms.factors.EnrolTotpForm",
    "add_webauthn": "accounts.forms.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "accounts.forms.passkeys.ProvePasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.passkeys.ProvePasskeyAgainForm",
    "login_webauthn": "accounts.forms.passkeys.PasskeyAloneForm",
}
MFA_TOTP_ISSUER = "Ithaca"
MFA_TOTP_TOLERANCE = 0
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
APPROVAL_LASTS = timedelta(days=365)
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
ANONYMOUS_USER_NAME = None
# A request for access: after how many days without an answer a mail reminds of it, when it goes to a second person as
# well, and when it ends (docs/sharing.md).
ACCESS_REQUEST_REMIND_DAYS = max(env_int("ACCESS_REQUEST_REMIND_DAYS", 3), 1)
ACCESS_REQUEST_PASS_ON_DAYS = max(env_int("ACCESS_REQUEST_PASS_ON_DAYS", 7), 1)
ACCESS_REQUEST_EXPIRES_DAYS = max(env_int("ACCESS_REQUEST_EXPIRES_DAYS", 30), 1)
ACCESS_ENDS_ANNOUNCED_DAYS = max(env_int("ACCESS_ENDS_ANNOUNCED_DAYS", 14), 1)  # how long before access ends it is said
# A review of access: how many days managers have for it, and how often they are reminded while it is open.
ACCESS_REVIEW_DAYS = max(env_int("ACCESS_REVIEW_DAYS", 30), 1)
ACCESS_REVIEW_REMIND_DAYS = max(env_int("ACCESS_REVIEW_REMIND_DAYS", 7), 1)
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # guardian's own backend knows neither expiry nor denial: see sharing.rules

# Sessions: idle and absolute limits are enforced by accounts.middleware ------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE_LIMIT = timedelta(minutes=30)
SESSION_IDLE_LIMIT_PRIVILEGED = timedelta(minutes=15)
SESSION_ABSOLUTE_LIMIT = timedelta(hours=12)
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Bytes ----------------------------------------------------------------------------------------------------------
# Django's own handlers would put plaintext on disk; a system check refuses to start with them.
FILE_UPLOAD_HANDLERS = ["workspaces.upload.RefusingUploadHandler"]
# Where sealed files lie: in this directory, or in a bucket that speaks S3 (docs/storage.md).
BLOB_BUCKET = parse_storage_url(env_text("STORAGE_URL", ""))
BLOB_DIRECTORY = Path(env_text("BLOB_DIRECTORY", str(ITHACA_HOME / "blobs")))
# Within so many days every stored file is read and compared with what was recorded.
SCRUB_DAYS = max(env_int("SCRUB_DAYS", 7), 1)
KEYRING_DIRECTORY = Path(env_text("KEYRING_DIRECTORY", str(ITHACA_HOME / "keyring")))
MAX_UPLOAD_BYTES = env_int("MAX_UPLOAD_BYTES", 256 * 1024**3)
# Room for a workspace and for all workspaces of an institution, unless somebody set another limit for one of them.
WORKSPACE_QUOTA_BYTES = env_int("WORKSPACE_QUOTA_BYTES", 2 * 1024**4)
INSTITUTION_QUOTA_BYTES = env_int("INSTITUTION_QUOTA_BYTES", 20 * 1024**4)
# An upload that nobody continues for so long is given up, and so is a finished one that waits for a decision.
UPLOAD_EXPIRES = timedelta(hours=env_int("UPLOAD_EXPIRES_HOURS", 7 * 24))
# One of which not a byte has come holds its room no longer than this.
UPLOAD_BEGINS = timedelta(minutes=env_int("UPLOAD_BEGINS_MINUTES", 60))
# How many unfinished uploads a workspace may have at once, and one person in all workspaces together.
MAX_UNFINISHED_UPLOADS = env_int("MAX_UNFINISHED_UPLOADS", 1000)
MAX_UNFINISHED_UPLOADS_PERSON = env_int("MAX_UNFINISHED_UPLOADS_PERSON", 200)
MAX_ARCHIVE_FILES = env_int("MAX_ARCHIVE_FILES", 5000)
MAX_ARCHIVE_BYTES = env_int("MAX_ARCHIVE_BYTES", 100 * 1024**3)
# How far archives are looked into while they are uploaded, and whether one with a finding is kept or refused.
LOOK_INTO_ENTRIES = env_int("LOOK_INTO_ENTRIES", 10_000)
LOOK_INTO_BYTES = env_int("LOOK_INTO_BYTES", 16 * 1024**3)
LOOK_INTO_RATIO = env_int("LOOK_INTO_RATIO", 100)
LOOK_INTO_DEPTH = env_int("LOOK_INTO_DEPTH", 2)
REMARKABLE_ARCHIVES = env_choice("REMARKABLE_ARCHIVES", ("keep", "refuse"), "keep")
# A clamd that looks for viruses (docs/scanning.md): unix:///run/clamav/clamd.ctl, or tcp:// on this machine only.
SCANNER_URL = parse_scanner_url(env_text("SCANNER_URL", ""))
SCANNER_MAX_BYTES = env_int("SCANNER_MAX_BYTES", 100 * 1024**2)
# What nobody could scan, because the scanner is down or the file too much for it, stays closed unless somebody decides.
SCANNER_NOT_SCANNED = env_choice("SCANNER_NOT_SCANNED", ("hold", "open"), "hold")
# The program that makes pages of Office documents (docs/viewer.md); where there is none, they are not shown.
LIBREOFFICE = env_text("LIBREOFFICE", shutil.which("soffice") or "")
# For how many days after its last version a file cannot be removed for good: what a manager may choose between.
RETENTION_DAYS_LEAST = env_int("RETENTION_DAYS_LEAST", 0)
RETENTION_DAYS_MOST = env_int("RETENTION_DAYS_MOST", 36_525)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Root keys: a local keyring, HashiCorp Vault or OpenBao, or AWS KMS (docs/keys.md) -----------------------------------
KEY_SERVICE = env_choice("KEY_SERVICE", ("local", "vault", "aws"), "local")
# While keys move from one service to another: the one that wrapped what the new one did not.
KEY_SERVICE_BEFORE = env_choice("KEY_SERVICE_BEFORE", ("", "local", "vault", "aws"), "")
KEY_SERVICE_PREFIX = env_text("KEY_SERVICE_PREFIX", "ithaca")
# How long something wrapped under an old key may still come in: uploads and enrolments that began before the new one.
KEY_ROTATION_SETTLES = timedelta(days=1)
VAULT_MOUNT = env_text("VAULT_MOUNT", "transit")
VAULT_ADDRESS: dict[str, Any] = {
    "url": env_text("VAULT_ADDR", "https://127.0.0.1:8200"),
    "ca": env_text("VAULT_CACERT", ""),
    "namespace": env_text("VAULT_NAMESPACE", ""),
    "token_file": os.environ.get("VAULT_TOKEN_FILE", ""),  # a path: the token in it changes while we run
    "role_id": env_text("VAULT_ROLE_ID", ""),
    "secret_id": env_text("VAULT_SECRET_ID", ""),
    "login_mount": env_text("VAULT_LOGIN_MOUNT", "approle"),
    "timeout": float(env_int("KEY_SERVICE_TIMEOUT", 5)),
}
AWS_KMS_ADDRESS: dict[str, Any] = {
    "region": env_text("AWS_KMS_REGION", ""),
    "endpoint": env_text("AWS_KMS_ENDPOINT", ""),
    "timeout": float(env_int("KEY_SERVICE_TIMEOUT", 5)),
}

# Ledger ---------------------------------------------------------------------------------------------------------
LEDGER_ORIGIN = env_text("LEDGER_ORIGIN", "localhost/ledger")
LEDGER_DIRECTORY = Path(env_text("LEDGER_DIRECTORY", str(ITHACA_HOME / "ledger")))
# Full tiles of the log, as files written once, which machines may share. Below LEDGER_DIRECTORY unless set.
LEDGER_TILES = env_text("LEDGER_TILES", "")
# How long a time one partition of the entries holds: choose so that about a million come together in it.
LEDGER_PARTITION = env_choice("LEDGER_PARTITION", ("month", "week", "day"), "month")
LEDGER_BATCH = 40_000
FAILPOINT = ""  # where to die on purpose: only the settings of tests read it from the environment
# Who has to cosign a checkpoint before it is published: a file of witness, group and quorum lines; none without it.
LEDGER_WITNESS_POLICY = env_text("LEDGER_WITNESS_POLICY", "")
# How many days must have passed since the last event about something before what is recorded about it may be erased.
_RETENTION_DAYS = env_int("LEDGER_RETENTION_DAYS", 3653)
LEDGER_RETENTION_DAYS = {
    kind: env_int(f"LEDGER_RETENTION_DAYS_{kind.upper()}", _RETENTION_DAYS) for kind in ("workspace", "item", "person")
}
# A hospital's audit repository (docs/feeds.md): syslog+tls://host:6514, the CA it is checked by, and what we show it.
AUDIT_FEED_URL = env_text("AUDIT_FEED_URL", "")
AUDIT_FEED_FORMAT = env_text("AUDIT_FEED_FORMAT", "dicom")
AUDIT_FEED_CA = env_text("AUDIT_FEED_CA", "")
AUDIT_FEED_CERTIFICATE = env_text("AUDIT_FEED_CERTIFICATE", "")
AUDIT_FEED_KEY = env_text("AUDIT_FEED_KEY", "")

# Anchors: optional, see docs/anchors.md --------------------------------------------------------------------------
ANCHOR_RPC_URL = env_text("ANCHOR_RPC_URL", "")
ANCHOR_CHAIN_ID = env_int("ANCHOR_CHAIN_ID", 0)
ANCHOR_CONTRACT = env_text("ANCHOR_CONTRACT", "")
ANCHOR_FOUNDER = env_text("ANCHOR_FOUNDER", "")
ANCHOR_FIRST_BLOCK = env_int("ANCHOR_FIRST_BLOCK", 0)
ANCHOR_KEY_FILE = os.environ.get("ANCHOR_KEY_FILE", "")  # a path, so env_text must not open it
ANCHOR_KEY_PASSWORD = env_text("ANCHOR_KEY_PASSWORD", "")
ANCHOR_SIGNER_URL = env_text("ANCHOR_SIGNER_URL", "")
ANCHOR_SIGNER_METHOD = env_text("ANCHOR_SIGNER_METHOD", "eth_signTransaction")
ANCHOR_SENDER = env_text("ANCHOR_SENDER", "")
ANCHOR_INTERVAL = env_int("ANCHOR_INTERVAL", 3600)
ANCHOR_ENTRIES = env_int("ANCHOR_ENTRIES", 0)
ANCHOR_CONFIRMATIONS = env_int("ANCHOR_CONFIRMATIONS", 12)
ANCHOR_STUCK_AFTER = env_int("ANCHOR_STUCK_AFTER", 600)
ANCHOR_MAX_FEE_GWEI = env_int("ANCHOR_MAX_FEE_GWEI", 0)
# The second kind of anchor: an RFC 3161 authority, and a file with the root (and intermediates) of its certificate.
TIMESTAMP_URL = env_text("TIMESTAMP_URL", "")
TIMESTAMP_CA = env_text("TIMESTAMP_CA", "")

# Work for later: the broker carries only wake-ups, the tables hold the truth ---------------------------------------
CELERY_BROKER_URL = env_text("BROKER_URL", "files://localhost/")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(ITHACA_HOME / "broker" / "queue"),
        "data_folder_out": str(ITHACA_HOME / "broker" / "queue"),
        "control_folder": str(ITHACA_HOME / "broker" / "control"),
        "polling_interval": 0.05,
    }
    if CELERY_BROKER_URL.startswith("files:")
    else {"socket_timeout": 2, "socket_connect_timeout": 2}
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody steers a worker through the broker
CELERY_TIMEZONE = "UTC"
# A queue of its own, so that no other work ever stands before what the ledger has to sequence.
CELERY_TASK_ROUTES = {"ledger_bridge.sequence": {"queue": "ledger"}}
CELERY_BEAT_SCHEDULE_FILENAME = str(ITHACA_HOME / "beat-schedule")
CELERY_BEAT_SCHEDULE = SCHEDULE

# The web --------------------------------------------------------------------------------------------------------
# Who may say for whom they ask: networks of our own proxies, and "unix" for one that comes by a Unix socket.
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES", "127.0.0.1,::1")
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = ITHACA_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing may use it: files are sealed blobs
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE, "'strict-dynamic'"],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.DenyByDefault"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.handle_exception",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {"VERSION": RELEASE, **OPENAPI}

# Mail: to a file by default, so that a first run needs no server ----------------------------------------------------
EMAIL_BACKEND = env_text("EMAIL_BACKEND", "config.mailbox.PrivateFiles")
EMAIL_FILE_PATH = str(ITHACA_HOME / "mail")
EMAIL_HOST = env_text("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env_text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env_text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env_bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 10
# When daily mails about news leave, by the clock of whoever gets them.
MAIL_DIGEST_HOUR = min(env_int("MAIL_DIGEST_HOUR", 7), 23)
DEFAULT_FROM_EMAIL = env_text("DEFAULT_FROM_EMAIL", "Ithaca <ithaca@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        # Its warnings repeat addresses that were not found, whatever somebody wrote into them. Refusals are entries.
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        # At DEBUG these show what is sent and answered, keys and tokens included: never, whatever LOG_LEVEL says.
        "botocore": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}
