"""A comment on a marked part of a page."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.html import escape

from accounts.models import User
from core.errors import InvalidInput, Refused
from tests.workspaces.conftest import browser, exempt, give, last_entry, put
from tests.workspaces.conversation.conftest import WORDS, say
from workspaces import services
from workspaces.conversation.binding import check_comments
from workspaces.conversation.regions import Region
from workspaces.models import Comment, Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db

SIDES = {"left": 0.1, "top": 0.25, "width": 0.3, "height": 0.05}
PART = Region.of(SIDES)
# One grey pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ request.user.email }}"]


@pytest.fixture
def picture(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "scan.png", PICTURE)


@pytest.fixture
def marked(alice: User, picture: Version) -> Comment:
    return mark(alice, picture)


def mark(author: User, of: Version, text: str = WORDS, **more: Any) -> Comment:
    place = {"version": of, "page": 1, "region": PART} | more
    return say(author, of.file, text, **place)


def comments_of(version: Version) -> str:
    return f"/api/v1/files/{version.file_id}/comments/"


def post(user: User, version: Version, region: Any, **more: Any) -> Any:
    body = {"text": WORDS, "version": str(version.pk), "page": 1, "region": region} | more
    return browser(user).post(comments_of(version), json.dumps(body), content_type="application/json")


def viewer(version: Version, way: str = "") -> str:
    return f"/workspaces/versions/{version.pk}/view/{way}"


def test_it_is_kept_with_the_version_and_the_page(marked: Comment, picture: Version) -> None:
    kept = Comment.objects.get(pk=marked.pk)
    assert (kept.version, kept.page, kept.region) == (picture, 1, PART)
    assert kept.about == "version 1, page 1, a marked part"


def test_its_entry_names_the_part_and_no_text(marked: Comment) -> None:
    entry = last_entry()
    assert (entry.kind, entry.detail["region"]) == ("comment.written", "0.1000 0.2500 0.3000 0.0500")
    assert "dose" not in str(entry.detail)
    assert list(check_comments()) == []


def test_a_part_that_was_moved_in_the_table_is_found(marked: Comment) -> None:
    Comment.objects.filter(pk=marked.pk).update(region_left=F("region_left") + Decimal("0.1"))
    assert [problem.what for problem in check_comments()] == ["Its row differs from its entry in detail.region."]
    Comment.objects.filter(pk=marked.pk).update(
        region_left=None, region_top=None, region_width=None, region_height=None
    )
    assert "detail.region" in next(iter(check_comments())).what


def test_a_correction_says_the_part_again(alice: User, marked: Comment) -> None:
    services.change_comment(actor=alice, comment=marked, text="It is right.")
    assert last_entry().detail["region"] == PART.as_text
    assert list(check_comments()) == []


def test_what_is_taken_back_takes_its_part_along(alice: User, marked: Comment) -> None:
    services.take_back_comment(actor=alice, comment=marked)
    assert Comment.objects.get(pk=marked.pk).region is None
    assert last_entry().detail["about"] == "version 1, page 1, a marked part"
    assert list(check_comments()) == []


def test_removing_the_file_for_good_takes_the_part(
    alice: User, charlie: User, workspace: Workspace, marked: Comment
) -> None:
    give(workspace, "manager", charlie)
    item = services.remove_item(actor=alice, item=marked.file)
    services.confirm_removal(
        actor=charlie, removal=services.ask_for_removal(actor=alice, item=item, reason="By mistake.")
    )
    left = Comment.objects.get(pk=marked.pk)
    assert (bytes(left.sealed), left.region) == (b"", None)


def test_marking_takes_the_right_to_comment(workspace: Workspace, bob: User, picture: Version) -> None:
    give(workspace, "visitor", bob)
    with pytest.raises(Refused, match="does not include “comment”"):
        mark(bob, picture)
    assert post(bob, picture, SIDES).status_code == 403
    for sent in ({"text": WORDS, "page": 1}, {"text": "", "page": 1}):
        assert browser(bob).post(viewer(picture, "comments/"), sent).status_code == 403
    exempt(picture.file, "allow", Right.COMMENT, bob)
    assert mark(bob, picture).author == bob


def test_strangers_find_no_part_and_no_page(charlie: User, marked: Comment, picture: Version) -> None:
    client = browser(charlie)
    for path in (viewer(picture, "comments/"), comments_of(picture), f"/api/v1/comments/{marked.pk}/"):
        assert client.get(path).status_code == 404
    assert client.post(viewer(picture, "comments/"), {"text": WORDS, "page": 1}).status_code == 404
    assert post(charlie, picture, SIDES).status_code == 404


def test_who_may_not_view_any_more_is_told_nothing(workspace: Workspace, bob: User, marked: Comment) -> None:
    give(workspace, "contributor", bob)
    exempt(marked.file, "deny", Right.VIEW, bob)
    assert marked.version is not None
    assert browser(bob).get(viewer(marked.version, "comments/")).status_code == 404


def test_a_part_takes_a_page_of_a_version(alice: User, picture: Version) -> None:
    places: list[dict[str, Any]] = [{"page": None}, {"version": None, "page": None}]
    for place in places:
        with pytest.raises(InvalidInput, match="which page of which version"):
            mark(alice, picture, **place)
    assert not Comment.objects.exists()


def test_an_answer_marks_nothing(alice: User, marked: Comment, picture: Version) -> None:
    with pytest.raises(InvalidInput):
        say(alice, picture.file, WORDS, answers=marked, region=PART)


def test_only_drawn_pages_have_parts(alice: User, version: Version) -> None:
    with pytest.raises(InvalidInput, match="drawn pages"):
        mark(alice, version)


@pytest.mark.parametrize(
    "sides",
    [
        {"left": -0.1},
        {"left": 1.1},
        {"left": 0.8},
        {"top": 0.96},
        {"width": 0},
        {"width": 0.004},
        {"height": -1},
        {"height": 2},
        {"left": "NaN"},
        {"top": "Infinity"},
        {"width": "-Infinity"},
        {"left": "1e400"},
        {"left": 10**400},
        {"left": "a"},
        {"left": ""},
        {"left": None},
        {"left": True},
        {"left": [0.1]},
        {"left": {"x": 1}},
        {"more": 0.5},
    ],
    ids=str,
)
def test_programs_hear_of_bad_numbers_and_nothing_is_kept(alice: User, picture: Version, sides: dict[str, Any]) -> None:
    answer = post(alice, picture, SIDES | sides)
    assert answer.status_code == 400
    assert "part of" in str(answer.json()) or "larger part" in str(answer.json())
    assert not Comment.objects.exists()


@pytest.mark.parametrize("region", [0.5, "0.1 0.2 0.3 0.4", [0.1, 0.2, 0.3, 0.4], {}, {"left": 0.1}, True])
def test_what_is_no_rectangle_at_all_is_refused(alice: User, picture: Version, region: Any) -> None:
    assert post(alice, picture, region).status_code == 400


def test_numbers_that_no_text_of_json_has_are_refused(alice: User, picture: Version) -> None:
    body = f'{{"text": "x", "version": "{picture.pk}", "page": 1, "region": {{"left": NaN, "top": 0, "width": 1}}}}'
    assert browser(alice).post(comments_of(picture), body, content_type="application/json").status_code == 400


def test_programs_mark_and_read_parts(alice: User, picture: Version) -> None:
    made = post(alice, picture, SIDES)
    assert (made.status_code, made.json()["region"]) == (201, SIDES)
    listed = browser(alice).get(comments_of(picture)).json()["results"]
    assert [one["region"] for one in listed] == [SIDES]


def test_a_part_of_another_page_kind_is_a_clear_400(alice: User, version: Version) -> None:
    answer = post(alice, version, SIDES)
    assert (answer.status_code, "drawn pages" in str(answer.json())) == (400, True)


@pytest.mark.parametrize(
    "change",
    [
        {"region_left": None},
        {"region_left": Decimal("0.9")},
        {"region_top": Decimal("-0.1")},
        {"region_width": Decimal(0)},
        {"page": None},
        {"sealed": b""},
    ],
    ids=str,
)
def test_the_database_keeps_parts_on_their_page(marked: Comment, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=marked.pk).update(**change)


def test_the_database_knows_what_is_no_number(marked: Comment) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():
        cursor.execute("UPDATE workspaces_comment SET region_width = 'NaN' WHERE id = %s", [marked.pk])


def test_the_viewer_shows_what_is_said_about_the_page(bob: User, workspace: Workspace, marked: Comment) -> None:
    give(workspace, "visitor", bob)
    assert marked.version is not None
    seen = browser(bob).get(viewer(marked.version)).content.decode()
    assert WORDS in seen
    assert f'data-region="{PART.as_text}" data-comment="{marked.pk}"' in seen
    assert "10 % from the left, 25 % from the top, 30 % wide, 5 % high" in seen
    assert "<textarea" not in seen


def test_a_page_that_is_turned_brings_its_own_comments(alice: User, marked: Comment, picture: Version) -> None:
    say(alice, picture.file, "About the second one.", version=picture, page=2)
    first = browser(alice).get(viewer(picture, "comments/?page=1")).content.decode()
    second = browser(alice).get(viewer(picture, "comments/?page=2")).content.decode()
    assert (WORDS in first, "second one" in first) == (True, False)
    assert (WORDS in second, "second one" in second) == (False, True)
    assert "<html" not in first


def test_another_version_has_other_comments(alice: User, marked: Comment, picture: Version) -> None:
    sealed = services.seal_upload(actor=alice, workspace=picture.file.workspace, chunks=[PICTURE + b"\0"])
    newer = services.upload_version(actor=alice, file=picture.file, sealed=sealed)
    assert WORDS not in browser(alice).get(viewer(newer)).content.decode()


def test_a_part_is_marked_by_the_form_of_the_viewer(alice: User, picture: Version) -> None:
    sides = {"left": "10", "top": "25", "width": "30", "height": "5"}
    form = {"text": WORDS, "page": "1", "zoom": "150", **sides}
    answer = browser(alice).post(viewer(picture, "comments/"), form)
    made = Comment.objects.get()
    assert (answer.status_code, made.region) == (302, PART)
    assert answer["Location"] == f"{viewer(picture)}?page=1&zoom=150#comment-{made.pk}"


def test_the_form_takes_a_comment_without_a_part(alice: User, picture: Version) -> None:
    browser(alice).post(viewer(picture, "comments/"), {"text": WORDS, "page": "1"})
    assert (Comment.objects.get().page, Comment.objects.get().region) == (1, None)


@pytest.mark.parametrize(
    "sides",
    [
        {"left": "10"},
        {"left": "90", "top": "0", "width": "20", "height": "5"},
        {"left": "NaN", "top": "0", "width": "20", "height": "5"},
        {"left": "x", "top": "0", "width": "20", "height": "5"},
        {"left": "101", "top": "0", "width": "20", "height": "5"},
        {"left": "0", "top": "0", "width": "0.1", "height": "5"},
    ],
    ids=str,
)
def test_a_form_that_is_wrong_says_so_and_loses_nothing(alice: User, picture: Version, sides: dict[str, str]) -> None:
    answer = browser(alice).post(viewer(picture, "comments/"), {"text": WORDS, "page": "1", **sides})
    assert (answer.status_code, WORDS in answer.content.decode()) == (400, True)
    assert "Nothing was changed" in answer.content.decode()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("page", ["0", "x", "-1", "9" * 30])
def test_a_page_that_is_none_is_refused(alice: User, picture: Version, page: str) -> None:
    assert browser(alice).get(viewer(picture, f"comments/?page={page}")).status_code == 400
    assert browser(alice).post(viewer(picture, "comments/"), {"text": WORDS, "page": page}).status_code == 400


def test_in_an_archived_workspace_parts_are_read_and_none_marked(alice: User, marked: Comment) -> None:
    services.archive_workspace(actor=alice, workspace=marked.file.workspace)
    assert marked.version is not None
    seen = browser(alice).get(viewer(marked.version)).content.decode()
    assert (WORDS in seen, "<textarea" in seen) == (True, False)


def test_the_conversation_leads_to_the_part(alice: User, marked: Comment) -> None:
    seen = browser(alice).get(f"/workspaces/files/{marked.file_id}/conversation/").content.decode()
    assert f"/workspaces/versions/{marked.version_id}/view/?page=1#part-{marked.pk}" in seen
    assert "Version 1, page 1, a marked part" in seen


def test_the_picture_says_how_much_of_it_is_the_page(alice: User, picture: Version) -> None:
    for path in (viewer(picture, "page/"), f"/api/v1/versions/{picture.pk}/view/pages/1/"):
        assert int(browser(alice).get(path)["Ithaca-Page-Height"]) > 0


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_said_about_a_part_is_shown_as_text(alice: User, picture: Version, text: str) -> None:
    mark(alice, picture, text)
    for way in ("", "comments/"):
        seen = browser(alice).get(viewer(picture, way)).content.decode()
        assert escape(text) in seen
        assert "alert(1)>" not in seen


def test_reading_it_takes_the_same_number_of_questions_however_much_is_said(
    alice: User, picture: Version, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        mark(alice, picture, f"Part {number}.")
    client = browser(alice)
    with django_assert_max_num_queries(20):
        assert "Part 3." in client.get(viewer(picture, "comments/")).content.decode()
