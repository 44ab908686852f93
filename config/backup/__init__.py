"""Backups: databases, keys of the log and sealed files, sealed once more under the key service's root `backups`.

A backup holds nothing in clear and opens only with the key service of the installation that made it, or with one that
was rebuilt from its escrow. Format and drill: docs/backup.md.
"""
