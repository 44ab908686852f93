"""The pages of a conversation, and the same for programs."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from accounts.services import make_api_token
from tests.workspaces.conftest import browser, exempt, give, last_entry
from tests.workspaces.conversation.conftest import WORDS, say
from workspaces import services
from workspaces.conversation import selectors
from workspaces.conversation.sealing import open_text
from workspaces.models import Comment, Item, Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db

# Kept short: what a browser makes of such texts is tried in tests/browser/test_hostile_texts.py.
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ request.user.email }}",
    "javascript:alert(1)",
]


def page(user: User, path: str) -> str:
    answer = browser(user).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def conversation_of(file: Item) -> str:
    return f"/workspaces/files/{file.pk}/conversation/"


def test_a_comment_is_written_and_read_on_the_page(alice: User, colleague: User, file: Item) -> None:
    answer = browser(alice).post(conversation_of(file), {"text": WORDS})
    assert answer.status_code == 302
    assert f"#comment-{Comment.objects.get().pk}" in answer["Location"]
    assert WORDS in page(colleague, conversation_of(file))


def test_the_viewer_leads_to_a_comment_on_its_page(alice: User, version: Version) -> None:
    assert 'href="#say"' in page(alice, f"/workspaces/versions/{version.pk}/view/")
    form = page(alice, f"{conversation_of(version.file)}?on={version.pk}&at=1")
    assert f'value="{version.pk}" selected' in form
    browser(alice).post(conversation_of(version.file), {"text": WORDS, "version": version.pk, "page": 1})
    assert "Version 1, page 1" in page(alice, conversation_of(version.file))


def test_what_is_wrong_with_it_stands_at_the_field_and_nothing_is_lost(alice: User, file: Item) -> None:
    answer = browser(alice).post(conversation_of(file), {"text": WORDS, "page": 3})
    assert answer.status_code == 400
    assert "Say which version the page is of." in answer.content.decode()
    assert WORDS in answer.content.decode()


def test_an_answer_is_written_in_the_thread_and_found_by_its_address(
    alice: User, colleague: User, comment: Comment
) -> None:
    browser(colleague).post(f"/workspaces/comments/{comment.pk}/", {"text": "To me too."})
    answer = Comment.objects.get(thread=comment)
    lead = browser(alice).get(f"/workspaces/comments/{answer.pk}/")
    assert lead["Location"] == f"/workspaces/comments/{comment.pk}/?page=1#comment-{answer.pk}"
    assert "To me too." in page(alice, lead["Location"].partition("#")[0])


def test_a_visitor_reads_and_is_told_how_to_ask(workspace: Workspace, bob: User, comment: Comment) -> None:
    give(workspace, "visitor", bob)
    seen = page(bob, conversation_of(comment.file))
    assert WORDS in seen
    assert f"/access/items/{comment.file_id}/ask/" in seen
    assert "<textarea" not in seen
    assert browser(bob).post(conversation_of(comment.file), {"text": "x"}).status_code == 403


def test_strangers_find_no_comment_and_no_conversation(charlie: User, comment: Comment) -> None:
    client = browser(charlie)
    for path in (
        conversation_of(comment.file),
        *(f"/workspaces/comments/{comment.pk}/{end}" for end in ("", "change/", "take-back/")),
    ):
        assert client.get(path).status_code == 404
        assert client.post(path, {"text": "x"}).status_code == 404


def test_a_file_in_the_bin_has_no_conversation_to_show(alice: User, comment: Comment) -> None:
    services.remove_item(actor=alice, item=comment.file)
    assert browser(alice).get(f"/workspaces/comments/{comment.pk}/").status_code == 404


def test_changing_and_taking_back_are_offered_to_those_who_may(alice: User, colleague: User, comment: Comment) -> None:
    change, back = (f"/workspaces/comments/{comment.pk}/{end}/" for end in ("change", "take-back"))
    own, others = page(alice, conversation_of(comment.file)), page(colleague, conversation_of(comment.file))
    assert change in own
    assert back in own
    assert change not in others
    assert back not in others
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert not selectors.show(alice, comment).may_change


def test_its_author_is_not_shown_the_form_without_the_right_to_comment(colleague: User, file: Item) -> None:
    said = say(colleague, file, WORDS)
    exempt(file, "deny", Right.COMMENT, colleague)
    assert browser(colleague).get(f"/workspaces/comments/{said.pk}/change/").status_code == 403


def test_nobody_is_shown_the_form_to_change_what_another_said(colleague: User, comment: Comment) -> None:
    assert browser(colleague).get(f"/workspaces/comments/{comment.pk}/change/").status_code == 403


def test_it_is_changed_on_its_page(alice: User, comment: Comment) -> None:
    assert WORDS in page(alice, f"/workspaces/comments/{comment.pk}/change/")
    browser(alice).post(f"/workspaces/comments/{comment.pk}/change/", {"text": "It is right."})
    assert "It is right." in page(alice, conversation_of(comment.file))


def test_what_was_taken_back_leaves_a_mark_on_the_page(alice: User, colleague: User, comment: Comment) -> None:
    say(colleague, comment.file, "To me too.", answers=comment)
    assert "cannot be undone" in page(alice, f"/workspaces/comments/{comment.pk}/take-back/")
    browser(alice).post(f"/workspaces/comments/{comment.pk}/take-back/")
    seen = page(colleague, conversation_of(comment.file))
    assert f"Taken back by {alice.name}" in seen
    assert WORDS not in seen
    assert "To me too." in seen


def test_what_is_damaged_is_not_shown_and_breaks_no_page(alice: User, colleague: User, comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk).update(sealed=say(colleague, comment.file, "I resign.").sealed)
    seen = page(alice, conversation_of(comment.file))
    assert "not what was written in this place" in seen
    assert WORDS not in seen


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_is_shown_as_text(alice: User, file: Item, text: str) -> None:
    say(alice, file, text)
    seen = page(alice, conversation_of(file))
    assert escape(text) in seen
    assert "alert(1)>" not in seen


def test_long_threads_and_conversations_come_in_pages(alice: User, comment: Comment, monkeypatch: Any) -> None:
    monkeypatch.setattr(selectors, "THREADS_ON_A_PAGE", 1)
    monkeypatch.setattr(selectors, "ANSWERS_ON_A_PAGE", 3)
    for number in range(7):
        say(alice, comment.file, f"Answer {number}.", answers=comment)
    say(alice, comment.file, "Another thread.")
    assert "Another thread." in page(alice, conversation_of(comment.file))
    second = page(alice, conversation_of(comment.file) + "?page=2")
    assert "2 earlier answers" in second
    assert "Answer 1." not in second
    assert "Answer 0." in page(alice, f"/workspaces/comments/{comment.pk}/?page=1")
    assert "Answer 6." in page(alice, f"/workspaces/comments/{comment.pk}/")


def test_what_was_said_about_one_version_can_be_chosen(alice: User, version: Version, comment: Comment) -> None:
    say(alice, version.file, "About the first version.", version=version)
    seen = page(alice, f"{conversation_of(version.file)}?about={version.pk}")
    assert "About the first version." in seen
    assert WORDS not in seen
    assert WORDS in page(alice, f"{conversation_of(version.file)}?about=nonsense")


def test_a_page_of_threads_takes_a_fixed_number_of_queries(
    alice: User, colleague: User, file: Item, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        say(colleague, file, f"@{alice.name} again", answers=say(alice, file, WORDS))
    with django_assert_max_num_queries(9):
        assert len(selectors.conversation(alice, file).threads) == 4


def test_the_page_of_the_file_counts_what_was_said(alice: User, comment: Comment) -> None:
    assert "1 comment" in page(alice, f"/workspaces/files/{comment.file_id}/")
    services.take_back_comment(actor=alice, comment=comment)
    assert "Nothing was said" in page(alice, f"/workspaces/files/{comment.file_id}/")


def program(owner: User, *scopes: str) -> Client:
    text = make_api_token(actor=owner, name="bot", scopes=scopes, days=7)[1]
    return Client(headers={"Authorization": f"Bearer {text}"})


def test_a_program_reads_with_a_token_for_that_and_writes_nothing(alice: User, comment: Comment) -> None:
    reader, path = program(alice, "read"), f"/api/v1/files/{comment.file_id}/comments/"
    assert [row["text"] for row in reader.get(path).json()["results"]] == [WORDS]
    assert reader.post(path, {"text": "x"}, content_type="application/json").status_code == 403
    assert reader.delete(f"/api/v1/comments/{comment.pk}/").status_code == 403
    assert reader.get(f"/api/v1/files/{comment.file_id}/mentionable/").status_code == 403


def test_a_program_writes_with_a_token_for_that_and_is_named(alice: User, file: Item) -> None:
    writer = program(alice, "comment")
    made = writer.post(f"/api/v1/files/{file.pk}/comments/", {"text": "Row 3 is odd."}, content_type="application/json")
    assert made.status_code == 201
    assert last_entry().detail["by_token"]
    one = f"/api/v1/comments/{made.json()['id']}/"
    assert writer.patch(one, {"text": "Row 4 is."}, content_type="application/json").status_code == 200
    assert writer.get(one).status_code == 403
    assert writer.delete(one).status_code == 204


def test_the_api_does_what_the_pages_do(alice: User, colleague: User, version: Version) -> None:
    client, path = browser(alice), f"/api/v1/files/{version.file_id}/comments/"
    said = {"text": f"@{colleague.name} look", "version": str(version.pk), "page": 1}
    made = client.post(path, said, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["mentioned"] == [str(colleague.pk)]
    one = f"/api/v1/comments/{made.json()['id']}/"
    answer = client.post(path, {"text": "Yes.", "answers": made.json()["id"]}, content_type="application/json")
    assert [row["id"] for row in client.get(path, {"answers": made.json()["id"]}).json()["results"]] == [
        answer.json()["id"]
    ]
    assert client.patch(one, {"text": "Never mind."}, content_type="application/json").json()["text"] == "Never mind."
    assert browser(colleague).patch(one, {"text": "x"}, content_type="application/json").status_code == 403
    assert browser(colleague).delete(one).status_code == 403
    assert client.delete(one).status_code == 204
    assert (client.get(one).json()["text"], last_entry().kind) == ("", "comment.taken_back")


@pytest.mark.parametrize("field", ["version", "answers"])
def test_the_api_says_what_is_not_there(alice: User, comment: Comment, field: str) -> None:
    path = f"/api/v1/files/{comment.file_id}/comments/"
    answer = browser(alice).post(path, {"text": "x", field: str(comment.author_id)}, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()
    assert browser(alice).get(path, {"answers": "nonsense"}).status_code == 404


def test_nobody_reads_by_the_api_what_they_may_not_view(charlie: User, comment: Comment) -> None:
    client = browser(charlie)
    assert client.get(f"/api/v1/comments/{comment.pk}/").status_code == 404
    assert client.get(f"/api/v1/files/{comment.file_id}/comments/").status_code == 404
    assert client.delete(f"/api/v1/comments/{comment.pk}/").status_code == 404
    assert open_text(Comment.objects.get()) == WORDS
