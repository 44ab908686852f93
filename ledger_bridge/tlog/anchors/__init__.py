"""Checks what an outside chain holds about a checkpoint, from bytes alone.

Read `chain.py` (an anchor on an EVM chain: block header, account, storage) and `timestamp.py` (RFC 3161); the others
are the formats that they are written in. What the evidence looks like: `docs/formats/anchors.md`.
"""
