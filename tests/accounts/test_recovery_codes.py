"""Recovery codes: shown once, stored as fingerprints, each good for one sign-in."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from accounts import recovery
from accounts.models import RecoveryCode, User
from accounts.services import make_recovery_codes, use_recovery_code
from core.errors import InvalidInput
from ledger_bridge.models import Entry
from tests.accounts.conftest import give_totp, kinds, sign_in, with_password


@pytest.fixture
def codes(alice: User) -> list[str]:
    give_totp(alice)
    return make_recovery_codes(actor=alice)


def test_it_makes_ten_codes_of_128_bits(codes: list[str]) -> None:
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 26 for code in codes)


def test_it_stores_only_their_sha_256(codes: list[str], alice: User) -> None:
    stored = {bytes(code.digest) for code in RecoveryCode.objects.filter(user=alice)}
    assert stored == {hashlib.sha256(code.replace("-", "").encode()).digest() for code in codes}


def test_it_lets_a_person_in_without_their_phone(client: Client, alice: User, codes: list[str]) -> None:
    with_password(client, alice)
    client.post("/accounts/2fa/authenticate/", {"code": codes[3].upper().replace("-", " ")})
    assert client.get("/account/security/").status_code == 200
    assert Entry.objects.get(kind="factor.recovery_code_used").detail == {"left": 9}


def test_it_accepts_a_code_once(alice: User, codes: list[str]) -> None:
    assert use_recovery_code(actor=alice, code=codes[0])
    assert not use_recovery_code(actor=alice, code=codes[0])


def test_it_does_not_accept_somebody_elses_code(bob: User, codes: list[str]) -> None:
    assert not use_recovery_code(actor=bob, code=codes[0])


def test_it_replaces_earlier_codes(alice: User, codes: list[str]) -> None:
    make_recovery_codes(actor=alice)
    assert not use_recovery_code(actor=alice, code=codes[0])
    assert recovery.left(alice) == 10


def test_it_shows_them_once(client: Client, alice: User) -> None:
    sign_in(client, alice, give_totp(alice))
    page = client.post("/account/recovery-codes/").content.decode()
    assert page.count("<li>") >= 10
    assert "shown only now" in page
    assert "10 of your codes" in client.get("/account/recovery-codes/").content.decode()
    assert "factor.recovery_codes_made" in kinds()


def test_it_makes_none_for_somebody_without_a_factor(alice: User) -> None:
    with pytest.raises(InvalidInput):
        make_recovery_codes(actor=alice)


@pytest.mark.django_db(transaction=True)
def test_it_accepts_a_code_once_when_it_comes_eight_times_at_once(codes: list[str], alice: User) -> None:
    def attempt(_: int) -> bool:
        try:
            return use_recovery_code(actor=alice, code=codes[0])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


@pytest.mark.django_db(transaction=True)
def test_it_accepts_a_six_digit_code_once_when_it_comes_eight_times_at_once(alice: User) -> None:
    from accounts import totp
    from tests.accounts.conftest import current_code

    secret = totp.new_secret()
    code = current_code(secret)

    def attempt(_: int) -> bool:
        try:
            return totp.spend_code(alice.pk, secret, code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
