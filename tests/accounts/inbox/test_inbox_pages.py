"""The inbox on its page, in the head of every page, and for programs."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import services
from accounts.inbox import selectors
from accounts.inbox.mailing import KEPT_AFTER_READING, forget_old_notices
from accounts.models import MailChoice, Notice, User
from core.errors import InvalidInput, Refused
from ledger_bridge.models import Entry
from tests.accounts.inbox.conftest import say
from tests.workspaces.conftest import exempt, last_entry
from workspaces.models import Version, Workspace
from workspaces.permissions import Right

pytestmark = pytest.mark.django_db


@pytest.fixture
def notice(alice: User, visitor: User, version: Version) -> Notice:
    say(alice, version.file, f"@{visitor.name}, look at row 3.")
    return Notice.objects.get(person=visitor)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, path: str = "/inbox/") -> str:
    answer = signed_in(user).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_says_what_happened_and_leads_there(visitor: User, notice: Notice) -> None:
    seen = page(visitor)
    assert "mentioned you in a comment on “doses.csv”" in seen
    assert "Site 12" in seen
    assert "row 3" not in seen
    answer = signed_in(visitor).get(f"/inbox/{notice.pk}/")
    assert answer["Location"] == f"/workspaces/comments/{notice.thing}/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_the_head_of_every_page_says_how_many_are_unread(visitor: User, alice: User, notice: Notice) -> None:
    assert '<span class="site-head__count">1<' in page(visitor, "/workspaces/")
    assert "site-head__count" not in page(alice, "/workspaces/")
    services.mark_read(actor=visitor, notice=notice)
    assert "site-head__count" not in page(visitor, "/workspaces/")


def test_counting_takes_one_query_and_stops_at_a_hundred(
    visitor: User, notice: Notice, django_assert_num_queries: Any
) -> None:
    rows = [Notice(person=visitor, kind=notice.kind, thing=uuid4()) for _ in range(150)]
    Notice.objects.bulk_create(rows)
    with django_assert_num_queries(1):
        assert selectors.unread_count(visitor) == 100
    assert ">99+<" in page(visitor, "/workspaces/")


def test_a_piece_of_a_page_counts_nothing(visitor: User, notice: Notice, django_assert_num_queries: Any) -> None:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = visitor
    with django_assert_num_queries(0):
        assert "unread_notices" in selectors.in_page_head(request)


def test_one_notice_is_marked_as_read_where_one_was(visitor: User, notice: Notice) -> None:
    answer = signed_in(visitor).post(f"/inbox/{notice.pk}/read/", {"about": "comments", "page": "1"})
    assert answer["Location"] == "/inbox/?about=comments&page=1"
    assert selectors.unread_count(visitor) == 0


def test_everything_of_a_kind_is_marked_as_read(visitor: User, notice: Notice) -> None:
    client = signed_in(visitor)
    client.post("/inbox/read-all/", {"about": "access"})
    assert selectors.unread_count(visitor) == 1
    client.post("/inbox/read-all/")
    assert selectors.unread_count(visitor) == 0


def test_it_can_be_filtered(visitor: User, notice: Notice) -> None:
    assert "doses.csv" in page(visitor, "/inbox/?about=comments&unread=on")
    assert "Nothing of that kind" in page(visitor, "/inbox/?about=access")
    services.mark_read(actor=visitor, notice=notice)
    assert "Nothing of that kind" in page(visitor, "/inbox/?unread=on")
    assert "doses.csv" in page(visitor, "/inbox/?about=nonsense")


def test_it_comes_in_pages(visitor: User, notice: Notice, monkeypatch: Any) -> None:
    monkeypatch.setattr("accounts.views.inbox.PAGE", 1)
    Notice.objects.create(person=visitor, kind=notice.kind, thing=uuid4())
    assert "doses.csv" not in page(visitor)
    assert "doses.csv" in page(visitor, "/inbox/?page=2")


def test_an_empty_one_says_what_will_stand_there(alice: User) -> None:
    assert "Nothing yet" in page(alice)


def test_what_one_may_not_see_any_more_leads_nowhere(visitor: User, notice: Notice, version: Version) -> None:
    exempt(version.file, "deny", Right.VIEW, visitor)
    seen = page(visitor)
    assert "Something that you do not see any more" in seen
    assert "Alice" not in seen
    assert "doses" not in seen
    assert signed_in(visitor).get(f"/inbox/{notice.pk}/")["Location"] == "/inbox/"


def test_nobody_reads_or_marks_what_is_anothers(alice: User, notice: Notice) -> None:
    client = signed_in(alice)
    assert client.get(f"/inbox/{notice.pk}/").status_code == 404
    assert client.post(f"/inbox/{notice.pk}/read/").status_code == 404
    assert client.post(f"/api/v1/inbox/{notice.pk}/read/").status_code == 404
    with pytest.raises(Refused):
        services.mark_read(actor=alice, notice=notice)
    notice.refresh_from_db()
    assert notice.read_at is None


def test_what_was_read_long_ago_goes(visitor: User, notice: Notice) -> None:
    assert forget_old_notices() == 0
    services.mark_read(actor=visitor, notice=notice)
    Notice.objects.update(read_at=notice.at - KEPT_AFTER_READING)
    assert forget_old_notices() == 1


def test_how_to_be_mailed_is_chosen_for_one_workspace_and_for_the_rest(visitor: User, workspace: Workspace) -> None:
    client = signed_in(visitor)
    client.post("/account/mails/", {"how": "off"})
    client.post("/account/mails/", {"how": "immediate", "workspace": str(workspace.pk)})
    assert selectors.mail_choices(visitor) == {None: "off", workspace.pk: "immediate"}
    assert (last_entry().kind, last_entry().detail) == ("notices.mail_chosen", {"how": "immediate", "where": "one"})
    assert "Site 12" in page(visitor, "/account/mails/")
    client.post("/account/mails/", {"workspace": str(workspace.pk)})
    assert selectors.mail_choices(visitor) == {None: "off"}


def test_choosing_the_same_again_is_no_news(visitor: User) -> None:
    for _ in range(2):
        services.choose_mail(actor=visitor, how="off")
    assert Entry.objects.filter(kind="notices.mail_chosen").count() == 1
    assert MailChoice.objects.get().how == "off"


@pytest.mark.parametrize("how", ["", "hourly"])
def test_there_are_three_ways_and_no_other(visitor: User, how: str) -> None:
    with pytest.raises(InvalidInput, match="Choose at once"):
        services.choose_mail(actor=visitor, how=how)
    assert signed_in(visitor).post("/account/mails/", {"how": how}).status_code == 400


def test_nobody_chooses_for_a_workspace_they_do_not_see(bob: User, workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="one of your workspaces"):
        services.choose_mail(actor=bob, how="off", workspace=workspace.pk)
    answer = signed_in(bob).post("/account/mails/", {"how": "off", "workspace": str(workspace.pk)})
    assert answer.status_code == 400
    assert "Site 12" not in answer.content.decode()


def test_the_api_shows_and_marks(visitor: User, notice: Notice, workspace: Workspace) -> None:
    client = signed_in(visitor)
    found = client.get("/api/v1/inbox/", {"unread": "true", "about": "comments"}).json()
    [row] = found["results"]
    assert (found["count"], row["id"], row["who"], row["place"]) == (1, str(notice.pk), "Alice Brandt", "Site 12")
    assert client.post(f"/api/v1/inbox/{notice.pk}/read/").status_code == 204
    assert client.get("/api/v1/inbox/", {"unread": "true"}).json()["count"] == 0
    assert client.post("/api/v1/inbox/read-all/").json() == {"marked": 0}
    assert client.get("/api/v1/inbox/", {"about": "nonsense"}).status_code == 400
    said = {"how": "off", "workspace": str(workspace.pk)}
    chosen = client.put("/api/v1/inbox/mail/", said, content_type="application/json").json()
    assert chosen == client.get("/api/v1/inbox/mail/").json() == [{"workspace": None, "how": "daily"}, said]


def test_the_api_says_nothing_of_what_one_may_not_see_any_more(visitor: User, notice: Notice, version: Version) -> None:
    exempt(version.file, "deny", Right.VIEW, visitor)
    [row] = signed_in(visitor).get("/api/v1/inbox/").json()["results"]
    assert (row["who"], row["kind"], row["place"], row["url"]) == ("", "", "", "")
