"""What is the local keyring's own: its file, and what happens when that is damaged."""

from pathlib import Path

import pytest

from core.errors import Unavailable
from core.kms import KeyServiceRefused, LocalKeyring, seal, unseal
from tests.core.kms.conftest import CONTEXT


def test_a_keyring_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    keyring = LocalKeyring(tmp_path / "keyring")
    keyring.rotate("workspaces")
    assert keyring.path.stat().st_mode & 0o777 == 0o600
    assert keyring.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"workspaces": {"1": "%%%"}}', '{"workspaces": {"x": ""}}'])
def test_a_damaged_keyring_is_unavailable_and_never_replaced(tmp_path: Path, content: str) -> None:
    keyring = LocalKeyring(tmp_path)
    keyring.path.write_text(content)
    for deed in (lambda: keyring.generate("workspaces", CONTEXT), lambda: keyring.rotate("workspaces")):
        with pytest.raises(Unavailable):
            deed()
    assert keyring.path.read_text() == content


def test_a_keyring_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "keyring").write_text("a file where the directory should be")
    with pytest.raises(Unavailable):
        LocalKeyring(tmp_path / "keyring").generate("workspaces", CONTEXT)


def test_what_is_sealed_opens_with_its_own_context_only() -> None:
    sealed = seal(b"k" * 32, b"data", CONTEXT)
    assert unseal(b"k" * 32, sealed, CONTEXT) == b"data"
    with pytest.raises(KeyServiceRefused):
        unseal(b"k" * 32, sealed, CONTEXT | {"generation": "2"})
