"""Who signed a timestamp: by hand-made tokens, one fault each, and by what OpenSSL says of the same ones."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_bridge.tlog.anchors.token_signature import Authorities, check_signature
from ledger_bridge.tlog.errors import FormatError, TlogError
from tests.fakes import tokens
from tests.fakes.token_cases import FAILING, HOLDING, TokenCase
from tests.needs import find, needs

IMPRINT = tokens.imprint_of(b"what is timestamped")
named = pytest.mark.parametrize


def check(case: TokenCase) -> str:
    made, pem = case.make(IMPRINT)
    signed = check_signature(made, Authorities.parse(pem), tokens.MOMENT)
    return signed.signer.label


@named("case", HOLDING, ids=lambda case: case.name)
def test_a_genuine_timestamp_is_accepted_and_says_who_signed_it(case: TokenCase) -> None:
    assert "“Stamps”" in check(case)


@named("case", FAILING, ids=lambda case: case.name)
def test_a_timestamp_with_one_fault_is_refused_and_the_fault_named(case: TokenCase) -> None:
    with pytest.raises(TlogError, match=case.refusal):
        check(case)


@needs("openssl")
@named("case", [one for one in (*HOLDING, *FAILING) if one.openssl], ids=lambda case: case.name)
def test_openssl_says_the_same(case: TokenCase, tmp_path: Path) -> None:
    made, pem = case.make(IMPRINT)
    (tmp_path / "token").write_bytes(made)
    (tmp_path / "ca.pem").write_text(pem)
    asked = ["-digest", IMPRINT.hex(), "-in", "token", "-token_in", "-CAfile", "ca.pem"]
    command = [find("openssl") or "openssl", "ts", "-verify", *asked, "-attime", str(tokens.MOMENT)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=30, check=False)
    assert (done.returncode == 0) == (not case.refusal), done.stderr


@named(
    ("pem", "reason"),
    [
        ("", "1 to 50 certificates"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "1 to 50 certificates"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "DER"),
        ("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n", "certificate: "),
        (
            tokens.certify("Leaf", tokens.key("p256"), tokens.root(), [tokens.PURPOSE]).pem,
            "none of its certificates is a root",
        ),
    ],
)
def test_a_file_without_roots_is_refused(pem: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        Authorities.parse(pem)


def test_remarks_between_certificates_are_passed_over() -> None:
    assert len(Authorities.parse(f"# of the authority\r\n{tokens.root().pem}and that is all\n").roots) == 1


GENUINE, ROOTS = HOLDING[0].make(IMPRINT)
AUTHORITIES = Authorities.parse(ROOTS)


@given(at=st.integers(0, len(GENUINE) - 1), bit=st.integers(0, 7))
def test_a_token_with_one_bit_changed_is_refused_by_name_or_says_the_same(at: int, bit: int) -> None:
    changed = bytearray(GENUINE)
    changed[at] ^= 1 << bit
    try:
        signed = check_signature(bytes(changed), AUTHORITIES, tokens.MOMENT)
    except TlogError:
        return
    # Versions and the list of hashes outside the signature say nothing that is used.
    assert signed.signer.label == check_signature(GENUINE, AUTHORITIES, tokens.MOMENT).signer.label
