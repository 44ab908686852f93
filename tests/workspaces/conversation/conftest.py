"""A file that people talk about."""

import pytest

from accounts.models import User
from tests.workspaces.conftest import give
from workspaces import services
from workspaces.models import Comment, Item, Version, Workspace

WORDS = "The dose of visit 2 looks wrong to me."


@pytest.fixture
def file(version: Version) -> Item:
    return version.file


@pytest.fixture
def colleague(workspace: Workspace, bob: User) -> User:
    """Bob, who may write."""
    give(workspace, "contributor", bob)
    return bob


@pytest.fixture
def comment(alice: User, file: Item) -> Comment:
    return say(alice, file, WORDS)


def say(author: User, file: Item, text: str, **more: object) -> Comment:
    return services.write_comment(actor=author, file=file, text=text, **more)  # type: ignore[arg-type]
