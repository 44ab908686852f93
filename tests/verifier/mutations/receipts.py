"""Receipts that were changed."""

import json
from dataclasses import replace
from random import Random

from ledger_bridge.tlog.entry import canonical
from ledger_bridge.tlog.note import join
from ledger_bridge.tlog.proof import TlogProof
from tests.fakes.ledger import small_ledger
from tests.verifier.mutations.edits import EVENT_EDITS, drop_number, renumber
from tests.verifier.mutations.honest import Case, Honest, Mutation, flipped, honest_ledger, honest_receipt


def flip_in_receipt(random: Random, honest: Honest) -> Case:
    receipt = honest_receipt()
    return receipt.handed(flipped(random, receipt.archive))


def cut_receipt(random: Random, honest: Honest) -> Case:
    receipt = honest_receipt()
    return receipt.handed(receipt.archive[: random.randrange(30, len(receipt.archive))])


def edit_receipt(random: Random, honest: Honest) -> Case:
    receipt = honest_receipt()
    proof = TlogProof.parse(receipt.archive)
    event = json.loads(proof.extra or b"")
    before = json.dumps(event)
    while json.dumps(event) == before:
        random.choice([edit for edit in EVENT_EDITS if edit not in (renumber, drop_number)])(random, event)
    return receipt.handed(
        replace(proof, extra=json.dumps(event, sort_keys=True, separators=(",", ":")).encode()).marshal()
    )


def edit_proof(random: Random, honest: Honest) -> Case:
    receipt = honest_receipt()
    proof = TlogProof.parse(receipt.archive)
    hashes = list(proof.hashes)
    at = random.randrange(len(hashes))
    event = json.loads(proof.extra or b"")
    other = honest_ledger()
    changed = random.choice(
        [
            replace(proof, hashes=tuple(hashes[:at] + hashes[at + 1 :])),
            replace(proof, hashes=(*hashes, random.randbytes(32))),
            replace(proof, hashes=(*hashes[:at], random.randbytes(32), *hashes[at + 1 :])),
            replace(proof, index=random.randrange(20)) if random.random() else proof,
            replace(proof, checkpoint_note=small_ledger(origin="other.example").checkpoint_note()),
            replace(proof, checkpoint_note=other.checkpoint_note(9)),
            replace(proof, extra=canonical({**event, "leaf": other.leaves[4].hex()})),
            replace(proof, extra=None),
            replace(proof, extra=b" " + (proof.extra or b"")),
        ]
    )
    if changed.index == proof.index and changed == proof:
        changed = replace(proof, index=6)
    return receipt.handed(changed.marshal())


def receipt_without_quorum(random: Random, honest: Honest) -> Case:
    receipt = honest_receipt()
    proof = TlogProof.parse(receipt.archive)
    text = receipt.ledger.checkpoint().marshal()
    lines = receipt.ledger.signature_lines()
    del lines[random.randrange(len(lines))]
    return receipt.handed(replace(proof, checkpoint_note=join(text, lines)).marshal())


MUTATIONS: list[Mutation] = [
    flip_in_receipt,
    cut_receipt,
    edit_receipt,
    edit_proof,
    receipt_without_quorum,
]
