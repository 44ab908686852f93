"""The two lower floors of keys: one per workspace and generation, one per version.

    root (key service)  wraps  workspace key  wraps  data key

Each wrap is authenticated with what it is for, so a wrap, a blob, a name or an owner that is moved to another row makes
reading fail. The root is the installation's own, so wraps from another installation fail too.
"""

import time
from dataclasses import dataclass, field

from django.db import connection

from core.errors import DamagedContent
from core.kms import KeyServiceRefused, key_service, seal, unseal
from workspaces.models import UploadRun, Version, Workspace, WorkspaceKey

ROOT = "workspaces"
ALGORITHM = "crypt4gh-s1"

# Written out, because every upload asks, and Django takes longer to build it than the database to answer.
_FIELDS = ("id", "workspace_id", "generation", "wrapped_key")
_NEWEST = f"""
    SELECT {", ".join(_FIELDS)} FROM workspaces_workspacekey
    WHERE workspace_id = %s ORDER BY generation DESC LIMIT 1
"""  # noqa: S608  constants

_KEPT_FOR = 60.0
_KEPT_AT_MOST = 512


@dataclass(frozen=True)
class OpenKey:
    """A workspace key in the clear, in memory only."""

    id: int
    workspace: str
    secret: bytes = field(repr=False)


# With a key service across the network every file would cost one more round trip. A minute is long enough for a page of
# small files, and short enough that a root that was destroyed or a service that now says no closes the workspace.
_opened: dict[tuple[str, int, bytes], tuple[float, OpenKey]] = {}


def make_workspace_key(workspace: Workspace, *, generation: int) -> WorkspaceKey:
    """Make and wrap a workspace's key of one generation; the caller saves the row, in its transaction."""
    _, wrapped = key_service().generate(ROOT, _workspace_context(str(workspace.id), generation))
    return WorkspaceKey(workspace=workspace, generation=generation, wrapped_key=wrapped)


def context_of(row: WorkspaceKey) -> dict[str, str]:
    """Return what a workspace key is bound to where the key service wrapped it."""
    return _workspace_context(str(row.workspace_id), row.generation)


def newest_key(workspace: Workspace) -> OpenKey:
    """Return the key that new versions are wrapped under."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [workspace.pk])
        found = cursor.fetchone()
    if found is None:
        raise KeyServiceRefused("This workspace has no key, so nothing can be stored in it.")
    return open_key(WorkspaceKey(**dict(zip(_FIELDS, found, strict=True))))


def open_key(row: WorkspaceKey) -> OpenKey:
    """Return a workspace key, asking the key service at most once a minute."""
    place = (str(row.workspace_id), row.generation, bytes(row.wrapped_key))
    kept = _opened.get(place)
    if kept and time.monotonic() - kept[0] < _KEPT_FOR:
        return kept[1]
    context = _workspace_context(str(row.workspace_id), row.generation)
    opened = OpenKey(row.pk, str(row.workspace_id), key_service().unwrap(ROOT, bytes(row.wrapped_key), context))
    if len(_opened) >= _KEPT_AT_MOST:
        _opened.clear()
    _opened[place] = (time.monotonic(), opened)
    return opened


def wrap_data_key(key: OpenKey, data_key: bytes, *, file_id: str, version_id: str) -> bytes:
    return seal(key.secret, data_key, _version_context(key.workspace, file_id, version_id))


def unwrap_data_key(version: Version) -> bytes:
    """Return a version's data key.

    Raises:
        DamagedContent: key, version, file and workspace do not belong together.
        KeyServiceRefused: the key service does not open the workspace's key.
        Unavailable: the key service does not answer.

    """
    key = open_key(version.workspace_key)
    # The workspace of the file, not of the key: otherwise key and version could be moved together.
    context = _version_context(str(version.file.workspace_id), str(version.file_id), str(version.id))
    try:
        return unseal(key.secret, bytes(version.wrapped_key), context)
    except KeyServiceRefused as error:
        raise DamagedContent("The data key was not wrapped for this version of this file.") from error


def wrap_run_key(key: OpenKey, data_key: bytes, *, upload_id: str, run_id: str) -> bytes:
    """Wrap the data key of a run of an upload, until its version is recorded."""
    return seal(key.secret, data_key, _upload_context("upload key", key.workspace, upload_id, run=run_id))


def unwrap_run_key(key: OpenKey, run: UploadRun) -> bytes:
    """Return the data key of a run.

    Raises:
        DamagedContent: key, run, upload and workspace do not belong together.

    """
    context = _upload_context("upload key", key.workspace, str(run.upload_id), run=str(run.id))
    return _opened_for_upload(key, bytes(run.wrapped_key), context)


def seal_rest(key: OpenKey, rest: bytes, *, upload_id: str, at: int) -> bytes:
    """Seal what an upload has beyond its last whole segment, bound to its place."""
    return seal(key.secret, rest, _upload_context("upload rest", key.workspace, upload_id, at=str(at)))


def open_rest(key: OpenKey, sealed: bytes, *, upload_id: str, at: int) -> bytes:
    """Undo `seal_rest`.

    Raises:
        DamagedContent: it belongs to another upload or another place.

    """
    return _opened_for_upload(key, sealed, _upload_context("upload rest", key.workspace, upload_id, at=str(at)))


def installation_context(public_key: bytes) -> dict[str, str]:
    """Return what the secret half of the installation's own Crypt4GH key is wrapped for."""
    return {"purpose": "installation key", "public_key": public_key.hex()}


def forget_keys() -> None:
    """Forget every opened workspace key."""
    _opened.clear()


def _workspace_context(workspace: str, generation: int) -> dict[str, str]:
    return {"purpose": "workspace key", "workspace": workspace, "generation": str(generation)}


def _opened_for_upload(key: OpenKey, sealed: bytes, context: dict[str, str]) -> bytes:
    try:
        return unseal(key.secret, sealed, context)
    except KeyServiceRefused as error:
        raise DamagedContent("What is kept of this upload does not belong to it.") from error


def _upload_context(purpose: str, workspace: str, upload: str, **more: str) -> dict[str, str]:
    return {"purpose": purpose, "algorithm": ALGORITHM, "workspace": workspace, "upload": upload, **more}


def _version_context(workspace: str, file_id: str, version_id: str) -> dict[str, str]:
    return {
        "purpose": "data key",
        "algorithm": ALGORITHM,
        "workspace": workspace,
        "file": file_id,
        "version": version_id,
    }
