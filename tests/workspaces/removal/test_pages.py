"""The pages of removals for good: two people walk through them, and each sees what is theirs to see."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from ledger_bridge.erasure import services as erasures
from ledger_bridge.models import Entry
from tests.workspaces.conftest import browser, content_of, give
from workspaces import services
from workspaces.models import Item, Removal, Version, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Sent to us by mistake."


@pytest.fixture
def binned(alice: User, version: Version) -> Item:
    return services.remove_item(actor=alice, item=version.file)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_manager_asks_and_another_confirms(alice: User, bob: User, workspace: Workspace, binned: Item) -> None:
    give(workspace, "manager", bob)
    first, second = browser(alice), browser(bob)
    the_bin = reverse("workspaces:bin", args=[workspace.pk])
    assert "Remove for good" in text(first.get(the_bin))
    page = reverse("workspaces:remove_for_good", args=[binned.pk])
    assert "Another manager of this workspace confirms" in text(first.get(page))
    assert first.post(page, {"reason": ""}).status_code == 400
    assert "look and decide" in text(first.post(page, {"reason": REASON}, follow=True))
    removal = reverse("workspaces:removal", args=[Removal.objects.get().pk])
    assert "somebody else must confirm" in text(first.get(removal))
    assert first.post(removal).status_code == 403
    assert "doses.csv" in text(second.get(removal))
    done = text(second.post(removal, follow=True))
    assert "by Alice Brandt and Bob Lefèvre" in done
    assert REASON in done
    assert "doses.csv" not in done


def test_an_admin_sees_neither_names_nor_content(alice: User, dana: User, workspace: Workspace, binned: Item) -> None:
    removal = services.ask_for_removal(actor=alice, item=binned, reason=REASON)
    client = browser(dana)
    for page in (reverse("workspaces:removals"), reverse("workspaces:removal", args=[removal.pk])):
        shown = text(client.get(page))
        assert REASON in shown
        assert "doses.csv" not in shown
        assert workspace.name not in shown
    assert "Nothing waits" in text(client.post(page, follow=True))


def test_a_stale_proof_of_who_it_is_does_not_do(alice: User, dana: User, binned: Item, settings: Any) -> None:
    removal = services.ask_for_removal(actor=alice, item=binned, reason=REASON)
    client = browser(dana)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    answer = client.post(reverse("workspaces:removal", args=[removal.pk]))
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert Removal.objects.get().state == "asked"


def test_it_can_be_declined_with_a_reason(alice: User, dana: User, binned: Item) -> None:
    removal = services.ask_for_removal(actor=alice, item=binned, reason=REASON)
    decline = reverse("workspaces:decline_removal", args=[removal.pk])
    assert "Say why" in text(browser(dana).post(decline, {"answer": " "}, follow=True))
    browser(dana).post(decline, {"answer": "It is needed."})
    assert Removal.objects.get().answer == "It is needed."
    assert "It is needed." in text(browser(alice).get(reverse("workspaces:removal", args=[removal.pk])))


def test_what_was_removed_for_good_answers_that_it_is_gone(
    alice: User, dana: User, charlie: User, version: Version, binned: Item
) -> None:
    removal = services.ask_for_removal(actor=alice, item=binned, reason=REASON)
    services.confirm_removal(actor=dana, removal=removal)
    pages = (
        reverse("workspaces:file", args=[binned.pk]),
        reverse("workspaces:download", args=[version.pk]),
        reverse("workspaces:view", args=[version.pk]),
        f"/api/v1/versions/{version.pk}/content/",
    )
    for page in pages:
        answer = browser(alice).get(page)
        assert answer.status_code == 410, page
        assert "was removed for good on" in text(answer)
        assert browser(charlie).get(page).status_code == 404


def test_a_refusal_says_what_keeps_it(alice: User, dana: User, binned: Item) -> None:
    erasures.place_hold(actor=dana, kind="item", subject=str(binned.pk), reason="inquiry 7")
    answer = browser(alice).post(reverse("workspaces:remove_for_good", args=[binned.pk]), {"reason": REASON})
    assert answer.status_code == 400
    assert "inquiry 7" in text(answer)


def test_retention_is_set_on_the_settings_page(alice: User, workspace: Workspace) -> None:
    client = browser(alice)
    assert "Days to keep files" in text(client.get(reverse("workspaces:settings", args=[workspace.pk])))
    address = reverse("workspaces:retention", args=[workspace.pk])
    assert client.post(address, {"keep_days": "365", "propose_after": "30"}).status_code == 302
    workspace.refresh_from_db()
    assert (workspace.keep_days, workspace.propose_after) == (365, 30)
    refused = client.post(address, {"keep_days": "999999", "propose_after": ""})
    assert refused.status_code == 400
    assert "allows 0 to" in text(refused)


def test_the_bin_proposes_what_has_been_there_long_enough(alice: User, workspace: Workspace, binned: Item) -> None:
    services.set_retention(actor=alice, workspace=workspace, keep_days=0, propose_after=30)
    page = reverse("workspaces:bin", args=[workspace.pk])
    assert "Proposed for removal" not in text(browser(alice).get(page))
    Item.objects.filter(pk=binned.pk).update(removed_at=timezone.now() - timedelta(days=31))
    assert "Proposed for removal" in text(browser(alice).get(page))
    assert not Removal.objects.exists()


def test_a_version_whose_entry_was_erased_still_opens_and_says_so(
    alice: User, dana: User, erik: User, version: Version, settings: Any
) -> None:
    settings.LEDGER_RETENTION_DAYS = {"workspace": 0, "item": 0, "person": 0}
    asked = erasures.ask_for_erasure(actor=dana, kind="item", subject=str(version.file_id), ground="order 12")
    erasures.confirm_erasure(actor=erik, erasure=asked)
    assert not Entry.objects.get(pk=version.entry).is_readable
    client = browser(alice)
    shown = text(client.get(reverse("workspaces:file", args=[version.file_id])))
    assert "What the ledger said about version 1 was erased" in shown
    assert "remove it for good" in shown
    answer = client.get(reverse("workspaces:download", args=[version.pk]))
    assert answer.status_code == 200
    assert b"12-001" in content_of(answer)
    binned = services.remove_item(actor=alice, item=version.file)
    removal = services.ask_for_removal(actor=alice, item=binned, reason=REASON)
    assert services.confirm_removal(actor=dana, removal=removal).state == "done"
