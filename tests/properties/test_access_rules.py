"""The rules of access, held against a naive reading of their text on random installations."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Institution, User
from core.access import rights_on_each
from core.http import called_by
from core.ids import uuid7
from sharing.models import (
    Condition,
    ItemGroupException,
    ItemUserException,
    PermissionSet,
    WorkspaceGroupGrant,
    WorkspaceUserGrant,
)
from sharing.rules import holders_in, people_rights
from sharing.why.weighing import why
from tests.conftest import make_institution, make_person
from workspaces.models import Item, Workspace
from workspaces.permissions import ROLE_RIGHTS, Right, Role

PEOPLE, GROUPS, ITEMS, SETS = 4, 2, 6, 2
people = st.integers(0, PEOPLE - 1)
groups = st.integers(0, GROUPS - 1)
STANDING = ["good", "good", "good", "good", "expired", "commission_admin"]
ends = st.sampled_from([None, None, 1, -1])  # never, yesterday, tomorrow
# View more often than the others, in narrow and deep trees: what is rare is where rules meet.
ITEM_RIGHTS = [Right.VIEW, Right.VIEW, Right.DOWNLOAD]


@dataclass(frozen=True)
class Holder:
    """A person or a group, by number."""

    kind: str
    number: int


@dataclass(frozen=True)
class Asked:
    """A condition: networks (none: anywhere), days (none: every day), hours from and until (none: all day), a zone."""

    networks: tuple[str, ...]
    days: frozenset[int]
    hours: tuple[int, int] | None
    zone: str

    def holds(self, address: str | None, moment: datetime) -> bool:
        return self.holds_from(address) and self.holds_at(moment.astimezone(ZoneInfo(self.zone)))

    def holds_from(self, address: str | None) -> bool:
        if not self.networks:
            return True
        return address is not None and any(ip_address(address) in ip_network(one) for one in self.networks)

    def holds_at(self, clock: datetime) -> bool:
        """Look at the hour that it is there, and at the day on which the hours began."""
        days = self.days or set(range(1, 8))
        if self.hours is None:
            return clock.isoweekday() in days
        start, end = self.hours
        hours = [(start + passed) % 24 for passed in range((end - start) % 24)]
        began = clock if start < end or clock.hour >= start else clock - timedelta(days=1)
        return clock.hour in hours and began.isoweekday() in days


def asks_for_something(asked: Asked) -> bool:
    return bool(asked.networks or asked.hours or len(asked.days) in range(1, 7))


NETWORKS = ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
ADDRESSES = [None, "10.1.2.3", "192.0.2.7", "192.0.2.8", "2001:db8::1", "::ffff:10.9.9.9"]
hours = st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] != pair[1])
asked = st.builds(
    Asked,
    networks=st.lists(st.sampled_from(NETWORKS), max_size=2, unique=True).map(tuple),
    days=st.frozensets(st.integers(1, 7), max_size=7),
    hours=st.one_of(st.none(), hours),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland", "America/St_Johns"]),
).filter(asks_for_something)
# Most stand under none.
conditions = st.one_of(st.none(), st.none(), asked)
holders = st.one_of(st.builds(Holder, st.just("person"), people), st.builds(Holder, st.just("group"), groups))


@dataclass
class Plan:
    """A random installation: two workspaces, a tree of items over them, and what was said about whom."""

    members: list[set[int]]
    standing: list[str]
    parents: list[int | None]
    sets: list[frozenset[Right]]
    grants: dict[tuple[Holder, int], tuple[Role | int, int | None, Asked | None]]
    exceptions: dict[tuple[Holder, Right, int], tuple[str, int | None, Asked | None]]
    addresses: list[str | None]
    rows: dict[str, list[Any]] = field(default_factory=dict)

    def workspace_of(self, item: int) -> int:
        parent = self.parents[item]
        return item % 2 if parent is None else self.workspace_of(parent)

    def path(self, item: int) -> list[int]:
        parent = self.parents[item]
        return [item] if parent is None else [*self.path(parent), item]


plans = st.builds(
    Plan,
    members=st.lists(st.sets(groups), min_size=PEOPLE, max_size=PEOPLE),
    standing=st.lists(st.sampled_from(STANDING), min_size=PEOPLE, max_size=PEOPLE),
    parents=st.tuples(
        *(st.sampled_from([None, n - 1, n - 1, max(0, n - 2)]) if n else st.none() for n in range(ITEMS))
    ).map(list),
    # What institutions put together: with view, without manage.
    sets=st.lists(
        st.frozensets(st.sampled_from([right for right in Right if right != Right.MANAGE]), max_size=4).map(
            lambda rights: rights | {Right.VIEW}
        ),
        min_size=SETS,
        max_size=SETS,
    ),
    # A role that is built in, or the number of a set.
    grants=st.dictionaries(
        st.tuples(holders, st.integers(0, 1)),
        st.tuples(st.sampled_from([*Role, *range(SETS)]), ends, conditions),
        max_size=5,
    ),
    exceptions=st.dictionaries(
        st.tuples(holders, st.sampled_from(ITEM_RIGHTS), st.integers(0, ITEMS - 1)),
        # What is denied is denied always.
        st.tuples(st.sampled_from(["allow", "deny"]), ends, conditions).map(
            lambda said: said if said[0] == "allow" else (said[0], said[1], None)
        ),
        min_size=4,
        max_size=14,
    ),
    addresses=st.lists(st.sampled_from(ADDRESSES), min_size=PEOPLE, max_size=PEOPLE),
)  # fmt: skip


class NaiveReading:
    """The rules as a person would apply them with a pencil; it shares no line with the code."""

    def __init__(self, plan: Plan, *, anyhow: bool = False) -> None:
        self.plan = plan
        self.anyhow = anyhow
        self.now = timezone.now()

    def holds(self, condition: Asked | None, person: int) -> bool:
        if condition is None or self.anyhow:
            return True
        address = self.plan.addresses[person]
        return condition.holds(address and address.removeprefix("::ffff:"), self.now)

    def gives(self, person: int, right: Right, workspace: int) -> bool:
        return any(
            where == workspace
            and self.concerns(holder, person)
            and end != -1
            and self.holds(condition, person)
            and right in (self.plan.sets[role] if isinstance(role, int) else ROLE_RIGHTS[role])
            for (holder, where), (role, end, condition) in self.plan.grants.items()
        )

    def concerns(self, holder: Holder, person: int) -> bool:
        if holder.kind == "person":
            return holder.number == person
        return holder.number in self.plan.members[person]

    def on_workspace(self, person: int, right: Right, workspace: int) -> bool:
        if self.plan.standing[person] != "good":
            return False
        if person == workspace:  # person 0 owns workspace 0, person 1 owns workspace 1
            return True
        if self.gives(person, right, workspace):
            return True
        return right == Right.VIEW and any(
            self.on_item(person, Right.VIEW, item) and self.says(person, Right.VIEW, item) == "allow"
            for item in range(ITEMS)
            if self.plan.workspace_of(item) == workspace
        )

    def says(self, person: int, right: Right, item: int) -> str | None:
        """What the exceptions that stand exactly on this item say."""
        effects = {
            effect
            for (holder, what, where), (effect, end, condition) in self.plan.exceptions.items()
            if where == item and what == right and end != -1 and self.concerns(holder, person)
            if self.holds(condition, person)
        }
        return "deny" if "deny" in effects else "allow" if effects else None

    def single(self, person: int, right: Right, item: int) -> bool:
        workspace = self.plan.workspace_of(item)
        if person == workspace:
            return True
        for step in reversed(self.plan.path(item)):
            if effect := self.says(person, right, step):
                return effect == "allow"
        return self.gives(person, right, workspace)

    def on_item(self, person: int, right: Right, item: int) -> bool:
        if self.plan.standing[person] != "good":
            return False
        return self.single(person, Right.VIEW, item) and self.single(person, right, item)


class TestAccessRules(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(plan=plans)
    def test_one_check_a_page_of_checks_the_list_and_the_sentences_agree_with_a_naive_reading(self, plan: Plan) -> None:
        build(plan)
        naive = NaiveReading(plan)
        self.check_people(plan, NaiveReading(plan, anyhow=True))
        for number, person in enumerate(plan.rows["people"]):
            user = User.objects.get(pk=person.pk)
            # Where nothing is known of the address, somebody else makes the request.
            address = plan.addresses[number]
            with called_by(str(user.pk) if address else "somebody else", address or "10.1.2.3"):
                self.check_items(plan, naive, number, user)
                self.check_workspaces(plan, naive, number, user)

    def check_items(self, plan: Plan, naive: NaiveReading, number: int, user: User) -> None:
        items = plan.rows["items"]
        listed = set(Item.objects.visible_to(user))
        rights = rights_on_each(user, items)
        for index, item in enumerate(items):
            expected = {right for right in Right if naive.on_item(number, right, index)}
            assert rights[item.pk] == expected
            assert {right for right in Right if user.has_perm(right, item)} == expected
            assert (item in listed) == (Right.VIEW in expected)
            assert {one.right for one in why(user, item, reader=user) if one.allowed} == expected

    def check_people(self, plan: Plan, naive: NaiveReading) -> None:
        people = list(User.objects.filter(pk__in=[person.pk for person in plan.rows["people"]]).order_by("date_joined"))
        item = plan.rows["items"][-1]
        rights = people_rights(people, item.pk)
        for number, person in enumerate(plan.rows["people"]):
            expected = {right.codename for right in Right if naive.on_item(number, right, ITEMS - 1)}
            assert rights[person.pk] == expected
        managing = holders_in(people, [workspace.pk for workspace in plan.rows["workspaces"]], Right.MANAGE)
        for index, workspace in enumerate(plan.rows["workspaces"]):
            numbered = enumerate(plan.rows["people"])
            expected_here = {one.pk for number, one in numbered if naive.on_workspace(number, Right.MANAGE, index)}
            assert managing[workspace.pk] == expected_here

    def check_workspaces(self, plan: Plan, naive: NaiveReading, number: int, user: User) -> None:
        workspaces = plan.rows["workspaces"]
        listed = set(Workspace.objects.visible_to(user))
        rights = rights_on_each(user, workspaces)
        for index, workspace in enumerate(workspaces):
            expected = {right for right in Right if naive.on_workspace(number, right, index)}
            assert rights[workspace.pk] == expected
            assert {right for right in Right if user.has_perm(right, workspace)} == expected
            assert (workspace in listed) == (Right.VIEW in expected)
            assert {one.right for one in why(user, workspace, reader=user) if one.allowed} == expected


def build(plan: Plan) -> None:
    institution = make_institution("Charité, Berlin", "DE")
    rows = plan.rows
    rows["groups"] = [Group.objects.create(name=f"Group {number}") for number in range(GROUPS)]
    rows["people"] = [make_person(f"Person{number} Test", institution) for number in range(PEOPLE)]
    for number, person in enumerate(rows["people"]):
        person.groups.set([rows["groups"][group] for group in plan.members[number]])
        if plan.standing[number] == "expired":
            person.approved_until = timezone.now() - timedelta(days=1)
        elif plan.standing[number] == "commission_admin":
            person.role = "commission_admin"
        person.save()
    rows["sets"] = [make_set(institution, rows["people"][0], number, rights) for number, rights in enumerate(plan.sets)]
    rows["workspaces"] = [Workspace.objects.create(name=f"W{n}", owner=rows["people"][n]) for n in range(2)]
    rows["items"] = []
    for number in range(ITEMS):
        rows["items"].append(make_item(plan, number))
    say(plan)


def make_set(institution: Institution, maker: User, number: int, rights: frozenset[Right]) -> PermissionSet:
    kind = ContentType.objects.get_for_model(Workspace)
    permission = Permission.objects.create(content_type=kind, codename=f"set_{number}", name="Permission set")
    codes = [right.codename for right in rights]
    return PermissionSet.objects.create(
        institution=institution, permission=permission, name=f"Set {number}", rights=codes, made_by=maker
    )


def make_item(plan: Plan, number: int) -> Item:
    parent = plan.parents[number]
    item = Item(
        workspace=plan.rows["workspaces"][plan.workspace_of(number)],
        parent=None if parent is None else plan.rows["items"][parent],
        kind="folder",
        name=f"Item {number}",
        name_key=f"item {number}",
        created_by=plan.rows["people"][0],
    )
    item.path = [*(step.id for step in (plan.rows["items"][n] for n in plan.path(number)[:-1])), item.id]
    item.save()
    return item


def say(plan: Plan) -> None:
    rows = plan.rows
    for (holder, workspace), (role, end, condition) in plan.grants.items():
        model: Any = WorkspaceUserGrant if holder.kind == "person" else WorkspaceGroupGrant
        permission = (
            rows["sets"][role].permission
            if isinstance(role, int)
            else Permission.objects.get(content_type__model="workspace", codename=role)
        )
        place = rows["workspaces"][workspace]
        under = make(condition, place)
        write(plan, model, holder, end, permission=permission, content_object=place, condition=under)
    for (holder, right, item), (effect, end, condition) in plan.exceptions.items():
        model = ItemUserException if holder.kind == "person" else ItemGroupException
        permission = Permission.objects.get(content_type__model="item", codename=right.codename)
        more = {"content_object": rows["items"][item], "condition": make(condition, rows["items"][item].workspace)}
        write(plan, model, holder, end, permission=permission, effect=effect, **more)


def make(asked: Asked | None, workspace: Workspace) -> Condition | None:
    if asked is None:
        return None
    starts, ends = asked.hours or (None, None)
    return Condition.objects.create(
        workspace=workspace,
        name=f"Condition {uuid7()}",
        networks=list(asked.networks),
        days=sorted(asked.days) or list(range(1, 8)),
        starts=None if starts is None else time(starts),
        ends=None if ends is None else time(ends),
        zone=asked.zone,
        made_by=workspace.owner,
    )


def write(plan: Plan, model: Any, holder: Holder, end: int | None, **fields: Any) -> None:
    whom = (
        {"user": plan.rows["people"][holder.number]}
        if holder.kind == "person"
        else {"group": plan.rows["groups"][holder.number]}
    )
    expires_at = None if end is None else timezone.now() + timedelta(days=end)
    model.objects.create(granted_by=plan.rows["people"][0], expires_at=expires_at, **whom, **fields)


pytestmark = pytest.mark.django_db
