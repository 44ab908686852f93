"""The people, institutions and files of the walk-through. All of them are invented; the data files are public."""

PASSWORD = "walk-through only"  # noqa: S105  shown on the screen of whoever runs it


def log_ins() -> str:
    """Return the table of log-ins that the launcher prints."""
    return ""
