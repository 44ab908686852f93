"""Reads STORAGE_URL (s3://bucket/prefix?endpoint=https://…&region=…) and SCANNER_URL, loudly."""

from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.env import env_text

_OPTIONS = {"endpoint", "region", "style", "ca", "encryption", "encryption_key"}
_STYLES = {"path", "virtual"}
_ENCRYPTION = {"AES256", "aws:kms"}


def parse_storage_url(url: str) -> dict[str, str] | None:
    """Return what `workspaces.storage.s3.S3Address` is made from; None if files lie in a directory."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured("STORAGE_URL must look like s3://bucket or s3://bucket/prefix?endpoint=https://….")
    if parts.username or parts.password:
        raise ImproperlyConfigured("STORAGE_URL must hold no keys: set STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY_FILE.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    _require_known(options)
    prefix = parts.path.strip("/")
    return {
        **options,
        "bucket": parts.netloc,
        "prefix": f"{prefix}/" if prefix else "",
        **_keys(),
    }


def parse_scanner_url(url: str) -> str:
    """Return the address of clamd as it is; nothing if there is none."""
    parts = urlsplit(url)
    if not url or (parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc):
        return url
    if parts.scheme != "tcp" or not parts.port:
        raise ImproperlyConfigured("SCANNER_URL must look like unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310.")
    if parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise ImproperlyConfigured("SCANNER_URL must stay on this machine: clamd is spoken to without encryption.")
    return url


def _require_known(options: dict[str, str]) -> None:
    if unknown := sorted(set(options) - _OPTIONS):
        raise ImproperlyConfigured(
            f"STORAGE_URL has an option {unknown[0]!r}; there are {', '.join(sorted(_OPTIONS))}."
        )
    for name, allowed in (("style", _STYLES), ("encryption", _ENCRYPTION)):
        if name in options and options[name] not in allowed:
            raise ImproperlyConfigured(f"STORAGE_URL: {name} must be {' or '.join(sorted(allowed))}.")
    if "endpoint" in options and urlsplit(options["endpoint"]).scheme not in {"http", "https"}:
        raise ImproperlyConfigured("STORAGE_URL: endpoint must begin with https:// (or http://, for a trial only).")


def _keys() -> dict[str, str]:
    access, secret = env_text("STORAGE_ACCESS_KEY", ""), env_text("STORAGE_SECRET_KEY", "")
    if bool(access) != bool(secret):
        raise ImproperlyConfigured("Set both STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY, or neither of them.")
    return {"access_key": access, "secret_key": secret} if access else {}
