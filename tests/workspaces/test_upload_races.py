"""Several people and processes at the same uploads, on real connections."""

import os
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum

from accounts.models import User
from core.errors import IthacaError, Locked
from tests.workspaces.conftest import blobs, put
from workspaces import services
from workspaces.models import StorageUse, Upload, Version, Workspace
from workspaces.receiving import Checksum
from workspaces.sweeping import sweep

pytestmark = pytest.mark.django_db(transaction=True)

DATA = b"genome" * 30_000


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run deeds in threads of their own and return what each gave or raised."""

    def run(deed: Callable[[], Any]) -> Any:
        try:
            return deed()
        except IthacaError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_two_who_send_at_once_do_not_mix(alice: User, workspace: Workspace) -> None:
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=len(DATA))
    begun, over = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield DATA[:100_000]
        begun.set()
        over.wait(30)
        yield DATA[100_000:]

    def second() -> Any:
        begun.wait(30)
        try:
            return services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=[b"?" * len(DATA)])
        finally:
            over.set()

    first, other = at_once(lambda: services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=slow()), second)
    assert (first.state, type(other)) == ("done", Locked)
    assert Version.objects.get().plaintext_size == len(DATA)


def test_whoever_holds_an_upload_and_dies_is_noticed_at_once(alice: User, workspace: Workspace) -> None:
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=len(DATA))

    def die() -> None:
        def chunks() -> Iterator[bytes]:
            yield DATA[:100_000]
            # The database ends the session, as it does when the process behind it is gone.
            connection.close()
            raise SystemExit

        services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=chunks())

    with suppress(SystemExit):
        at_once(die)
    assert Upload.objects.get().lease is not None
    assert services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=[DATA]).state == "done"


def test_the_limit_holds_however_many_begin_at_once(alice: User, workspace: Workspace, settings: Any) -> None:
    settings.WORKSPACE_QUOTA_BYTES = 1000

    def begin(number: int) -> Callable[[], Any]:
        return lambda: services.begin_upload(actor=alice, workspace=workspace, into=None, name=str(number), size=300)

    came = at_once(*map(begin, range(8)))
    assert sum(isinstance(one, Upload) for one in came) == 3
    assert StorageUse.objects.get(workspace=workspace).reserved == 900


def test_the_share_of_a_person_holds_however_many_begin_at_once(
    alice: User, workspace: Workspace, settings: Any
) -> None:
    settings.MAX_UNFINISHED_UPLOADS_PERSON = 3

    def begin(number: int) -> Callable[[], Any]:
        return lambda: services.begin_upload(actor=alice, workspace=workspace, into=None, name=str(number), size=3)

    came = at_once(*map(begin, range(8)))
    assert sum(isinstance(one, Upload) for one in came) == Upload.objects.count() == 3


def test_an_upload_is_finished_once_however_many_try(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.services.uploads.CHECK_AT_ONCE", 0)
    upload = services.begin_upload(actor=alice, workspace=workspace, into=None, name="a", size=9)
    services.receive_bytes(actor=alice, upload=upload, offset=0, chunks=[b"12345"])
    services.receive_bytes(actor=alice, upload=upload, offset=5, chunks=[b"6789"])
    at_once(*[services.finish_uploads] * 4)
    services.finish_uploads()
    assert (Version.objects.count(), Upload.objects.get().state) == (1, "done")


@pytest.mark.parametrize("seed", range(4))
def test_room_is_exact_after_any_mixture_of_ends(alice: User, workspace: Workspace, settings: Any, seed: int) -> None:
    settings.WORKSPACE_QUOTA_BYTES = 900_000

    def work(number: int) -> Callable[[], None]:
        return lambda: several_ends(alice, workspace, random.Random(seed * 100 + number))

    at_once(*map(work, range(4)))
    services.finish_uploads()
    open_ones = Upload.objects.unfinished()
    stored = Version.objects.aggregate(total=Sum("plaintext_size"))["total"] or 0
    for row in StorageUse.objects.all():
        assert (row.stored, row.uploads) == (stored, open_ones.count())
        assert row.reserved == (open_ones.aggregate(total=Sum("size"))["total"] or 0)
        assert row.used <= settings.WORKSPACE_QUOTA_BYTES
    Upload.objects.update(expires_at="2020-01-01T00:00:00Z")
    services.expire_uploads()
    for path in blobs(settings):
        os.utime(path, (0, 0))
    sweep(however_many=True)
    assert len(blobs(settings)) == Version.objects.count()
    assert {row.reserved for row in StorageUse.objects.all()} <= {0}


def several_ends(actor: User, workspace: Workspace, chance: random.Random) -> None:
    """Begin uploads and let each end in another way."""
    for _ in range(4):
        name, size = str(chance.randrange(6)), chance.choice([0, 1, 65_536, 200_000])
        with suppress(IthacaError, KeyboardInterrupt):
            upload = services.begin_upload(actor=actor, workspace=workspace, into=None, name=name, size=size)
            one_end(actor, workspace, upload, chance)


def one_end(actor: User, workspace: Workspace, upload: Upload, chance: random.Random) -> None:
    half = upload.size // 2
    whole = [b"x" * upload.size]
    ends: list[Callable[[], Any]] = [
        lambda: services.receive_bytes(actor=actor, upload=upload, offset=0, chunks=whole),
        lambda: services.receive_bytes(actor=actor, upload=upload, offset=0, chunks=[b"x" * half]),
        lambda: services.receive_bytes(actor=actor, upload=upload, offset=0, chunks=killed(half)),
        lambda: services.receive_bytes(
            actor=actor, upload=upload, offset=0, chunks=whole, checksum=Checksum("sha1", b"?" * 20)
        ),
        lambda: services.discard_upload(actor=actor, upload=upload),
        lambda: put(actor, workspace, upload.name, b"y" * half),
    ]
    chance.choice(ends)()


def killed(size: int) -> Iterator[bytes]:
    yield b"x" * size
    raise KeyboardInterrupt
