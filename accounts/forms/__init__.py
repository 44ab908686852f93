"""Forms, split by page."""
