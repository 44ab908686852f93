"""Give every workspace the institution of its owner, and count what is stored already."""

from django.db import migrations

INSTITUTIONS = """
UPDATE workspaces_workspace workspace SET institution_id = owner.institution_id
FROM accounts_user owner WHERE owner.id = workspace.owner_id
"""
WORKSPACES = """
INSERT INTO workspaces_storageuse (workspace_id, stored, reserved, uploads)
SELECT item.workspace_id, SUM(version.plaintext_size), 0, 0
FROM workspaces_version version JOIN workspaces_item item ON item.id = version.file_id GROUP BY item.workspace_id
"""
TOTALS = """
INSERT INTO workspaces_storageuse (institution_id, stored, reserved, uploads)
SELECT workspace.institution_id, SUM(used.stored), 0, 0
FROM workspaces_storageuse used JOIN workspaces_workspace workspace ON workspace.id = used.workspace_id
WHERE workspace.institution_id IS NOT NULL GROUP BY workspace.institution_id
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0007_uploads_and_quotas")]

    operations = [
        migrations.RunSQL([INSTITUTIONS, WORKSPACES, TOTALS], ["DELETE FROM workspaces_storageuse"]),
    ]
