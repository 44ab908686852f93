"""Erasure: after it, what was recorded about a subject cannot be read any more, and every other proof still holds."""
