"""Taking back what one has just done (ADR 0040)."""
