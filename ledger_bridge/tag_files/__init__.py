"""Sorted tags of full spans of the log, as files: they let a short trail be shown to be complete without every leaf."""
