"""A witness of transparency logs (C2SP tlog-witness): it cosigns what continues everything it saw, and nothing else.

It runs by itself: standard library, `cryptography`, one SQLite file, one key, and of this project nothing but the
mathematics in `ledger_bridge.tlog`. See docs/witness.md.
"""
