"""Timestamps made by hand, so that every part can be wrong: certificates, attributes, signatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import new, sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger_bridge.tlog.anchors.der import OCTET_STRING, SEQUENCE, SET, encode

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Extension = tuple[x509.ExtensionType, bool]
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  to see that it is refused
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
OIDS = {
    "sha1": "2b0e03021a",
    "sha256": "608648016503040201",
    "sha384": "608648016503040202",
    "sha512": "608648016503040203",
    "rsa": "2a864886f70d010101",
    "pss": "2a864886f70d01010a",
    "mgf1": "2a864886f70d010108",
    "ecdsa-sha256": "2a8648ce3d040302",
    "ecdsa-sha384": "2a8648ce3d040303",
    "ecdsa-sha512": "2a8648ce3d040304",
    "ed25519": "2b6570",
}
CONTENT_TYPE, MESSAGE_DIGEST = "2a864886f70d010903", "2a864886f70d010904"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_2 = "2a864886f70d010910020c", "2a864886f70d010910022f"
SIGNED_DATA, TST_INFO = "2a864886f70d010702", "2a864886f70d0109100104"
TIME, MOMENT = "20260601120000Z", int(datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp())
PURPOSE: Extension = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
AUTHORITY: Extension = (x509.BasicConstraints(ca=True, path_length=None), True)


@cache
def key(kind: str, _number: int = 0) -> Key:
    """Make a key once per run; the number tells apart those of one kind."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa") or 2048))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {
        "p256": ec.SECP256R1(),
        "p384": ec.SECP384R1(),
        "p521": ec.SECP521R1(),
        "koblitz": ec.SECP256K1(),
    }
    return ec.generate_private_key(curves[kind])


@dataclass(frozen=True)
class Holder:
    """A key and the certificate about it."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def certify(
    subject: str,
    own: Key,
    issuer: Holder | None = None,
    extensions: Sequence[Extension] = (),
    *,
    years: tuple[int, int] = (2025, 2028),
    digest: str = "sha256",
    pss: bool = False,
) -> Holder:
    """Certify a key, by itself when there is no issuer."""
    signing = issuer.key if issuer else own
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer.certificate.subject if issuer else _name(subject))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    library = None if isinstance(signing, ed25519.Ed25519PrivateKey) else _certifying(digest)
    rsa_padding = padding.PSS(padding.MGF1(HASHES[digest]), 32) if pss else None
    return Holder(own, builder.sign(signing, library, rsa_padding=rsa_padding))


def root(kind: str = "p256", *, extensions: Sequence[Extension] = (AUTHORITY,), **more: object) -> Holder:
    """A root of an authority."""
    return certify("Root", key(kind, 1), None, extensions, **more)  # type: ignore[arg-type]


def info(digest: bytes, time: str = TIME) -> bytes:
    """The TSTInfo about a SHA-256."""
    imprint = sequence(identifier("sha256"), encode(OCTET_STRING, digest))
    return sequence(number(1), oid("2a0304"), imprint, number(7), encode(0x18, time.encode()))


def attribute(name: str, *values: bytes) -> bytes:
    """One signed attribute."""
    return sequence(oid(name), encode(SET, b"".join(values)))


def named(certificate: bytes, form: str = SIGNING_CERTIFICATE_2, digest: str = "") -> bytes:
    """The attribute that names the signer's certificate by its hash."""
    usual = "sha1" if form == SIGNING_CERTIFICATE else "sha256"
    held = encode(OCTET_STRING, new(digest or usual, certificate, usedforsecurity=False).digest())
    algorithm = identifier(digest) if digest else b""
    return attribute(form, sequence(sequence(sequence(algorithm + held))))


def attributes(content: bytes, certificate: bytes, digest: str = "sha256") -> list[bytes]:
    """What a genuine token signs."""
    return [
        attribute(CONTENT_TYPE, oid(TST_INFO)),
        attribute(MESSAGE_DIGEST, encode(OCTET_STRING, new(digest, content, usedforsecurity=False).digest())),
        named(certificate),
    ]


def token(
    content: bytes,
    signer: Holder,
    *,
    signed: Sequence[bytes] | None = None,
    digest: str = "sha256",
    pss: bool = False,
    algorithm: bytes | None = None,
    certificates: Sequence[Holder] | None = None,
    by_key_identifier: bytes | None = None,
    twice: bool = False,
) -> bytes:
    """Put a token together and sign it."""
    body = b"".join(sorted(signed if signed is not None else attributes(content, signer.der, digest)))
    certificate = signer.certificate
    name = sequence(certificate.issuer.public_bytes(), number(certificate.serial_number))
    if by_key_identifier:
        name = encode(0x80, by_key_identifier)
    signature = _sign(signer.key, digest, encode(SET, body), pss=pss)
    one = sequence(
        number(3 if by_key_identifier else 1),
        name,
        identifier(digest),
        encode(0xA0, body),
        algorithm or _algorithm(signer.key, digest, pss=pss),
        encode(OCTET_STRING, signature),
    )
    held = b"".join(holder.der for holder in ([signer] if certificates is None else certificates))
    data = sequence(
        number(3),
        encode(SET, identifier(digest)),
        sequence(oid(TST_INFO), encode(0xA0, encode(OCTET_STRING, content))),
        *([encode(0xA0, held)] if held else []),
        encode(SET, one * (1 + twice)),
    )
    return sequence(oid(SIGNED_DATA), encode(0xA0, data))


def sequence(*parts: bytes) -> bytes:
    return encode(SEQUENCE, b"".join(parts))


def number(value: int) -> bytes:
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(digits: str) -> bytes:
    return encode(0x06, bytes.fromhex(digits))


def identifier(name: str, *parameters: bytes) -> bytes:
    return sequence(oid(OIDS.get(name, name)), *parameters)


def imprint_of(text: bytes) -> bytes:
    return sha256(text).digest()


def _algorithm(signing: Key, digest: str, *, pss: bool) -> bytes:
    if pss:
        inner = identifier(digest)
        mask = identifier("mgf1", inner)
        return identifier("pss", sequence(encode(0xA0, inner), encode(0xA1, mask), encode(0xA2, number(32))))
    if isinstance(signing, rsa.RSAPrivateKey):
        return identifier("rsa", b"\x05\0")
    return identifier("ed25519" if isinstance(signing, ed25519.Ed25519PrivateKey) else f"ecdsa-{digest}")


def _sign(signing: Key, digest: str, message: bytes, *, pss: bool) -> bytes:
    if isinstance(signing, ed25519.Ed25519PrivateKey):
        return signing.sign(message)
    if isinstance(signing, rsa.RSAPrivateKey):
        form = padding.PSS(padding.MGF1(HASHES[digest]), 32) if pss else padding.PKCS1v15()
        return signing.sign(message, form, HASHES[digest])
    return signing.sign(message, ec.ECDSA(HASHES[digest]))


def _certifying(digest: str) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512:
    return {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[digest]  # type: ignore[return-value]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
