"""Writes checkpoints to outside chains and timestamp authorities, and keeps the evidence (docs/anchors.md)."""
