"""The receipt of a hand-over: what the file must be, and the proof that the ledger says so.

It is JSON for programs and people alike. `python -m workspaces.crypt4gh check` holds a downloaded file against it;
`python -m verifier` holds it against the log. See docs/formats/hand-over.md.
"""

import json
from typing import Any

from ledger_bridge.models import Entry
from workspaces.crypt4gh.checking import FORMAT


def make_receipt(entry: Entry, proof: bytes) -> bytes:
    """Return the receipt. Everything in it is what the entry recorded, and nothing else."""
    said: dict[str, Any] = entry.detail
    receipt = {
        "format": FORMAT,
        "hand_over": said["hand_over"],
        "file": said["name"],
        "version": said["number"],
        "recipient": {"fingerprint": said["fingerprint"]},
        "header": {"size": said["header_size"], "sha256": said["header_sha256"]},
        "body": {"size": said["body_size"], "blake3": said["body_blake3"]},
        "plaintext": {"size": said["plaintext_size"], "sha256": said["plaintext_sha256"]},
        "entry": str(entry.pk),
        "proof": proof.decode(),
    }
    return (json.dumps(receipt, ensure_ascii=False, indent=2) + "\n").encode()
