"""The mathematics of the ledger: Merkle tree, signed notes, checkpoints, proofs, policies, entries.

Everything here is pure: bytes in, bytes or an exception out. No framework, no file, no clock, no network; the
only import outside the standard library is `cryptography`. The offline verifier is built on this package alone.

Formats: RFC 6962 / RFC 9162 for the tree; C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles,
tlog-proof and tlog-policy for what surrounds it; `docs/formats/entry.md` for entries, leaves and streams.
"""
