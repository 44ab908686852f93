"""What happens to keys that people registered, and to files that are handed over to them."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class RecipientKeyRegistered(Event):
    """The key itself is recorded, in hex: whoever holds this entry can tell whether another was put in its place."""

    kind = "recipient_key.registered"
    label = "Crypt4GH key registered"
    sentence = "registered a Crypt4GH key with the fingerprint {fingerprint}"
    action = "C"
    dicom_code = "110137"
    key: str
    public_key: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class RecipientKeyRemoved(Event):
    kind = "recipient_key.removed"
    label = "Crypt4GH key removed"
    sentence = "removed the Crypt4GH key with the fingerprint {fingerprint}"
    action = "D"
    dicom_code = "110137"
    key: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class VersionHandedOver(Event):
    """A header was made. Everything that a receipt says can be held against this. Hashes are hex."""

    kind = "version.handed_over"
    label = "Sealed for a key"
    sentence = "sealed version {number} of “{name}” for the Crypt4GH key with the fingerprint {fingerprint}"
    action = "R"
    dicom_code = "110106"
    name: str
    number: int
    hand_over: str
    key: str
    fingerprint: str
    header_sha256: str
    header_size: int
    body_blake3: str
    body_size: int
    plaintext_sha256: str
    plaintext_size: int


@dataclass(frozen=True, kw_only=True)
class HandOverTaken(Event):
    """The bytes from `first` up to and including `last` of header and body together were sent."""

    kind = "version.hand_over_taken"
    label = "Sealed file downloaded"
    sentence = "downloaded version {number} of “{name}” sealed, bytes {first} to {last}"
    action = "R"
    dicom_code = "110106"
    name: str
    number: int
    hand_over: str
    fingerprint: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class InstallationKeyMade(Event):
    """The public half, in hex, of the key for which others seal what they send here."""

    kind = "installation.key_made"
    label = "Key of the installation made"
    sentence = "made the installation's Crypt4GH key with the fingerprint {fingerprint}"
    action = "C"
    dicom_code = "110137"
    public_key: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class ForeignFileOpened(Event):
    """A file that was sealed elsewhere was opened, and its content sealed anew as version `made`. Hashes are hex."""

    kind = "version.foreign_opened"
    label = "Sealed file opened"
    sentence = (
        "opened version {number} of “{name}”, which was sealed for this installation, and sealed its content anew"
    )
    action = "C"
    dicom_code = "110107"
    name: str
    number: int
    sealed_sha256: str
    data_keys: int
    made: str
    made_sha256: str
