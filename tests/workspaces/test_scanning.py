"""From upload to verdict: held, then clean, infected or not scanned, and what each lets people do."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.checks import WARNING
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from config.start import refuse_unsound
from core.errors import Refused
from ledger_bridge.models import Entry
from tests.check_deployment import check
from tests.clamd import VIRUS, clamd
from tests.needs import needs
from tests.workspaces.conftest import CONTENT, blobs, browser, put, read
from workspaces import checks
from workspaces.models import Version, VersionScan, Workspace
from workspaces.permissions import Right
from workspaces.scanning import services
from workspaces.scanning.services import scan_next
from workspaces.services import hand_over_version
from workspaces.tasks import scan_uploads

pytestmark = needs("clamd")
DOWN = "unix:///nowhere/clamd.sock"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with clamd() as address:
        yield address


@pytest.fixture
def scanner(address: str, settings: Any) -> str:
    settings.SCANNER_URL = address
    settings.SCANNER_MAX_BYTES = 4 * 1024 * 1024
    return address


@pytest.fixture
def infected(scanner: str, alice: User, workspace: Workspace) -> Version:
    version = put(alice, workspace, "letter.txt", VIRUS)
    scan_next()
    return version


def let_go(version: Version) -> None:
    call_command("scan", "--release", str(version.pk), "--reason", "Looked at elsewhere", stdout=StringIO())


def state(version: Version) -> str:
    return VersionScan.objects.get(version=version).state


def kinds(version: Version) -> list[str]:
    return [entry.kind for entry in Entry.objects.order_by("recorded_at") if entry.version == version.pk]


def test_nothing_is_held_where_there_is_no_scanner(version: Version, alice: User) -> None:
    assert not VersionScan.objects.exists()
    assert (read(alice, version), scan_next()) == (CONTENT, 0)


def test_an_upload_is_held_until_it_was_scanned(scanner: str, version: Version, alice: User) -> None:
    assert state(version) == "held"
    with pytest.raises(Refused, match="waits for the virus scanner"):
        read(alice, version)
    assert scan_next() == 1
    assert (state(version), read(alice, version)) == ("clean", CONTENT)


def test_every_step_is_recorded_and_the_reading_before_it_happens(scanner: str, version: Version) -> None:
    scan_next()
    assert kinds(version) == ["version.uploaded", "version.sent_to_scanner", "version.found_clean"]


def test_nobody_opens_what_is_infected(infected: Version, alice: User) -> None:
    assert state(infected) == "infected"
    for right in (Right.VIEW, Right.DOWNLOAD):
        with pytest.raises(Refused, match=r"Tests\.Virus"):
            read(alice, infected, right)
    entry = Entry.objects.get(kind="version.found_infected")
    assert (entry.version, entry.outcome) == (infected.pk, "deny")


def test_the_page_of_the_file_says_why_and_the_download_is_refused(infected: Version, alice: User) -> None:
    client = browser(alice)
    page = client.get(f"/workspaces/files/{infected.file_id}/").content.decode()
    assert "Virus found" in page
    assert "Upload a clean copy" in page
    assert f"/versions/{infected.pk}/download/" not in page
    assert client.get(f"/workspaces/versions/{infected.pk}/download/").status_code == 403


def test_what_is_held_is_neither_put_into_an_archive_nor_handed_over(
    infected: Version, alice: User, workspace: Workspace
) -> None:
    from workspaces.services import open_archive

    with pytest.raises(Refused, match=r"Tests\.Virus"):
        open_archive(actor=alice, workspace=workspace)
    put(alice, workspace, "doses.csv", CONTENT)
    scan_next()
    packed = b"".join(open_archive(actor=alice, workspace=workspace).pieces)
    assert CONTENT in packed
    assert VIRUS not in packed
    assert b"the virus scanner holds them" in packed
    with pytest.raises(Refused, match=r"Tests\.Virus"):
        hand_over_version(actor=alice, version=infected, key=None)  # type: ignore[arg-type]  # it does not come to that


def test_a_clean_new_version_can_be_opened(infected: Version, alice: User) -> None:
    from workspaces.services import seal_upload, upload_version

    sealed = seal_upload(actor=alice, workspace=infected.file.workspace, chunks=[CONTENT], into=infected.file)
    second = upload_version(actor=alice, file=infected.file, sealed=sealed)
    scan_next()
    assert read(alice, second) == CONTENT


def test_a_scanner_that_is_down_means_not_scanned_and_nobody_opens_it(
    scanner: str, settings: Any, version: Version, alice: User
) -> None:
    settings.SCANNER_URL = DOWN
    assert scan_next() == 0
    assert state(version) == "not_scanned"
    with pytest.raises(Refused, match=r"opens only what was\. The scanner did not answer\."):
        read(alice, version)
    assert "version.sent_to_scanner" not in kinds(version)
    scan_next()
    assert kinds(version).count("version.not_scanned") == 1


def test_what_was_not_scanned_is_scanned_when_the_scanner_is_back(
    scanner: str, settings: Any, version: Version
) -> None:
    settings.SCANNER_URL = DOWN
    scan_next()
    settings.SCANNER_URL = scanner
    assert scan_next() == 0  # not at once
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        assert scan_next() == 1
    assert state(version) == "clean"


def test_an_installation_may_decide_to_open_what_was_not_scanned(
    scanner: str, settings: Any, version: Version, alice: User
) -> None:
    settings.SCANNER_URL, settings.SCANNER_NOT_SCANNED = DOWN, "open"
    with pytest.raises(Refused, match="waits for the virus scanner"):
        read(alice, version)
    scan_next()
    assert read(alice, version) == CONTENT


def test_what_was_not_scanned_stays_out_of_archives_until_it_is_let_go(
    scanner: str, settings: Any, version: Version, alice: User, workspace: Workspace
) -> None:
    from workspaces.services import open_archive

    settings.SCANNER_URL = DOWN
    scan_next()
    with pytest.raises(Refused, match="opens only what was"):
        open_archive(actor=alice, workspace=workspace)
    let_go(version)
    assert CONTENT in b"".join(open_archive(actor=alice, workspace=workspace).pieces)


def test_what_was_uploaded_before_there_was_a_scanner_was_not_scanned(
    version: Version, alice: User, settings: Any, address: str
) -> None:
    settings.SCANNER_URL = address
    with pytest.raises(Refused, match="not scanned"):
        read(alice, version)
    call_command("scan", "--everything", stdout=StringIO())
    assert (state(version), read(alice, version)) == ("clean", CONTENT)


def test_what_is_larger_than_the_scanner_takes_was_not_scanned_and_not_opened_for_it(
    scanner: str, settings: Any, version: Version
) -> None:
    settings.SCANNER_MAX_BYTES = 3
    scan_next()
    assert (state(version), "version.sent_to_scanner" in kinds(version)) == ("not_scanned", False)
    assert VersionScan.objects.get(version=version).due_at is None


def test_damaged_bytes_are_not_called_clean(scanner: str, settings: Any, version: Version) -> None:
    (path,) = blobs(settings)
    path.write_bytes(bytes(path.stat().st_size))
    scan_next()
    assert state(version) == "not_scanned"


def test_a_worker_that_died_has_a_file_for_a_while_only(
    scanner: str, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(services, "_ask", die)
    with pytest.raises(KeyboardInterrupt):
        scan_next()
    monkeypatch.undo()
    assert (state(version), scan_next()) == ("held", 0)
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=True):
        scan_uploads()
    assert state(version) == "clean"


def test_whoever_runs_the_installation_can_let_go_with_a_reason(infected: Version, alice: User) -> None:
    with pytest.raises(CommandError, match="reason"):
        call_command("scan", "--release", str(infected.pk))
    call_command("scan", "--release", str(infected.pk), "--reason", "A test file of the laboratory", stdout=StringIO())
    assert read(alice, infected) == VIRUS
    assert kinds(infected)[-2:] == ["version.released", "version.opened"]
    with pytest.raises(CommandError, match="does not hold"):
        call_command("scan", "--release", str(infected.pk), "--reason", "Again")


def test_what_the_scanner_cannot_take_can_be_let_go_too(
    scanner: str, settings: Any, version: Version, alice: User
) -> None:
    settings.SCANNER_MAX_BYTES = 3
    scan_next()
    let_go(version)
    assert read(alice, version) == CONTENT
    assert "Not scanned, let go" in browser(alice).get(f"/workspaces/files/{version.file_id}/").content.decode()
    assert Entry.objects.get(kind="version.released").detail["finding"] == "It is larger than the scanner takes."


def test_a_virus_found_afterwards_holds_again_what_was_let_go(
    scanner: str, settings: Any, alice: User, workspace: Workspace
) -> None:
    version = put(alice, workspace, "letter.txt", VIRUS)
    settings.SCANNER_URL = DOWN
    scan_next()
    let_go(version)
    settings.SCANNER_URL = scanner
    call_command("scan", "--everything", stdout=StringIO())
    with pytest.raises(Refused, match=r"Tests\.Virus"):
        read(alice, version)


def test_what_still_waits_cannot_be_let_go(scanner: str, version: Version) -> None:
    with pytest.raises(CommandError, match="does not hold"):
        call_command("scan", "--release", str(version.pk), "--reason", "Hurry")


def test_no_plaintext_is_written_by_us(scanner: str, alice: User, workspace: Workspace, tmp_path: Any) -> None:
    put(alice, workspace, "canary.txt", b"canary 8d1f0c" * 100)
    scan_next()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"canary 8d1f0c" in path.read_bytes()]


def test_what_was_not_scanned_is_held_unless_an_installation_decides_otherwise() -> None:
    command = ["-c", "from django.conf import settings; print(settings.SCANNER_NOT_SCANNED)"]
    assert check(command=command).stdout.strip() == "hold"


def test_a_start_in_production_warns_of_opening_what_was_not_scanned(
    scanner: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SCANNER_NOT_SCANNED, settings.PRODUCTION = "open", True
    [warning] = checks.check_scanner(None)
    assert (warning.id, warning.is_serious(WARNING)) == ("workspaces.W001", True)
    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_unsound()  # of other things, since these are not the settings of a hospital
    assert "W001" not in str(refused.value)
    assert "SCANNER_NOT_SCANNED=open lets people open" in caplog.text


def test_a_start_says_what_is_wrong_with_the_scanner(scanner: str, settings: Any) -> None:
    assert checks.check_scanner(None) == []
    settings.SCANNER_URL = DOWN
    assert "does not answer" in checks.check_scanner(None)[0].msg
    with clamd(alert_exceeds_max=False) as address:
        settings.SCANNER_URL = address
        assert "AlertExceedsMax" in checks.check_scanner(None)[0].msg
