"""Deeds on tags: who may edit a thing may tag it; managers keep the words."""

from django.db import IntegrityError, transaction

from accounts.models import User
from core.access import require
from core.errors import Conflict, InvalidInput
from core.text import plain_line
from ledger_bridge.recording import record
from workspaces.models import Item, Tag, Tagging
from workspaces.names import name_key
from workspaces.organising.events import ItemTagged, ItemUntagged, TagRemoved, TagRenamed
from workspaces.organising.models import LONGEST_TAG
from workspaces.permissions import Right
from workspaces.services import structure
from workspaces.undoing.remembering import remember

MOST_ON_ONE = 20
MOST_IN_ONE = 500


@transaction.atomic
def tag_item(*, actor: User, item: Item, name: str) -> Tag:
    """Put a tag on a file or folder; a word that the workspace does not know yet becomes one of its tags.

    Raises:
        Conflict: it has as many tags as it can have, or the workspace has.

    """
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    cleaned = _clean(name)
    item = structure.locked_item(item)
    tag = Tag.objects.filter(workspace=item.workspace_id, name_key=name_key(cleaned)).first()
    if tag is not None and tag.taggings.filter(item=item).exists():
        return tag
    if item.taggings.count() >= MOST_ON_ONE:
        raise Conflict(f"It has {MOST_ON_ONE} tags already. Take one off first.")
    tag = tag or _new(actor, item, cleaned)
    Tagging.objects.create(tag=tag, item=item)
    entry = record(ItemTagged(name=item.name, tag=tag.name), actor=actor, subject=item)
    remember(actor=actor, kind=ItemTagged.kind, entry=entry, thing=item, before={"tag": str(tag.pk)})
    return tag


@transaction.atomic
def untag_item(*, actor: User, item: Item, tag: Tag) -> None:
    """Take a tag off; one that does not stand there is off already."""
    require(actor, Right.EDIT, item)
    structure.refuse_if_archived(item.workspace)
    item = structure.locked_item(item)
    if Tagging.objects.filter(tag=tag, item=item).delete()[0]:
        entry = record(ItemUntagged(name=item.name, tag=tag.name), actor=actor, subject=item)
        remember(actor=actor, kind=ItemUntagged.kind, entry=entry, thing=item, before={"tag": str(tag.pk)})


@transaction.atomic
def rename_tag(*, actor: User, tag: Tag, name: str) -> Tag:
    """Give a tag another name, wherever it stands.

    Raises:
        Conflict: another tag of the workspace has that name.

    """
    require(actor, Right.MANAGE, tag.workspace)
    structure.refuse_if_archived(tag.workspace)
    cleaned = _clean(name)
    tag = _as_it_is(tag)
    before, tag.name, tag.name_key = tag.name, cleaned, name_key(cleaned)
    if before == cleaned:
        return tag
    try:
        with transaction.atomic():
            tag.save(update_fields=["name", "name_key"])
    except IntegrityError:
        raise Conflict(f"There is another tag called “{cleaned}” already.") from None
    record(TagRenamed(before=before, tag=cleaned), actor=actor, subject=tag)
    return tag


@transaction.atomic
def remove_tag(*, actor: User, tag: Tag) -> None:
    """Take a tag off everything and out of the workspace."""
    require(actor, Right.MANAGE, tag.workspace)
    structure.refuse_if_archived(tag.workspace)
    tag = _as_it_is(tag)
    event = TagRemoved(tag=tag.name, items=tag.taggings.count())
    tag.delete()
    record(event, actor=actor, subject=tag)


def _new(actor: User, item: Item, name: str) -> Tag:
    if Tag.objects.filter(workspace=item.workspace_id).count() >= MOST_IN_ONE:
        raise Conflict(f"This workspace has {MOST_IN_ONE} tags already. A manager can remove some.")
    made, _ = Tag.objects.get_or_create(
        workspace_id=item.workspace_id, name_key=name_key(name), defaults={"name": name, "made_by": actor}
    )
    return made


def _as_it_is(tag: Tag) -> Tag:
    found = Tag.objects.select_for_update(no_key=True, of=("self",)).filter(pk=tag.pk).first()
    if found is None:
        raise Conflict("This tag was removed meanwhile.")
    return found


def _clean(name: str) -> str:
    line = plain_line(name, field="name", empty="Give the tag a name.")
    if len(line) > LONGEST_TAG:
        raise InvalidInput(f"A tag has at most {LONGEST_TAG} letters.", field="name")
    if not name_key(line):
        raise InvalidInput("Give the tag a name.", field="name")
    return line
