"""Key commitment: binds a data key to one file and one version.

ChaCha20-Poly1305 does not commit to its key: a body can be made that opens under two keys to two contents. So the
writer records HMAC-SHA-256(key, "c4gh-s1/commit" ‖ 0x00 ‖ file id ‖ 0x00 ‖ version id), and a reader compares it in
constant time before it opens the first segment. (Profile S1, writer rule 5; not part of Crypt4GH.)

Rules enforced: an id is not empty and contains no NUL, so that no two pairs of ids give the same message; the key is
32 bytes. Out of scope: where the commitment is kept.
"""

import hashlib
import hmac

from workspaces.crypt4gh.errors import CommitmentError
from workspaces.crypt4gh.segments import KEY_SIZE

DOMAIN = b"c4gh-s1/commit"


def key_commitment(key: bytes, file_id: str, version_id: str) -> bytes:
    """Return the 32-byte commitment to a 32-byte data key for one version of one file.

    Raises:
        ValueError: the key is not 32 bytes long.
        CommitmentError: an id is empty or contains a NUL character.

    """
    if len(key) != KEY_SIZE:
        raise ValueError(f"A data key is {KEY_SIZE} bytes long, not {len(key)}.")
    for name in (file_id, version_id):
        if not name or "\0" in name:
            raise CommitmentError("An id in a key commitment must not be empty or contain a NUL character.")
    return hmac.digest(key, b"\0".join((DOMAIN, file_id.encode(), version_id.encode())), hashlib.sha256)


def verify_commitment(commitment: bytes, key: bytes, file_id: str, version_id: str) -> None:
    """Return if `commitment` (32 bytes) is the one for this key, file and version; takes constant time.

    Raises:
        ValueError: the key is not 32 bytes long.
        CommitmentError: it is another key's, file's or version's, or an id is malformed.

    """
    if not hmac.compare_digest(commitment, key_commitment(key, file_id, version_id)):
        raise CommitmentError("The data key is not the one committed to for this file and version; nothing was opened.")
