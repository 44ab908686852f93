"""Kills processes of the ledger at named places and at random moments, and holds the log against what was promised."""
