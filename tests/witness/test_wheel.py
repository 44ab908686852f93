"""The witness installs on its own: its wheel, `cryptography`, and nothing else of this project."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from ledger_bridge.tlog.note import VerifierKey
from tests.architecture.sources import ROOT

_NEEDED = ("cryptography", "cffi", "pycparser", "_cffi_backend*")


@pytest.fixture(scope="module")
def bin_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it, and `cryptography` lent from ours, so that no network is needed."""
    scratch = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(scratch)]
    subprocess.run(build, cwd=ROOT / "witness", check=True, capture_output=True)
    (wheel,) = scratch.glob("ithaca_witness-*.whl")
    venv.create(scratch / "venv", with_pip=True)
    pip = [str(scratch / "venv/bin/python"), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    (installed,) = (scratch / "venv/lib").glob("python*/site-packages")
    for pattern in _NEEDED:
        for path in Path(sysconfig.get_path("platlib")).glob(pattern):
            (installed / path.name).symlink_to(path)
    return scratch / "venv/bin"


def run(command: Path, *arguments: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(command), *arguments], cwd=directory, env=clean, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command_makes_a_witness(bin_directory: Path, tmp_path: Path) -> None:
    command = bin_directory / "ithaca-witness"
    made = run(command, "init", "--directory", "w", "--name", "w.example/1", directory=tmp_path)
    assert VerifierKey.parse(made.stdout.splitlines()[0]).name == "w.example/1", made.stderr
    asked = run(command, "status", "--directory", "w", directory=tmp_path)
    assert (asked.returncode, asked.stdout) == (0, "".join(f"witness {line}\n" for line in made.stdout.splitlines()))


def test_nothing_else_of_the_project_comes_with_it(bin_directory: Path, tmp_path: Path) -> None:
    code = "import importlib.util, witness.__main__; print([importlib.util.find_spec(n) for n in ('django', 'core')])"
    asked = run(bin_directory / "python", "-c", code, directory=tmp_path)
    assert asked.stdout.strip() == "[None, None]", asked.stderr
    assert not list(bin_directory.parent.glob("lib/python*/site-packages/ledger_bridge/models.py"))
