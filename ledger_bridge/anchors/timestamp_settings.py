"""What the settings say about timestamps. Nothing is asked of a network here."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.errors import Unavailable


class TimestampsMisconfigured(Unavailable):
    """A setting cannot work; the sentence names it."""


@dataclass(frozen=True)
class TimestampSettings:
    """Whom to ask, and which certificates its own must lead to."""

    url: str
    roots: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def timestamps_are_configured() -> bool:
    return bool(settings.TIMESTAMP_URL or settings.TIMESTAMP_CA)


def timestamp_settings() -> TimestampSettings | None:
    """Return the timestamp authority of the settings, or nothing when none is wanted.

    Raises:
        TimestampsMisconfigured: when the settings cannot work.

    """
    if not timestamps_are_configured():
        return None
    if not (settings.TIMESTAMP_URL and settings.TIMESTAMP_CA):
        raise TimestampsMisconfigured("TIMESTAMP_URL and TIMESTAMP_CA belong together: set both or neither.")
    _require_address(settings.TIMESTAMP_URL)
    certificates = _read_certificates(Path(settings.TIMESTAMP_CA))
    roots = tuple(one for one in certificates if one.issuer == one.subject)
    if not roots:
        raise TimestampsMisconfigured("TIMESTAMP_CA holds no root: one of its certificates must be issued by itself.")
    return TimestampSettings(settings.TIMESTAMP_URL, roots, tuple(one for one in certificates if one not in roots))


def require_working_timestamps() -> None:
    """Read the settings when the process starts.

    Raises:
        ImproperlyConfigured: when they cannot work.

    """
    try:
        timestamp_settings()
    except TimestampsMisconfigured as refusal:
        raise ImproperlyConfigured(refusal.sentence) from refusal


def _require_address(url: str) -> None:
    parts = urlsplit(url)
    try:
        works = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        works = False
    if not works or "@" in parts.netloc or parts.fragment:
        # The address itself is not told: it may hold a key.
        raise TimestampsMisconfigured("TIMESTAMP_URL must look like https://host/path, without a name or a password.")


def _read_certificates(path: Path) -> list[Certificate]:
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise TimestampsMisconfigured(f"TIMESTAMP_CA names {path}, which cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise TimestampsMisconfigured(f"TIMESTAMP_CA names {path}, which holds no certificates in PEM.") from error
