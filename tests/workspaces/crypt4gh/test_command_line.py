"""`python -m workspaces.crypt4gh`, as a person at a shell meets it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from workspaces.crypt4gh import keys

ROOT = Path(__file__).parents[3]
PLAIN = bytes(range(256)) * 5_000


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "workspaces.crypt4gh", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    secret = keys.generate_secret_key()
    public, private = tmp_path / "alice.pub", tmp_path / "alice.sec"
    public.write_bytes(keys.format_public_key(keys.public_key(secret)))
    private.write_bytes(keys.format_secret_key(secret, None))
    return str(public), str(private)


def test_what_is_sealed_opens(pair: tuple[str, str]) -> None:
    sealed = run("seal", pair[0], stdin=PLAIN)
    opened = run("open", pair[1], stdin=sealed.stdout)
    assert (sealed.returncode, sealed.stderr, opened.returncode, opened.stderr) == (0, b"", 0, b"")
    assert opened.stdout == PLAIN


def test_a_cut_file_is_refused_with_one_sentence(pair: tuple[str, str]) -> None:
    sealed = run("seal", pair[0], stdin=PLAIN).stdout
    opened = run("open", pair[1], stdin=sealed[: 124 + 65_564])
    assert opened.returncode == 1
    assert opened.stdout == b""
    assert opened.stderr.decode().splitlines() == [
        "crypt4gh: Segment 0 is the last one present but not marked as last: the body was cut short."
    ]


def test_only_verified_bytes_leave_before_the_error(pair: tuple[str, str]) -> None:
    sealed = bytearray(run("seal", pair[0], stdin=PLAIN).stdout)
    sealed[-1] ^= 1
    opened = run("open", pair[1], stdin=bytes(sealed))
    assert opened.returncode == 1
    assert b"Segment 19 does not authenticate" in opened.stderr
    assert opened.stdout == PLAIN[: 1 << 20]


def test_an_empty_file_is_opened_with_a_note(pair: tuple[str, str]) -> None:
    opened = run("open", pair[1], stdin=run("seal", pair[0]).stdout)
    assert (opened.returncode, opened.stdout) == (0, b"")
    assert b"the file is empty" in opened.stderr


def test_what_is_no_crypt4gh_file_is_refused(pair: tuple[str, str]) -> None:
    opened = run("open", pair[1], stdin=b"%PDF-1.7 and so on")
    assert opened.returncode == 1
    assert b"not a Crypt4GH file" in opened.stderr


@pytest.mark.parametrize("arguments", [[], ["seal"], ["mend", "x"], ["open", "a", "b"]])
def test_what_is_not_understood_ends_with_two(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_a_missing_key_file_is_an_error(tmp_path: Path) -> None:
    done = run("seal", str(tmp_path / "nobody.pub"), stdin=PLAIN)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"nobody.pub" in done.stderr
    assert b"Traceback" not in done.stderr


def test_keygen_writes_a_pair_that_works(tmp_path: Path) -> None:
    name = str(tmp_path / "bob")
    assert run("keygen", name, C4GH_PASSPHRASE="a long passphrase").returncode == 0
    assert stat.S_IMODE(Path(f"{name}.sec").stat().st_mode) == 0o600
    sealed = run("seal", f"{name}.pub", stdin=b"hello").stdout
    assert run("open", f"{name}.sec", stdin=sealed, C4GH_PASSPHRASE="a long passphrase").stdout == b"hello"
    refused = run("open", f"{name}.sec", stdin=sealed, C4GH_PASSPHRASE="another")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"The passphrase does not open" in refused.stderr


def test_keygen_does_not_overwrite(tmp_path: Path) -> None:
    (tmp_path / "bob.sec").write_bytes(b"precious")
    done = run("keygen", str(tmp_path / "bob"), C4GH_PASSPHRASE="a long passphrase")
    assert done.returncode == 1
    assert (tmp_path / "bob.sec").read_bytes() == b"precious"
    assert not (tmp_path / "bob.pub").exists()


def test_keygen_refuses_an_empty_passphrase(tmp_path: Path) -> None:
    done = run("keygen", str(tmp_path / "bob"), C4GH_PASSPHRASE="")
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_portable_pair_comes_with_a_generated_passphrase(tmp_path: Path) -> None:
    name = str(tmp_path / "carol")
    done = run("keygen", "--portable", name)
    passphrase = done.stderr.decode().strip().rsplit(" ", 1)[1]
    assert len(passphrase) == 32
    assert keys.parse_secret_key(Path(f"{name}.sec").read_bytes(), passphrase)
