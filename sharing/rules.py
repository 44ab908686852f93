"""The rules of access, in one place. See docs/sharing.md.

1. A person who is not in good standing, or whose platform role is not contributor, has no right on any workspace.
2. The owner of a workspace has every right in it.
3. A role on the workspace (given to the person or to one of their groups, not expired) gives its rights.
4. An exception on an item (not expired) allows or denies one right there and below. The most specific item wins; at
   equal depth deny wins over allow. An exception overrides the role, in either direction.
"""
