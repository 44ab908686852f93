"""What a request for access tells people who may not answer it any more, or were shut out after they asked."""

from accounts.inbox.models import Notice
from accounts.inbox.selectors import rows_for as lines_for
from accounts.models import User
from sharing.models import WorkspaceUserGrant
from sharing.requests.notices import ASKED
from sharing.requests.selectors import requests_in, rows_for
from tests.sharing.conftest import give
from tests.sharing.test_asking import ask
from workspaces.models import Item, Workspace


def test_who_may_not_answer_any_more_is_told_nothing(
    alice: User, bob: User, charlie: User, workspace: Workspace, scan: Item
) -> None:
    give(workspace, "visitor", bob)
    managing = give(workspace, "manager", charlie)
    request = ask(bob, scan)
    notice = Notice.objects.create(person=charlie, kind=ASKED.code, thing=request.pk, actor=bob)
    [before] = lines_for(charlie, [notice])
    assert scan.name in before.words
    managing.delete()
    [after] = lines_for(charlie, [notice])
    assert after.line is None


def test_an_asker_who_was_shut_out_is_not_told_what_the_workspace_is_called_now(
    bob: User, workspace: Workspace
) -> None:
    give(workspace, "visitor", bob)
    ask(bob, workspace)
    WorkspaceUserGrant.objects.filter(user=bob).delete()
    Workspace.objects.filter(pk=workspace.pk).update(name="Renamed since")
    [row] = rows_for(bob, requests_in(bob, "mine"))
    assert row.place == ""
    assert "Renamed since" not in row.about
