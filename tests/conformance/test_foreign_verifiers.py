"""What others wrote reads what we write: every row accepts all genuine material and refuses all that was tampered with.

`make conformance` installs the verifiers and prints the table; a plain test run asks those that are there.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import cases
from tests.conformance.cases import Cases
from tests.conformance.material import Material, download, head_of, make_log, served
from tests.conformance.tools import GO, NOBLE, OPENSSL, SCALES_TOOL, SIGSTORE, TOOLS, Tool
from tests.fakes.archives import flip
from tests.needs import required

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[[Material], tuple[Cases, Cases]]
ROWS: list[tuple[str, Tool, Make]] = [
    ("checkpoints, Ed25519", GO, cases.ed25519_notes),
    ("inclusion proofs", GO, cases.inclusions),
    ("consistency proofs", GO, cases.consistencies),
    ("checkpoints, Ed25519 and ML-DSA-44", SCALES_TOOL, cases.both_types),
    ("checkpoints, ML-DSA-44 alone", SCALES_TOOL, cases.mldsa_notes),
    ("cosignatures of both types", SCALES_TOOL, cases.cosignatures),
    ("inclusion proofs", SCALES_TOOL, cases.inclusions),
    ("consistency proofs", SCALES_TOOL, cases.consistencies),
    ("checkpoint and proof as a bundle's log entry", SIGSTORE, cases.entries),
    ("checkpoints, ML-DSA-44 alone", NOBLE, cases.mldsa_notes),
    ("RFC 3161 timestamps", OPENSSL, cases.timestamps),
]
TABLE: list[tuple[str, str, str]] = []


@pytest.fixture(scope="module")
def material(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Material]:
    """Make the log once and fetch all of it. The first test empties the database when it ends."""
    folder = tmp_path_factory.mktemp("log")
    with django_db_blocker.unblock():
        notes = make_log()
        download(folder, head_of(notes[-1]).size)
    yield Material(folder, notes)
    _print_table()


@pytest.fixture(scope="module")
def spoilt(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same files with one bit of every hash tile and every bundle flipped."""
    folder = tmp_path_factory.mktemp("spoilt") / "log"
    shutil.copytree(material.folder, folder)
    for tile in (folder / "tile").rglob("*"):
        if tile.is_file():
            tile.write_bytes(flip(tile.read_bytes(), 5))
    return folder


@pytest.mark.parametrize(("what", "tool", "make"), ROWS, ids=[f"{tool.name}: {what}" for what, tool, _ in ROWS])
def test_it_accepts_what_is_genuine_and_nothing_else(material: Material, what: str, tool: Tool, make: Make) -> None:
    # Before the cases are made, some of which take the tool itself.
    require_tool(tool, what)
    ask(what, tool, *make(material))


@pytest.mark.parametrize("tool", [GO, SCALES_TOOL], ids=lambda tool: tool.name)
def test_it_reads_the_log_over_http(material: Material, spoilt: Path, tool: Tool) -> None:
    require_tool(tool, "tiles over HTTP")
    with served(material.folder) as url, served(spoilt) as spoilt_url:
        ask("tiles over HTTP", tool, *cases.tile_reads(material, url, spoilt_url))


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_case_that_cannot_be_read_is_an_error_and_no_refusal(tool: Tool) -> None:
    """Otherwise a broken verifier would seem to refuse everything."""
    require_tool(tool, "cases that cannot be read")
    with pytest.raises(RuntimeError):
        tool.verdicts([{"kind": "nonsense"}])


def ask(what: str, tool: Tool, good: Cases, bad: Cases) -> None:
    verdicts = tool.verdicts([*good, *bad])
    accepted, refused = sum(verdicts[: len(good)]), verdicts[len(good) :].count(False)
    found = f"{accepted} of {len(good)} accepted, {refused} of {len(bad)} tampered refused"
    TABLE.append((what, f"{tool.name} {tool.version()}", found))
    assert good
    assert bad
    assert (accepted, refused) == (len(good), len(bad))


def require_tool(tool: Tool, what: str) -> None:
    if not tool.present() and "conformance" not in required():
        TABLE.append((what, tool.name, f"not run: needs {tool.needs}"))
        pytest.skip(f"not run: needs {tool.needs}")


def _print_table() -> None:
    rows = [("what", "foreign verifier", "result"), *TABLE]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"{what:<{widths[0]}}  {who:<{widths[1]}}  {found}" for what, who, found in rows]
    sys.stdout.write("\n\n" + "\n".join(lines) + "\n")
