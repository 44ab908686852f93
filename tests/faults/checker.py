"""Looks into the database and the store after the faults, and compares with what the clients were told.

Run as `python -m tests.faults.checker history.jsonl` in the environment of the stack; prints one line per finding.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from config.database import start_embedded_database

start_embedded_database()

import django

django.setup()

from core.errors import IthacaError
from ledger_bridge.models import Entry, Outbox
from workspaces.models import Version
from workspaces.permissions import Right
from workspaces.services import open_version
from workspaces.storage import blob_store

READ_KINDS = ("version.opened", "version.downloaded")


def findings(history: list[dict[str, Any]]) -> Iterator[str]:
    yield from outbox_does_not_empty()
    entries = entries_by_request()
    for line in history:
        kinds = entries.get(line["request"], [])
        if line["deed"] == "upload":
            yield from upload_is_wrong(line, kinds)
        if line["deed"] == "open" and line["status"] in {200, 206} and not set(kinds) & set(READ_KINDS):
            yield f"bytes without an entry: {line}"
        if line["outcome"] == "ok" and line["deed"] in {"share", "revoke"} and len(kinds) != 1:
            yield f"a deed with {len(kinds)} entries: {line}"
        if line["deed"] == "open" and line["outcome"] == "ok" and not line["same"]:
            yield f"other bytes than were uploaded: {line}"
    yield from versions_that_do_not_open()


def outbox_does_not_empty() -> Iterator[str]:
    deadline = time.monotonic() + 60
    while Outbox.objects.exists():
        if time.monotonic() > deadline:
            yield f"{Outbox.objects.count()} entries wait to be sequenced after a minute"
            return
        time.sleep(0.2)


def entries_by_request() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in Entry.objects.all():
        if entry.request_id:
            found.setdefault(entry.request_id, []).append(entry.kind)
    return found


def upload_is_wrong(line: dict[str, Any], kinds: list[str]) -> Iterator[str]:
    """An acknowledged upload is there once; an unknown one once or not at all; a refused one not."""
    versions = list(Version.objects.filter(file__name=line["name"]))
    if line["outcome"] == "ok" and [str(version.id) for version in versions] != [line["version"]]:
        yield f"an acknowledged upload is lost: {line}"
    if line["outcome"] == "fail" and versions:
        yield f"a refused upload is there: {line}"
    if len(versions) > 1:
        yield f"an upload is there {len(versions)} times: {line}"
    if kinds.count("version.uploaded") != len(versions):
        yield f"versions {len(versions)}, entries {kinds}: {line}"
    if any(bytes(version.plaintext_sha256).hex() != line["sha256"] for version in versions):
        yield f"another hash than that of the uploaded bytes: {line}"


def versions_that_do_not_open() -> Iterator[str]:
    for version in Version.objects.select_related("file__workspace__owner"):
        digest = hashlib.sha256()
        try:
            opened = open_version(actor=version.file.workspace.owner, version=version, right=Right.DOWNLOAD)
            for chunk in opened.iter_range(0, opened.size):
                digest.update(chunk)
        except (IthacaError, OSError) as error:
            yield f"version {version.id} does not open: {error}"
            continue
        if digest.digest() != bytes(version.plaintext_sha256):
            yield f"version {version.id} opens with another hash"
        if blob_store().size(version.blob) != version.body_size:
            yield f"version {version.id} has a blob of another size"


if __name__ == "__main__":
    lines = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    found_wrong = list(findings(lines))
    sys.stdout.write("".join(f"{line}\n" for line in found_wrong))
    sys.exit(1 if found_wrong else 0)
