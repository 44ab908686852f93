import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.archives import edit_scope, flip, forge, pack
from tests.fakes.ledger import FakeLedger
from tests.verifier.conftest import Verify
from verifier.__main__ import main

NOISE = random.Random(1).randbytes(5000)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def trail(tmp_path: Path, archive: bytes) -> Path:
    path = tmp_path / "trail.zip"
    path.write_bytes(archive)
    return path


def test_it_runs_as_a_module_and_speaks_plainly(trail: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "verifier", trail], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "Everything that was checked holds." in done.stdout
    assert "What this cannot tell:" in done.stdout


def test_it_needs_neither_django_nor_the_rest_of_the_project(trail: Path, tmp_path: Path) -> None:
    for package in ("verifier", "ledger_bridge/tlog"):
        (tmp_path / package).parent.mkdir(exist_ok=True)
        (tmp_path / package).symlink_to(ROOT / package)
    script = "import sys; from verifier.__main__ import main; main([sys.argv[1]]); assert 'django' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script, trail], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0


def test_it_says_what_does_not_hold(trail: Path, archive: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    trail.write_bytes(archive[:-30])
    assert main([str(trail)]) == 1
    assert "DOES NOT HOLD:\n  - the archive is cut" in capsys.readouterr().out


def test_a_hostile_name_cannot_write_lines_of_its_own(
    trail: Path, archive: bytes, ledger: FakeLedger, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "w1\n\x1b[2JEverything that was checked holds."
    change = edit_scope(lambda scope: scope["streams"][0].update(id=name, length=9))
    events = {"events_jsonl": b""}
    trail.write_bytes(forge(archive, ledger.signer, **change(archive), **events))
    main([str(trail)])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\nEverything that was checked holds." not in shown


def test_it_says_against_whom_it_checked_and_what_that_means(
    trail: Path, capsys: pytest.CaptureFixture[str], ledger: FakeLedger, tmp_path: Path
) -> None:
    (tmp_path / "policy").write_text(ledger.policy)
    assert main([str(trail), "--policy", str(tmp_path / "policy")]) == 0
    shown = capsys.readouterr().out
    assert "asks for 2 of witness.example/a, witness.example/b; co-signed by witness.example/a, witness" in shown
    assert "No event that the log recorded is missing from the stream of workspace w1." in shown


def test_it_concludes_nothing_from_a_file_that_does_not_hold(
    trail: Path, archive: bytes, ledger: FakeLedger, capsys: pytest.CaptureFixture[str]
) -> None:
    trail.write_bytes(forge(archive, ledger.signer, events_jsonl=b""))
    assert main([str(trail)]) == 1
    assert "What that means" not in capsys.readouterr().out


def test_it_writes_a_page_for_printing_that_needs_nothing_else(trail: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert main([str(trail), "--html", str(page)]) == 0
    written = page.read_text()
    assert '<p class="verdict">Everything that was checked holds.</p>' in written
    assert not re.search(r"<script|<link|<img|\ssrc=|url\(", written)


def test_a_hostile_name_is_only_text_on_the_page(
    trail: Path, archive: bytes, ledger: FakeLedger, tmp_path: Path
) -> None:
    change = edit_scope(lambda scope: scope["streams"][0].update(id="<script>", length=0))
    trail.write_bytes(forge(archive, ledger.signer, **change(archive)))
    assert main([str(trail), "--html", str(tmp_path / "page")]) == 1
    assert "&lt;script&gt;" in (tmp_path / "page").read_text()
    assert "<script" not in (tmp_path / "page").read_text()


def test_it_calls_a_page_that_cannot_be_written_unusable(trail: Path, tmp_path: Path) -> None:
    assert main([str(trail), "--html", str(tmp_path / "nowhere" / "page")]) == 2


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"PK", b"PK\x03\x04", b"hello\n", NOISE, b"PK\x03\x04" + NOISE, b"%PDF-1.7\n"],
    ids=["empty", "nul", "two letters", "a zip's first bytes", "text", "noise", "noise like a zip", "a PDF"],
)
def test_it_calls_garbage_unusable(verify: Verify, data: bytes) -> None:
    outcome = verify(data)
    assert (outcome.status, outcome.report) == (2, {})
    assert outcome.error == "verifier: This is neither a trail export nor a receipt.\n"


def test_it_calls_another_zip_unusable(verify: Verify) -> None:
    outcome = verify(pack({"letter.txt": b"Dear Sir"}))
    assert (outcome.status, outcome.error) == (2, "verifier: This zip holds no member of a trail export.\n")


def test_it_does_not_read_a_huge_directory(verify: Verify) -> None:
    outcome = verify(pack({f"{number:0200d}": b"" for number in range(5000)}))
    assert (outcome.status, "far too large" in outcome.error) == (2, True)


def test_it_calls_a_missing_file_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere.zip")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_it_calls_a_folder_unusable(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2


def test_it_calls_a_broken_policy_unusable(verify: Verify, archive: bytes) -> None:
    outcome = verify(archive, policy="trust everybody")
    assert (outcome.status, "is not a policy: policy line 1" in outcome.error) == (2, True)


def test_it_calls_a_huge_policy_unusable(verify: Verify, archive: bytes) -> None:
    assert verify(archive, policy="#" * (2 << 20)).status == 2


def test_it_calls_bad_usage_unusable() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--nonsense"])
    assert stopped.value.code == 2


def test_it_never_fails_in_any_other_way(verify: Verify, archive: bytes, ledger: FakeLedger) -> None:
    # Unusable is what is left when the byte was one of the archive's directory.
    statuses = {verify(flip(archive, at), policy=ledger.policy).status for at in range(0, len(archive), 61)}
    assert statuses <= {0, 1, 2}
