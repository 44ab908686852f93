"""Where code may stand and how long it may grow."""

import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, functions, imported_modules, modules, named

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
CORE_FILES = {
    "__init__.py", "access.py", "api.py", "apps.py", "credentials.py", "errors.py", "http.py", "ids.py",
    "kms/__init__.py", "kms/aws.py", "kms/local.py", "kms/moving.py", "kms/protocol.py", "kms/vault.py",
    "kms/vault_http.py", "middleware.py", "outage.py", "queue.py", "templatetags/__init__.py", "templatetags/ui.py",
    "text.py",
}  # fmt: skip


def test_core_holds_a_handful_of_files_and_no_more() -> None:
    assert {str(path.relative_to(ROOT / "core")) for path in modules("core")} == CORE_FILES


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
def test_a_file_names_its_subject_and_stays_short(path: Path) -> None:
    assert path.name not in {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in functions(path)
        if node.end_lineno and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("path", modules("verifier", "ledger_bridge/tlog"), ids=named)
def test_the_verifier_needs_the_standard_library_and_cryptography_only(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "cryptography", "verifier"}
    others = {name for name in imported_modules(path) if name.partition(".")[0] not in allowed}
    assert all(name == "ledger_bridge.tlog" or name.startswith("ledger_bridge.tlog.") for name in others)
