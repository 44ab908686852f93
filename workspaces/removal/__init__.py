"""Removing for good: two people, what stands against it, and keys that are destroyed."""
