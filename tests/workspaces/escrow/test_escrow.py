"""The keys in escrow: three sheets of words, of which any two give the keys back, and one says nothing."""

import json
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import combine_mnemonics

from accounts.models import User
from accounts.permissions import Right
from core.access import Service
from core.errors import Conflict, DamagedContent, InvalidInput, Refused
from core.kms import KeyServiceRefused, LocalKeyring, key_service
from ledger_bridge.models import Entry
from ledger_bridge.recording import record
from ledger_bridge.signing import log_signer
from workspaces import services
from workspaces.crypt4gh import keys as key_form
from workspaces.escrow import bundle
from workspaces.escrow.binding import condition, difference
from workspaces.escrow.shares import Share, combine, parse, sheet, split
from workspaces.events import EscrowMade
from workspaces.tasks import keep_escrow

KEEPER = Service("operator", frozenset({Right.KEEP_ESCROW}))


@pytest.fixture(autouse=True)
def _keys(db: None, settings: Any) -> Iterator[None]:
    """Every root and the keys of the log are there, and no escrow."""
    for root in ("workspaces", "ledger", "sign-in"):
        key_service().newest(root)
    log_signer()
    directory = bundle.directory()
    shutil.rmtree(directory, ignore_errors=True)
    yield
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def made() -> services.MadeEscrow:
    return services.make_escrow(actor=KEEPER)


def two_of(made: services.MadeEscrow, first: int = 0, second: int = 1) -> list[Share]:
    return [parse(made.sheets[first]), parse(made.sheets[second])]


@given(st.binary(min_size=32, max_size=32))
def test_any_two_of_three_shares_give_the_secret_back(secret: bytes) -> None:
    shares = split(secret)
    assert [combine(pair) for pair in combinations(shares, 2)] == [secret] * 3


def test_the_arithmetic_is_that_of_the_standard() -> None:
    """A vector of SLIP-0039: two of three, with the passphrase that all its vectors have."""
    words = [
        "shadow pistol academic always adequate wildlife fancy gross oasis cylinder mustang wrist rescue view short",
        "owner flip making coding armed",
        "shadow pistol academic acid actress prayer class unknown daughter sweater depict flip twice unkind craft",
        "early superior advocate guest smoking",
    ]
    shares = [" ".join(words[:2]), " ".join(words[2:])]
    assert combine_mnemonics(shares, b"TREZOR").hex() == "b43ceb7e57a0ea8766221624d01b0864"


@given(st.binary(min_size=32, max_size=32), st.data())
def test_a_wrong_word_is_noticed(secret: bytes, data: st.DataObject) -> None:
    words = split(secret)[0].words.split()
    place = data.draw(st.integers(0, 32))
    changed = [*words[:place], "academic" if words[place] == "acid" else "acid", *words[place + 1 :]]
    with pytest.raises(InvalidInput):
        parse(" ".join(changed))


@pytest.mark.parametrize("text", ["", "sniff", "WORDS\n 1 sniff", " ".join(["academic"] * 33), "ä" * 40])
def test_what_is_no_share_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert "sniff" not in caught.value.sentence


def test_a_sheet_says_what_it_is_and_reads_back() -> None:
    share = split(bytes(range(32)))[1]
    text = sheet(share, installation="ithaca.example/ledger", escrow="0123456789abcdef", made="29 November 2026")
    assert "SHARE 2 OF 3" in text
    assert "ithaca.example/ledger" in text
    assert max(map(len, text.splitlines())) <= 110
    assert parse(text) == share
    assert parse(share.words.upper()) == share
    assert share.words.split()[5] not in repr(share)


def test_one_share_twice_or_shares_of_two_escrows_do_not_do() -> None:
    ours, theirs = split(b"o" * 32), split(b"t" * 32)
    for pair in ([ours[0]], [ours[0], ours[0]], ours, [ours[0], theirs[1]]):
        with pytest.raises(InvalidInput) as caught:
            combine(pair)
        assert not set(ours[0].words.split()[4:]) & set(re.findall("[a-z]+", caught.value.sentence))


@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (1, 2)])
def test_a_drill_shows_that_two_shares_rebuild_exactly_the_keys(
    made: services.MadeEscrow, pair: tuple[int, int], settings: Any
) -> None:
    before = {path: path.read_bytes() for path in Path(settings.KEYRING_DIRECTORY).rglob("*") if path.is_file()}
    assert services.drill_escrow(actor=KEEPER, given=two_of(made, *pair)) is True
    assert {path: path.read_bytes() for path in before} == before
    detail = Entry.objects.get(kind="escrow.drilled").detail
    assert detail == {"escrow": made.escrow, "shares": f"{pair[0] + 1} and {pair[1] + 1}", "outcome": "same"}


def test_a_drill_notices_a_key_that_came_later_until_the_escrow_is_renewed(made: services.MadeEscrow) -> None:
    key_service().rotate("sign-in")
    assert (bundle.is_current(), services.drill_escrow(actor=KEEPER, given=two_of(made))) == (False, False)
    assert services.renew_escrow(actor=KEEPER) is True
    assert (bundle.is_current(), services.drill_escrow(actor=KEEPER, given=two_of(made))) == (True, True)
    assert services.renew_escrow(actor=KEEPER) is False
    assert Entry.objects.filter(kind="escrow.renewed").count() == 1


def test_a_drill_with_other_shares_fails_and_is_recorded(made: services.MadeEscrow) -> None:
    with pytest.raises(InvalidInput):
        services.drill_escrow(actor=KEEPER, given=split(b"x" * 32)[:2])
    assert Entry.objects.get(kind="escrow.drilled").detail["outcome"] == "failed"


def test_a_damaged_or_cut_escrow_does_not_open(made: services.MadeEscrow, tmp_path: Path) -> None:
    whole = bundle.sealed_file().read_bytes()
    for number, content in enumerate([whole[:-1], whole[:100], b"", whole[:-5] + b"\0" + whole[-4:], whole + b"x"]):
        path = tmp_path / str(number)
        path.write_bytes(content)
        with pytest.raises(InvalidInput):
            services.drill_escrow(actor=KEEPER, given=two_of(made), sealed=path)


def test_two_shares_and_the_sealed_file_alone_restore_the_keys(
    made: services.MadeEscrow, tmp_path: Path, settings: Any
) -> None:
    present, signer = bundle.present_content(), log_signer().vkey
    key, wrapped = key_service().generate("workspaces", {"workspace": "w"})
    backup = tmp_path / "escrow.c4gh"
    shutil.copy(bundle.sealed_file(), backup)
    settings.KEYRING_DIRECTORY = tmp_path / "empty"
    services.restore_escrow(actor=KEEPER, given=two_of(made, 0, 2), sealed=backup)
    assert (bundle.present_content() == present, bundle.is_current(), log_signer().vkey == signer) == (True, True, True)
    assert LocalKeyring(tmp_path / "empty").unwrap("workspaces", wrapped, {"workspace": "w"}) == key
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "empty").rglob("*")} == {0}


def test_a_restore_is_recorded_as_soon_as_it_can_be(made: services.MadeEscrow) -> None:
    bundle.write(bundle.directory() / "restored.json", json.dumps({"escrow": "e", "shares": "1 and 3"}).encode())
    assert services.record_restored_escrow(actor=KEEPER) is True
    assert services.record_restored_escrow(actor=KEEPER) is False
    assert Entry.objects.get(kind="escrow.restored").detail == {"escrow": "e", "shares": "1 and 3"}


def test_a_restore_never_writes_over_keys(made: services.MadeEscrow, tmp_path: Path, settings: Any) -> None:
    present = bundle.present_content()
    with pytest.raises(InvalidInput, match="signing keys"):
        services.restore_escrow(actor=KEEPER, given=two_of(made), sealed=bundle.sealed_file())
    assert bundle.present_content() == present
    sealed, settings.KEYRING_DIRECTORY = bundle.sealed_file(), tmp_path / "other"
    key_service().newest("workspaces")
    with pytest.raises(KeyServiceRefused):
        services.restore_escrow(actor=KEEPER, given=two_of(made), sealed=sealed)


def test_another_escrow_has_to_be_asked_for_and_ends_the_old_shares(made: services.MadeEscrow) -> None:
    with pytest.raises(Conflict):
        services.make_escrow(actor=KEEPER)
    again = services.make_escrow(actor=KEEPER, again=True)
    assert services.drill_escrow(actor=KEEPER, given=two_of(again)) is True
    with pytest.raises(InvalidInput):
        services.drill_escrow(actor=KEEPER, given=two_of(made))


def exchange_key() -> str:
    """Put a stranger's public key where that of the escrow lies, as whoever can write there would."""
    public = key_form.public_key(key_form.generate_secret_key())
    bundle.write(bundle.directory() / "escrow.pub", key_form.format_public_key(public))
    return bundle.fingerprint(public)


def test_nothing_is_sealed_for_a_key_that_was_not_recorded(
    made: services.MadeEscrow, caplog: pytest.LogCaptureFixture
) -> None:
    sealed, found = bundle.sealed_file().read_bytes(), exchange_key()
    key_service().rotate("sign-in")
    for _ in range(2):
        with pytest.raises(DamagedContent, match="not the one that was recorded"):
            services.renew_escrow(actor=KEEPER)
    assert bundle.sealed_file().read_bytes() == sealed
    alarm = Entry.objects.get(kind="escrow.key_exchanged")  # once, however often it is tried
    assert (alarm.outcome, alarm.detail) == ("deny", {"found": found})
    assert not Entry.objects.filter(kind="escrow.renewed").exists()
    assert caplog.records[-1].levelname == "CRITICAL"


def test_an_exchanged_key_is_noticed_although_no_key_has_changed(made: services.MadeEscrow) -> None:
    exchange_key()
    with pytest.raises(DamagedContent):
        keep_escrow()
    assert Entry.objects.filter(kind="escrow.key_exchanged").exists()


def test_every_other_exchange_is_recorded_too(made: services.MadeEscrow) -> None:
    for _ in range(2):
        exchange_key()
        with pytest.raises(DamagedContent):
            services.renew_escrow(actor=KEEPER)
    assert Entry.objects.filter(kind="escrow.key_exchanged").count() == 2


def test_a_key_that_nobody_recorded_is_as_foreign(made: services.MadeEscrow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EscrowMade, "kind", "escrow.none")
    assert difference(bundle.recipient()) == "no entry says that an escrow was made."


def test_an_entry_without_a_code_of_this_installation_counts_for_nothing(made: services.MadeEscrow) -> None:
    assert difference(bundle.recipient()) is None
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        entry = Entry.objects.get(kind="escrow.made")
        cursor.execute("UPDATE ledger_bridge_entry SET code = sha256(code) WHERE id = %s", [entry.pk])
        cursor.execute("SET session_replication_role = DEFAULT")
    assert difference(bundle.recipient()) == "its entry names another, or was changed."


def test_another_escrow_ends_the_alarm(made: services.MadeEscrow) -> None:
    exchange_key()
    assert len(condition()) == 1
    with pytest.raises(CommandError, match="escrow make --again"):
        command("check")
    services.make_escrow(actor=KEEPER, again=True)
    assert (services.renew_escrow(actor=KEEPER), condition()) == (False, [])
    assert "holds the keys" in command("check")


def test_an_entry_from_before_keys_were_compared_names_the_fingerprint(made: services.MadeEscrow) -> None:
    with transaction.atomic():
        record(EscrowMade(escrow=made.escrow, shares=3, needed=2), actor=KEEPER)
    assert services.renew_escrow(actor=KEEPER) is False
    exchange_key()
    with pytest.raises(DamagedContent):
        services.renew_escrow(actor=KEEPER)


def test_everybody_is_told_of_an_exchanged_key(made: services.MadeEscrow, client: Client) -> None:
    assert "key of the escrow" not in client.get(reverse("promises")).content.decode()
    exchange_key()
    assert "key of the escrow is not the one" in client.get(reverse("promises")).content.decode()


def test_nobody_without_the_right_comes_near_it(alice: User, dana: User, made: services.MadeEscrow) -> None:
    for actor in (alice, dana):
        for deed in (
            lambda who: services.make_escrow(actor=who, again=True),
            lambda who: services.renew_escrow(actor=who),
            lambda who: services.drill_escrow(actor=who, given=two_of(made)),
            lambda who: services.restore_escrow(actor=who, given=two_of(made), sealed=bundle.sealed_file()),
            lambda who: services.record_restored_escrow(actor=who),
        ):
            with pytest.raises(Refused):
                deed(actor)


def test_no_entry_and_no_file_holds_a_word_or_a_root(made: services.MadeEscrow, settings: Any) -> None:
    services.drill_escrow(actor=KEEPER, given=two_of(made))
    words = parse(made.sheets[0]).words
    told = json.dumps([entry.detail for entry in Entry.objects.filter(kind__startswith="escrow")])
    told += "".join(path.read_bytes().hex() for path in bundle.directory().iterdir())
    assert words.split()[7] not in told.split('"')
    for root in bundle.present_content().roots.values():
        assert not any(key in told or key.encode().hex() in told for key in root.values())


def command(*arguments: str) -> str:
    told = StringIO()
    call_command("escrow", *arguments, stdout=told)
    return told.getvalue()


def test_the_command_makes_checks_drills_and_restores(tmp_path: Path, settings: Any) -> None:
    assert "any two suffice" in command("make", "--to", str(tmp_path / "sheets"))
    sheets = sorted((tmp_path / "sheets").iterdir())
    assert {path.stat().st_mode & 0o777 for path in sheets} == {0o600}
    assert "holds the keys" in command("check")
    assert "rebuild exactly the keys" in command("drill", str(sheets[0]), str(sheets[2]))
    assert "nothing was done" in command("renew")
    sealed = tmp_path / "escrow.c4gh"
    shutil.copy(bundle.sealed_file(), sealed)
    settings.KEYRING_DIRECTORY = tmp_path / "empty"
    assert log_signer_of(command("restore", str(sheets[1]), str(sheets[2]), "--file", str(sealed)))


def log_signer_of(told: str) -> bool:
    return "The log's public keys are\n  " in told


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no escrow"):
        command("check")
    command("make", "--to", str(tmp_path))
    with pytest.raises(CommandError, match="shares in"):
        command("make", "--again", "--to", str(tmp_path))
    first = str(tmp_path / "ithaca-share-1-of-3.txt")
    with pytest.raises(CommandError, match="two different shares"):
        command("drill", first, first)
    with pytest.raises(CommandError, match="cannot be read"):
        command("drill", first, str(tmp_path / "missing"))
    key_service().rotate("ledger")
    with pytest.raises(CommandError, match="escrow renew"):
        command("check")


def test_shown_on_the_terminal_each_sheet_is_a_page_of_its_own() -> None:
    assert command("make").count("\f") == 3
