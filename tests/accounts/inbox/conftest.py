"""The inbox is filled by the rooms above, so its tests need a workspace with a file."""

from typing import Any

import pytest

from accounts.inbox import selectors
from accounts.models import User
from tests.workspaces.conftest import _own_store, folder, give, version, workspace  # noqa: F401  fixtures
from workspaces import services
from workspaces.models import Comment, Item, Workspace


@pytest.fixture
def colleague(workspace: Workspace, bob: User) -> User:  # noqa: F811
    """Bob, who may write."""
    give(workspace, "contributor", bob)
    return bob


@pytest.fixture
def visitor(workspace: Workspace, charlie: User) -> User:  # noqa: F811
    """Charlie, who may read."""
    give(workspace, "visitor", charlie)
    return charlie


def say(author: User, file: Item, text: str, **more: Any) -> Comment:
    return services.write_comment(actor=author, file=file, text=text, **more)


def lines(person: User) -> list[str]:
    """Return what the inbox of a person says, the newest first."""
    rows = selectors.rows_for(person, list(selectors.notices_for(person)))
    return [f"{row.who} {row.words}".strip() for row in rows]
