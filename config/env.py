"""Reads the environment once, loudly: a value that cannot be read stops the start with a sentence."""

import os
from ipaddress import ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def env_text(name: str, default: str | None = None) -> str:
    """Return the text of `name`, or of the file that `name`_FILE points to."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        message = f"Set the environment variable {name} (or {name}_FILE) before starting."
        raise ImproperlyConfigured(message)
    return value


def env_bool(name: str, *, default: bool) -> bool:
    value = env_text(name, "true" if default else "false").lower()
    if value not in {"true", "false", "1", "0"}:
        message = f"{name} must be true or false, not {value!r}."
        raise ImproperlyConfigured(message)
    return value in {"true", "1"}


def env_int(name: str, default: int) -> int:
    value = env_text(name, str(default))
    if not value.isdecimal():
        message = f"{name} must be a whole number, not {value!r}."
        raise ImproperlyConfigured(message)
    return int(value)


def env_choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value = env_text(name, default)
    if value not in choices:
        message = f"{name} must be one of {', '.join(filter(None, choices))}, not {value!r}."
        raise ImproperlyConfigured(message)
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def env_networks(name: str, default: str) -> list[str]:
    """Return networks such as 10.0.0.0/8; a single address is a network of one; "unix" stands for a Unix socket."""
    listed = env_list(name, default)
    for network in listed:
        try:
            _ = network == "unix" or ip_network(network)
        except ValueError as error:
            message = f"{name} must list networks such as 10.0.0.0/8, not {network!r}."
            raise ImproperlyConfigured(message) from error
    return listed
