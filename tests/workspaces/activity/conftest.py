"""A file that some people have read, in more ways than one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from tests.workspaces.conftest import give, put, read
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right
from workspaces.viewer.models import Viewing


@pytest.fixture
def team(workspace: Workspace, bob: User, charlie: User) -> Workspace:
    """The owner Alice, Bob as a contributor, Charlie as a visitor."""
    give(workspace, "contributor", bob)
    give(workspace, "visitor", charlie)
    return workspace


@pytest.fixture
def report(team: Workspace, alice: User) -> Version:
    return put(alice, team, "report.txt", b"first line\n")


def look(actor: User, version: Version, *pages: int, seconds: int = 0) -> None:
    """Look at some pages; the last of them is shown for so many seconds."""
    services.view_version(actor=actor, version=version)
    for page in pages:
        services.record_page(actor=actor, version=version, page=page)
        services.note_shown(actor=actor, version=version, page=page, told=True)
    Viewing.objects.filter(viewer=actor).update(shown_at=timezone.now() - timedelta(seconds=seconds))
    services.note_shown(actor=actor, version=version, page=None, told=True)


def stop_looking() -> None:
    Viewing.objects.update(seen_at=timezone.now() - timedelta(minutes=16))
    services.end_viewings()


def take(actor: User, version: Version) -> bytes:
    return read(actor, version, Right.DOWNLOAD)


def about(thing: Workspace | Item) -> Any:
    from ledger_bridge.filters import EVERYTHING

    return EVERYTHING.within(thing.ledger_subject)
