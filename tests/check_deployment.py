"""`check --deploy` under the production settings, with values that are good in form and empty of meaning."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
VALUES = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "only to check the settings, 0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ",
    "ALLOWED_HOSTS": "ithaca.hospital.example",
    "SITE_ORIGIN": "https://ithaca.hospital.example",
    "LEDGER_ORIGIN": "ithaca.hospital.example/ledger",
    "DATABASE_URL": "postgresql://ithaca@127.0.0.1:1/ithaca",
    "SUBJECT_KEYS_URL": "postgresql://ithaca@127.0.0.1:1/ithaca_subject_keys",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_HOST": "mail.hospital.example",
    "EMAIL_USE_TLS": "true",
    "DEFAULT_FROM_EMAIL": "Ithaca <ithaca@hospital.example>",
}


COMMAND = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]


def check(*, without: str = "", command: list[str] | None = None, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run the checks, or another command, with these values, without one of them or with some of them changed."""
    with TemporaryDirectory() as home:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = {**kept, **VALUES, "ITHACA_HOME": home, **changed}
        environment.pop(without, None)
        return subprocess.run(
            [sys.executable, *(command or COMMAND)],
            cwd=ROOT,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )


if __name__ == "__main__":
    done = check()
    sys.stdout.write(done.stdout + done.stderr)
    sys.exit(done.returncode)
