"""What a preview says would happen, held against what happens, on random installations and random changes."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from core.access import rights_on_each
from core.errors import IthacaError
from sharing import services
from sharing.models import GroupProfile, ItemGroupException, ItemUserException, WorkspaceGroupGrant, WorkspaceUserGrant
from sharing.why.previewing import people_behind, preview, reached_by
from tests.properties.test_access_rules import GROUPS, ITEMS, PEOPLE, Plan, build, plans
from workspaces.models import Item, Workspace
from workspaces.permissions import Right, Role

Case = tuple[Callable[[], Any], dict[str, Any]]
"""A deed, and what its preview is told about it."""

CHANGES = ("give", "give_group", "change", "revoke", "set", "set_group", "lift", "membership")
choices = st.tuples(
    st.sampled_from(CHANGES),
    st.integers(1, PEOPLE - 1),
    st.integers(0, GROUPS - 1),
    st.integers(0, ITEMS - 1),
    st.sampled_from(Role),
    st.sampled_from([Right.VIEW, Right.DOWNLOAD]),
    st.sampled_from(["allow", "deny"]),
)


class TestPreviews(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(plan=plans, choice=choices)
    def test_a_preview_agrees_with_what_happens(self, plan: Plan, choice: tuple[Any, ...]) -> None:
        # Whoever acts, and whom it is about, could do and use something: else nearly every deed would be refused.
        plan.standing[0] = plan.standing[choice[1]] = "good"
        leave_conditions_out(plan)
        build(plan)
        case = change(plan, *choice)
        if case is None:
            return
        deed, about = case
        actor = User.objects.get(pk=plan.rows["people"][0].pk)
        seen = list(Item.objects.visible_to(actor))
        before = everything(plan, seen)
        try:
            foreseen = preview(deed, actor=actor, **about)
        except IthacaError as refused:
            with pytest.raises(type(refused)):
                deed()
            return
        assert everything(plan, seen) == before
        deed()
        assert counted(foreseen) == difference(before, everything(plan, seen), about["workspaces"])


def leave_conditions_out(plan: Plan) -> None:
    """A preview counts every condition as fulfilled (`rules.item_rights`), which rights at this moment do not."""
    plan.grants = {key: (role, end, None) for key, (role, end, _) in plan.grants.items()}
    plan.exceptions = {key: (effect, end, None) for key, (effect, end, _) in plan.exceptions.items()}


def change(
    plan: Plan, kind: str, who: int, group: int, which: int, role: Role, right: Right, effect: str
) -> Case | None:
    """Return a change that the owner of the first workspace would make there, if there is one of this kind."""
    actor, workspace = User.objects.get(pk=plan.rows["people"][0].pk), plan.rows["workspaces"][0]
    here = [item for item in plan.rows["items"] if item.workspace_id == workspace.pk]
    receiver = {"group": plan.rows["groups"][group]} if kind.endswith("_group") else {"person": person(plan, who)}
    if kind.startswith("give"):
        return case(
            lambda: services.grant_role(actor=actor, workspace=workspace, role=role, **receiver), receiver, [workspace]
        )
    if kind.startswith("set"):
        item = here[which % len(here)]
        fields = {"item": item, "right": right, "effect": effect, **receiver}
        return case(lambda: services.set_exception(actor=actor, **fields), receiver, [workspace], at=[item])
    if kind == "membership":
        return membership(plan, actor, group, person(plan, who))
    return existing(actor, workspace, kind, which, role)


def case(deed: Callable[[], Any], receiver: dict[str, Any], workspaces: Any, **more: Any) -> Case:
    [whom] = receiver.values()
    return deed, {"people": people_behind(whom), "workspaces": workspaces, **more}


def membership(plan: Plan, actor: User, group: int, whom: User) -> Case:
    profile = GroupProfile.objects.create(group=Group.objects.get(pk=plan.rows["groups"][group].pk), created_by=actor)
    profile.managers.add(actor)
    deed = services.remove_member if whom.groups.filter(pk=profile.pk).exists() else services.add_member
    reached = list(reached_by(profile, reader=actor))
    return case(lambda: deed(actor=actor, profile=profile, person=whom), {"person": whom}, reached)


def existing(actor: User, workspace: Workspace, kind: str, which: int, role: Role) -> Case | None:
    models = (ItemUserException, ItemGroupException) if kind == "lift" else (WorkspaceUserGrant, WorkspaceGroupGrant)
    where = {"content_object__workspace": workspace} if kind == "lift" else {"content_object": workspace}
    rows: list[Any] = [row for model in models for row in model.objects.filter(**where).order_by("pk")]
    if not rows:
        return None
    row = rows[which % len(rows)]
    deeds: dict[str, Callable[[], Any]] = {
        "lift": lambda: services.lift_exception(actor=actor, exception=row),
        "revoke": lambda: services.revoke_role(actor=actor, grant=row),
        "change": lambda: services.change_role(actor=actor, grant=row, role=role),
    }
    whom = row.user if hasattr(row, "user_id") else row.group
    return case(deeds[kind], {"whom": whom}, [workspace])


def person(plan: Plan, number: int) -> User:
    return User.objects.get(pk=plan.rows["people"][number].pk)


def everything(plan: Plan, items: list[Item]) -> set[tuple[Any, ...]]:
    """Return every right of everybody on what the actor sees, and on the workspaces."""
    found: set[tuple[Any, ...]] = set()
    for number in range(PEOPLE):
        user = person(plan, number)
        for item, rights in rights_on_each(user, items).items():
            workspace = next(one.workspace_id for one in items if one.pk == item)
            found |= {(user.pk, workspace, right, item) for right in rights}
        for workspace, rights in rights_on_each(user, plan.rows["workspaces"]).items():
            found |= {(user.pk, workspace, right, None) for right in rights}
    return found


def difference(before: set[Any], after: set[Any], workspaces: Any) -> Counter[Any]:
    """Count by person, workspace, right, direction, and whether it is about the workspace itself."""
    known = {workspace.pk for workspace in workspaces}
    changed = [("gains", row) for row in after - before] + [("loses", row) for row in before - after]
    return Counter((way, *row[:3], row[3] is None) for way, row in changed if row[1] in known)


def counted(foreseen: Any) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for one in foreseen.changes:
        for way, counts in (("gains", one.gains), ("loses", one.loses)):
            for count in counts:
                key = (way, one.person.pk, one.workspace.pk, count.right)
                found += Counter({(*key, False): count.items, (*key, True): int(count.workspace)})
    return found


pytestmark = pytest.mark.django_db
