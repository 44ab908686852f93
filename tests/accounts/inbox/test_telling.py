"""Who is told what, and what is shown of it when they may not see it any more."""

from typing import Any

import pytest

from accounts.inbox import selectors
from accounts.inbox.telling import About, tell
from accounts.models import Notice, User
from core.ids import uuid7
from sharing import services as sharing
from tests.accounts.inbox.conftest import lines, say
from tests.workspaces.conftest import exempt, give, put
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db


def another_version(actor: User, file: Item) -> Version:
    sealed = services.seal_upload(actor=actor, workspace=file.workspace, chunks=[b"2\n"], into=file)
    return services.upload_version(actor=actor, file=file, sealed=sealed)


def test_whoever_is_mentioned_is_told(alice: User, visitor: User, version: Version) -> None:
    say(alice, version.file, f"@{visitor.name}, what do you think?")
    assert lines(visitor) == ["Alice Brandt mentioned you in a comment on “doses.csv”"]


def test_nobody_is_told_what_they_did_themselves(alice: User, version: Version) -> None:
    say(alice, version.file, "Hm.", answers=say(alice, version.file, f"Hm, @{alice.name}."))
    assert lines(alice) == []


def test_whoever_brought_a_file_in_is_told_of_comments(alice: User, colleague: User, version: Version) -> None:
    say(colleague, version.file, "Row 3 is odd.")
    assert lines(alice) == ["Bob Lefèvre commented on “doses.csv”"]


def test_whoever_takes_part_is_told_of_answers(
    alice: User, colleague: User, workspace: Workspace, visitor: User, version: Version
) -> None:
    exempt(version.file, "allow", Right.COMMENT, visitor)
    first = say(visitor, version.file, "Row 3 is odd.")
    say(colleague, version.file, "Indeed.", answers=first)
    assert lines(visitor) == ["Bob Lefèvre answered in a conversation about “doses.csv” in which you take part"]


def test_one_comment_is_one_notice(alice: User, colleague: User, version: Version) -> None:
    said = say(colleague, version.file, f"@{alice.name}!", answers=say(alice, version.file, "Row 3 is odd."))
    assert len(lines(alice)) == 1
    services.change_comment(actor=colleague, comment=said, text=f"@{alice.name}?")
    assert lines(alice) == ["Bob Lefèvre mentioned you in a comment on “doses.csv”"]


def test_who_is_mentioned_by_a_change_is_told(colleague: User, visitor: User, version: Version) -> None:
    said = say(colleague, version.file, "Who looks?")
    services.change_comment(actor=colleague, comment=said, text=f"@{visitor.name} looks?")
    assert len(lines(visitor)) == 1


def test_followers_of_a_folder_are_told_what_comes_into_it(
    alice: User, visitor: User, workspace: Workspace, folder: Item, version: Version
) -> None:
    services.follow(actor=visitor, thing=folder, wanted=True)
    put(alice, workspace, "dose 2.csv", b"1\n", folder=folder)
    another_version(alice, version.file)
    put(alice, workspace, "elsewhere.csv", b"1\n")
    say(alice, version.file, "Row 3 is odd.")
    assert lines(visitor) == [
        "Alice Brandt commented on “doses.csv”",
        "Alice Brandt brought in version 2 of “doses.csv”",
        "Alice Brandt brought in “dose 2.csv”",
    ]


def test_the_nearest_choice_decides(alice: User, visitor: User, workspace: Workspace, version: Version) -> None:
    services.follow(actor=visitor, thing=workspace, wanted=True)
    services.follow(actor=visitor, thing=version.file, wanted=False)
    another_version(alice, version.file)
    assert lines(visitor) == []
    services.follow(actor=visitor, thing=version.file, wanted=True)
    another_version(alice, version.file)
    assert len(lines(visitor)) == 1


def test_a_mention_reaches_also_those_who_do_not_follow(alice: User, visitor: User, version: Version) -> None:
    services.follow(actor=visitor, thing=version.file, wanted=False)
    say(alice, version.file, f"@{visitor.name}")
    assert len(lines(visitor)) == 1


def test_whoever_brought_in_an_earlier_version_is_told_of_the_next(
    alice: User, colleague: User, version: Version
) -> None:
    another_version(colleague, version.file)
    assert lines(alice) == ["Bob Lefèvre brought in version 2 of “doses.csv”"]


def test_nobody_is_told_of_what_is_kept_from_them(alice: User, visitor: User, folder: Item, version: Version) -> None:
    services.follow(actor=visitor, thing=folder, wanted=True)
    exempt(version.file, "deny", Right.VIEW, visitor)
    another_version(alice, version.file)
    say(alice, version.file, f"@{visitor.name}")
    assert not Notice.objects.filter(person=visitor).exists()


def test_what_somebody_may_not_see_any_more_shows_nothing_of_it(alice: User, visitor: User, version: Version) -> None:
    say(alice, version.file, f"@{visitor.name}")
    exempt(version.file, "deny", Right.VIEW, visitor)
    [row] = selectors.rows_for(visitor, list(selectors.notices_for(visitor)))
    assert (row.who, row.words, row.place, row.url) == ("", "Something that you do not see any more", "", "")


def test_a_file_in_the_bin_shows_nothing_until_it_is_back(alice: User, visitor: User, version: Version) -> None:
    say(alice, version.file, f"@{visitor.name}")
    services.remove_item(actor=alice, item=version.file)
    assert lines(visitor) == ["Something that you do not see any more"]
    services.restore_item(actor=alice, item=Item.objects.get(pk=version.file_id))
    assert lines(visitor)[0].startswith("Alice Brandt mentioned you")


def test_what_was_taken_back_is_in_no_inbox(alice: User, visitor: User, version: Version) -> None:
    services.take_back_comment(actor=alice, comment=say(alice, version.file, f"@{visitor.name}"))
    assert lines(visitor) == []


def test_removing_for_good_takes_the_notices_along(
    alice: User, colleague: User, visitor: User, workspace: Workspace, version: Version
) -> None:
    say(alice, version.file, f"@{visitor.name}")
    item = services.remove_item(actor=alice, item=version.file)
    give(workspace, "manager", visitor)
    services.confirm_removal(
        actor=visitor, removal=services.ask_for_removal(actor=alice, item=item, reason="By mistake.")
    )
    assert not Notice.objects.filter(item=item.pk).exists()


def test_changed_access_stands_in_the_inbox(alice: User, bob: User, workspace: Workspace) -> None:
    grant = sharing.grant_role(actor=alice, workspace=workspace, role="visitor", person=bob)
    [row] = selectors.rows_for(bob, list(selectors.notices_for(bob)))
    assert (row.words, row.place) == ("gave you a role in a workspace", "Site 12")
    sharing.revoke_role(actor=alice, grant=grant)
    rows = selectors.rows_for(bob, list(selectors.notices_for(bob)))
    assert [(one.words, one.place, one.url) for one in rows] == [
        ("took your role in a workspace away", "", ""),
        ("gave you a role in a workspace", "", ""),
    ]


def test_an_exception_names_the_file_to_whoever_sees_it(alice: User, visitor: User, version: Version) -> None:
    sharing.set_exception(actor=alice, item=version.file, right=Right.UPLOAD, effect="allow", person=visitor)
    assert "“doses.csv”" in lines(visitor)[0]
    sharing.set_exception(actor=alice, item=version.file, right=Right.VIEW, effect="deny", person=visitor)
    assert not any("doses.csv" in line for line in lines(visitor))


def test_requests_for_access_and_their_answers_stand_in_the_inbox(alice: User, visitor: User, version: Version) -> None:
    asked = sharing.ask_for_access(
        actor=visitor, thing=version.file, days=7, purpose="Second reading", rights=[Right.EDIT]
    )
    assert lines(alice) == ["Charlie Moreau asks for access to “doses.csv”: edit"]
    sharing.refuse_request(actor=alice, request=asked, reason="Not now.")
    assert lines(visitor) == ["Alice Brandt refused what you asked for, on “doses.csv”"]


def test_an_unknown_kind_is_a_mistake_of_ours(alice: User) -> None:
    with pytest.raises(LookupError, match="nobody\\.said"):
        tell([alice.pk], "nobody.said", actor=None, about=About(thing=uuid7()))


def test_words_are_made_in_a_fixed_number_of_queries(
    alice: User, visitor: User, version: Version, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        say(alice, version.file, f"@{visitor.name}")
        sharing.set_exception(actor=alice, item=version.file, right=Right.EDIT, effect="allow", person=visitor)
    with django_assert_max_num_queries(6):
        assert len(lines(visitor)) == 10
