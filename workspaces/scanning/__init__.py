"""Looking for viruses in uploaded files, with clamd, where one is configured (docs/scanning.md)."""
