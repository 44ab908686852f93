"""Checks the receipt of a hand-over: the proof in it, and that the entry says what the receipt says of the file.

Rules enforced
    * the receipt is JSON of the format below, and the proof in it holds as any receipt does (`receipt`);
    * what it says of file, version, key, header, body and plaintext is what the entry in the log says, each disclosed.

Out of scope: the file itself. `python -m workspaces.crypt4gh check FILE RECEIPT` holds it against the receipt.
"""

from typing import Any

from ledger_bridge.tlog.policy import Policy
from verifier import strict_json
from verifier.receipt import open_receipt, verify_receipt
from verifier.report import MismatchError, Report

HAND_OVER_START = b"{"
FORMAT = "ithaca/hand-over-receipt/v1"
_KIND = "version.handed_over"


def verify_hand_over(data: bytes, report: Report, *, policy: Policy, known: bytes | None) -> None:
    """Check the receipt of a hand-over and write what holds into the report.

    Raises:
        MismatchError: the first thing that does not hold.

    """
    said, proof = _read(data)
    verify_receipt(proof, report, policy=policy, known=known)
    recorded = open_receipt(proof, policy, name=report.file).event.fields
    for name, value in said.items():
        if recorded.get(name) != value:
            raise MismatchError("the entry does not say what the receipt says", part="receipt", field=name)
    report.passed("Version, key, sizes and hashes in the receipt are those of the entry.")
    report.limit("Whether a file is the one of this receipt: python -m workspaces.crypt4gh check FILE RECEIPT")


def _read(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what the receipt says, by the names that the fields of the entry have, and its proof."""
    try:
        receipt = strict_json.loads(data)
        if receipt["format"] != FORMAT:
            raise MismatchError("this is another kind of file, or a newer version", part="receipt", field="format")
        said = {
            "kind": _KIND,
            "id": receipt["entry"],
            "detail.hand_over": receipt["hand_over"],
            "detail.name": receipt["file"],
            "detail.number": receipt["version"],
            "detail.fingerprint": receipt["recipient"]["fingerprint"],
            "detail.header_size": receipt["header"]["size"],
            "detail.header_sha256": receipt["header"]["sha256"],
            "detail.body_size": receipt["body"]["size"],
            "detail.body_blake3": receipt["body"]["blake3"],
            "detail.plaintext_size": receipt["plaintext"]["size"],
            "detail.plaintext_sha256": receipt["plaintext"]["sha256"],
        }
        return said, receipt["proof"].encode()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MismatchError("it is not the receipt of a hand-over", part="receipt") from error
