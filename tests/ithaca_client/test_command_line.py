"""The command line against a running server: what a person types, what comes of it, and what a script learns."""

import gc
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.services import make_api_token
from ithaca_client.__main__ import main
from ithaca_client.api import Api
from ithaca_client.session import session_file
from ledger_bridge.models import Entry
from ledger_bridge.services import sequence_entries
from tests.workspaces.conftest import put
from workspaces import services
from workspaces.crypt4gh import keys
from workspaces.keys import forget_keys
from workspaces.models import Item, Version, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = os.urandom(200_000)


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.BLOB_DIRECTORY = tmp_path / "blobs"
    forget_keys()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    yield
    wait_until_the_server_is_alone()


def wait_until_the_server_is_alone() -> None:
    """Let the threads of the live server end, which hold connections to a database that may be thrown away next."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 10
    while True:
        # A connection of a thread that ended is closed when it is collected.
        gc.collect()
        with connection.cursor() as cursor:
            cursor.execute(others)
            if cursor.fetchone() == (0,):
                return
        assert time.monotonic() < deadline, "A thread of the live server still holds a connection."
        time.sleep(0.05)


@pytest.fixture
def workspace(alice: User) -> Workspace:
    return services.create_workspace(actor=alice, name="Site 12")


@pytest.fixture
def version(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "doses.csv", CONTENT)


@pytest.fixture
def signed_in(alice: User, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    token = make_api_token(actor=alice, name="cli", scopes=["read", "download", "upload"], days=7)[1]
    monkeypatch.setenv("ITHACA_URL", live_server.url)
    monkeypatch.setenv("ITHACA_TOKEN", token)
    return token


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_signing_in_keeps_the_token_for_its_owner_only(
    alice: User, live_server: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = make_api_token(actor=alice, name="cli", scopes=["read"], days=7)[1]
    monkeypatch.setattr("sys.stdin", io.StringIO(token + "\n"))
    assert main(["login", live_server.url]) == 0
    assert session_file().stat().st_mode & 0o077 == 0
    assert main(["whoami", "--json"]) == 0
    printed = capsys.readouterr().out
    assert "Alice Brandt" in printed
    assert token not in printed
    assert main(["logout"]) == 0
    assert not session_file().exists()


@pytest.mark.parametrize(
    "host",
    ["ithaca.hospital.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "["],
)
def test_a_token_never_travels_in_clear(capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert main(["login", f"http://{host}"]) == 2
    assert "https://" in capsys.readouterr().err


def test_without_a_token_it_says_how_to_sign_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls"]) == 4
    assert "ithaca login" in capsys.readouterr().err


def test_a_dead_token_is_refused(signed_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITHACA_TOKEN", "ithaca_nobody-made-this")
    assert main(["ls"]) == 4


def test_a_server_that_is_not_there_is_told_apart(signed_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITHACA_URL", "http://127.0.0.1:9")
    assert main(["ls"]) == 5


def test_it_lists_what_there_is(signed_in: str, version: Version, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls"]) == 0
    assert capsys.readouterr().out == "Site 12/\n"
    assert main(["ls", "Site 12"]) == 0
    assert capsys.readouterr().out == "doses.csv\t200000 bytes\tversion 1\n"
    assert main(["ls", "Site 12", "--json"]) == 0
    assert [row["name"] for row in said(capsys)] == ["doses.csv"]


@pytest.mark.parametrize("path", ["Elsewhere", "Site 12/nothing.csv", "Site 12/doses.csv/below"])
def test_what_is_not_there_has_a_status_of_its_own(signed_in: str, version: Version, path: str) -> None:
    assert main(["ls", path]) == 3


def test_what_belongs_to_others_is_not_there(signed_in: str, bob: User) -> None:
    services.create_workspace(actor=bob, name="Elsewhere")
    assert main(["ls", "Elsewhere"]) == 3


def test_of_several_with_one_name_it_asks_for_the_id(
    signed_in: str, workspace: Workspace, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    services.create_workspace(actor=alice, name="Site 12")
    assert main(["ls", "Site 12"]) == 2
    assert str(workspace.pk) in capsys.readouterr().err
    assert main(["ls", str(workspace.pk)]) == 0


def test_a_folder_is_made_and_filled(
    signed_in: str, workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan.dcm").write_bytes(CONTENT)
    assert main(["mkdir", "Site 12/Images"]) == 0
    assert main(["upload", "scan.dcm", "--to", "Site 12/Images"]) == 0
    kept = Item.objects.get(name="scan.dcm")
    assert kept.parent is not None
    assert kept.parent.name == "Images"
    assert main(["download", "Site 12/Images/scan.dcm", "-o", "again.dcm"]) == 0
    assert (tmp_path / "again.dcm").read_bytes() == CONTENT


def test_an_empty_file_goes_there_and_back(signed_in: str, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    assert main(["upload", "empty.txt", "--to", "Site 12"]) == 0
    assert main(["download", "Site 12/empty.txt", "-o", "again.txt"]) == 0
    assert (tmp_path / "again.txt").read_bytes() == b""


def test_one_file_that_cannot_be_read_does_not_stop_the_others(
    signed_in: str, workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.csv").write_bytes(b"1")
    assert main(["upload", "missing.csv", "one.csv", "--to", "Site 12", "--json"]) == 1
    assert [row["state"] for row in said(capsys)] == ["failed", "done"]


def test_a_name_that_is_taken_asks_what_to_do(
    signed_in: str, version: Version, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "doses.csv").write_bytes(b"other")
    assert main(["upload", "doses.csv", "--to", "Site 12"]) == 1
    assert "--new-version" in capsys.readouterr().out
    assert main(["upload", "doses.csv", "--to", "Site 12", "--new-version"]) == 0
    assert version.file.versions.count() == 2


def test_an_upload_goes_on_where_it_was_broken_off(
    signed_in: str, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(3 << 20)
    (tmp_path / "genome.bam").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        sent = watch(patch, stop_after=1)
        assert main(["upload", "genome.bam", "--to", "Site 12", "--chunk", "1"]) == 130
    again = watch(monkeypatch, stop_after=None)
    assert main(["upload", "genome.bam", "--to", "Site 12", "--chunk", "1"]) == 0
    assert (len(sent), len(again)) == (1, 2)
    assert Version.objects.get(file__name="genome.bam").plaintext_size == len(content)


def test_a_download_goes_on_where_it_was_broken_off(signed_in: str, version: Version, tmp_path: Path) -> None:
    (tmp_path / "doses.csv.part").write_bytes(CONTENT[:70_000])
    assert main(["download", "Site 12/doses.csv"]) == 0
    assert (tmp_path / "doses.csv").read_bytes() == CONTENT
    assert not (tmp_path / "doses.csv.part").exists()


def test_a_download_that_is_not_what_was_recorded_gets_no_name(
    signed_in: str, version: Version, tmp_path: Path
) -> None:
    (tmp_path / "doses.csv.part").write_bytes(b"x" * 70_000)
    assert main(["download", "Site 12/doses.csv"]) == 1
    assert list(tmp_path.glob("doses*")) == []


def test_it_writes_over_nothing(signed_in: str, version: Version, tmp_path: Path) -> None:
    (tmp_path / "doses.csv").write_bytes(b"mine")
    assert main(["download", "Site 12/doses.csv"]) == 1
    assert (tmp_path / "doses.csv").read_bytes() == b"mine"


def test_a_download_is_recorded(signed_in: str, version: Version, alice: User) -> None:
    main(["download", "Site 12/doses.csv"])
    assert Entry.objects.get(kind="version.downloaded").actor == alice.pk


def test_a_file_is_handed_over_and_held_against_its_receipt(
    signed_in: str, version: Version, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = keys.generate_secret_key()
    public = keys.format_public_key(keys.public_key(secret))
    services.register_recipient_key(actor=alice, name="laptop", content=public)
    monkeypatch.setattr("ithaca_client.downloads.time.sleep", lambda _: sequence_entries())
    assert main(["handover", "Site 12/doses.csv", "--key", "laptop", "--purpose", "second reading"]) == 0
    sealed = tmp_path / "doses.csv.c4gh"
    assert main(["check", str(sealed), f"{sealed}.receipt.json"]) == 0
    sealed.write_bytes(sealed.read_bytes()[:-28])
    assert main(["check", str(sealed), f"{sealed}.receipt.json"]) == 1


def test_a_hand_over_never_goes_on_with_what_an_earlier_one_left(
    signed_in: str, version: Version, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = keys.format_public_key(keys.public_key(keys.generate_secret_key()))
    services.register_recipient_key(actor=alice, name="laptop", content=public)
    monkeypatch.setattr("ithaca_client.downloads.time.sleep", lambda _: sequence_entries())
    sealed = tmp_path / "doses.csv.c4gh"
    sealed.with_name(f"{sealed.name}.part").write_bytes(b"x" * 200)
    assert main(["handover", "Site 12/doses.csv"]) == 0
    assert main(["check", str(sealed), f"{sealed}.receipt.json"]) == 0


def test_a_server_cannot_send_the_token_elsewhere(signed_in: str) -> None:
    from ithaca_client.errors import ClientError
    from ithaca_client.session import current_session

    with pytest.raises(ClientError, match="another place"):
        Api(current_session()).ask("GET", "https://evil.example/")


@pytest.mark.parametrize("words", [[], ["fly"], ["upload", "x"], ["download"]])
def test_what_cannot_be_understood_ends_with_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2


def watch(monkeypatch: pytest.MonkeyPatch, *, stop_after: int | None) -> list[str]:
    """Note the pieces that are sent; let somebody press Ctrl-C after so many."""
    sent: list[str] = []
    ask = Api.ask

    def watched(self: Api, method: str, path: str, **more: Any) -> Any:
        if method == "PATCH":
            if len(sent) == stop_after:
                raise KeyboardInterrupt
            sent.append(path)
        return ask(self, method, path, **more)

    monkeypatch.setattr(Api, "ask", watched)
    return sent
