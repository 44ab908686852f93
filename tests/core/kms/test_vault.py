"""What is particular to Vault and OpenBao: tokens, TLS, standbys, time, and what Transit makes of a context."""

import hmac
import logging
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unavailable
from core.kms import ROOTS, KeyServiceRefused, encode_context
from core.kms.vault import VaultTransit
from core.kms.vault_http import VaultAddress
from tests.core.kms.conftest import CONTEXT
from tests.fakes.certificates import Authority
from tests.fakes.transit import Transit, derive, dribbling, nonsense, sealed, send, serving, silent, token_file


@pytest.fixture
def address(transit: Transit) -> Iterator[str]:
    with serving(transit) as found:
        yield found


@pytest.fixture
def service(address: str, tmp_path: Path) -> VaultTransit:
    made = VaultTransit(VaultAddress(address, token_file=token_file(tmp_path), timeout=1))
    for root in ROOTS:
        made.rotate(root)
    return made


def test_the_derivation_of_the_peer_is_the_one_of_rfc_5869_without_a_salt() -> None:
    made = derive(b"\x0b" * 22, b"\xf0\xf1")
    first = hmac.digest(hmac.digest(bytes(32), b"\x0b" * 22, "sha256"), b"\xf0\xf1\x01", "sha256")
    assert made == first


def test_what_it_stores_is_what_transit_made(service: VaultTransit, transit: Transit) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    ciphertext = f"vault:v1:{b64encode(wrapped[37:]).decode()}"
    context = encode_context({"root": "workspaces", **CONTEXT})
    assert transit.keys["ithaca-workspaces"].decrypt(ciphertext, context) == key


def test_rewrapping_never_shows_the_key(service: VaultTransit, transit: Transit) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    service.rotate("workspaces")
    transit.asked.clear()
    service.rewrap("workspaces", wrapped, CONTEXT)
    assert transit.asked == ["POST transit/rewrap/ithaca-workspaces"]


def test_destroying_deletes_the_versions_for_good(service: VaultTransit, transit: Transit) -> None:
    service.rotate("workspaces")
    service.destroy("workspaces", 1)
    assert list(transit.keys["ithaca-workspaces"].versions) == [2]


def test_a_key_of_another_context_is_noticed_even_if_the_service_hands_it_out(
    service: VaultTransit, transit: Transit
) -> None:
    transit.every_context_alike = True
    _, wrapped = service.generate("workspaces", CONTEXT)
    with pytest.raises(KeyServiceRefused, match="another key"):
        service.unwrap("workspaces", wrapped, CONTEXT | {"workspace": "w-2"})


@pytest.mark.parametrize("trouble", [sealed, silent, dribbling, nonsense])
def test_a_service_in_trouble_is_unavailable_within_its_time(
    service: VaultTransit, transit: Transit, trouble: Any
) -> None:
    transit.trouble = trouble
    begun = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        service.generate("workspaces", CONTEXT)
    # Ten times the limit, because the machine of a test may be busy; without a limit it would be for ever.
    assert (time.monotonic() - begun < 10, isinstance(caught.value, KeyServiceRefused)) == (True, False)


def test_an_answer_that_comes_at_the_second_try_is_taken(service: VaultTransit, transit: Transit) -> None:
    tries: list[int] = []

    def once(handler: Any) -> bool:
        tries.append(1)
        return len(tries) == 1 and sealed(handler)

    transit.trouble = once
    assert len(service.generate("workspaces", CONTEXT)[0]) == 32
    assert len(tries) == 2


def test_a_rotation_is_never_tried_twice(service: VaultTransit, transit: Transit) -> None:
    service.rotate("workspaces")
    tries: list[str] = []

    def lost_after_the_deed(handler: Any) -> bool:
        if not handler.path.endswith("/rotate"):
            return False
        tries.append(handler.path)
        return sealed(handler)

    transit.trouble = lost_after_the_deed
    with pytest.raises(Unavailable):
        service.rotate("workspaces")
    assert len(tries) == 1


def test_a_redirect_is_not_followed_with_the_token(service: VaultTransit, transit: Transit) -> None:
    def elsewhere(handler: Any) -> bool:
        handler.send_response(307)
        handler.send_header("Location", "http://127.0.0.1:9/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    transit.trouble = elsewhere
    with pytest.raises(Unavailable):
        service.unwrap("workspaces", service_wrap(service, transit), CONTEXT)


def service_wrap(service: VaultTransit, transit: Transit) -> bytes:
    trouble, transit.trouble = transit.trouble, None
    wrapped = service.generate("workspaces", CONTEXT)[1]
    transit.trouble = trouble
    return wrapped


def test_a_denied_token_is_said_without_the_token(service: VaultTransit, transit: Transit) -> None:
    transit.tokens.clear()
    with pytest.raises(KeyServiceRefused) as caught:
        service.generate("workspaces", CONTEXT)
    assert "denies" in caught.value.sentence
    assert "token-of-an-officer" not in f"{caught.value!r}{caught.value.__cause__!r}{vars(service)!r}"


def test_a_token_that_was_renewed_in_its_file_is_taken(service: VaultTransit, transit: Transit, tmp_path: Path) -> None:
    transit.tokens = {"renewed": ("transit/",)}
    token_file(tmp_path, "renewed")
    assert service.generate("workspaces", CONTEXT)


def test_a_token_that_cannot_be_read_is_unavailable(service: VaultTransit, tmp_path: Path) -> None:
    (tmp_path / "token").unlink()
    with pytest.raises(Unavailable, match="token"):
        service.generate("workspaces", CONTEXT)


@pytest.mark.usefixtures("service")
def test_an_approle_logs_in_once_and_again_when_its_token_is_revoked(address: str, transit: Transit) -> None:
    with_role = VaultTransit(VaultAddress(address, role_id="the-role", secret_id="the-secret", namespace="trials"))
    for _ in range(3):
        with_role.generate("workspaces", CONTEXT)
    assert transit.asked.count("POST auth/approle/login") == 1
    transit.tokens.clear()
    with_role.generate("workspaces", CONTEXT)
    assert transit.asked.count("POST auth/approle/login") == 2
    assert transit.namespaces[-1] == "trials"


@pytest.mark.usefixtures("service")
def test_an_approle_logs_in_again_before_its_token_ends(address: str, transit: Transit) -> None:
    transit.lease = 0
    with_role = VaultTransit(VaultAddress(address, role_id="the-role", secret_id="the-secret"))
    for _ in range(2):
        with_role.generate("workspaces", CONTEXT)
    assert transit.asked.count("POST auth/approle/login") == 2


@pytest.mark.usefixtures("service")
def test_a_wrong_secret_is_denied_without_being_said(address: str) -> None:
    with_role = VaultTransit(VaultAddress(address, role_id="the-role", secret_id="a-wrong-secret"))
    with pytest.raises(KeyServiceRefused) as caught:
        with_role.generate("workspaces", CONTEXT)
    assert "a-wrong-secret" not in f"{caught.value!r}{vars(with_role)!r}{with_role._vault._address!r}"


def test_it_trusts_the_authority_it_was_given_and_no_other(transit: Transit, tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    with serving(transit, ours.issue()) as address:
        token = token_file(tmp_path)
        VaultTransit(VaultAddress(address, ca=str(ours.certificate), token_file=token)).rotate("workspaces")
        for other in (str(theirs.certificate), ""):
            with pytest.raises(Unavailable):
                VaultTransit(VaultAddress(address, ca=other, token_file=token, timeout=1)).newest("workspaces")


def test_a_root_that_nobody_made_is_named(service: VaultTransit, transit: Transit) -> None:
    del transit.keys["ithaca-workspaces"]
    with pytest.raises(KeyServiceRefused, match="no key ithaca-workspaces"):
        service.generate("workspaces", CONTEXT)


def test_a_key_that_is_not_derived_does_not_pass_the_check(service: VaultTransit, transit: Transit) -> None:
    transit.keys["ithaca-ledger"].derived = False
    with pytest.raises(KeyServiceRefused, match="ithaca-ledger"):
        service.check()


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b'{"data": {}}',
        b'{"data": {"ciphertext": "vault:v1:%%%", "plaintext": "AAAA"}}',
        b'{"data": {"ciphertext": "nonsense", "plaintext": "AAAA"}}',
        b"{" + b" " * 100_000 + b"}",
    ],
)
def test_an_answer_that_is_none_is_unavailable(service: VaultTransit, transit: Transit, answer: bytes) -> None:
    def answering(handler: Any) -> bool:
        send(handler, 200, answer)
        return True

    transit.trouble = answering
    with pytest.raises(Unavailable):
        service.generate("workspaces", CONTEXT)


def test_nothing_of_keys_or_tokens_is_logged(service: VaultTransit, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        key, wrapped = service.generate("workspaces", CONTEXT)
        service.unwrap("workspaces", wrapped, CONTEXT)
    told = caplog.text
    assert "token-of-an-officer" not in told
    assert b64encode(key).decode() not in told
