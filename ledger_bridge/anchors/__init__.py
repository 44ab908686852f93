"""Writes checkpoints to outside chains, and keeps the evidence (docs/anchors.md)."""
