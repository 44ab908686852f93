"""Conditions of a workspace: making one, removing one that nobody is under. They never change in between."""

from collections.abc import Collection
from datetime import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from ledger_bridge.recording import record
from sharing import events
from sharing.conditions.events import ConditionMade, ConditionPut, ConditionRemoved
from sharing.conditions.models import EVERY_DAY, MOST_NETWORKS, Condition
from sharing.services import checks
from workspaces.models import Workspace
from workspaces.names import clean_name
from workspaces.permissions import Right

MOST_CONDITIONS = 50
_MAPPED = 96  # bits before an IPv4 address that is written as an IPv6 one


@transaction.atomic
def make_condition(
    *,
    actor: User,
    workspace: Workspace,
    name: str,
    networks: Collection[str] = (),
    days: Collection[int] = (),
    starts: time | None = None,
    ends: time | None = None,
    zone: str = "UTC",
) -> Condition:
    """Make a condition that roles and exceptions of a workspace can be given under.

    Raises:
        InvalidInput: a network, a day, an hour or a zone is none, or nothing is asked for.
        Conflict: the workspace has one of this name, or very many.

    """
    require(actor, Right.SHARE, workspace)
    workspace = checks.lock_workspace(workspace)
    condition = Condition(
        workspace=workspace,
        name=clean_name(name)[:100],
        networks=_networks(networks),
        days=_days(days),
        starts=starts,
        ends=ends,
        zone=_zone(zone),
        made_by=actor,
    )
    _check_hours(condition)
    if workspace.conditions.count() >= MOST_CONDITIONS:
        raise Conflict(f"This workspace has {MOST_CONDITIONS} conditions already. Remove one that nobody is under.")
    try:
        with transaction.atomic():
            condition.save(force_insert=True)
    except IntegrityError:
        raise Conflict(f"There is a condition called “{condition.name}” here already.") from None
    event = ConditionMade(
        condition=str(condition.pk),
        name=condition.name,
        networks=condition.networks_in_words or "anywhere",
        hours=condition.hours_in_words or "always",
    )
    record(event, actor=actor, subject=condition)
    return condition


@transaction.atomic
def remove_condition(*, actor: User, condition: Condition) -> None:
    """Remove a condition that no role and no exception is under, ended ones included.

    Raises:
        Conflict: one is, or somebody removed it meanwhile.

    """
    require(actor, Right.SHARE, condition.workspace)
    checks.lock_workspace(condition.workspace)
    event = ConditionRemoved(condition=str(condition.pk), name=condition.name)
    subject = condition.ledger_subject
    try:
        gone, _ = Condition.objects.filter(pk=condition.pk).delete()
    except RestrictedError:
        raise Conflict("Somebody has access under this condition. Change or take away that access first.") from None
    if not gone:
        raise Conflict("This condition has been removed in the meantime.")
    record(event, actor=actor, subject=subject)


def check_condition(condition: Condition | None, workspace: Workspace, *, may_have_one: bool = True) -> None:
    """Refuse a condition of another workspace, and one on what it could not narrow.

    Raises:
        InvalidInput: saying which.

    """
    if condition is None:
        return
    if condition.workspace_id != workspace.pk:
        raise InvalidInput("Choose one of the conditions of this workspace.", field="condition")
    if not may_have_one:
        raise InvalidInput("A condition narrows what is allowed; what is denied is denied always.", field="condition")


def record_condition(actor: User, grant: Any, on: str, group: Group | None) -> None:
    """Write down under which condition a role or an exception holds from now on."""
    holds, condition = "without a condition", grant.condition
    if condition is not None:
        holds = condition.in_words
    event = ConditionPut(to=events.to(group), on=on, condition=str(condition.pk) if condition else "", holds=holds)
    record(event, actor=actor, subject=grant)


def _networks(said: Collection[str]) -> list[str]:
    """Return networks as they are kept: each once, without what follows their prefix."""
    if len(said) > MOST_NETWORKS:
        raise InvalidInput(f"A condition has at most {MOST_NETWORKS} networks.", field="networks")
    found: list[str] = []
    for text in said:
        try:
            network = _network(text.strip())
        except ValueError:
            raise InvalidInput(
                f"“{text.strip()[:60]}” is no network. Write it as 10.0.0.0/8, 2001:db8::/32 or a single address.",
                field="networks",
            ) from None
        if str(network) not in found:
            found.append(str(network))
    return found


def _network(text: str) -> IPv4Network | IPv6Network:
    """Read a network as the database and `core.http` do: without an interface, and IPv4 as IPv4."""
    if "%" in text:
        raise ValueError(text)
    network = ip_network(text, strict=True)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED:
        within = network.network_address.ipv4_mapped
        return IPv4Network((within, network.prefixlen - _MAPPED)) if within else network
    return network


def _days(said: Collection[int]) -> list[int]:
    days = sorted(set(said)) or EVERY_DAY
    if not set(days) <= set(EVERY_DAY):
        raise InvalidInput("A day is a number from 1, Monday, to 7, Sunday.", field="days")
    return list(days)


def _zone(said: str) -> str:
    """Return a zone that both this program and the database know: the rules ask the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = %s)", [said])
        [known] = cursor.fetchone() or (False,)
    if not known or said not in available_timezones():
        raise InvalidInput("Choose a time zone such as Europe/Berlin or UTC.", field="zone")
    return said


def _check_hours(condition: Condition) -> None:
    if (condition.starts is None) != (condition.ends is None):
        raise InvalidInput("Say both when the hours begin and when they end, or neither.", field="ends")
    if condition.starts is not None and condition.starts == condition.ends:
        raise InvalidInput("Hours that begin and end at the same time are none.", field="ends")
    if not (condition.networks or condition.starts or len(condition.days) < len(EVERY_DAY)):
        raise InvalidInput("Say from where, on which days or between which hours.", field="networks")
