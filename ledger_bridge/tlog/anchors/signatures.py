"""The signature algorithms that certificates and timestamps may use.

Rules enforced
    * RSA (PKCS #1 v1.5, or PSS whose two hashes are the same) with 2,048 to 16,384 bits, ECDSA on P-256, P-384 or
      P-521, Ed25519; SHA-256, SHA-384 or SHA-512. Nothing older is known here, so a signature with SHA-1 is refused;
    * the key is of the kind that the algorithm asks for.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ledger_bridge.tlog.anchors import der
from ledger_bridge.tlog.anchors.der import Element, member, read_bits, read_one
from ledger_bridge.tlog.errors import FormatError, ProofError

HASHES = {"608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512"}
_NAMED = {
    "2a864886f70d01010b": ("rsa", "sha256"),
    "2a864886f70d01010c": ("rsa", "sha384"),
    "2a864886f70d01010d": ("rsa", "sha512"),
    "2a8648ce3d040302": ("ecdsa", "sha256"),
    "2a8648ce3d040303": ("ecdsa", "sha384"),
    "2a8648ce3d040304": ("ecdsa", "sha512"),
    "2b6570": ("ed25519", "sha512"),
}
_RSA, _PSS, _MGF1 = "2a864886f70d010101", "2a864886f70d01010a", "2a864886f70d010108"
_KEYS = {
    "2a864886f70d010101": "rsa",
    "2a8648ce3d0201 2a8648ce3d030107": "ecdsa",
    "2a8648ce3d0201 2b81040022": "ecdsa",
    "2a8648ce3d0201 2b81040023": "ecdsa",
    "2b6570": "ed25519",
}
_LIBRARY: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_FEWEST_BITS, _MOST_BITS = 2048, 16384
_MOST_SALT = 512
_CONTEXT_2 = 0xA2
_UNCOMPRESSED = b"\x04"


@dataclass(frozen=True)
class Algorithm:
    """How something is signed: kind of key, hash, and for PSS the length of the salt."""

    kind: str
    hash: str
    salt: int = 0


def read_hash(element: Element, what: str) -> str:
    """Read which hash is meant.

    Raises:
        ProofError: one that is not known here.

    """
    oid = _identifier(element, what)[0]
    if oid not in HASHES:
        raise ProofError(f"{what} uses a hash that is not known here ({oid})")
    return HASHES[oid]


def read_algorithm(element: Element, what: str, *, digest: str | None = None) -> Algorithm:
    """Read how something is signed; `digest` is the hash that a timestamp names beside its algorithm.

    Raises:
        FormatError: the parameters are not those of the algorithm.
        ProofError: an algorithm that is not known here.

    """
    oid, parameters = _identifier(element, what)
    if oid == _PSS:
        algorithm = _read_pss(parameters, what)
    elif oid == _RSA and digest:
        algorithm = Algorithm("rsa", digest)
    elif oid in _NAMED:
        algorithm = Algorithm(*_NAMED[oid])
    else:
        raise ProofError(f"{what} has an algorithm that is not known here ({oid})")
    if digest not in (None, algorithm.hash):
        raise ProofError(f"{what} names two hashes, {digest} and {algorithm.hash}")
    return algorithm


def verify(public_key: bytes, algorithm: Algorithm, signature: bytes, message: bytes, what: str) -> None:
    """Check a signature.

    Raises:
        FormatError: the key is not well formed.
        ProofError: the key is of another kind, or the signature does not verify.

    """
    if _key_kind(public_key, what) != algorithm.kind.removesuffix("-pss"):
        raise ProofError(f"{what} is not by a key of the kind that its algorithm asks for")
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FormatError(f"the key of {what} is not well formed") from error
    if isinstance(key, rsa.RSAPublicKey) and not _FEWEST_BITS <= key.key_size <= _MOST_BITS:
        raise ProofError(f"{what} is by a key of {key.key_size} bits, not {_FEWEST_BITS} to {_MOST_BITS}")
    try:
        _verify(key, algorithm, signature, message)
    except InvalidSignature as error:
        raise ProofError(f"{what} does not verify") from error


def _verify(key: object, algorithm: Algorithm, signature: bytes, message: bytes) -> None:
    library = _LIBRARY[algorithm.hash]
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, message)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(library))
    elif isinstance(key, rsa.RSAPublicKey) and algorithm.kind == "rsa-pss":
        key.verify(signature, message, padding.PSS(padding.MGF1(library), algorithm.salt), library)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), library)
    else:
        raise InvalidSignature


def _key_kind(public_key: bytes, what: str) -> str:
    name = f"the key of {what}"
    parts = read_one(public_key).members(der.SEQUENCE, name)
    oid, parameters = _identifier(member(parts, 0, name), name)
    point = read_bits(member(parts, 1, name), name)
    curve = [one.content.hex() for one in parameters if one.tag == der.OID]
    kind = " ".join([oid, *curve])
    if kind not in _KEYS or (curve and point[:1] != _UNCOMPRESSED):
        raise ProofError(f"{what} is by a key of a kind that is not known here ({kind})")
    return _KEYS[kind]


def _read_pss(parameters: list[Element], what: str) -> Algorithm:
    """Read a hash, the same hash within MGF1, and a length of salt; what a PSS leaves out means SHA-1."""
    if len(parameters) != 1:
        raise FormatError(f"{what} does not say how its PSS is made")
    parts = {one.tag: one for one in parameters[0].members(der.SEQUENCE, f"the PSS of {what}")}
    if set(parts) != {der.CONTEXT_0, der.CONTEXT_1, _CONTEXT_2}:
        raise ProofError(f"the PSS of {what} does not name its hash twice and its salt, or has another trailer")
    digest = read_hash(read_one(parts[der.CONTEXT_0].content), f"the PSS of {what}")
    mask, inner = _identifier(read_one(parts[der.CONTEXT_1].content), f"the PSS of {what}")
    salt = read_one(parts[_CONTEXT_2].content).expect(der.INTEGER, f"the salt of {what}")
    if mask != _MGF1 or len(inner) != 1 or read_hash(inner[0], f"the PSS of {what}") != digest:
        raise ProofError(f"the PSS of {what} uses two hashes, or no MGF1")
    length = int.from_bytes(salt, "big", signed=True)
    if not 0 <= length <= _MOST_SALT:
        raise FormatError(f"the PSS of {what} has an impossible salt")
    return Algorithm("rsa-pss", digest, length)


def _identifier(element: Element, what: str) -> tuple[str, list[Element]]:
    parts = element.members(der.SEQUENCE, f"the algorithm of {what}")
    oid = member(parts, 0, f"the algorithm of {what}").expect(der.OID, f"the algorithm of {what}").hex()
    return oid, [one for one in parts[1:] if one.tag != der.NULL or one.content]
