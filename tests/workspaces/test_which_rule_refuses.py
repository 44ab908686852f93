"""Where two rules stand behind each other, the first one answers: who is refused is told the rule about the thing."""

import pytest

from accounts.models import User
from core.errors import InvalidInput, Refused
from tests.workspaces.conftest import exempt, give
from workspaces import services
from workspaces.crypt4gh.keys import format_public_key
from workspaces.handover.models import RecipientKey
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right
from workspaces.services import handing_over

pytestmark = pytest.mark.django_db
_SOMETHING = "Something in"
"""How a refusal begins that is about what lies below."""


@pytest.fixture
def visitor(workspace: Workspace, bob: User) -> User:
    give(workspace, "visitor", bob)
    return bob


@pytest.fixture
def bobs_key(visitor: User) -> RecipientKey:
    return services.register_recipient_key(actor=visitor, name="Laptop", content=format_public_key(b"\x09" * 32))


def test_who_may_not_edit_is_told_so_when_moving(visitor: User, version: Version) -> None:
    with pytest.raises(Refused) as refused:
        services.move_item(actor=visitor, item=version.file, parent=None)
    assert refused.value.right == Right.EDIT


def test_who_may_not_upload_there_is_told_so_when_moving(
    workspace: Workspace, alice: User, bob: User, version: Version
) -> None:
    give(workspace, "contributor", bob)
    there = services.create_folder(actor=alice, workspace=workspace, parent=None, name="Sealed")
    exempt(there, "deny", Right.UPLOAD, bob)
    with pytest.raises(Refused) as refused:
        services.move_item(actor=bob, item=version.file, parent=there)
    assert refused.value.right == Right.UPLOAD


def test_who_may_not_edit_is_told_about_the_thing_itself_when_removing(visitor: User, folder: Item) -> None:
    with pytest.raises(Refused) as refused:
        services.remove_item(actor=visitor, item=folder)
    assert not refused.value.sentence.startswith(_SOMETHING)


def test_who_may_not_edit_is_told_about_the_thing_itself_when_restoring(
    alice: User, visitor: User, folder: Item
) -> None:
    removed = services.remove_item(actor=alice, item=folder)
    with pytest.raises(Refused) as refused:
        services.restore_item(actor=visitor, item=removed)
    assert not refused.value.sentence.startswith(_SOMETHING)


def test_no_data_key_is_unwrapped_for_a_key_whose_owner_may_not_download(
    alice: User, version: Version, visitor: User, bobs_key: RecipientKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    exempt(version.file, "deny", Right.DOWNLOAD, visitor)
    monkeypatch.setattr(handing_over, "_made_header", lambda *_: pytest.fail("A key was unwrapped."))
    with pytest.raises(InvalidInput, match="not have the right to download"):
        services.hand_over_version(actor=alice, version=version, key=bobs_key)


def test_nothing_is_handed_over_if_the_right_goes_while_the_header_is_made(
    alice: User, version: Version, visitor: User, bobs_key: RecipientKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_header(*_: object) -> bytes:
        exempt(version.file, "deny", Right.DOWNLOAD, visitor)
        return b"header"

    monkeypatch.setattr(handing_over, "_made_header", made_header)
    with pytest.raises(InvalidInput, match="not have the right to download"):
        services.hand_over_version(actor=alice, version=version, key=bobs_key)
