"""The command line installs on its own: its wheel holds what it needs and nothing else of this project."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scratch = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(scratch)]
    subprocess.run(build, cwd=ROOT / "ithaca_client", check=True, capture_output=True)
    (built,) = scratch.glob("ithaca_client-*.whl")
    return built


def test_it_holds_what_verifies_offline_and_no_room(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    rooms = {
        "/".join(Path(name).parts[:2]) if name.startswith(("ledger", "work")) else Path(name).parts[0] for name in names
    }
    assert rooms == {
        "ithaca_client", "verifier", "ledger_bridge/__init__.py", "ledger_bridge/tlog", "workspaces/__init__.py",
        "workspaces/crypt4gh",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "status"), [(["--help"], 0), (["verify", "--help"], 0), (["check", "--help"], 0), (["fly"], 2)]
)
def test_it_runs_without_the_checkout(wheel: Path, tmp_path: Path, words: list[str], status: int) -> None:
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); from ithaca_client.__main__ import main; "
    code += f"sys.exit(main({words!r}))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == status, done.stderr
    assert "usage:" in done.stdout + done.stderr
