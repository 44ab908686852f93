"""`python -m verifier FILE [--policy POLICY] [--known CHECKPOINT] [--receipt FILE] [--block-hash HASH] …`.

Exit status: 0 everything holds; 1 something does not, and the report names the first thing; 2 unusable input.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger_bridge.tlog.anchors.token_signature import Authorities
from ledger_bridge.tlog.consistency import Consistency
from ledger_bridge.tlog.errors import FormatError
from ledger_bridge.tlog.policy import Policy
from verifier.hand_over import HAND_OVER_START, verify_hand_over
from verifier.held import HeldReceipt
from verifier.printing import as_html
from verifier.receipt import RECEIPT_START, open_receipt, verify_receipt
from verifier.report import MismatchError, Report, UnusableError
from verifier.trail import Brought, verify_trail

_LARGEST_TEXT = 1 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verification and return the exit status."""
    options = _parser().parse_args(arguments)
    report = Report(file=options.file.name)
    try:
        _examine(options, report)
    except UnusableError as unusable:
        print(f"verifier: {unusable}", file=sys.stderr)
        return 2
    print(report.as_json() if options.json else report.as_text(), end="")
    return 0 if report.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verifier", description="Check a trail export or a receipt, offline."
    )
    parser.add_argument(
        "file", type=Path, help="trail.zip, a receipt (.tlog-proof), or that of a hand-over (.receipt.json)"
    )
    parser.add_argument("--policy", type=Path, help="whose signatures count; a receipt needs it")
    parser.add_argument("--known", type=Path, help="a checkpoint of this log that you kept from before")
    parser.add_argument("--known-policy", type=Path, help="the policy of its log, if this log continues that one")
    parser.add_argument(
        "--receipt", type=Path, action="append", default=[], help="a receipt that the trail must agree with"
    )
    parser.add_argument(
        "--proof",
        type=Path,
        action="append",
        default=[],
        help="a proof of consistency, for a trail in short form",
    )
    parser.add_argument("--block-hash", help="hash of the block of an anchor, from your own node or a block explorer")
    parser.add_argument(
        "--timestamp-ca", type=Path, help="root certificates of timestamp authorities you trust, in PEM"
    )
    parser.add_argument("--json", action="store_true", help="write the report as JSON")
    parser.add_argument("--html", type=Path, help="write the report also to this file, for printing")
    return parser


def _examine(options: argparse.Namespace, report: Report) -> None:
    try:
        _verify(options, report)
    except MismatchError as mismatch:
        report.fail(mismatch)
    if options.html:
        _write(options.html, as_html(report))


def _verify(options: argparse.Namespace, report: Report) -> None:
    policy = _read_policy(options.policy) if options.policy else None
    known = _read(options.known) if options.known else None
    if not _is_receipt(options.file) and not _is_hand_over(options.file):
        held = _open_receipts(options.receipt, policy)
        block_hash = _read_hash(options.block_hash) if options.block_hash else None
        authorities = _read_authorities(options.timestamp_ca) if options.timestamp_ca else None
        known_policy = _read_policy(options.known_policy) if options.known_policy else None
        proofs = [_read_proof(path) for path in options.proof]
        brought = Brought(policy, known, known_policy, held, block_hash, authorities, proofs)
        verify_trail(options.file, report, brought)
    elif options.receipt:
        raise UnusableError("--receipt compares a trail with a receipt; this file is a receipt itself.")
    elif policy is None:
        raise UnusableError("A receipt says nothing without --policy, because it does not bring its own.")
    elif _is_hand_over(options.file):
        verify_hand_over(_read(options.file), report, policy=policy, known=known)
    else:
        verify_receipt(_read(options.file), report, policy=policy, known=known)


def _open_receipts(paths: Sequence[Path], policy: Policy | None) -> list[HeldReceipt]:
    if paths and policy is None:
        raise UnusableError("A receipt says nothing without --policy, because it does not bring its own.")
    return [open_receipt(_read(path), policy, name=path.name) for path in paths if policy]


def _read_hash(text: str) -> bytes:
    digits = text.lower().removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]{64}", digits, re.ASCII):
        raise UnusableError("--block-hash takes the 64 hexadecimal digits of a block's hash.")
    return bytes.fromhex(digits)


def _read_policy(path: Path) -> Policy:
    try:
        return Policy.parse(_read(path).decode())
    except (FormatError, UnicodeDecodeError) as error:
        raise UnusableError(f"{path} is not a policy: {error}.") from error


def _read_proof(path: Path) -> Consistency:
    try:
        return Consistency.parse(_read(path))
    except FormatError as error:
        raise UnusableError(f"{path} is not a proof of consistency: {error}.") from error


def _read_authorities(path: Path) -> Authorities:
    try:
        return Authorities.parse(_read(path).decode())
    except (FormatError, UnicodeDecodeError) as error:
        raise UnusableError(f"{path} holds no certificates of authorities: {error}.") from error


def _is_receipt(path: Path) -> bool:
    return _starts_with(path, RECEIPT_START)


def _is_hand_over(path: Path) -> bool:
    return _starts_with(path, HAND_OVER_START)


def _starts_with(path: Path, start: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(start)) == start
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}.") from error


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"{path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_TEXT + 1)
    except OSError as error:
        raise UnusableError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > _LARGEST_TEXT:
        raise UnusableError(f"{path} is too large to be what it should be.")
    return data


if __name__ == "__main__":
    sys.exit(main())
