"""Reading a version: recorded first, verified before anything leaves, ended when the right is gone."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from core.credentials import acting_by
from core.errors import DamagedContent, Refused, Unavailable
from core.kms import KeyServiceRefused, key_service
from ledger_bridge.models import Entry
from tests.workspaces.conftest import CONTENT, DirectConnection, blobs, damage, exempt, give, last_entry, put, read
from workspaces import services
from workspaces.keys import forget_keys
from workspaces.models import Item, Version, Workspace, WorkspaceKey
from workspaces.permissions import Right
from workspaces.services import reading

SEVERAL_BLOCKS = 3 * 1024 * 1024


@pytest.fixture
def other(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "other.csv", CONTENT[::-1])


@pytest.fixture
def large(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "large.bin", bytes(SEVERAL_BLOCKS))


def test_viewing_is_recorded(alice: User, version: Version) -> None:
    assert read(alice, version) == CONTENT
    entry = last_entry()
    assert (entry.kind, entry.version, entry.actor, entry.outcome) == ("version.opened", version.id, alice.id, "allow")


def test_downloading_is_recorded_as_such(alice: User, version: Version) -> None:
    read(alice, version, Right.DOWNLOAD)
    assert last_entry().kind == "version.downloaded"


def test_the_purpose_is_recorded(alice: User, version: Version) -> None:
    services.open_version(actor=alice, version=version, purpose="second opinion")
    assert last_entry().purpose == "second opinion"


def test_any_range_can_be_read(alice: User, large: Version) -> None:
    opened = services.open_version(actor=alice, version=large)
    assert b"".join(opened.iter_range(65_000, 1_200_000)) == bytes(1_135_000)
    assert (opened.size, opened.name, opened.media_type) == (SEVERAL_BLOCKS, "large.bin", "application/octet-stream")


def test_viewing_requires_the_right(charlie: User, version: Version) -> None:
    with pytest.raises(Refused):
        services.open_version(actor=charlie, version=version)


@pytest.mark.parametrize("persona", ["dana", "olga"])
def test_admins_and_auditors_read_no_content(request: pytest.FixtureRequest, persona: str, version: Version) -> None:
    with pytest.raises(Refused):
        services.open_version(actor=request.getfixturevalue(persona), version=version)


def test_downloading_requires_its_own_right(bob: User, version: Version) -> None:
    give(version.file.workspace, "visitor", bob)
    exempt(version.file, "deny", Right.DOWNLOAD, bob)
    assert read(bob, version) == CONTENT
    with pytest.raises(Refused):
        read(bob, version, Right.DOWNLOAD)


def test_a_refusal_opens_and_records_nothing_by_itself(charlie: User, version: Version) -> None:
    before = Entry.objects.count()
    with pytest.raises(Refused):
        services.open_version(actor=charlie, version=version)
    assert Entry.objects.count() == before


def test_without_the_key_service_nothing_is_opened(alice: User, version: Version, settings: Any) -> None:
    forget_keys()
    (settings.KEYRING_DIRECTORY / "roots.json").rename(settings.KEYRING_DIRECTORY / "away")
    (settings.KEYRING_DIRECTORY / "roots.json").write_text("locked")
    try:
        with pytest.raises(Unavailable):
            services.open_version(actor=alice, version=version)
    finally:
        (settings.KEYRING_DIRECTORY / "away").rename(settings.KEYRING_DIRECTORY / "roots.json")
    assert read(alice, version) == CONTENT


def swap_wraps(one: Version, two: Version) -> None:
    one.wrapped_key, two.wrapped_key = two.wrapped_key, one.wrapped_key
    one.save(update_fields=["wrapped_key"])
    two.save(update_fields=["wrapped_key"])


def swap_blobs(one: Version, two: Version) -> None:
    first, second = one.blob, two.blob
    for version, blob in ((two, uuid4()), (one, second), (two, first)):
        Version.objects.filter(pk=version.pk).update(blob=blob)


def swap_commitments(one: Version, two: Version) -> None:
    Version.objects.filter(pk=one.pk).update(key_commitment=two.key_commitment)


def give_to_another_file(one: Version, two: Version) -> None:
    Version.objects.filter(pk=one.pk).update(file=two.file, number=2)


def move_row_to_another_workspace(one: Version, two: Version) -> None:
    elsewhere = services.create_workspace(actor=one.file.workspace.owner, name="Elsewhere")
    Item.objects.filter(pk=one.file_id).update(workspace=elsewhere)


def change_sizes(one: Version, two: Version) -> None:
    Version.objects.filter(pk=one.pk).update(plaintext_size=one.plaintext_size - 1, body_size=one.body_size - 1)


def change_one_size(one: Version, two: Version) -> None:
    Version.objects.filter(pk=one.pk).update(plaintext_size=one.plaintext_size - 1)


def take_over_all_keys(one: Version, two: Version) -> None:
    """Everything about the bytes of one row put into the other: only the ids give it away."""
    names = ("wrapped_key", "key_commitment", "body_size", "plaintext_size", "plaintext_sha256", "body_blake3")
    Version.objects.filter(pk=two.pk).update(blob=uuid4())
    Version.objects.filter(pk=one.pk).update(blob=two.blob, **{name: getattr(two, name) for name in names})


@pytest.mark.parametrize(
    "tamper",
    [
        swap_wraps,
        swap_blobs,
        swap_commitments,
        give_to_another_file,
        move_row_to_another_workspace,
        change_sizes,
        change_one_size,
        take_over_all_keys,
    ],
)
def test_a_row_that_was_tampered_with_cannot_be_read(
    alice: User, version: Version, other: Version, tamper: Callable[[Version, Version], None]
) -> None:
    tamper(version, other)
    tampered = Version.objects.select_related("file__workspace", "workspace_key").get(pk=version.pk)
    with pytest.raises(DamagedContent):
        services.open_version(actor=alice, version=tampered)
    assert (last_entry().kind, last_entry().outcome) == ("version.damaged", "deny")


def test_a_workspace_key_from_another_workspace_does_not_open(alice: User, version: Version) -> None:
    other = services.create_workspace(actor=alice, name="Other").keys.get()
    WorkspaceKey.objects.filter(pk=version.workspace_key_id).update(wrapped_key=other.wrapped_key)
    forget_keys()
    with pytest.raises(KeyServiceRefused):
        services.open_version(actor=alice, version=Version.objects.get(pk=version.pk))


def test_a_key_of_another_workspace_cannot_be_put_in(alice: User, version: Version) -> None:
    elsewhere = services.create_workspace(actor=alice, name="Elsewhere")
    Version.objects.filter(pk=version.pk).update(workspace_key=elsewhere.keys.get())
    with pytest.raises(DamagedContent):
        services.open_version(actor=alice, version=Version.objects.get(pk=version.pk))


def test_a_destroyed_root_closes_the_workspace(alice: User, version: Version) -> None:
    newest = key_service().rotate("workspaces")
    for generation in range(1, newest):
        key_service().destroy("workspaces", generation)
    forget_keys()
    with pytest.raises(KeyServiceRefused):
        services.open_version(actor=alice, version=Version.objects.get(pk=version.pk))


def test_one_changed_bit_is_found_and_recorded(alice: User, version: Version, settings: Any) -> None:
    (blob,) = blobs(settings)
    damage(blob, 40)
    with pytest.raises(DamagedContent):
        services.open_version(actor=alice, version=version)
    assert "Segment 0" in last_entry().detail["finding"]


@pytest.mark.parametrize("length", [0, 1, len(CONTENT) + 27, len(CONTENT) + 29])
def test_a_cut_or_longer_blob_is_refused(alice: User, version: Version, settings: Any, length: int) -> None:
    (blob,) = blobs(settings)
    blob.write_bytes((blob.read_bytes() + b"\0")[:length])
    with pytest.raises(DamagedContent):
        services.open_version(actor=alice, version=version)


def test_a_missing_blob_is_damage(alice: User, version: Version, settings: Any) -> None:
    blobs(settings)[0].unlink()
    with pytest.raises(DamagedContent):
        services.open_version(actor=alice, version=version)


def test_a_damaged_middle_ends_the_reading_and_is_recorded(alice: User, large: Version, settings: Any) -> None:
    damage(blobs(settings)[0], 2_000_000)
    blocks = services.open_version(actor=alice, version=large).iter_range(0, SEVERAL_BLOCKS)
    first = next(blocks)
    assert first == bytes(len(first))
    with pytest.raises(DamagedContent):
        list(blocks)
    assert last_entry().kind == "version.damaged"


def test_reading_ends_when_the_token_that_it_came_with_ends(
    alice: User, large: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.services.reading._RECHECK", 0)
    ended: list[bool] = []
    with acting_by(lambda: not ended):
        opened = services.open_version(actor=alice, version=large)
    blocks = opened.iter_range(0, opened.size)
    next(blocks)
    ended.append(True)
    with pytest.raises(Refused):
        list(blocks)


def test_reading_ends_when_the_right_is_taken_away(bob: User, large: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_RECHECK", 0.0)
    grant = give(large.file.workspace, "visitor", bob)
    blocks = services.open_version(actor=bob, version=large).iter_range(0, SEVERAL_BLOCKS)
    next(blocks)
    grant.delete()
    with pytest.raises(Refused):
        next(blocks)
    assert (last_entry().kind, last_entry().actor, last_entry().outcome) == ("version.cut_off", bob.id, "deny")


def test_a_connection_gets_nothing_more_when_the_right_is_taken_away(
    bob: User, large: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_RECHECK", 0.0)
    grant, connection = give(large.file.workspace, "visitor", bob), DirectConnection()
    pieces = services.open_version(actor=bob, version=large).iter_range(0, SEVERAL_BLOCKS, connection)
    next(pieces)
    grant.delete()
    with pytest.raises(Refused):
        next(pieces)
    assert len(connection.sent.getvalue()) == SEVERAL_BLOCKS // 6


def test_reading_ends_when_the_person_is_suspended(bob: User, large: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_RECHECK", 0.0)
    give(large.file.workspace, "visitor", bob)
    blocks = services.open_version(actor=bob, version=large).iter_range(0, SEVERAL_BLOCKS)
    next(blocks)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    with pytest.raises(Refused):
        next(blocks)


def test_reading_ends_when_the_file_is_removed(alice: User, large: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_RECHECK", 0.0)
    blocks = services.open_version(actor=alice, version=large).iter_range(0, SEVERAL_BLOCKS)
    next(blocks)
    services.remove_item(actor=alice, item=large.file)
    with pytest.raises(Refused):
        next(blocks)
