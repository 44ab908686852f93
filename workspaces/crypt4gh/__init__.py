"""The sealing engine: Crypt4GH v1, strict profile S1.

Crypt4GH (GA4GH) protects 64 KiB segments, not files: segments may be cut off, reordered, doubled or added without an
ordinary tool noticing. This package writes files that every Crypt4GH tool opens, in a profile so narrow that its own
reader notices all of that. The rules stand at the top of the module that enforces them and in `docs/crypt4gh.md`.

It is pure: no framework, no network, no files but those its command line is given.
"""

from workspaces.crypt4gh.commitment import key_commitment, verify_commitment
from workspaces.crypt4gh.errors import (
    ClosedWriterError,
    CommitmentError,
    Crypt4ghError,
    HeaderError,
    KeyFileError,
    LengthError,
    PassphraseError,
    ReceiptError,
    SegmentError,
)
from workspaces.crypt4gh.header import make_header, open_header, read_header
from workspaces.crypt4gh.parts import open_part
from workspaces.crypt4gh.pieces import write_pieces
from workspaces.crypt4gh.reader import SealedBody, open_stream
from workspaces.crypt4gh.segments import CIPHER_SEGMENT, SEGMENT, body_size, new_data_key, plaintext_size
from workspaces.crypt4gh.writer import Hashes, Sealed, SealingWriter, Suspended

__all__ = [
    "CIPHER_SEGMENT",
    "SEGMENT",
    "ClosedWriterError",
    "CommitmentError",
    "Crypt4ghError",
    "Hashes",
    "HeaderError",
    "KeyFileError",
    "LengthError",
    "PassphraseError",
    "ReceiptError",
    "Sealed",
    "SealedBody",
    "SealingWriter",
    "SegmentError",
    "Suspended",
    "body_size",
    "key_commitment",
    "make_header",
    "new_data_key",
    "open_header",
    "open_part",
    "open_stream",
    "plaintext_size",
    "read_header",
    "verify_commitment",
    "write_pieces",
]
