"""What is found, how it may be asked for, and that nothing hidden is found, counted or told of."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from tests.workspaces.conftest import exempt, give, put
from workspaces import services
from workspaces.models import Item, Version, Workspace
from workspaces.permissions import Right
from workspaces.search import finding
from workspaces.search.finding import Question, find_items, find_people, find_workspaces


def found(person: User, words: str = "", **more: Any) -> list[str]:
    return [item.name for item in find_items(person, Question(words, **more)).items]


@pytest.mark.parametrize("words", ["doses", "DOS", "dose csv", "csv do", "  doses  "])
def test_a_file_is_found_by_the_beginnings_of_its_words(alice: User, version: Version, words: str) -> None:
    assert found(alice, words) == ["doses.csv"]


@pytest.mark.parametrize("words", ["oses", "doses pdf", "d", "", " . ", "'", "\\", "a' | 'b", "!doses"])
def test_what_does_not_begin_a_word_finds_nothing(alice: User, version: Version, words: str) -> None:
    if words == "!doses":
        assert found(alice, words) == ["doses.csv"]  # punctuation asks for nothing, and is no operator
    else:
        assert found(alice, words) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Befund Müller.pdf", "muller"),
        ("Étude nº 3.csv", "etude 3"),
        ("STRASSE.txt", "straße"),
        ("Straße.txt", "STRASSE"),
        ("Sjögren-Ødegård_Łódź.txt", "odegard lodz sjogren"),
        ("ΑΣΘΕΝΗΣ.txt", "ασθενης"),
        ("Έρευνα.txt", "ερευνα"),
        ("Заключение.docx", "заключ"),
        ("画像.png", "画"),
        ("CT-2026_follow-up.dcm", "follow 2026"),
    ],
)
def test_case_and_accents_do_not_matter(alice: User, workspace: Workspace, name: str, words: str) -> None:
    put(alice, workspace, name, b"1")
    assert found(alice, words) == [name]


def test_one_letter_alone_is_a_word_of_its_own(alice: User, workspace: Workspace) -> None:
    for name in ("T1.dcm", "Group T.csv"):
        put(alice, workspace, name, b"1")
    assert found(alice, "t") == ["Group T.csv"]


def test_descriptions_are_searched_too(alice: User, folder: Item, version: Version) -> None:
    services.describe_item(actor=alice, item=folder, description="Second visit,\nafter the ÉPILEPSIE ward.")
    assert found(alice, "epilepsie") == ["Visit 2"]


def test_a_very_long_word_can_be_kept_and_found(alice: User, folder: Item) -> None:
    services.describe_item(actor=alice, item=folder, description="x" * 4000)
    assert found(alice, "x" * 200) == ["Visit 2"]


def test_a_new_name_is_found_and_the_old_one_is_not(alice: User, version: Version) -> None:
    services.rename_item(actor=alice, item=version.file, name="weights.csv")
    assert (found(alice, "weights"), found(alice, "doses")) == (["weights.csv"], [])


def test_nothing_in_the_bin_is_found(alice: User, folder: Item, version: Version) -> None:
    services.remove_item(actor=alice, item=folder)
    assert found(alice, "doses") == found(alice, "visit") == []


def test_a_search_can_be_narrowed(alice: User, bob: User, folder: Item, version: Version) -> None:
    other = services.create_workspace(actor=alice, name="Other")
    put(alice, other, "Visit doses.pdf", b"%PDF-1.4\n")
    assert found(alice, "visit") == ["Visit 2", "Visit doses.pdf"]
    assert found(alice, "visit", kind="folder") == ["Visit 2"]
    assert found(alice, "visit", workspace=other.pk) == ["Visit doses.pdf"]
    assert found(alice, type="pdf") == ["Visit doses.pdf"]
    assert found(alice, "doses", type="table") == ["doses.csv"]
    today = timezone.now().date()
    Item.objects.filter(pk=version.file_id).update(changed_at=timezone.now() - timedelta(days=9))
    assert found(alice, "doses", since=today) == ["Visit doses.pdf"]


def test_every_kind_of_file_can_be_asked_for(alice: User, version: Version) -> None:
    from workspaces.search.kinds import TYPES

    assert [name for name in TYPES if found(alice, type=name)] == ["table"]


def test_what_is_found_can_be_sorted(alice: User, workspace: Workspace) -> None:
    for name, size in (("scan b", 1), ("scan c", 3), ("scan a", 2)):
        put(alice, workspace, name, b"1" * size)

    def names(sort: str) -> list[str]:
        return [item.name[-1] for item in find_items(alice, Question("scan"), sort=sort).items]

    assert (names("name"), names("size"), names("date")) == (list("abc"), list("cab"), list("acb"))


def test_more_than_is_looked_at_is_cut_off_and_said(
    alice: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 2)
    for number in range(3):
        put(alice, workspace, f"scan {number}", b"1")
    answer = find_items(alice, Question("scan"))
    assert (answer.count, len(answer.items), answer.is_cut_off) == (2, 2, True)
    assert not find_items(alice, Question("scan 1")).is_cut_off


def test_a_stranger_finds_nothing(charlie: User, version: Version) -> None:
    for words in ("doses", "visit", "site"):
        assert found(charlie, words) == []
        assert not find_workspaces(charlie, Question(words)).exists()
    assert find_items(charlie, Question("doses", workspace=version.file.workspace_id)).count == 0


@pytest.mark.parametrize("persona", ["dana", "olga", "frida"])
def test_admins_auditors_and_applicants_find_no_files(
    request: pytest.FixtureRequest, persona: str, version: Version
) -> None:
    person = request.getfixturevalue(persona)
    assert found(person, "doses") == []
    assert not find_workspaces(person, Question("site")).exists()


def test_what_is_hidden_from_somebody_is_not_found_or_counted(alice: User, bob: User, version: Version) -> None:
    give(version.file.workspace, "contributor", bob)
    put(alice, version.file.workspace, "doses of others.csv", b"1")
    assert find_items(bob, Question("doses")).count == 2
    exempt(version.file, "deny", Right.VIEW, bob)
    assert (find_items(bob, Question("doses")).count, found(bob, "doses")) == (1, ["doses of others.csv"])


def test_what_is_hidden_does_not_use_up_what_is_looked_at(
    alice: User, bob: User, folder: Item, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 1)
    give(version.file.workspace, "visitor", bob)
    exempt(folder, "deny", Right.VIEW, bob)
    put(alice, version.file.workspace, "doses.txt", b"1")
    answer = find_items(bob, Question("doses"))
    assert (answer.count, answer.is_cut_off) == (1, False)


def test_somebody_let_into_one_file_finds_that_one_alone(
    alice: User, bob: User, folder: Item, version: Version
) -> None:
    put(alice, folder.workspace, "doses 2.csv", b"1", folder=folder)
    exempt(version.file, "allow", Right.VIEW, bob)
    assert (found(bob, "doses"), found(bob, "visit")) == (["doses.csv"], [])
    assert [one.name for one in find_workspaces(bob, Question("site"))] == ["Site 12"]


def test_a_right_that_has_just_gone_finds_nothing(bob: User, version: Version) -> None:
    grant = give(version.file.workspace, "visitor", bob)
    assert found(bob, "doses") == ["doses.csv"]
    grant.delete()
    assert found(bob, "doses") == []


def test_a_right_that_goes_between_the_two_questions_finds_nothing(
    bob: User, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_candidates", lambda *_: [version.file_id])
    assert found(bob, "doses") == []
    give(version.file.workspace, "visitor", bob)
    assert found(bob, "doses") == ["doses.csv"]


def test_the_database_is_not_asked_about_workspaces_of_others(alice: User, bob: User, version: Version) -> None:
    for person, asked in ((alice, True), (bob, False)):
        with CaptureQueriesContext(connection) as queries:
            found(person, "doses")
        assert any(str(version.file.workspace_id) in query["sql"] for query in queries) is asked


def test_workspaces_are_found_by_name_and_description(alice: User, workspace: Workspace) -> None:
    assert [[one.name for one in find_workspaces(alice, Question(words))] for words in ("12 si", "second", "x")] == [
        ["Site 12"],
        ["Site 12"],
        [],
    ]


def test_people_are_found_by_name_and_institution(alice: User, bob: User, charlie: User) -> None:
    assert set(find_people(alice, Question("lefevre"))) == {bob}
    assert set(find_people(alice, Question("necker"))) == {bob, charlie}


def test_people_are_found_only_by_those_who_see_them(alice: User, frida: User, dana: User) -> None:
    assert not find_people(alice, Question("frida")).exists()
    assert set(find_people(dana, Question("frida"))) == {frida}
    assert not find_people(frida, Question("frida")).exists()


def test_what_only_files_have_leaves_people_and_workspaces_out(alice: User, workspace: Workspace) -> None:
    assert not find_workspaces(alice, Question("site", type="pdf")).exists()
    assert not find_people(alice, Question("alice", kind="file")).exists()


def test_the_words_of_a_question_are_answered_by_the_index(alice: User, folder: Item) -> None:
    """A change of the expression on one side alone would call the function for every row of the table."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY, {"folder": folder.pk})
        cursor.execute("ANALYZE workspaces_item")
    assert "item_by_words" in finding._candidates(alice, Question("scan 77")).explain()
    assert found(alice, "scan 777") == ["Scan 777"]


_MANY = """
    INSERT INTO workspaces_item
        (id, workspace_id, parent_id, kind, name, name_key, path, description, created_by_id, created_at, changed_at)
    SELECT made.id, folder.workspace_id, folder.id, 'folder', 'Scan ' || made.n, 'scan ' || made.n,
        folder.path || made.id, '', folder.created_by_id, now(), now()
    FROM workspaces_item folder, (SELECT gen_random_uuid() AS id, n FROM generate_series(1, 2000) n) made
    WHERE folder.id = %(folder)s
"""
