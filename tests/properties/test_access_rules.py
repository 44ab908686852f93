"""The rules of access, held against a naive reading of their text on random installations."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from core.access import rights_on_each
from sharing.models import ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.rules import people_rights
from sharing.why.weighing import why
from tests.conftest import make_institution, make_person
from workspaces.models import Item, Workspace
from workspaces.permissions import ROLE_RIGHTS, Right, Role

PEOPLE, GROUPS, ITEMS = 4, 2, 6
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


holders = st.one_of(st.builds(Holder, st.just("person"), people), st.builds(Holder, st.just("group"), groups))


@dataclass
class Plan:
    """A random installation: two workspaces, a tree of items over them, and what was said about whom."""

    members: list[set[int]]
    standing: list[str]
    parents: list[int | None]
    grants: dict[tuple[Holder, int], tuple[Role, int | None]]
    exceptions: dict[tuple[Holder, Right, int], tuple[str, int | None]]
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
    grants=st.dictionaries(
        st.tuples(holders, st.integers(0, 1)), st.tuples(st.sampled_from(Role), ends), max_size=5
    ),
    exceptions=st.dictionaries(
        st.tuples(holders, st.sampled_from(ITEM_RIGHTS), st.integers(0, ITEMS - 1)),
        st.tuples(st.sampled_from(["allow", "deny"]), ends),
        min_size=4,
        max_size=14,
    ),
)  # fmt: skip


class NaiveReading:
    """The rules as a person would apply them with a pencil; it shares no line with the code."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def concerns(self, holder: Holder, person: int) -> bool:
        if holder.kind == "person":
            return holder.number == person
        return holder.number in self.plan.members[person]

    def on_workspace(self, person: int, right: Right, workspace: int) -> bool:
        if self.plan.standing[person] != "good":
            return False
        if person == workspace:  # person 0 owns workspace 0, person 1 owns workspace 1
            return True
        for (holder, where), (role, end) in self.plan.grants.items():
            if where == workspace and self.concerns(holder, person) and end != -1 and right in ROLE_RIGHTS[role]:
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
            for (holder, what, where), (effect, end) in self.plan.exceptions.items()
            if where == item and what == right and end != -1 and self.concerns(holder, person)
        }
        return "deny" if "deny" in effects else "allow" if effects else None

    def single(self, person: int, right: Right, item: int) -> bool:
        workspace = self.plan.workspace_of(item)
        if person == workspace:
            return True
        for step in reversed(self.plan.path(item)):
            if effect := self.says(person, right, step):
                return effect == "allow"
        return any(
            where == workspace and self.concerns(holder, person) and end != -1 and right in ROLE_RIGHTS[role]
            for (holder, where), (role, end) in self.plan.grants.items()
        )

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
        self.check_people(plan, naive)
        for number, person in enumerate(plan.rows["people"]):
            user = User.objects.get(pk=person.pk)
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
    rows["workspaces"] = [Workspace.objects.create(name=f"W{n}", owner=rows["people"][n]) for n in range(2)]
    rows["items"] = []
    for number in range(ITEMS):
        rows["items"].append(make_item(plan, number))
    say(plan)


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
    for (holder, workspace), (role, end) in plan.grants.items():
        model: Any = WorkspaceUserGrant if holder.kind == "person" else WorkspaceGroupGrant
        permission = Permission.objects.get(content_type__model="workspace", codename=role)
        write(plan, model, holder, end, permission=permission, content_object=rows["workspaces"][workspace])
    for (holder, right, item), (effect, end) in plan.exceptions.items():
        model = ItemUserException if holder.kind == "person" else ItemGroupException
        permission = Permission.objects.get(content_type__model="item", codename=right.codename)
        write(plan, model, holder, end, permission=permission, content_object=rows["items"][item], effect=effect)


def write(plan: Plan, model: Any, holder: Holder, end: int | None, **fields: Any) -> None:
    whom = (
        {"user": plan.rows["people"][holder.number]}
        if holder.kind == "person"
        else {"group": plan.rows["groups"][holder.number]}
    )
    expires_at = None if end is None else timezone.now() + timedelta(days=end)
    model.objects.create(granted_by=plan.rows["people"][0], expires_at=expires_at, **whom, **fields)


pytestmark = pytest.mark.django_db
