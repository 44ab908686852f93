"""What happens to workspaces, items and versions."""

from dataclasses import dataclass

from ledger_bridge.events import Event


@dataclass(frozen=True, kw_only=True)
class WorkspaceCreated(Event):
    kind = "workspace.created"
    label = "Workspace created"
    sentence = "created the workspace “{name}”"
    action = "C"
    name: str
    description: str
    key_generation: int


@dataclass(frozen=True, kw_only=True)
class WorkspaceRenamed(Event):
    kind = "workspace.renamed"
    label = "Workspace renamed"
    sentence = "renamed the workspace “{before}” to “{name}”"
    action = "U"
    before: str
    name: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceDescribed(Event):
    kind = "workspace.described"
    label = "Workspace described"
    sentence = "changed the description of the workspace"
    action = "U"
    before: str
    description: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceArchived(Event):
    kind = "workspace.archived"
    label = "Workspace archived"
    sentence = "archived the workspace"
    action = "U"


@dataclass(frozen=True, kw_only=True)
class WorkspaceReopened(Event):
    kind = "workspace.reopened"
    label = "Workspace reopened"
    sentence = "reopened the workspace"
    action = "U"


@dataclass(frozen=True, kw_only=True)
class NamesInMailsSet(Event):
    kind = "workspace.mail_names_set"
    label = "Names in mails allowed or not"
    sentence = "set that mails {allowed} name this workspace and its files"
    words = {"allowed": {"yes": "may", "no": "may not"}}
    action = "U"
    allowed: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceLimitSet(Event):
    """Bytes."""

    kind = "workspace.limit_set"
    label = "Room of a workspace changed"
    sentence = "set the room of the workspace to {limit} bytes; it was {before}"
    action = "U"
    before: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class InstitutionLimitSet(Event):
    """Bytes that all workspaces of an institution may hold together."""

    kind = "institution.limit_set"
    label = "Room of an institution changed"
    sentence = "set the room of the institution “{name}” to {limit} bytes; it was {before}"
    action = "U"
    institution: str
    name: str
    before: int
    limit: int


@dataclass(frozen=True, kw_only=True)
class FolderCreated(Event):
    kind = "folder.created"
    label = "Folder created"
    sentence = "created the folder “{name}”"
    action = "C"
    name: str
    parent: str | None


@dataclass(frozen=True, kw_only=True)
class ItemRenamed(Event):
    kind = "item.renamed"
    label = "File or folder renamed"
    sentence = "renamed “{before}” to “{name}”"
    action = "U"
    before: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ItemDescribed(Event):
    kind = "item.described"
    label = "File or folder described"
    sentence = "changed the description of “{name}”"
    action = "U"
    name: str
    before: str
    description: str


@dataclass(frozen=True, kw_only=True)
class ItemMoved(Event):
    """`before` and `after` are ids of folders; none is the workspace itself."""

    kind = "item.moved"
    label = "File or folder moved"
    sentence = "moved “{name}”"
    action = "U"
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class ItemRemoved(Event):
    kind = "item.removed"
    label = "Put in the bin"
    sentence = "put “{name}” in the bin"
    action = "D"
    name: str
    items: int


@dataclass(frozen=True, kw_only=True)
class ItemRestored(Event):
    kind = "item.restored"
    label = "Taken out of the bin"
    sentence = "took “{name}” out of the bin"
    action = "U"
    name: str
    items: int


@dataclass(frozen=True, kw_only=True)
class VersionUploaded(Event):
    """Everything that whoever holds the bytes needs to show that they are these. Hashes and commitment are hex."""

    kind = "version.uploaded"
    label = "Version uploaded"
    sentence = "uploaded version {number} of “{name}”"
    action = "C"
    dicom_code = "110107"
    name: str
    number: int
    media_type: str
    plaintext_size: int
    body_size: int
    key_commitment: str
    body_blake3: str
    plaintext_sha256: str
    detected_type: str = ""
    archive: str = ""
    archive_finding: str = ""


@dataclass(frozen=True, kw_only=True)
class VersionOpened(Event):
    kind = "version.opened"
    label = "Version opened"
    sentence = "opened version {number} of “{name}”"
    action = "R"
    dicom_code = "110103"
    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class VersionDownloaded(Event):
    kind = "version.downloaded"
    label = "Version downloaded"
    sentence = "downloaded version {number} of “{name}”"
    action = "R"
    dicom_code = "110106"
    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class VersionCutOff(Event):
    """Reading began with the right to do so and was stopped because the right was gone."""

    kind = "version.cut_off"
    label = "Reading cut off"
    sentence = "was cut off while reading version {number} of “{name}”"
    action = "R"
    dicom_code = "110113"
    name: str
    number: int


@dataclass(frozen=True, kw_only=True)
class VersionDamaged(Event):
    kind = "version.damaged"
    label = "Damage found"
    sentence = "found version {number} of “{name}” damaged; nothing damaged was handed out"
    action = "R"
    dicom_code = "110113"
    name: str
    number: int
    finding: str


@dataclass(frozen=True, kw_only=True)
class ArchiveDownloaded(Event):
    """Each file in it has an entry of its own, made when its turn came."""

    kind = "workspace.archive_downloaded"
    label = "ZIP archive downloaded"
    sentence = "began to download “{name}” as a ZIP archive of {files} files"
    action = "R"
    dicom_code = "110106"
    name: str
    files: int
    plaintext_size: int


@dataclass(frozen=True, kw_only=True)
class WorkspaceKeyReplaced(Event):
    """From now on new versions are wrapped under this generation; older ones follow."""

    kind = "workspace.key_replaced"
    label = "Workspace key replaced"
    sentence = "replaced the key of the workspace by generation {generation}"
    action = "U"
    dicom_code = "110136"
    generation: int


@dataclass(frozen=True, kw_only=True)
class WorkspaceKeyDestroyed(Event):
    """Every version was moved under this generation, and the ones before it were destroyed."""

    kind = "workspace.key_destroyed"
    label = "Old workspace key destroyed"
    sentence = "destroyed the keys of the workspace before generation {generation}; nothing was wrapped under them"
    action = "D"
    dicom_code = "110136"
    generation: int


@dataclass(frozen=True, kw_only=True)
class RootRotated(Event):
    kind = "root_key.rotated"
    label = "Root key rotated"
    sentence = "made generation {generation} of the root key “{root}”"
    action = "C"
    dicom_code = "110136"
    root: str
    generation: int


@dataclass(frozen=True, kw_only=True)
class RootRotationFinished(Event):
    kind = "root_key.rotation_finished"
    label = "Rotation of a root key finished"
    sentence = "finished moving every key under the root key “{root}” to generation {generation}"
    action = "U"
    dicom_code = "110136"
    root: str
    generation: int


@dataclass(frozen=True, kw_only=True)
class RootDestroyed(Event):
    """Recorded before the key service is asked, so that no key is gone without an entry."""

    kind = "root_key.destroyed"
    label = "Old root key destroyed"
    sentence = "destroyed the root key “{root}” up to generation {generation}; nothing was wrapped under it"
    action = "D"
    dicom_code = "110136"
    root: str
    generation: int


@dataclass(frozen=True, kw_only=True)
class EscrowMade(Event):
    """`escrow` is a fingerprint of the public key that it is sealed for.

    Before anything is sealed again the key on the disk is held against this entry.
    """

    kind = "escrow.made"
    label = "Keys put in escrow"
    sentence = "put the keys of the installation in escrow {escrow}: any {needed} of {shares} shares give them back"
    action = "C"
    dicom_code = "110136"
    escrow: str
    shares: int
    needed: int
    public_key: str = ""


@dataclass(frozen=True, kw_only=True)
class EscrowKeyExchanged(Event):
    """`found` is the fingerprint of what lies where the public key of the escrow belongs."""

    kind = "escrow.key_exchanged"
    label = "Key of the escrow exchanged"
    sentence = "found that the key of the escrow ({found}) is not the one that was recorded, and sealed nothing for it"
    action = "E"
    dicom_code = "110113"
    found: str


@dataclass(frozen=True, kw_only=True)
class EscrowRenewed(Event):
    kind = "escrow.renewed"
    label = "Escrow renewed"
    sentence = "sealed the keys in escrow {escrow} anew, because one had changed"
    action = "U"
    dicom_code = "110136"
    escrow: str


@dataclass(frozen=True, kw_only=True)
class EscrowDrilled(Event):
    kind = "escrow.drilled"
    label = "Escrow rehearsed"
    sentence = "rehearsed a restore from escrow {escrow} with shares {shares}: {outcome}"
    words = {
        "outcome": {
            "same": "it holds exactly the keys as they are",
            "other": "it opens, but does not hold the keys as they are",
            "failed": "it does not open",
        }
    }
    action = "E"
    dicom_code = "110136"
    escrow: str
    shares: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class EscrowRestored(Event):
    kind = "escrow.restored"
    label = "Keys restored from escrow"
    sentence = "restored the keys from escrow {escrow} with shares {shares}"
    action = "E"
    dicom_code = "110136"
    escrow: str
    shares: str
