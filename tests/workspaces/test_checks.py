"""An installation that would put plaintext on a disk, or keys beside bytes, does not start."""

from pathlib import Path
from typing import Any

import pytest

from workspaces.checks import check_directories, check_modes, check_upload_handlers


def test_an_installation_as_it_comes_is_accepted() -> None:
    assert check_upload_handlers(None) + check_directories(None) + check_modes(None) == []


@pytest.mark.parametrize(
    "handlers",
    [
        [],
        ["django.core.files.uploadhandler.TemporaryFileUploadHandler"],
        ["workspaces.upload.RefusingUploadHandler", "django.core.files.uploadhandler.MemoryFileUploadHandler"],
    ],
)
def test_no_other_upload_handler_is_accepted(settings: Any, handlers: list[str]) -> None:
    settings.FILE_UPLOAD_HANDLERS = handlers
    assert [error.id for error in check_upload_handlers(None)] == ["workspaces.E001"]


@pytest.mark.parametrize(("blobs", "keys"), [("a", "a"), ("a", "a/keys"), ("a/blobs", "a"), ("a/../b", "b/keys")])
def test_keys_and_bytes_lie_apart(settings: Any, tmp_path: Path, blobs: str, keys: str) -> None:
    settings.BLOB_DIRECTORY, settings.KEYRING_DIRECTORY = tmp_path / blobs, tmp_path / keys
    assert [error.id for error in check_directories(None)] == ["workspaces.E002"]


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o704])
def test_a_keyring_that_others_can_read_is_refused(settings: Any, tmp_path: Path, mode: int) -> None:
    settings.KEYRING_DIRECTORY = tmp_path / "keys"
    settings.KEYRING_DIRECTORY.mkdir(mode=0o700)
    settings.KEYRING_DIRECTORY.chmod(mode)
    assert [error.id for error in check_modes(None)] == ["workspaces.E003"]


def test_a_file_of_roots_that_others_can_read_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.KEYRING_DIRECTORY = tmp_path
    tmp_path.chmod(0o700)
    (tmp_path / "roots.json").touch(mode=0o644)
    assert [error.id for error in check_modes(None)] == ["workspaces.E003"]
