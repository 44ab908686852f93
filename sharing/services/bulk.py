"""One exception on many folders and files at once: on each of them a deed of its own, with an entry of its own."""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from sharing.conditions.models import Condition
from sharing.models import Effect
from sharing.notices import tell
from sharing.services.exceptions import put_exception
from workspaces.many import Choice, Outcome, do_each
from workspaces.models import Item
from workspaces.permissions import Right

_TOLD = {
    Effect.ALLOW: "let you in to several things, or to do more with them",
    Effect.DENY: "made exceptions that deny you something",
}


def set_exceptions(
    *,
    actor: User,
    choice: Choice,
    right: Right,
    effect: str,
    person: User | None = None,
    group: Group | None = None,
    expires_at: datetime | None = None,
    purpose: str = "",
    condition: Condition | None = None,
) -> list[Outcome]:
    """Allow or deny one right on each of what was chosen; the person is told once."""

    def put(item: Item) -> None:
        with transaction.atomic():
            put_exception(
                actor=actor, item=item, right=right, effect=effect, person=person, group=group,
                expires_at=expires_at, purpose=purpose, condition=condition,
            )  # fmt: skip

    outcomes = do_each(choice, put)
    done = next((outcome.item for outcome in outcomes if outcome.is_done), None)
    if done is not None:
        with transaction.atomic():
            tell(person, actor, what=_TOLD[Effect(effect)], about=done.workspace)
    return outcomes
