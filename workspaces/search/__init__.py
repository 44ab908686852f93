"""Finding workspaces, folders, files and people by words."""
