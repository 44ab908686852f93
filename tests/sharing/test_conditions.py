"""Access that holds only from some networks, or on some days and hours."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from core.http import address_of, called_by, on_the_word_of
from ledger_bridge.models import Entry
from sharing import services
from sharing.conditions.models import EVERY_DAY, days_in_words
from sharing.explaining import why_not
from sharing.models import Condition, ItemUserException
from sharing.rules import people_rights
from sharing.why.weighing import why
from tests.sharing.conftest import exempt, give, house_of, last_entry
from tests.sharing.test_api import as_, post
from tests.workspaces.conftest import put
from workspaces import services as workspaces
from workspaces.models import Item, Workspace
from workspaces.permissions import Right
from workspaces.services import reading

CLINIC = "10.0.0.0/8"
INSIDE, OUTSIDE = "10.1.2.3", "203.0.113.9"
MONDAY_MORNING = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def clinic(alice: User, workspace: Workspace) -> Condition:
    return services.make_condition(actor=alice, workspace=workspace, name="Clinic", networks=[CLINIC])


def daytime(alice: User, workspace: Workspace, **more: Any) -> Condition:
    hours: dict[str, Any] = {"starts": time(7), "ends": time(19), "zone": "Europe/Berlin", "days": [1, 2, 3, 4, 5]}
    return services.make_condition(actor=alice, workspace=workspace, name="Daytime", **hours | more)


def let_in(condition: Condition, person: User, role: str = "visitor") -> Any:
    grant = give(condition.workspace, role, person)
    grant.condition = condition
    grant.save()
    return grant


def may(person: User, thing: Any, right: Right = Right.VIEW, *, address: str | None = None) -> bool:
    with called_by(str(person.pk), address):
        return person.has_perm(right, thing)


@pytest.mark.parametrize(
    ("networks", "address", "fulfilled"),
    [
        ([CLINIC], INSIDE, True),
        ([CLINIC], OUTSIDE, False),
        ([CLINIC], "::ffff:10.1.2.3", True),
        ([CLINIC, "2001:db8::/32"], "2001:db8::7", True),
        (["2001:db8::/32"], "2001:db9::7", False),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["203.0.113.9"], OUTSIDE, True),
        ([CLINIC], None, False),
        ([CLINIC], "nonsense", False),
    ],
)
def test_a_network_decides_from_where_a_role_holds(
    alice: User, bob: User, workspace: Workspace, scan: Item, networks: list[str], address: str, fulfilled: object
) -> None:
    condition = services.make_condition(actor=alice, workspace=workspace, name="N", networks=networks)
    let_in(condition, bob)
    assert may(bob, scan, address=address) is fulfilled


@pytest.mark.parametrize(
    ("moment", "fulfilled"),
    [
        (datetime(2026, 11, 30, 5, 59, tzinfo=UTC), False),  # 06:59 in Berlin
        (datetime(2026, 11, 30, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 17, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 18, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 6, 5, 0, tzinfo=UTC), True),  # 07:00 there, in summer
        (datetime(2026, 11, 29, 12, 0, tzinfo=UTC), False),  # a Sunday
    ],
)
def test_hours_and_days_decide_when_it_holds(
    alice: User, bob: User, workspace: Workspace, scan: Item, moment: datetime, fulfilled: object
) -> None:
    let_in(daytime(alice, workspace), bob)
    with time_machine.travel(moment, tick=False):
        assert may(bob, scan) is fulfilled


@pytest.mark.parametrize(
    ("moment", "fulfilled"),
    [
        (datetime(2026, 11, 27, 23, 0, tzinfo=UTC), True),  # Friday evening
        (datetime(2026, 11, 28, 5, 0, tzinfo=UTC), True),  # the morning after
        (datetime(2026, 11, 28, 23, 0, tzinfo=UTC), False),  # Saturday evening
        (datetime(2026, 11, 30, 5, 0, tzinfo=UTC), False),  # began on Sunday
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(
    alice: User, bob: User, workspace: Workspace, scan: Item, moment: datetime, fulfilled: object
) -> None:
    let_in(daytime(alice, workspace, starts=time(22), ends=time(6), zone="UTC"), bob)
    with time_machine.travel(moment, tick=False):
        assert may(bob, scan) is fulfilled


def test_nothing_is_known_of_where_somebody_else_would_ask_from(
    alice: User, bob: User, scan: Item, clinic: Condition
) -> None:
    let_in(clinic, bob)
    with called_by(str(alice.pk), INSIDE):
        assert not bob.has_perm(Right.VIEW, scan)
        assert address_of(str(bob.pk)) is None


def test_what_a_request_was_let_do_is_finished_after_it(bob: User, scan: Item, clinic: Condition) -> None:
    grant = let_in(clinic, bob, "contributor")
    with on_the_word_of(str(bob.pk)):
        assert bob.has_perm(Right.UPLOAD, scan)
        assert scan in Item.objects.visible_to(bob)
        grant.delete()
        assert not bob.has_perm(Right.UPLOAD, scan)


def test_lists_of_who_may_count_conditions_as_fulfilled(bob: User, scan: Item, clinic: Condition) -> None:
    let_in(clinic, bob)
    assert "view" in people_rights([bob], scan.pk)[bob.pk]


def test_the_owner_is_under_no_condition(alice: User, workspace: Workspace, scan: Item, clinic: Condition) -> None:
    assert may(alice, scan, Right.MANAGE, address=OUTSIDE)


def test_an_exception_under_a_condition_lets_in_only_then(bob: User, scan: Item, clinic: Condition) -> None:
    exception = exempt(scan, "allow", Right.VIEW, bob)
    exception.condition = clinic
    exception.save()
    assert may(bob, scan, address=INSIDE)
    assert not may(bob, scan, address=OUTSIDE)
    assert may(bob, scan.workspace, address=INSIDE)
    assert not may(bob, scan.workspace, address=OUTSIDE)


def test_a_denial_has_no_condition(alice: User, bob: User, scan: Item, clinic: Condition) -> None:
    with pytest.raises(InvalidInput, match="denied always"):
        services.set_exception(actor=alice, item=scan, right=Right.VIEW, effect="deny", person=bob, condition=clinic)
    with pytest.raises(IntegrityError, match="no_denial"), transaction.atomic():
        ItemUserException.objects.filter(pk=exempt(scan, "deny", Right.VIEW, bob).pk).update(condition=clinic)


def test_another_way_in_is_not_narrowed(bob: User, workspace: Workspace, scan: Item, clinic: Condition) -> None:
    let_in(clinic, bob, "contributor")
    bob.groups.add(house_of(bob))
    give(workspace, "visitor", house_of(bob))
    assert may(bob, scan, Right.VIEW, address=OUTSIDE)
    assert not may(bob, scan, Right.UPLOAD, address=OUTSIDE)


def test_giving_under_a_condition_is_recorded_in_words(alice: User, bob: User, clinic: Condition) -> None:
    services.grant_role(actor=alice, workspace=clinic.workspace, role="visitor", person=bob, condition=clinic)
    entry = last_entry()
    assert (entry.kind, entry.person) == ("condition.put", bob.pk)
    assert (entry.detail["on"], entry.detail["holds"]) == ("role Visitor", f"only from {CLINIC}")


def test_changing_a_role_keeps_its_condition_unless_another_is_named(alice: User, bob: User, clinic: Condition) -> None:
    grant = let_in(clinic, bob)
    assert services.change_role(actor=alice, grant=grant, role="contributor").condition == clinic
    assert not Entry.objects.filter(kind="condition.put").exists()
    assert services.change_role(actor=alice, grant=grant, role="contributor", condition=None).condition is None
    assert last_entry().detail["holds"] == "without a condition"


def test_a_condition_of_another_workspace_is_refused(alice: User, bob: User, clinic: Condition) -> None:
    other = Workspace.objects.create(name="Other", owner=alice)
    with pytest.raises(InvalidInput, match="of this workspace"):
        services.grant_role(actor=alice, workspace=other, role="visitor", person=bob, condition=clinic)


def test_making_one_is_for_those_who_share(bob: User, workspace: Workspace) -> None:
    give(workspace, "contributor", bob)
    with pytest.raises(Refused, match="does not include “share”"):
        services.make_condition(actor=bob, workspace=workspace, name="Mine", networks=[CLINIC])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "networks"),
        ({"networks": ["10.0.0.0/33"]}, "networks"),
        ({"networks": ["10.0.0.1/8"]}, "networks"),
        ({"networks": ["clinic.example"]}, "networks"),
        ({"networks": ["10.0.0.0/8"] * 51}, "networks"),
        ({"days": EVERY_DAY}, "networks"),
        ({"days": [0]}, "days"),
        ({"starts": time(7)}, "ends"),
        ({"starts": time(7), "ends": time(7)}, "ends"),
        ({"starts": time(7), "ends": time(9), "zone": "Berlin"}, "zone"),
    ],
)
def test_bad_input_is_refused_at_its_field(alice: User, workspace: Workspace, said: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.make_condition(actor=alice, workspace=workspace, name="X", **said)
    assert refused.value.field == field
    assert not Condition.objects.exists()


def test_a_name_is_given_once(alice: User, clinic: Condition) -> None:
    with pytest.raises(Conflict, match="called"):
        services.make_condition(actor=alice, workspace=clinic.workspace, name="clinic", networks=["192.0.2.0/24"])


def test_it_is_removed_only_while_nobody_is_under_it(alice: User, bob: User, clinic: Condition) -> None:
    grant = let_in(clinic, bob)
    with pytest.raises(Conflict, match="Somebody has access"):
        services.remove_condition(actor=alice, condition=clinic)
    grant.delete()
    services.remove_condition(actor=alice, condition=clinic)
    assert last_entry().kind == "condition.removed"
    with pytest.raises(Conflict, match="meantime"):
        services.remove_condition(actor=alice, condition=clinic)


def test_it_says_what_it_asks(alice: User, workspace: Workspace, clinic: Condition) -> None:
    assert clinic.in_words == "only from 10.0.0.0/8"
    words = "only between 07:00 and 19:00, Monday to Friday (Europe/Berlin)"
    assert daytime(alice, workspace).in_words == words
    assert [days_in_words(days) for days in ([6, 7], [1, 3, 5], [2])] == [
        "Saturday and Sunday",
        "Monday, Wednesday, Friday",
        "Tuesday",
    ]


def test_a_refusal_names_it(bob: User, workspace: Workspace, scan: Item, clinic: Condition) -> None:
    bob.groups.add(house_of(bob))
    give(workspace, "visitor", house_of(bob))
    let_in(clinic, bob, "contributor")
    assert why_not(bob, Right.UPLOAD, scan) == "Your role Contributor holds only from 10.0.0.0/8."
    exempt(scan, "allow", Right.UPLOAD, bob)
    ItemUserException.objects.update(condition=clinic)
    assert why_not(bob, Right.UPLOAD, scan) == "An exception lets you upload here, only from 10.0.0.0/8."


def test_the_sentence_that_says_why_names_it(bob: User, scan: Item, clinic: Condition) -> None:
    let_in(clinic, bob)

    def view() -> Any:
        return why(bob, scan, reader=bob)[0]

    with called_by(str(bob.pk), INSIDE):
        assert view().allowed
        assert view().cause.sentence.endswith("includes it. It holds only from 10.0.0.0/8.")
    with called_by(str(bob.pk), OUTSIDE):
        assert not view().allowed
        assert "It holds only from 10.0.0.0/8. That is not so now." in view().cause.sentence


def from_(address: str, person: User) -> Any:
    client = Client(REMOTE_ADDR=address)
    client.force_login(person)
    return client


def test_pages_ask_for_the_address_of_the_request(bob: User, clinic: Condition, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    let_in(clinic, bob)
    path = reverse("workspaces:detail", args=[clinic.workspace_id])
    assert from_(INSIDE, bob).get(path).status_code == 200
    assert from_(OUTSIDE, bob).get(path).status_code == 404
    assert last_entry().kind == "access.refused"
    # What somebody claims counts only where a proxy of ours says it.
    assert from_(OUTSIDE, bob).get(path, headers={"X-Forwarded-For": INSIDE}).status_code == 404
    assert from_("192.0.2.1", bob).get(path, headers={"X-Forwarded-For": INSIDE}).status_code == 200


@pytest.fixture
def pieces(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let bob download something large in the daytime; yield what is left of it."""
    monkeypatch.setattr(reading, "_RECHECK", 0)
    workspace = workspaces.create_workspace(actor=alice, name="Large")
    version = put(alice, workspace, "genome.bam", bytes(3_000_000))
    let_in(daytime(alice, workspace, networks=[CLINIC]), bob)
    with time_machine.travel(MONDAY_MORNING, tick=False) as clock:
        client = from_(INSIDE, bob)
        running = iter(client.get(reverse("workspaces:download", args=[version.pk])).streaming_content)
        yield running, clock


@pytest.mark.django_db(transaction=True)
def test_a_running_download_goes_on_within_the_hours_and_ends_with_them(pieces: Any) -> None:
    running, clock = pieces
    assert next(running)
    assert next(running)
    clock.move_to(MONDAY_MORNING.replace(hour=18))
    with pytest.raises(Refused, match=r"holds only from 10\.0\.0\.0/8, between 07:00 and 19:00"):
        list(running)
    assert Entry.objects.filter(kind="version.cut_off").exists()


def test_the_page_makes_and_removes_them(alice: User, workspace: Workspace) -> None:
    path = reverse("sharing:conditions", args=[workspace.pk])
    said = {"name": "Clinic", "networks": f"{CLINIC}\n2001:db8::/32", "days": ["1", "2"], "zone": "Europe/Berlin"}
    assert as_(alice).post(path, {**said, "networks": "nonsense"}).status_code == 400
    assert as_(alice).post(path, said).status_code == 302
    made = Condition.objects.get()
    assert (made.networks, made.days) == ([CLINIC, "2001:db8::/32"], [1, 2])
    assert "only from 10.0.0.0/8 or 2001:db8::/32" in as_(alice).get(path).content.decode()
    as_(alice).post(reverse("sharing:remove_condition", args=[workspace.pk, made.pk]))
    assert not Condition.objects.exists()


def test_the_forms_offer_them(alice: User, bob: User, clinic: Condition, scan: Item) -> None:
    give_path = f"{reverse('sharing:grant', args=[clinic.workspace_id])}?person={bob.pk}"
    bob.institution = alice.institution
    bob.save()
    assert "Clinic: only from 10.0.0.0/8" in as_(alice).get(give_path).content.decode()
    said = {"role": "visitor", "no_end": "on", "condition_id": str(clinic.pk)}
    assert as_(alice).post(give_path, said).status_code == 302
    assert not bob.has_perm(Right.VIEW, scan)
    page = as_(alice).get(reverse("sharing:workspace_access", args=[clinic.workspace_id])).content.decode()
    assert "Holds only from 10.0.0.0/8" in page
    mine = as_(bob).get(reverse("sharing:my_grants")).content.decode()
    assert "Holds only from 10.0.0.0/8" in mine


def test_the_api_does_the_same(alice: User, bob: User, workspace: Workspace, scan: Item) -> None:
    bob.institution = alice.institution
    bob.save()
    made = post(alice, "conditions", workspace.pk, name="Clinic", networks=[CLINIC], days=[1]).json()
    assert made["in_words"] == "only from 10.0.0.0/8, Monday (UTC)"
    given = {"person": str(bob.pk), "role": "visitor", "expires_at": None, "condition": made["id"]}
    grant = post(alice, "grants", workspace.pk, **given)
    assert grant.status_code == 201
    [row] = as_(alice).get(reverse("sharing_api:grants", args=[workspace.pk])).json()
    assert row["condition"] == made["id"]
    path = reverse("sharing_api:condition", args=[made["id"]])
    assert as_(alice).delete(path).status_code == 409
    change = {"role": "visitor", "expires_at": None, "condition": None}
    url = reverse("sharing_api:grant", args=[grant.json()["id"]])
    assert as_(alice).put(url, change, content_type="application/json").status_code == 204
    assert bob.has_perm(Right.VIEW, scan)
    assert as_(alice).delete(path).status_code == 204
    assert post(alice, "grants", workspace.pk, **given).status_code == 400


def test_strangers_find_none(bob: User, clinic: Condition) -> None:
    assert as_(bob).get(reverse("sharing:conditions", args=[clinic.workspace_id])).status_code == 404
    assert as_(bob).delete(reverse("sharing_api:condition", args=[clinic.pk])).status_code == 404


@pytest.mark.parametrize("network", ["fe80::1%eth0", "fe80::%1/64"])
def test_a_network_of_one_interface_is_refused_since_no_check_could_read_it(
    alice: User, workspace: Workspace, network: str
) -> None:
    with pytest.raises(InvalidInput, match="is no network"):
        services.make_condition(actor=alice, workspace=workspace, name="N", networks=[network])


def test_ipv4_networks_written_as_ipv6_are_kept_as_what_they_are(
    alice: User, bob: User, workspace: Workspace, scan: Item
) -> None:
    let_in(services.make_condition(actor=alice, workspace=workspace, name="N", networks=["::ffff:10.0.0.0/104"]), bob)
    assert may(bob, scan, address=INSIDE)
