"""Whatever is wrapped under a root can be rotated: every place in the code that wraps has its holder."""

import ast

from tests.architecture.sources import ROOMS, modules, named, tree

WRAPS = {
    "accounts/totp.py": "TotpSecrets",
    "ledger_bridge/stream_keys.py": "LedgerKey",
    "ledger_bridge/subject_keys.py": "SubjectMaster",
    "workspaces/documents.py": "SealedDocument",
    "workspaces/keys.py": "WorkspaceKey",
    "workspaces/services/installation.py": "InstallationKey",
}
"""Modules that let the key service wrap something, and the holder in workspaces/rotation/holders.py that moves it."""


def wraps(node: ast.AST) -> bool:
    """True for `key_service().wrap(…)` and `key_service().generate(…)`."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"wrap", "generate"}
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "key_service"
    )


def test_everything_that_is_wrapped_under_a_root_is_moved_by_a_rotation() -> None:
    found = {named(path) for path in modules(*ROOMS) if any(wraps(node) for node in ast.walk(tree(path)))}
    assert found == set(WRAPS)


def test_every_holder_that_is_named_is_there() -> None:
    from workspaces.rotation.holders import HOLDERS

    listed = [holder for holders in HOLDERS.values() for holder in holders]
    assert {getattr(holder, "model", type(holder)).__name__ for holder in listed} == set(WRAPS.values())
