"""Writing, changing and taking back a comment."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, DamagedContent, InvalidInput, Refused
from ledger_bridge.erasure import services as erasures
from ledger_bridge.fsck import Problem
from ledger_bridge.models import Entry
from tests.workspaces.conftest import exempt, give, last_entry, put
from tests.workspaces.conversation.conftest import WORDS, say
from workspaces import services
from workspaces.conversation.binding import check_comments
from workspaces.conversation.sealing import commitment_of, open_text
from workspaces.models import Comment, Item, Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db


def test_what_somebody_says_can_be_read(comment: Comment) -> None:
    assert open_text(Comment.objects.get(pk=comment.pk)) == WORDS


def test_its_entry_holds_a_commitment_and_no_text(alice: User, comment: Comment) -> None:
    entry = last_entry()
    assert (entry.kind, entry.actor, entry.item) == ("comment.written", alice.pk, comment.file_id)
    assert entry.detail["commitment"] == commitment_of(comment)
    assert "dose" not in str(entry.detail)


def test_no_text_of_it_lies_in_the_database(comment: Comment) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT comment::text FROM workspaces_comment comment WHERE id = %s", [comment.pk])
        assert b"dose".hex() not in cursor.fetchone()[0]


def test_writing_takes_the_right_to_comment(workspace: Workspace, bob: User, file: Item) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Refused, match="Visitor does not include “comment”"):
        say(bob, file, WORDS)
    exempt(file, "allow", Right.COMMENT, bob)
    assert say(bob, file, WORDS).author == bob


def test_an_exception_denies_it(colleague: User, file: Item) -> None:
    exempt(file, "deny", Right.COMMENT, colleague)
    with pytest.raises(Refused, match="denies comment to you"):
        say(colleague, file, WORDS)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 4001])
def test_nothing_and_too_much_are_no_comment(alice: User, file: Item, text: str) -> None:
    with pytest.raises(InvalidInput):
        say(alice, file, text)
    assert not Comment.objects.exists()


def test_a_comment_may_be_about_a_page_of_a_version(alice: User, version: Version) -> None:
    said = say(alice, version.file, WORDS, version=version, page=3)
    assert said.about == "version 1, page 3"
    assert last_entry().version == version.pk


def test_a_version_of_another_file_is_none_of_this_one(alice: User, file: Item, workspace: Workspace) -> None:
    other = put(alice, workspace, "other.csv", b"1\n")
    with pytest.raises(InvalidInput, match="no such version"):
        say(alice, file, WORDS, version=other)


def test_a_page_takes_a_version(alice: User, file: Item) -> None:
    with pytest.raises(InvalidInput, match="which version"):
        say(alice, file, WORDS, page=3)
    with pytest.raises(IntegrityError, match="names_the_version"), transaction.atomic():
        Comment.objects.filter(pk=say(alice, file, WORDS).pk).update(page=3)


def test_an_answer_to_an_answer_stands_in_the_same_thread(alice: User, colleague: User, comment: Comment) -> None:
    answer = say(colleague, comment.file, "To me too.", answers=comment)
    another = say(alice, comment.file, "Then let us ask.", answers=answer)
    assert (answer.thread_id, another.thread_id) == (comment.pk, comment.pk)


def test_an_answer_stays_with_its_file(alice: User, workspace: Workspace, comment: Comment) -> None:
    other = put(alice, workspace, "other.csv", b"1\n").file
    with pytest.raises(InvalidInput, match="no such comment"):
        say(alice, other, WORDS, answers=comment)


def test_nothing_is_said_in_an_archived_workspace(alice: User, comment: Comment) -> None:
    services.archive_workspace(actor=alice, workspace=comment.file.workspace)
    with pytest.raises(Conflict, match="archived"):
        say(alice, comment.file, WORDS)
    with pytest.raises(Conflict, match="archived"):
        services.take_back_comment(actor=alice, comment=comment)


def test_somebody_who_writes_without_end_is_stopped(alice: User, file: Item, monkeypatch: Any) -> None:
    monkeypatch.setattr("workspaces.services.conversation.MOST_AN_HOUR", 1)
    say(alice, file, WORDS)
    with pytest.raises(Conflict, match="within an hour"):
        say(alice, file, WORDS)


def test_its_author_corrects_it_within_some_minutes(alice: User, comment: Comment) -> None:
    services.change_comment(actor=alice, comment=comment, text="It is right after all.")
    changed = Comment.objects.get(pk=comment.pk)
    assert open_text(changed) == "It is right after all."
    assert (last_entry().kind, last_entry().detail["commitment"]) == ("comment.changed", commitment_of(changed))


def test_saving_the_same_text_changes_nothing(alice: User, comment: Comment) -> None:
    assert services.change_comment(actor=alice, comment=comment, text=WORDS).changed_at is None
    assert last_entry().kind == "comment.written"


def test_nobody_changes_what_another_said(colleague: User, workspace: Workspace, comment: Comment) -> None:
    with pytest.raises(Refused, match="Only whoever wrote"):
        services.change_comment(actor=colleague, comment=comment, text="I agree with everything.")
    assert open_text(Comment.objects.get(pk=comment.pk)) == WORDS


def test_it_cannot_be_changed_when_the_minutes_are_over(alice: User, comment: Comment) -> None:
    with (
        time_machine.travel(timezone.now() + timedelta(minutes=16)),
        pytest.raises(Refused, match="for 15 minutes"),
    ):
        services.change_comment(actor=alice, comment=comment, text="Something else.")


def test_what_is_taken_back_is_destroyed_and_leaves_a_mark(alice: User, comment: Comment) -> None:
    services.take_back_comment(actor=alice, comment=comment)
    left = Comment.objects.get(pk=comment.pk)
    assert (bytes(left.sealed), left.taken_back_by, left.is_taken_back) == (b"", alice, True)
    assert (last_entry().kind, last_entry().detail["what"]) == ("comment.taken_back", "own")
    with pytest.raises(Conflict, match="taken back"):
        services.take_back_comment(actor=alice, comment=comment)


def test_a_manager_takes_back_what_somebody_else_said(alice: User, colleague: User, file: Item) -> None:
    said = say(colleague, file, "The patient is called …")
    services.take_back_comment(actor=alice, comment=said)
    assert last_entry().detail["what"] == "other"


def test_nobody_else_takes_it_back(colleague: User, comment: Comment) -> None:
    with pytest.raises(Refused, match="does not include “manage”"):
        services.take_back_comment(actor=colleague, comment=comment)


@pytest.mark.parametrize("kind", ["item", "workspace", "person"])
def test_a_legal_hold_keeps_what_was_said(alice: User, dana: User, comment: Comment, kind: str) -> None:
    on = {"item": comment.file_id, "workspace": comment.file.workspace_id, "person": alice.pk}[kind]
    erasures.place_hold(actor=dana, kind=kind, subject=str(on), reason="inquiry 7")
    with pytest.raises(Conflict, match="inquiry 7"):
        services.take_back_comment(actor=alice, comment=comment)
    with pytest.raises(Conflict, match="inquiry 7"):
        services.change_comment(actor=alice, comment=comment, text="Nothing.")


def test_a_row_without_a_mark_cannot_lose_its_text(comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk).update(sealed=b"")
    assert [problem.what for problem in check_comments()] == ["What it said is gone, and nobody took it back."]


def test_removing_the_file_for_good_takes_what_was_said_about_it(
    alice: User, colleague: User, workspace: Workspace, comment: Comment, charlie: User
) -> None:
    say(alice, comment.file, f"Look, @{colleague.name}", answers=comment)
    give(workspace, "manager", charlie)
    removal = services.ask_for_removal(
        actor=alice, item=services.remove_item(actor=alice, item=comment.file), reason="By mistake."
    )
    services.confirm_removal(actor=charlie, removal=removal)
    assert {bytes(one.sealed) for one in Comment.objects.all()} == {b""}
    assert not Comment.mentioned.through.objects.exists()
    assert list(check_comments()) == []


def test_a_text_that_was_put_elsewhere_does_not_open(alice: User, colleague: User, comment: Comment) -> None:
    other = say(colleague, comment.file, "I resign.")
    Comment.objects.filter(pk=comment.pk).update(sealed=other.sealed)
    with pytest.raises(DamagedContent):
        open_text(Comment.objects.get(pk=comment.pk))


def test_fsck_finds_another_text_and_a_row_that_is_gone(alice: User, file: Item, comment: Comment) -> None:
    assert list(check_comments()) == []
    first, entry = bytes(comment.sealed), comment.entry
    services.change_comment(actor=alice, comment=comment, text="It is right.")
    Comment.objects.filter(pk=comment.pk).update(sealed=first)
    assert [problem.what for problem in check_comments()] == ["Its row differs from its entry in detail.commitment."]
    Comment.objects.all().delete()
    assert list(check_comments()) == [Problem(f"entry {entry}", "It recorded a comment that is not there.")]


def test_what_was_said_moves_to_the_new_key_of_the_workspace(alice: User, comment: Comment, settings: Any) -> None:
    from tests.workspaces.rotation.test_rotation import OFFICER
    from workspaces.keys import forget_keys
    from workspaces.rotation.working import continue_rotation

    settings.KEY_ROTATION_SETTLES = timedelta(0)
    back = say(alice, comment.file, "Never mind.")
    services.take_back_comment(actor=alice, comment=back)
    before = comment.workspace_key_id
    rotation = services.rotate_workspace_key(actor=OFFICER, workspace=comment.file.workspace)
    continue_rotation(rotation, 60)
    rotation.refresh_from_db()
    forget_keys()
    moved = Comment.objects.get(pk=comment.pk)
    assert (rotation.state, rotation.moved, open_text(moved)) == ("finished", 3, WORDS)
    assert before not in Comment.objects.values_list("workspace_key", flat=True)
    assert list(check_comments()) == []


def test_every_entry_about_it_can_be_told_in_words(alice: User, comment: Comment) -> None:
    services.change_comment(actor=alice, comment=comment, text="It is right.")
    services.take_back_comment(actor=alice, comment=comment)
    kinds = Entry.objects.filter(kind__startswith="comment.").order_by("recorded_at").values_list("kind", flat=True)
    assert list(kinds) == ["comment.written", "comment.changed", "comment.taken_back"]
