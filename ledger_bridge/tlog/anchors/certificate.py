"""X.509 certificates (RFC 5280), as far as the chain of a timestamp authority needs them.

Rules enforced
    * version 3, in DER; the algorithm inside is the one outside; no extension stands there twice;
    * a certificate above another is one of an authority (basic constraints), may sign certificates, and allows as many
      more below it as there are;
    * the one that signs a timestamp is for timestamps alone, marked critical, and its key for signing alone;
    * no critical extension that is not read here, and no name constraints at all: these are not read either.

Out of scope: revocation, certificate policies, and names beyond their being equal, byte for byte.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Self

from ledger_bridge.tlog.anchors import der
from ledger_bridge.tlog.anchors.der import Element, member, read_bits, read_one
from ledger_bridge.tlog.errors import FormatError, ProofError

_BASIC_CONSTRAINTS, _KEY_USAGE, _EXTENDED_KEY_USAGE = "551d13", "551d0f", "551d25"
_KEY_IDENTIFIER, _NAME_CONSTRAINTS = "551d0e", "551d1e"
_READ_OR_HARMLESS = {
    *(_BASIC_CONSTRAINTS, _KEY_USAGE, _EXTENDED_KEY_USAGE, _KEY_IDENTIFIER),
    *("551d23", "551d20", "551d11", "551d12", "551d1f", "2b06010505070101"),
}
"""Those above; of the issuer's key, policies, two alternative names, revocation lists, where to ask the authority."""
_TIME_STAMPING, _ANY_PURPOSE = bytes.fromhex("2b06010505070308"), bytes.fromhex("551d2500")
_COMMON_NAME = bytes.fromhex("550403")
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii"}
_SIGNS_DATA, _SIGNS_CERTIFICATES = 0xC000, 0x0400
_LONGEST_NAME, _LAST_OF_CENTURY = 200, 50


@dataclass(frozen=True)
class Certificate:
    """One certificate, taken apart."""

    encoded: bytes
    signed: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    not_before: int
    not_after: int
    public_key: bytes
    extensions: dict[str, tuple[bool, bytes]]
    algorithm: Element
    signature: bytes

    @classmethod
    def parse(cls, encoded: bytes) -> Self:
        """Read a certificate.

        Raises:
            FormatError: naming the part that is wrong.

        """
        outer = read_one(encoded).members(der.SEQUENCE, "the certificate")
        if len(outer) != len(("signed", "algorithm", "signature")):
            raise FormatError("the certificate does not have three parts")
        fields = outer[0].members(der.SEQUENCE, "the certificate")
        if member(fields, 0, "the version").encoded != bytes.fromhex("a003020102"):
            raise FormatError("the certificate is not of version 3")
        if member(fields, 2, "the algorithm") != outer[1]:
            raise FormatError("the certificate names two algorithms")
        times = member(fields, 4, "the validity").members(der.SEQUENCE, "the validity")
        return cls(
            encoded=encoded,
            signed=outer[0].encoded,
            serial=member(fields, 1, "the serial number").expect(der.INTEGER, "the serial number"),
            issuer=_name(member(fields, 3, "the issuer"), "the issuer"),
            subject=_name(member(fields, 5, "the subject"), "the subject"),
            not_before=_time(member(times, 0, "the validity")),
            not_after=_time(member(times, 1, "the validity")),
            public_key=member(fields, 6, "the public key").encoded,
            extensions=_extensions(fields[7:]),
            algorithm=outer[1],
            signature=read_bits(outer[2], "the certificate's signature"),
        )

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer, as roots do."""
        return self.issuer == self.subject

    @property
    def key_identifier(self) -> bytes | None:
        """The subject's key identifier, when it has one."""
        _, value = self.extensions.get(_KEY_IDENTIFIER, (False, b""))
        return read_one(value).expect(der.OCTET_STRING, "the key identifier") if value else None

    @property
    def label(self) -> str:
        """The subject's common name, when it can be read, and the start of the certificate's SHA-256."""
        start = f"SHA-256 {sha256(self.encoded).hexdigest()[:16]}…"
        name = _common_name(self.subject)
        return f"“{name}” ({start})" if name else f"the certificate with {start}"

    def require_valid_at(self, time: int) -> None:
        """Check that it was valid at a moment, and that nothing in it is beyond what is read here.

        Raises:
            ProofError: it was not, or something is.

        """
        if not self.not_before <= time <= self.not_after:
            raise ProofError(f"{self.label} was not valid at the time in the token")
        for oid, (critical, _) in self.extensions.items():
            if oid == _NAME_CONSTRAINTS or (critical and oid not in _READ_OR_HARMLESS):
                raise ProofError(f"{self.label} has an extension that this does not know ({oid})")

    def require_timestamping(self) -> None:
        """Check that its key signs timestamps and nothing else.

        Raises:
            ProofError: it does not.

        """
        critical, _ = self.extensions.get(_EXTENDED_KEY_USAGE, (False, b""))
        if not critical or self._purposes() != [_TIME_STAMPING]:
            raise ProofError(f"{self.label} is not for timestamps alone, marked critical")
        usage = self._usage()
        if usage is not None and (not usage & _SIGNS_DATA or usage & ~_SIGNS_DATA):
            raise ProofError(f"{self.label} has a key that is not for signatures alone")

    def require_authority(self, below: int) -> None:
        """Check that it may stand above others, so many of them authorities themselves.

        Raises:
            ProofError: it may not.

        """
        is_authority, most = self._constraints()
        usage, purposes = self._usage(), self._purposes()
        may = usage is None or usage & _SIGNS_CERTIFICATES
        if not is_authority or not may:
            raise ProofError(f"{self.label} is not the certificate of an authority")
        if most is not None and below > most:
            raise ProofError(f"{self.label} allows fewer authorities below it")
        if purposes is not None and not {_TIME_STAMPING, _ANY_PURPOSE} & set(purposes):
            raise ProofError(f"{self.label} is not for timestamps")

    def _purposes(self) -> list[bytes] | None:
        if _EXTENDED_KEY_USAGE not in self.extensions:
            return None
        listed = read_one(self.extensions[_EXTENDED_KEY_USAGE][1]).members(der.SEQUENCE, "the purposes")
        return [one.expect(der.OID, "a purpose") for one in listed]

    def _usage(self) -> int | None:
        """The first sixteen uses of the key, the first one in the highest bit."""
        if _KEY_USAGE not in self.extensions:
            return None
        content = read_one(self.extensions[_KEY_USAGE][1]).expect(der.BIT_STRING, "the use of the key")
        if not 1 < len(content) <= len(b"\0\0\0"):
            raise FormatError("the use of the key is not a string of a few bits")
        return int.from_bytes(content[1:].ljust(2, b"\0"), "big")

    def _constraints(self) -> tuple[bool, int | None]:
        if _BASIC_CONSTRAINTS not in self.extensions:
            return False, None
        parts = read_one(self.extensions[_BASIC_CONSTRAINTS][1]).members(der.SEQUENCE, "the constraints")
        is_authority = bool(parts) and parts[0].tag == der.BOOLEAN and _is_true(parts[0])
        lengths = [one.content for one in parts if one.tag == der.INTEGER]
        return is_authority, int.from_bytes(lengths[0], "big") if lengths else None


def _name(element: Element, what: str) -> bytes:
    element.expect(der.SEQUENCE, what)
    return element.encoded


def _time(element: Element) -> int:
    text = element.content.decode("latin-1")
    if element.tag == der.UTC_TIME:
        text = ("19" if text[:2] >= str(_LAST_OF_CENTURY) else "20") + text
    elif element.tag != der.GENERALIZED_TIME:
        raise FormatError("the validity is not a time")
    digits = text.removesuffix("Z")
    if text == digits or len(digits) != len("YYYYMMDDHHMMSS") or not (digits.isascii() and digits.isdigit()):
        raise FormatError("the validity is not a time in UTC")
    try:
        return int(datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise FormatError("the validity is not a time in UTC") from error


def _extensions(rest: list[Element]) -> dict[str, tuple[bool, bytes]]:
    wrapped = [one for one in rest if one.tag == der.CONTEXT_3]
    if not wrapped:
        return {}
    found: dict[str, tuple[bool, bytes]] = {}
    for one in read_one(wrapped[0].content).members(der.SEQUENCE, "the extensions"):
        parts = one.members(der.SEQUENCE, "an extension")
        oid = member(parts, 0, "an extension").expect(der.OID, "an extension").hex()
        critical = len(parts) > 1 and parts[1].tag == der.BOOLEAN and _is_true(parts[1])
        if oid in found:
            raise FormatError(f"the certificate has the extension {oid} twice")
        found[oid] = (critical, parts[-1].expect(der.OCTET_STRING, "an extension"))
    return found


def _is_true(element: Element) -> bool:
    if element.content not in (b"\0", b"\xff"):
        raise FormatError("a truth value is neither true nor false")
    return element.content == b"\xff"


def _common_name(name: bytes) -> str:
    for group in read_one(name).members(der.SEQUENCE, "the name"):
        for one in group.members(der.SET, "the name"):
            parts = one.members(der.SEQUENCE, "the name")
            if len(parts) > 1 and parts[0].content == _COMMON_NAME and parts[1].tag in _TEXTS:
                return _text(parts[1])
    return ""


def _text(element: Element) -> str:
    try:
        return element.content.decode(_TEXTS[element.tag])[:_LONGEST_NAME]
    except UnicodeDecodeError:
        return ""
