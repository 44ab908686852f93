"""Who can be mentioned, and that nobody learns by it who else is there."""

from collections.abc import Iterable

import pytest

from accounts.models import User
from core.errors import InvalidInput
from tests.conftest import make_person
from tests.workspaces.conftest import browser, exempt, give
from tests.workspaces.conversation.conftest import WORDS, say
from workspaces import services
from workspaces.conversation.mentions import Piece, mentionable, pieces
from workspaces.models import Comment, Item, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db


def mentioned(comment: Comment) -> set[User]:
    return set(comment.mentioned.all())


def names(people: Iterable[User]) -> set[str]:
    return {person.name for person in people}


def offered(user: User, file: Item, words: str) -> list[dict[str, str]]:
    answer = browser(user).get(f"/api/v1/files/{file.pk}/mentionable/", {"q": words})
    found: list[dict[str, str]] = answer.json()
    return found


@pytest.mark.parametrize(
    "text", ["@Bob Lefèvre, look", "Look (@bob lefèvre)!", "cc @Bob Lefèvre (Hôpital Necker, Paris)"]
)
def test_a_name_behind_an_at_sign_mentions_somebody(alice: User, colleague: User, file: Item, text: str) -> None:
    assert mentioned(say(alice, file, text)) == {colleague}


@pytest.mark.parametrize("text", ["Bob Lefèvre", "x@Bob Lefèvre", "@Bob Lefèvrement", "@Bob", "bob@example.org"])
def test_other_words_mention_nobody(alice: User, colleague: User, file: Item, text: str) -> None:
    assert mentioned(say(alice, file, text)) == set()


@pytest.mark.usefixtures("colleague")
def test_nobody_is_mentioned_who_may_not_see_the_file(alice: User, charlie: User, file: Item) -> None:
    assert mentioned(say(alice, file, f"@{charlie.name}")) == set()
    assert offered(alice, file, "Charlie") == []


def test_nor_who_is_kept_from_it_by_an_exception(alice: User, colleague: User, file: Item) -> None:
    exempt(file, "deny", Right.VIEW, colleague)
    assert mentioned(say(alice, file, f"@{colleague.name}")) == set()
    assert offered(alice, file, "Bob") == []


def test_whoever_was_let_in_to_one_file_is_not_told_who_is_in_the_workspace(
    alice: User, colleague: User, charlie: User, file: Item
) -> None:
    exempt(file, "allow", Right.VIEW, charlie)
    exempt(file, "allow", Right.COMMENT, charlie)
    # Alice uploaded the file, which Charlie sees there.
    assert names(mentionable(charlie, file)) == {alice.name}
    assert mentioned(say(charlie, file, f"@{colleague.name}")) == set()
    say(colleague, file, WORDS)
    assert mentioned(say(charlie, file, f"@{colleague.name}")) == {colleague}


def test_names_are_offered_by_their_beginning(alice: User, colleague: User, file: Item) -> None:
    assert offered(alice, file, "bob") == [
        {
            "id": str(colleague.pk),
            "name": "Bob Lefèvre",
            "institution": "Hôpital Necker, Paris",
            "write": "Bob Lefèvre",
        }
    ]
    assert offered(alice, file, "no such name") == offered(alice, file, alice.name) == []


def test_of_two_with_one_name_the_institution_tells(
    alice: User, workspace: Workspace, colleague: User, charlie: User, file: Item
) -> None:
    User.objects.filter(pk=charlie.pk).update(name=colleague.name, institution=alice.institution)
    give(workspace, "visitor", charlie)
    with pytest.raises(InvalidInput, match=r"Several people here.*@Bob Lefèvre \("):
        say(alice, file, "@Bob Lefèvre")
    assert mentioned(say(alice, file, "@Bob Lefèvre (Charité, Berlin)")) == {charlie}
    assert {row["write"] for row in offered(alice, file, "Bob")} == {
        "Bob Lefèvre (Charité, Berlin)",
        "Bob Lefèvre (Hôpital Necker, Paris)",
    }


def test_a_comment_mentions_so_many_people_and_no_more(alice: User, workspace: Workspace, file: Item) -> None:
    people = [make_person(f"P{number} Novak", alice.institution) for number in range(21)]
    for person in people:
        give(workspace, "visitor", person)
    with pytest.raises(InvalidInput, match="20 people at most"):
        say(alice, file, " ".join(f"@{person.name}" for person in people))


def test_who_is_mentioned_changes_with_the_text(alice: User, colleague: User, file: Item) -> None:
    said = say(alice, file, f"@{colleague.name}")
    services.change_comment(actor=alice, comment=said, text="Nobody in particular.")
    assert mentioned(said) == set()


def test_names_of_mentioned_people_stand_out(colleague: User) -> None:
    assert pieces("Ask @bob lefèvre!", [colleague]) == [
        Piece("Ask "),
        Piece("@bob lefèvre", is_mention=True),
        Piece("!"),
    ]


def test_offering_names_takes_the_right_to_comment(workspace: Workspace, bob: User, charlie: User, file: Item) -> None:
    give(workspace, "visitor", bob)
    address = f"/api/v1/files/{file.pk}/mentionable/"
    assert browser(bob).get(address).status_code == 403
    assert browser(charlie).get(address).status_code == 404
