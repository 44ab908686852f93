"""Whose timestamp it is: the signature of a token (RFC 3161, RFC 5816, CMS), and the chain to an authority.

Rules enforced
    * exactly one signer, whose signed attributes, each once, are in DER: the content is a TSTInfo, its hash is the one
      there, and at least one of the two forms of signing-certificate names the hash of the signer's certificate first;
    * the signature over these attributes verifies with the key of that certificate;
    * the certificate is for timestamps alone; it leads, by names and signatures, to a root among those given, over
      certificates that are in the token or were given as well, and all of them, the root included, were valid at the
      time in the token (`certificate.py`).

Out of scope: revocation; what the token is about (`timestamp.py`); whether the authorities deserve trust.
"""

import hashlib
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ledger_bridge.tlog.anchors import der
from ledger_bridge.tlog.anchors.certificate import Certificate
from ledger_bridge.tlog.anchors.der import Element, member
from ledger_bridge.tlog.anchors.signatures import read_algorithm, read_hash, verify
from ledger_bridge.tlog.anchors.timestamp import TST_INFO, open_token, signed_content
from ledger_bridge.tlog.encoding import unbase64
from ledger_bridge.tlog.errors import FormatError, ProofError, TlogError

MOST_CERTIFICATES = 50
_CONTENT_TYPE, _MESSAGE_DIGEST = "2a864886f70d010903", "2a864886f70d010904"
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_2 = "2a864886f70d010910020c", "2a864886f70d010910022f"
_PEM = re.compile(
    r"-----BEGIN CERTIFICATE-----[ \t]*\r?\n([A-Za-z0-9+/=\r\n]{1,40000})-----END CERTIFICATE-----", re.ASCII
)


@dataclass(frozen=True)
class Authorities:
    """Roots that an auditor trusts, and other certificates that help to reach them."""

    roots: tuple[Certificate, ...]
    others: tuple[Certificate, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read certificates in PEM; whatever stands between them is a remark.

        Raises:
            FormatError: one is not well formed, or none is a root.

        """
        found = [re.sub(r"\s", "", one) for one in _PEM.findall(text)]
        if len(found) != text.count("-----BEGIN CERTIFICATE-----") or not 0 < len(found) <= MOST_CERTIFICATES:
            raise FormatError(f"it does not hold 1 to {MOST_CERTIFICATES} certificates in PEM")
        certificates = [Certificate.parse(unbase64(one, "certificate")) for one in found]
        roots = tuple(one for one in certificates if one.is_self_issued)
        if not roots:
            raise FormatError("none of its certificates is a root, which names itself as its issuer")
        return cls(roots, tuple(one for one in certificates if not one.is_self_issued))


@dataclass(frozen=True)
class Signed:
    """Who signed a token, and which of the roots that leads to."""

    signer: Certificate
    root: Certificate


def check_signature(token: bytes, authorities: Authorities, time: int) -> Signed:
    """Check a token's signature, and that it is by an authority below one of the roots.

    Raises:
        FormatError: a part of the token is not well formed.
        ProofError: the signature is not by such an authority.

    """
    signed = open_token(token)
    certificates = _certificates(signed)
    known = [*certificates, *authorities.others, *authorities.roots]
    infos = member(signed, len(signed) - 1, "the signers").members(der.SET, "the signers")
    if len(infos) != 1:
        raise ProofError(f"the timestamp has {len(infos)} signers instead of one")
    signer = _check_signer(infos[0].members(der.SEQUENCE, "the signer"), signed_content(signed), known)
    signer.require_valid_at(time)
    signer.require_timestamping()
    return Signed(signer, _find_root(signer, known, authorities.roots, time))


def _certificates(signed: list[Element]) -> list[Certificate]:
    sets = [one for one in signed[3:] if one.tag == der.CONTEXT_0]
    held = [one for every in sets for one in der.read_all(every.content) if one.tag == der.SEQUENCE]
    if len(held) > MOST_CERTIFICATES:
        raise FormatError(f"the token brings more than {MOST_CERTIFICATES} certificates")
    return [Certificate.parse(one.encoded) for one in held]


def _check_signer(info: list[Element], content: bytes, known: Sequence[Certificate]) -> Certificate:
    signer = _find_signer(member(info, 1, "the signer's name"), known)
    digest = read_hash(member(info, 2, "the signer's hash"), "the timestamp")
    attributes = member(info, 3, "the signed attributes")
    attributes.expect(der.CONTEXT_0, "the signed attributes")
    _check_attributes(_read_attributes(attributes), hashlib.new(digest, content).digest(), signer)
    algorithm = read_algorithm(member(info, 4, "the algorithm"), "the timestamp's signature", digest=digest)
    signature = member(info, 5, "the signature").expect(der.OCTET_STRING, "the signature")
    # The attributes are signed as the set they are, not under the tag that they have in the token.
    message = der.encode(der.SET, attributes.content)
    verify(signer.public_key, algorithm, signature, message, "the timestamp's signature")
    return signer


def _find_signer(name: Element, known: Sequence[Certificate]) -> Certificate:
    if name.tag == der.IMPLICIT_0:
        found = [one for one in known if one.key_identifier == name.content]
    else:
        parts = name.members(der.SEQUENCE, "the signer's name")
        issuer = member(parts, 0, "the signer's issuer").encoded
        serial = member(parts, 1, "the signer's serial number").expect(der.INTEGER, "the signer's serial number")
        found = [one for one in known if (one.issuer, one.serial) == (issuer, serial)]
    if not found:
        raise ProofError("the certificate of the timestamp's signer is neither in the token nor among those you gave")
    return found[0]


def _read_attributes(attributes: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for one in der.read_all(attributes.content):
        parts = one.members(der.SEQUENCE, "a signed attribute")
        oid = member(parts, 0, "a signed attribute").expect(der.OID, "a signed attribute").hex()
        values = member(parts, 1, "a signed attribute").members(der.SET, "a signed attribute")
        if oid in found or len(values) != 1:
            raise FormatError(f"the signed attribute {oid} does not stand there once, with one value")
        found[oid] = values[0]
    return found


def _check_attributes(attributes: dict[str, Element], digest: bytes, signer: Certificate) -> None:
    for oid, name in {_CONTENT_TYPE: "content type", _MESSAGE_DIGEST: "message digest"}.items():
        if oid not in attributes:
            raise ProofError(f"the signed attributes hold no {name}")
    if attributes[_CONTENT_TYPE].expect(der.OID, "the content type") != TST_INFO:
        raise ProofError("the signed attributes are about something else than a TSTInfo")
    if attributes[_MESSAGE_DIGEST].expect(der.OCTET_STRING, "the message digest") != digest:
        raise ProofError("the signed attributes hold another hash than that of the TSTInfo")
    named = [one for one in (_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_2) if one in attributes]
    if not named:
        raise ProofError("the signed attributes do not name the signer's certificate")
    for oid in named:
        _check_named(attributes[oid], signer, "sha1" if oid == _SIGNING_CERTIFICATE else "sha256")


def _check_named(attribute: Element, signer: Certificate, usual: str) -> None:
    what = "the signing certificate"
    listed = member(attribute.members(der.SEQUENCE, what), 0, what).members(der.SEQUENCE, what)
    parts = member(listed, 0, what).members(der.SEQUENCE, what)
    digest = usual
    if usual != "sha1" and parts and parts[0].tag == der.SEQUENCE:
        digest = read_hash(parts[0], what)
        parts = parts[1:]
    held = member(parts, 0, what).expect(der.OCTET_STRING, what)
    if held != hashlib.new(digest, signer.encoded, usedforsecurity=digest != "sha1").digest():
        raise ProofError("the signed attributes name another certificate than the signer's")


def _find_root(
    signer: Certificate, known: Sequence[Certificate], roots: Sequence[Certificate], time: int
) -> Certificate:
    """Go up from the signer, nearest first, so that every certificate is looked at once and by its shortest way."""
    seen, refusal = {signer.encoded}, None
    waiting = deque([(signer, 0)])
    while waiting:
        below, authorities = waiting.popleft()
        if any(below.encoded == one.encoded for one in roots):
            return below
        for one in known:
            if one.subject != below.issuer or one.encoded in seen:
                continue
            try:
                _require_above(one, below, authorities, time)
            except TlogError as error:
                refusal = refusal or error
                continue
            seen.add(one.encoded)
            waiting.append((one, authorities + (not one.is_self_issued)))
    raise refusal or ProofError("the signer's certificate does not lead to a root that you gave")


def _require_above(one: Certificate, below: Certificate, authorities: int, time: int) -> None:
    what = f"the signature below {below.label}"
    verify(one.public_key, read_algorithm(below.algorithm, what), below.signature, below.signed, what)
    one.require_authority(authorities)
    one.require_valid_at(time)
