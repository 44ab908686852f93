"""What a lock keeps others from."""

from django.utils import timezone

from core.errors import Conflict
from workspaces.models import Item, Lock
from workspaces.outsiders import Reader


class ItemLocked(Conflict):
    """Somebody keeps the file as it is for the moment."""

    code = "item_locked"


def refuse_if_locked(actor: Reader, file: Item) -> None:
    """Refuse to change a file that somebody else has locked. Ask with the row of the file locked.

    Raises:
        ItemLocked: saying who keeps it, why and how long.

    """
    lock = Lock.objects.standing().select_related("holder").filter(file=file).first()
    if lock is None or lock.holder_id == actor.pk:
        return
    until = f"{lock.until:%d %B %Y, %H:%M} UTC"
    said = f"{lock.holder.name} has locked “{file.name}” until {until}: “{lock.reason}”"
    raise ItemLocked(f"{said} They or a manager can lift the lock.")


def refuse_if_any_locked(actor: Reader, item: Item) -> None:
    """Refuse to move or remove what holds a file that somebody else has locked.

    Raises:
        ItemLocked: for a folder without saying which file it is.

    """
    if not item.is_folder:
        refuse_if_locked(actor, item)
        return
    inside = Lock.objects.filter(file__path__contains=[item.pk], file__removed_at=None, until__gt=timezone.now())
    if inside.exclude(holder=actor.pk).exists():
        raise ItemLocked(f"Somebody else has locked a file in “{item.name}”, so it stays where it is until that ends.")
