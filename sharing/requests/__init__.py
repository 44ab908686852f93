"""Asking for access: what somebody wants, who answers, and what became of it."""
