"""Checks a trail export or a receipt on any computer, without asking the server that made it.

Needs Python's standard library, `cryptography`, and the ledger mathematics in `ledger_bridge.tlog`; nothing else of the
project. Read in this order: `trail.py` (what is checked, and in which order), `events.py`, `streams.py`, `archive.py`.
"""
