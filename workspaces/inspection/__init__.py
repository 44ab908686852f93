"""Looking into archives while they pass by: ZIP, tar and gzip, within limits, without keeping any of it.

    inspector = Inspector(Limits(entries=10_000, unpacked=16 * 1024**3, ratio=100, depth=2))
    for chunk in chunks:
        inspector.update(chunk)
    found = inspector.finish()     # None: it is no archive

Bytes are taken in the order in which they come and nothing is read twice, so a file is looked into while it is
uploaded. What is unpacked is counted, looked at for archives in it, and thrown away. Memory: some hundred KiB for each
depth, and some hundred bytes for each entry of a ZIP archive.

The findings are for people who will unpack the file. They name nothing that stands in the archive.

Out of scope: whether the content of an entry is sound (no checksums of ZIP are compared), and viruses.
"""

from workspaces.inspection.findings import Found, Limits, State
from workspaces.inspection.inspector import Inspector
from workspaces.inspection.layer import is_tar

__all__ = ["Found", "Inspector", "Limits", "State", "is_tar"]
