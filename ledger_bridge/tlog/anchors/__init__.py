"""Checks what an outside chain holds about a checkpoint, from bytes alone.

Read `chain.py` (an anchor on an EVM chain: block header, account, storage); the others are the formats that
it is written in. What the evidence looks like: `docs/formats/anchors.md`.
"""
