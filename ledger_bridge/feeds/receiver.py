"""Whom the feed goes to, read from the settings and refused with a sentence when it cannot work."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DICOM, FHIR = "dicom", "fhir"
_SCHEME = "syslog+tls"
_IANA_PORT = 6514


@dataclass(frozen=True)
class Receiver:
    """A syslog receiver that is spoken to over TLS. Without a CA of its own the machine's CAs are trusted."""

    host: str
    port: int
    format: str = DICOM
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def name(self) -> str:
        """What its position is kept under: another receiver, or another format, begins at the first entry."""
        return f"{self.host}:{self.port}/{self.format}"


def configured_receiver() -> Receiver | None:
    """Return the receiver of the settings, or nothing when no feed is wanted.

    Raises:
        ImproperlyConfigured: when the settings cannot work.

    """
    if not settings.AUDIT_FEED_URL:
        return None
    host, port = _address(settings.AUDIT_FEED_URL)
    if settings.AUDIT_FEED_FORMAT not in {DICOM, FHIR}:
        raise ImproperlyConfigured(f"AUDIT_FEED_FORMAT must be dicom or fhir, not {settings.AUDIT_FEED_FORMAT!r}.")
    ca, certificate, key = map(_file, ("AUDIT_FEED_CA", "AUDIT_FEED_CERTIFICATE", "AUDIT_FEED_KEY"))
    if (certificate is None) != (key is None):
        raise ImproperlyConfigured("AUDIT_FEED_CERTIFICATE and AUDIT_FEED_KEY belong together: set both or neither.")
    return Receiver(host, port, settings.AUDIT_FEED_FORMAT, ca, certificate, key)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    extra = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme != _SCHEME or not parts.hostname or port == 0 or extra:
        raise ImproperlyConfigured(f"AUDIT_FEED_URL must look like {_SCHEME}://host:{_IANA_PORT}, not {url!r}.")
    return parts.hostname, port or _IANA_PORT


def _file(setting: str) -> Path | None:
    value = getattr(settings, setting)
    if not value:
        return None
    path = Path(value)
    try:
        path.read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(f"{setting}: {path} cannot be read ({error.strerror}).") from error
    return path
