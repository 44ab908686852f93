"""Replacing keys while everybody works: root keys of the key service, and keys of workspaces."""
