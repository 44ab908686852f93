"""A running download ends with what it came with, session or token, and when the virus scanner holds the version."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.services import make_api_token
from accounts.sessions import acting_by_session, end_sessions
from core.errors import Refused
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, give, last_entry, put
from tests.workspaces.handover.conftest import PUB
from workspaces import services
from workspaces.handover import sending
from workspaces.models import Version, VersionScan, Workspace
from workspaces.services import reading

SIZE = 5_000_000
Begin = Callable[[Any], Iterator[bytes]]


@pytest.fixture(autouse=True)
def _ask_at_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_RECHECK", 0)
    monkeypatch.setattr(sending, "RECHECK", 0)
    monkeypatch.setattr("workspaces.services.uploads._RECHECK", 0)


@pytest.fixture
def version(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "genome.bam", bytes(SIZE))


@pytest.fixture(params=["download", "hand-over"])
def begin(request: pytest.FixtureRequest, alice: User, bob: User, version: Version) -> Begin:
    """Begin one or the other download with a client, and return what is left of it."""
    path = f"/workspaces/versions/{version.pk}/download/"
    if request.param == "hand-over":
        give(version.file.workspace, "visitor", bob)
        key = services.register_recipient_key(actor=bob, name="Laptop", content=PUB)
        made = services.hand_over_version(actor=alice, version=version, key=key)
        path = f"/workspaces/hand-overs/{made.pk}/file/"

    def run(client: Any) -> Iterator[bytes]:
        pieces: Iterator[bytes] = iter(client.get(path).streaming_content)
        assert next(pieces)
        assert next(pieces)
        return pieces

    return run


def rest_of(pieces: Iterator[bytes]) -> int:
    return sum(map(len, pieces))


def require_cut_off(pieces: Iterator[bytes], match: str) -> None:
    with pytest.raises(Refused, match=match):
        rest_of(pieces)
    assert (last_entry().kind, last_entry().outcome) == ("version.cut_off", "deny")


def test_it_goes_on_while_nothing_ends(alice: User, begin: Begin) -> None:
    assert rest_of(begin(browser(alice))) > 0
    assert not Entry.objects.filter(kind="version.cut_off").exists()


def test_it_ends_when_the_person_signs_out(alice: User, begin: Begin) -> None:
    client = browser(alice)
    pieces = begin(client)
    client.post(reverse("account_logout"))
    require_cut_off(pieces, "session or the token")


def test_it_ends_when_the_sessions_are_ended_elsewhere(alice: User, begin: Begin) -> None:
    client = browser(alice)
    pieces = begin(client)
    UserSession.objects.create(user=alice, session_key=client.session.session_key, ip="192.0.2.1")
    end_sessions(alice)
    require_cut_off(pieces, "session or the token")


def test_it_ends_when_the_session_is_too_old(alice: User, begin: Begin) -> None:
    pieces = begin(browser(alice))
    with time_machine.travel(timezone.now() + configured.SESSION_ABSOLUTE_LIMIT + timedelta(seconds=1)):
        require_cut_off(pieces, "session or the token")


def test_a_long_one_is_a_use_of_the_session(alice: User, begin: Begin) -> None:
    pieces = begin(browser(alice))
    with time_machine.travel(timezone.now() + configured.SESSION_IDLE_LIMIT * 2):
        assert rest_of(pieces) > 0


def test_it_ends_when_the_scanner_finds_something_meanwhile(alice: User, begin: Begin, version: Version) -> None:
    pieces = begin(browser(alice))
    VersionScan.objects.create(version=version, state=VersionScan.State.INFECTED, finding="Tests.Virus")
    require_cut_off(pieces, r"Tests\.Virus")


def test_it_ends_when_the_token_expires(alice: User, version: Version) -> None:
    text = make_api_token(actor=alice, name="nightly", scopes=["download"], days=1)[1]
    path = f"/api/v1/versions/{version.pk}/content/"
    answer: Any = Client().get(path, headers={"Authorization": f"Bearer {text}"})
    pieces = iter(answer.streaming_content)
    next(pieces)
    with time_machine.travel(ApiToken.objects.get().expires_at + timedelta(seconds=1)):
        require_cut_off(pieces, "session or the token")


def test_an_upload_ends_with_the_session_and_can_be_continued(alice: User, workspace: Workspace) -> None:
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=3)
    session = browser(alice).session

    def chunks() -> Iterator[bytes]:
        yield b"a"
        session.delete()
        yield b"b"

    with acting_by_session(session), pytest.raises(Refused, match="session or the token"):
        services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=chunks())
    upload.refresh_from_db()
    assert upload.state == "receiving"
