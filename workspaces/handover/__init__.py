"""Sealed files on their way out: whose keys they may be sealed for, and how header and body leave."""
