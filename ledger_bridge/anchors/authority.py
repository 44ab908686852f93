"""A timestamp authority as the anchors see it, and the implementation for RFC 3161 over HTTP.

The authority is not trusted to be well: its answer is bounded in time and size, and a token is kept only when its
signature leads to the configured CA and it is about exactly what was asked, now.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Protocol

from cryptography.x509 import Certificate, ExtendedKeyUsage, ExtensionNotFound, NameOID, load_der_x509_certificate
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.utils import timezone
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from core.errors import Unavailable
from ledger_bridge.anchors.http import post
from ledger_bridge.anchors.timestamp_settings import TimestampSettings
from ledger_bridge.tlog.anchors.timestamp import LARGEST_TOKEN, Stamped, read_token
from ledger_bridge.tlog.errors import TlogError

TIMEOUT = 10.0
LARGEST_ANSWER = LARGEST_TOKEN + 1024
MOST_APART = timedelta(minutes=10)
"""How far the authority's clock and ours may be apart: who gets a time that is far off learns it at once."""

_GRANTED = 0
_LONGEST_NAME = 100


class TimestampRefused(Unavailable):
    """The authority does not grant a timestamp; the sentence gives its words."""


class MalformedTimestamp(Unavailable):
    """The answer is not a timestamp of what was asked, by whom it must be."""


@dataclass(frozen=True)
class Stamp:
    """A token that was checked, and the name in the certificate that signed it."""

    token: bytes
    authority: str


class TimestampAuthority(Protocol):
    """What anchoring asks of a timestamp authority. Raises Unavailable when there is no usable answer."""

    def stamp(self, text: bytes) -> Stamp: ...


class HttpAuthority:
    """`TimestampAuthority` over HTTP (RFC 3161, section 3.4)."""

    def __init__(self, where: TimestampSettings, *, timeout: float = TIMEOUT) -> None:
        self._where = where
        self._timeout = timeout

    def stamp(self, text: bytes) -> Stamp:
        """Have the SHA-256 of the text timestamped.

        Raises:
            Unreachable: when nothing comes back in time.
            TimestampRefused: when the authority says no.
            MalformedTimestamp: when the answer does not hold.

        """
        builder = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        raw = post(
            self._where.url,
            request.as_bytes(),
            content_type="application/timestamp-query",
            timeout=self._timeout,
            most=LARGEST_ANSWER,
        )
        try:
            return self._check(decode_timestamp_response(raw), text, request.nonce)
        except (ValueError, TypeError, VerificationError, TlogError) as error:
            raise MalformedTimestamp(f"The timestamp does not hold: {_plain(str(error))}.") from error

    def _check(self, response: TimeStampResponse, text: bytes, nonce: int | None) -> Stamp:
        if response.status != _GRANTED:
            words = _plain("; ".join(response.status_string)) or "no reason given"
            raise TimestampRefused(f"The timestamp authority refuses with status {response.status}: {words}.")
        if nonce is None:
            raise MalformedTimestamp("The request had no nonce.")
        verifier = VerifierBuilder(
            nonce=nonce, roots=list(self._where.roots), intermediates=list(self._where.intermediates)
        ).build()
        verifier.verify_message(response, text)
        signer = _signer(response)
        require_purpose(signer)
        token = response.time_stamp_token()
        # Read again as the auditor will: what the verifier cannot read must not be kept.
        _require_fit(token, read_token(token), text)
        return Stamp(token, _name(signer))


def _require_fit(token: bytes, stamped: Stamped, text: bytes) -> None:
    if stamped.digest != sha256(text).digest():
        raise MalformedTimestamp("The timestamp does not hold: it is about another text.")
    if abs(timezone.now().timestamp() - stamped.time) > MOST_APART.total_seconds():
        minutes = int(MOST_APART.total_seconds() // 60)
        raise MalformedTimestamp(f"The timestamp does not hold: its time is more than {minutes} minutes from ours.")
    if len(token) > LARGEST_TOKEN:
        raise MalformedTimestamp(f"The timestamp has more than {LARGEST_TOKEN} bytes.")


def _signer(response: TimeStampResponse) -> Certificate:
    """Return the certificate that the signature names; that there is exactly one signature was checked before."""
    (signature,) = response.signed_data.signer_infos
    for encoded in response.signed_data.certificates:
        certificate = load_der_x509_certificate(encoded)
        if (certificate.issuer, certificate.serial_number) == (signature.issuer, signature.serial_number):
            return certificate
    raise MalformedTimestamp("The timestamp does not hold: it brings no certificate of its signer.")


def require_purpose(signer: Certificate) -> None:
    """Insist on a key for timestamps alone, as RFC 3161 and `openssl ts` do; the library accepts other purposes too."""
    try:
        usage = signer.extensions.get_extension_for_class(ExtendedKeyUsage)
    except ExtensionNotFound:
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise MalformedTimestamp("The timestamp does not hold: its certificate is not one for timestamps alone.")


def _name(signer: Certificate) -> str:
    names = signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _plain(str(names[0].value) if names else signer.subject.rfc4514_string()) or "an authority without a name"


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable())[:_LONGEST_NAME].strip(" .")
