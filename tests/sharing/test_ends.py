"""The last day of access: whole, in the giver's time zone, and never together with "no end"."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing.forms import RoleForm
from sharing.models import WorkspaceUserGrant
from tests.sharing.conftest import in_days
from workspaces.models import Workspace


def give_role(giver: User, workspace: Workspace, person: User, **words: str) -> Any:
    client = Client()
    client.force_login(giver)
    url = f"{reverse('sharing:grant', args=[workspace.pk])}?person={person.pk}"
    return client.post(url, {"role": "visitor", **words})


def test_a_chosen_day_and_no_end_contradict_each_other(alice: User, bob: User, workspace: Workspace) -> None:
    answer = give_role(alice, workspace, bob, expires_on=in_days(33).date().isoformat(), no_end="on")
    assert answer.status_code == 400
    assert "Keep one of them" in answer.content.decode()
    assert not WorkspaceUserGrant.objects.exists()


def test_the_day_that_was_suggested_is_no_choice(alice: User, bob: User, workspace: Workspace) -> None:
    suggested = RoleForm(actor=alice).fields["expires_on"].initial.isoformat()
    give_role(alice, workspace, bob, expires_on=suggested, no_end="on")
    assert WorkspaceUserGrant.objects.get().expires_at is None


def test_an_empty_day_with_no_end_is_no_end(alice: User, bob: User, workspace: Workspace) -> None:
    give_role(alice, workspace, bob, expires_on="", no_end="on")
    assert WorkspaceUserGrant.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("UTC", datetime(2027, 3, 2, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2027, 3, 1, 11, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 3, 2, 5, tzinfo=UTC)),
    ],
)
def test_the_last_day_is_whole_where_the_giver_lives(
    alice: User, bob: User, workspace: Workspace, zone: str, end: datetime
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone=zone)
    give_role(alice, workspace, bob, expires_on="2027-03-01")
    assert WorkspaceUserGrant.objects.get().expires_at == end


def test_the_form_says_whose_midnight_it_is(alice: User) -> None:
    alice.time_zone = "Pacific/Auckland"
    assert "end of this day (Pacific/Auckland time)" in RoleForm(actor=alice).fields["expires_on"].help_text
