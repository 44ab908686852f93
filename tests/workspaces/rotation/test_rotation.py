"""Replacing root keys and workspace keys: everything moves, everything opens all the while, and the old ones end."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from accounts import totp
from accounts.models import User
from accounts.permissions import Right
from core import kms
from core.access import Service
from core.errors import Conflict, InvalidInput, Refused, Unavailable
from core.kms import KeyService, KeyServiceRefused, generation_of, key_service
from ledger_bridge import stream_keys, subject_keys
from ledger_bridge.models import Entry, LedgerKey
from tests.fakes.failing import DownKeyService
from tests.workspaces.conftest import CONTENT, put
from tests.workspaces.conftest import read as read_version
from workspaces import services
from workspaces.keys import forget_keys, newest_key
from workspaces.models import Version, Workspace, WorkspaceKey
from workspaces.rotation import working
from workspaces.rotation.holders import left_under_older
from workspaces.rotation.models import KeyRotation
from workspaces.rotation.working import continue_rotation, continue_rotations

OFFICER = Service("operator", frozenset({Right.ROTATE_KEYS}))


@pytest.fixture
def at_once(settings: Any) -> None:
    """Finish without the day that late uploads are given."""
    settings.KEY_ROTATION_SETTLES = timedelta(0)


def read(user: User, version: Version) -> bytes:
    """Read as if everything had to be fetched and asked for anew."""
    forget_keys()
    return read_version(user, Version.objects.get(pk=version.pk))


def state_of(rotation: KeyRotation) -> str:
    rotation.refresh_from_db()
    return rotation.state


@pytest.mark.parametrize("root", ["ledger", "sign-in", "workspaces"])
@pytest.mark.usefixtures("at_once")
def test_every_key_under_a_root_moves_to_its_new_generation(alice: User, version: Version, root: str) -> None:
    secret = totp.new_secret()
    row = Authenticator.objects.create(user=alice, type="totp", data={"secret": totp.seal_secret(secret, alice.pk)})
    services.make_installation_key()
    rotation = services.rotate_root(actor=OFFICER, root=root)
    assert left_under_older(root, key_service()) == rotation.total > 0
    continue_rotation(rotation, 60)
    assert (left_under_older(root, key_service()), state_of(rotation), rotation.moved) == (
        0,
        "finished",
        rotation.total,
    )
    stream_keys.forget_keys()
    subject_keys.forget_subject_keys()
    row.refresh_from_db()
    assert totp.unseal_secret(row.data["secret"], alice.pk) == secret
    assert read(alice, version) == CONTENT
    assert list(Entry.objects.filter(kind__startswith="root_key").order_by("id").values_list("kind", flat=True)) == [
        "root_key.rotated",
        "root_key.rotation_finished",
    ]


@pytest.mark.usefixtures("at_once")
def test_the_versions_of_a_workspace_move_to_its_new_key_and_the_old_key_ends(alice: User, version: Version) -> None:
    workspace = version.file.workspace
    before = WorkspaceKey.objects.get(workspace=workspace)
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=workspace)
    assert read(alice, version) == CONTENT
    continue_rotation(rotation, 60)
    assert state_of(rotation) == "finished"
    assert [key.generation for key in WorkspaceKey.objects.filter(workspace=workspace)] == [2]
    moved = Version.objects.get(pk=version.pk)
    assert (moved.workspace_key_id != before.pk, moved.wrapped_key != version.wrapped_key) == (True, True)
    assert read(alice, version) == CONTENT
    kinds = Entry.objects.filter(kind__startswith="workspace.key").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["workspace.key_replaced", "workspace.key_destroyed"]


def test_new_versions_are_wrapped_under_the_new_key_at_once(alice: User, workspace: Workspace) -> None:
    services.rotate_workspace_key(actor=OFFICER, workspace=workspace)
    assert put(alice, workspace, "new.txt", CONTENT).workspace_key.generation == 2


@pytest.mark.usefixtures("at_once")
def test_stopped_after_every_single_key_it_goes_on_and_everything_opens_in_between(
    alice: User, workspace: Workspace
) -> None:
    versions = [put(alice, workspace, f"{n}.txt", CONTENT) for n in range(4)]
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=workspace)
    steps = 0
    while state_of(rotation) != "finished":
        continue_rotation(rotation, -1)
        steps += 1
        assert all(read(alice, version) == CONTENT for version in versions)
    assert steps == 5


class Dying(BaseException):
    """Like SIGKILL: nobody catches it."""


class DiesAt:
    """A key service whose process dies at the n-th call."""

    def __init__(self, service: KeyService, n: int) -> None:
        self._service, self._left = service, n

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> Any:
            if name in {"rewrap", "unwrap"}:
                self._left -= 1
                if self._left < 0:
                    raise Dying
            return getattr(self._service, name)(*args)

        return call


@pytest.mark.parametrize("n", range(7))
@pytest.mark.usefixtures("at_once")
def test_killed_at_any_call_nothing_is_lost(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    versions = [put(alice, workspace, "a.txt", CONTENT)]
    for name in "two", "three":
        other = services.create_workspace(actor=alice, name=name)
        versions.append(put(alice, other, "b.txt", CONTENT))
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    with monkeypatch.context() as patched:
        patched.setattr(working, "key_service", lambda: DiesAt(key_service(), n))
        try:
            continue_rotation(rotation, 60)
        except Dying:
            assert state_of(rotation) == "moving"
    assert all(read(alice, version) == CONTENT for version in versions)
    # The process that died held the rotation; its minute is over.
    KeyRotation.objects.update(held_until=None)
    continue_rotation(rotation, 60)
    assert state_of(rotation) == "finished"
    assert all(read(alice, version) == CONTENT for version in versions)


def test_a_key_service_that_is_down_changes_nothing_and_the_worker_tries_again(
    alice: User, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    wrapped = [bytes(key.wrapped_key) for key in WorkspaceKey.objects.all()]
    with monkeypatch.context() as patched:
        patched.setattr(kms, "_keyring", lambda _directory: DownKeyService())
        with pytest.raises(Unavailable):
            continue_rotation(rotation, 60)
        assert continue_rotations() == 1
    assert [bytes(key.wrapped_key) for key in WorkspaceKey.objects.all()] == wrapped
    continue_rotations()
    assert (state_of(rotation), left_under_older("workspaces", key_service())) == ("settling", 0)


def test_a_wrap_that_came_in_meanwhile_is_not_written_over(
    alice: User, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    row = WorkspaceKey.objects.get(workspace=version.file.workspace)
    real = key_service()

    class Slow(DiesAt):
        def rewrap(self, root: str, wrapped: bytes, context: dict[str, str]) -> bytes:
            WorkspaceKey.objects.filter(pk=row.pk).update(wrapped_key=theirs)
            return real.rewrap(root, wrapped, context)

    theirs = real.rewrap("workspaces", bytes(row.wrapped_key), {
        "purpose": "workspace key", "workspace": str(row.workspace_id), "generation": "1",
    })  # fmt: skip
    monkeypatch.setattr(working, "key_service", lambda: Slow(real, 99))
    continue_rotation(rotation, 60)
    row.refresh_from_db()
    assert bytes(row.wrapped_key) == theirs


@pytest.mark.usefixtures("at_once")
def test_a_wrap_that_does_not_open_is_left_as_it_is_and_keeps_the_old_root(version: Version) -> None:
    row = WorkspaceKey.objects.get(workspace=version.file.workspace)
    damaged = bytes(row.wrapped_key)[:-1] + bytes([bytes(row.wrapped_key)[-1] ^ 1])
    WorkspaceKey.objects.filter(pk=row.pk).update(wrapped_key=damaged)
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    continue_rotation(rotation, 60)
    row.refresh_from_db()
    assert (state_of(rotation), rotation.stuck, bytes(row.wrapped_key)) == ("moving", 1, damaged)
    with pytest.raises(Conflict):
        services.destroy_root(actor=OFFICER, root="workspaces", generation=rotation.generation - 1)


@pytest.mark.usefixtures("at_once")
def test_a_damaged_data_key_is_left_and_the_old_workspace_key_kept(alice: User, version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(wrapped_key=bytes(60))
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=version.file.workspace)
    continue_rotation(rotation, 60)
    assert (state_of(rotation), rotation.stuck) == ("moving", 1)
    assert WorkspaceKey.objects.filter(workspace=version.file.workspace).count() == 2


@pytest.mark.usefixtures("at_once")
def test_a_data_key_that_was_destroyed_does_not_keep_the_old_workspace_key(version: Version) -> None:
    Version.objects.filter(pk=version.pk).update(wrapped_key=b"")
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=version.file.workspace)
    continue_rotation(rotation, 60)
    assert state_of(rotation) == "finished"


def test_an_upload_that_began_before_is_kept_and_follows(alice: User, workspace: Workspace, settings: Any) -> None:
    old = newest_key(workspace)
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=workspace)
    continue_rotation(rotation, 60)
    assert state_of(rotation) == "settling"
    late = put(alice, workspace, "late.txt", CONTENT)
    # What an upload does that took its key before the rotation: it is stored under the old one.
    from workspaces.keys import unwrap_data_key, wrap_data_key

    wrapped = wrap_data_key(old, unwrap_data_key(late), file_id=str(late.file_id), version_id=str(late.id))
    Version.objects.filter(pk=late.pk).update(workspace_key=old.id, wrapped_key=wrapped)
    settings.KEY_ROTATION_SETTLES = timedelta(0)
    assert services.finish_rotation(rotation=rotation) is False
    assert read(alice, late) == CONTENT
    continue_rotation(rotation, 60)
    assert (state_of(rotation), read(alice, late)) == ("finished", CONTENT)


@pytest.mark.usefixtures("at_once")
def test_an_old_root_is_destroyed_when_nothing_is_under_it_and_a_rotation_has_finished(
    alice: User, version: Version
) -> None:
    wrapped = bytes(WorkspaceKey.objects.get(workspace=version.file.workspace).wrapped_key)
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    old = rotation.generation - 1
    with pytest.raises(Conflict, match="No rotation"):
        services.destroy_root(actor=OFFICER, root="workspaces", generation=old)
    continue_rotation(rotation, 60)
    services.destroy_root(actor=OFFICER, root="workspaces", generation=old)
    assert read(alice, version) == CONTENT
    with pytest.raises(KeyServiceRefused):
        key_service().unwrap("workspaces", wrapped, {
            "purpose": "workspace key", "workspace": str(version.file.workspace_id), "generation": "1",
        })  # fmt: skip
    assert Entry.objects.get(kind="root_key.destroyed").detail == {"root": "workspaces", "generation": old}


@pytest.mark.usefixtures("at_once")
def test_an_old_root_is_kept_while_something_is_under_it(version: Version) -> None:
    row = WorkspaceKey.objects.get(workspace=version.file.workspace)
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    continue_rotation(rotation, 60)
    WorkspaceKey.objects.filter(pk=row.pk).update(wrapped_key=bytes(row.wrapped_key))
    with pytest.raises(Conflict, match="1 keys"):
        services.destroy_root(actor=OFFICER, root="workspaces", generation=rotation.generation - 1)


def test_the_newest_root_is_never_destroyed(version: Version) -> None:
    with pytest.raises(Conflict, match="newest"):
        services.destroy_root(actor=OFFICER, root="workspaces", generation=key_service().newest("workspaces").number)


def test_a_second_rotation_waits_for_the_first(version: Version) -> None:
    services.rotate_root(actor=OFFICER, root="workspaces")
    services.rotate_workspace_key(actor=OFFICER, workspace=version.file.workspace)
    with pytest.raises(Conflict):
        services.rotate_root(actor=OFFICER, root="workspaces")
    with pytest.raises(Conflict):
        services.rotate_workspace_key(actor=OFFICER, workspace=version.file.workspace)
    assert (KeyRotation.objects.count(), WorkspaceKey.objects.count()) == (2, 2)


def test_keys_are_rotated_by_whoever_has_the_right_and_nobody_else(alice: User, dana: User, version: Version) -> None:
    for deed in (
        lambda actor: services.rotate_root(actor=actor, root="workspaces"),
        lambda actor: services.rotate_workspace_key(actor=actor, workspace=version.file.workspace),
        lambda actor: services.destroy_root(actor=actor, root="workspaces", generation=1),
    ):
        for actor in (alice, dana):
            with pytest.raises(Refused):
                deed(actor)
    assert KeyRotation.objects.count() == 0


def test_a_root_that_does_not_exist_is_refused(db: None) -> None:
    with pytest.raises(InvalidInput, match="backups, ledger, sign-in, workspaces"):
        services.rotate_root(actor=OFFICER, root="nonsense")


def test_of_two_workers_one_works(version: Version) -> None:
    rotation = services.rotate_root(actor=OFFICER, root="workspaces")
    assert working._hold(rotation)
    continue_rotation(rotation, 60)
    assert (state_of(rotation), rotation.moved) == ("moving", 0)


def test_backups_end_with_the_root_that_wrapped_their_keys(db: None) -> None:
    backup = {"purpose": "backup", "backup": "b"}
    _, wrapped = key_service().generate("backups", backup)
    rotation = services.rotate_root(actor=OFFICER, root="backups")
    continue_rotation(rotation, 60)
    assert state_of(rotation) == "finished"
    assert key_service().unwrap("backups", wrapped, backup)
    services.destroy_root(actor=OFFICER, root="backups", generation=rotation.generation - 1)
    with pytest.raises(KeyServiceRefused):
        key_service().unwrap("backups", wrapped, backup)


def command(*arguments: str) -> str:
    told = StringIO()
    call_command("rotate_keys", *arguments, stdout=told, stderr=StringIO())
    return told.getvalue()


@pytest.mark.usefixtures("at_once")
def test_the_command_rotates_shows_and_destroys(alice: User, version: Version) -> None:
    assert command("root", "all").count(": finished") == 4
    assert "1 of 1 moved" in command("workspace", str(version.file.workspace_id))
    status = command("status")
    assert status.count("nothing left under older ones") == 4
    newest = key_service().newest("workspaces").number
    assert f"up to generation {newest - 1}" in command("destroy", "workspaces", str(newest - 1))
    assert read(alice, version) == CONTENT


def test_the_command_says_what_is_wrong(version: Version) -> None:
    with pytest.raises(CommandError, match="no workspace"):
        command("workspace", "nonsense")
    with pytest.raises(CommandError, match="newest generation"):
        command("destroy", "workspaces", "99")


def test_the_command_adopts_a_root_that_an_officer_made(version: Version) -> None:
    made = key_service().rotate("workspaces")
    assert "waiting for work that began before" in command("root", "workspaces", "--adopt")
    assert generation_of(bytes(WorkspaceKey.objects.get().wrapped_key)).number == made
    assert LedgerKey.objects.count() == 1
