"""Timestamps that hold, and every way in which one may not: what both verifiers, and OpenSSL, must say of each."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from ledger_bridge.tlog.anchors.der import OCTET_STRING, encode
from tests.fakes import tokens
from tests.fakes.tokens import (
    AUTHORITY,
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    PURPOSE,
    SIGNING_CERTIFICATE,
    TST_INFO,
    Extension,
    Holder,
    attribute,
    attributes,
    certify,
    info,
    key,
    named,
    oid,
    root,
    token,
)

Made = tuple[bytes, str]
"""A token, and the roots to check it with in PEM."""


@dataclass(frozen=True)
class TokenCase:
    name: str
    refusal: str
    make: Callable[[bytes], Made]
    openssl: bool = True
    """Whether OpenSSL's own `ts` says the same; where not, the comment beside the case has the reason."""


def _signer(above: Holder, *more: Extension, kind: str = "p256", **options: object) -> Holder:
    return certify("Stamps", key(kind), above, more or (PURPOSE,), **options)  # type: ignore[arg-type]


def _of(kind: str, digest: str = "sha256", *, pss: bool = False, root_kind: str = "p256") -> Callable[[bytes], Made]:
    def make(imprint: bytes) -> Made:
        above = root(root_kind)
        return token(info(imprint), _signer(above, kind=kind), digest=digest, pss=pss), above.pem

    return make


def _signing(change: Callable[[bytes, Holder], list[bytes]], **options: object) -> Callable[[bytes], Made]:
    """A token whose signed attributes are these."""

    def make(imprint: bytes) -> Made:
        above = root()
        signer = _signer(above)
        return token(info(imprint), signer, signed=change(info(imprint), signer), **options), above.pem  # type: ignore[arg-type]

    return make


def _extended(*extensions: Extension, **options: object) -> Callable[[bytes], Made]:
    """A token by a certificate with these extensions."""

    def make(imprint: bytes) -> Made:
        above = root()
        return token(info(imprint), _signer(above, *extensions, **options)), above.pem  # type: ignore[arg-type]

    return make


def _below(
    *extensions: Extension, deeper: bool = False, given: bool = False, **options: object
) -> Callable[[bytes], Made]:
    """A token by a certificate below another one with these extensions, which is in the token or was given."""

    def make(imprint: bytes) -> Made:
        above = root()
        between = certify("Between", key("p256", 2), above, extensions, **options)  # type: ignore[arg-type]
        lower = certify("Lower", key("p256", 3), between, (AUTHORITY,)) if deeper else between
        signer = _signer(lower)
        held = [signer] if given else [lower, signer, between]
        return token(info(imprint), signer, certificates=held), above.pem + (between.pem if given else "")

    return make


def _by_key_identifier(imprint: bytes) -> Made:
    above = root()
    known = x509.SubjectKeyIdentifier.from_public_key(key("p256").public_key())
    signer = _signer(above, PURPOSE, (known, False))
    return token(info(imprint), signer, by_key_identifier=known.digest), above.pem


def _another_root(imprint: bytes) -> Made:
    other = certify("Root", key("p256", 9), None, (AUTHORITY,))
    return token(info(imprint), _signer(root())), other.pem


def _root_in_the_token(imprint: bytes) -> Made:
    above, other = certify("Own root", key("p256", 4), None, (AUTHORITY,)), root()
    signer = _signer(above)
    return token(info(imprint), signer, certificates=[signer, above]), other.pem


def _another_certificate(imprint: bytes) -> Made:
    above = root()
    content, other, signer = info(imprint), certify("Stamps", key("p256", 5), above, (PURPOSE,)), _signer(above)
    return token(content, signer, signed=attributes(content, other.der), certificates=[signer, other]), above.pem


def _without_certificate(imprint: bytes) -> Made:
    above = root()
    return token(info(imprint), _signer(above), certificates=[]), above.pem


def _altered(imprint: bytes) -> Made:
    """The time was moved by a year after signing."""
    above = root()
    made = token(info(imprint), _signer(above))
    return made.replace(b"20260601120000Z", b"20250601120000Z"), above.pem


def _altered_signature(imprint: bytes) -> Made:
    above = root()
    made = token(info(imprint), _signer(above))
    return made[:-1] + bytes([made[-1] ^ 1]), above.pem


def _altered_certificate(imprint: bytes) -> Made:
    """The signer's certificate, signed by the root, with another letter in its name."""
    above = root()
    changed = _signer(above).der.replace(b"Stamps", b"Stumps")
    signer = Holder(key("p256"), x509.load_der_x509_certificate(changed))
    return token(info(imprint), signer), above.pem


def _with_sha1(imprint: bytes) -> Made:
    above = root("rsa")
    signer, content = _signer(above, kind="rsa"), info(imprint)
    return token(content, signer, digest="sha1", signed=attributes(content, signer.der, "sha1")), above.pem


def _unknown_algorithm(imprint: bytes) -> Made:
    above = root()
    return token(info(imprint), _signer(above), algorithm=tokens.identifier("2a8648ce3d0409")), above.pem


def _two_hashes(imprint: bytes) -> Made:
    above = root()
    return token(info(imprint), _signer(above), algorithm=tokens.identifier("ecdsa-sha384")), above.pem


def _signer_without_authority(imprint: bytes) -> Made:
    """A certificate for timestamps that certifies another one."""
    above = root()
    between = certify("Between", key("p256", 2), above, (PURPOSE,))
    signer = _signer(between)
    return token(info(imprint), signer, certificates=[signer, between]), above.pem


def _old_root(imprint: bytes) -> Made:
    above = root(years=(2020, 2026))
    return token(info(imprint), _signer(above)), above.pem


def _two_signers(imprint: bytes) -> Made:
    above = root()
    return token(info(imprint), _signer(above), twice=True), above.pem


def _usage(*, signing: bool, agreement: bool = False) -> Extension:
    usage = x509.KeyUsage(
        digital_signature=signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=agreement,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (usage, True)


_LEAF: Extension = (x509.BasicConstraints(ca=False, path_length=None), True)
_SIGNING, _AGREEING = _usage(signing=True), _usage(signing=False, agreement=True)
_TIMES = ExtendedKeyUsageOID.TIME_STAMPING
_UNKNOWN = (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\0"), True)
_CONSTRAINED = (
    x509.NameConstraints(permitted_subtrees=[x509.DNSName("example.org")], excluded_subtrees=None),
    True,
)


HOLDING = [
    TokenCase("RSA", "", _of("rsa", root_kind="rsa")),
    TokenCase("RSA with 3072 bits and SHA-512", "", _of("rsa3072", "sha512")),
    # `openssl ts` reads tokens as PKCS #7, which has neither PSS nor Ed25519.
    TokenCase("RSA-PSS", "", _of("rsa", "sha384", pss=True), openssl=False),
    TokenCase("Ed25519", "", _of("ed25519", "sha512"), openssl=False),
    TokenCase("P-256", "", _of("p256")),
    TokenCase("P-384", "", _of("p384", "sha384", root_kind="p384")),
    TokenCase("P-521", "", _of("p521", "sha512", root_kind="rsa")),
    TokenCase("below an Ed25519 root", "", _of("p256", root_kind="ed25519")),
    TokenCase("two authorities above", "", _below(AUTHORITY, deeper=True)),
    TokenCase("the one between given with the root", "", _below(AUTHORITY, given=True)),
    # … and no key identifiers either.
    TokenCase("named by its key identifier", "", _by_key_identifier, openssl=False),
    TokenCase("the first form of signing certificate", "", _signing(
        lambda content, signer: [*attributes(content, signer.der)[:2], named(signer.der, SIGNING_CERTIFICATE)]
    )),
    TokenCase("both forms of signing certificate", "", _signing(
        lambda content, signer: [*attributes(content, signer.der), named(signer.der, SIGNING_CERTIFICATE)]
    )),
    TokenCase("a signing certificate by SHA-512", "", _signing(
        lambda content, signer: [*attributes(content, signer.der)[:2], named(signer.der, digest="sha512")]
    )),
    TokenCase("a key that signs only", "", _extended(PURPOSE, _SIGNING)),
]  # fmt: skip

FAILING = [
    TokenCase("altered time", "hold another hash than that of the TSTInfo", _altered),
    TokenCase("altered signature", "signature does not verify", _altered_signature),
    TokenCase("altered certificate", "does not verify", _altered_certificate),
    TokenCase("another root of the same name", "does not verify", _another_root),
    TokenCase("a root of its own in the token", "does not lead to a root", _root_in_the_token),
    TokenCase("another certificate named", "name another certificate", _another_certificate),
    TokenCase("no certificate", "neither in the token nor among those you gave", _without_certificate),
    # OpenSSL does not look at the attribute that names the content type.
    TokenCase(
        "no content type", "hold no content type", _signing(lambda c, s: attributes(c, s.der)[1:]), openssl=False
    ),
    TokenCase("no message digest", "hold no message digest", _signing(
        lambda content, signer: [attributes(content, signer.der)[0], named(signer.der)]
    )),
    TokenCase("no signing certificate", "do not name the signer", _signing(lambda c, s: attributes(c, s.der)[:2])),
    TokenCase("another content type", "something else than a TSTInfo", _signing(
        lambda c, s: [attribute(CONTENT_TYPE, oid("2a864886f70d010701")), *attributes(c, s.der)[1:]]
    ), openssl=False),
    TokenCase("another digest", "hold another hash", _signing(
        lambda content, signer: [*attributes(content + b"!", signer.der)]
    )),
    TokenCase("the message digest twice", "does not stand there once", _signing(
        lambda content, signer: [*attributes(content, signer.der), attributes(content + b"!", signer.der)[1]]
    )),
    TokenCase("two values of the content type", "does not stand there once", _signing(
        lambda c, s: [attribute(CONTENT_TYPE, oid(TST_INFO), oid(TST_INFO)), *attributes(c, s.der)[1:]]
    ), openssl=False),
    TokenCase("a digest of the wrong length", "hold another hash", _signing(
        lambda c, s: [attributes(c, s.der)[0], attribute(MESSAGE_DIGEST, encode(OCTET_STRING, b"")), named(s.der)]
    )),
    TokenCase("the first form names another certificate", "name another certificate", _signing(
        lambda content, signer: [*attributes(content, signer.der), named(signer.der + b"!", SIGNING_CERTIFICATE)]
    )),
    TokenCase("no purpose", "not for timestamps alone", _extended(_LEAF)),
    TokenCase("a purpose that is not critical", "not for timestamps alone", _extended((PURPOSE[0], False))),
    TokenCase("two purposes", "not for timestamps alone", _extended(
        (x509.ExtendedKeyUsage([_TIMES, ExtendedKeyUsageOID.CODE_SIGNING]), True)
    )),
    TokenCase("another purpose", "not for timestamps alone", _extended(
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True)
    )),
    TokenCase("a key for other uses", "not for signatures alone", _extended(PURPOSE, _AGREEING)),
    TokenCase("an unknown critical extension", "does not know", _extended(PURPOSE, _UNKNOWN)),
    TokenCase("expired", "was not valid at the time", _extended(PURPOSE, years=(2020, 2026))),
    TokenCase("not yet valid", "was not valid at the time", _extended(PURPOSE, years=(2027, 2028))),
    TokenCase("an expired root", "was not valid at the time", _old_root),
    TokenCase("an expired authority between", "was not valid at the time", _below(AUTHORITY, years=(2020, 2026))),
    TokenCase("one between that is no authority", "not the certificate of an authority", _signer_without_authority),
    TokenCase("one between that may not certify", "not the certificate of an authority", _below(AUTHORITY, _SIGNING)),
    TokenCase("fewer authorities allowed", "allows fewer authorities", _below(
        (x509.BasicConstraints(ca=True, path_length=0), True), deeper=True
    )),
    # OpenSSL asks for the purpose of the signer only; and it applies constraints on names, which are refused here.
    TokenCase("an authority for other purposes", "is not for timestamps", _below(
        AUTHORITY, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    ), openssl=False),
    TokenCase("constraints on names", "does not know", _below(AUTHORITY, _CONSTRAINED), openssl=False),
    # OpenSSL still takes SHA-1, weak keys above level 1, and any curve.
    TokenCase("signed with SHA-1", "a hash that is not known here", _with_sha1, openssl=False),
    TokenCase("a short key", "by a key of 1024 bits", _of("rsa1024"), openssl=False),
    TokenCase("an unknown curve", "of a kind that is not known here", _of("koblitz"), openssl=False),
    TokenCase("an unknown algorithm", "an algorithm that is not known here", _unknown_algorithm, openssl=False),
    TokenCase("two hashes", "names two hashes", _two_hashes, openssl=False),
    TokenCase("two signers", "2 signers instead of one", _two_signers),
]  # fmt: skip
