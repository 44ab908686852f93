"""What this room tells people, and how it reads: each line is made from what the reader may see at that moment."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.urls import reverse

from accounts.inbox import kinds
from accounts.inbox.kinds import Group, Kind, Line, Reading
from accounts.inbox.models import Notice
from accounts.inbox.telling import About, tell
from accounts.models import User
from workspaces.conversation import audience
from workspaces.models import Comment, Item, Version, Workspace
from workspaces.noticed import items_seen
from workspaces.outsiders import Reader

MENTIONED = Kind("comment.mentioned", Group.COMMENTS, "mentioned you in a comment")
ANSWERED = Kind("comment.answered", Group.COMMENTS, "answered in a conversation in which you take part")
WRITTEN = Kind("comment.written", Group.COMMENTS, "commented on a file that you follow")
VERSION = Kind("version.added", Group.VERSIONS, "brought in a file or a version that you follow")

OUTSIDE = "Somebody from outside"
"""Who brings in a file through a link has no account, and is named on the page of the file."""

_MOST_PLACES = 500
_COMMENT_WORDS = {
    MENTIONED.code: "mentioned you in a comment on “{}”",
    ANSWERED.code: "answered in a conversation about “{}” in which you take part",
    WRITTEN.code: "commented on “{}”",
}


def register() -> None:
    kinds.register(read_comments, [MENTIONED, ANSWERED, WRITTEN])
    kinds.register(read_versions, [VERSION])
    kinds.register_places(_places)


def tell_of_comment(comment: Comment, mentioned: Iterable[User]) -> None:
    """Tell everybody whom a comment concerns once, by what concerns them most."""
    file, about = comment.file, _about(comment.file, comment.pk)
    wanting, not_wanting = audience.followers_of(file)
    named = {person.pk for person in mentioned}
    talking = audience.speakers_in(comment.thread) if comment.thread else set()
    others = wanting | (audience.uploaders_of(file) - not_wanting)
    may_view = audience.who_may_view(file, named | talking | others)
    told: set[UUID] = set()
    for kind, people in ((MENTIONED, named), (ANSWERED, talking - not_wanting), (WRITTEN, others)):
        tell((people & may_view) - told, kind.code, actor=comment.author, about=about)
        told |= people


def tell_newly_mentioned(comment: Comment, people: Iterable[User]) -> None:
    tell({person.pk for person in people}, MENTIONED.code, actor=comment.author, about=_about(comment.file, comment.pk))


def tell_of_version(version: Version, actor: Reader) -> None:
    """Tell those who follow the file, and those who brought in earlier versions."""
    file = version.file
    wanting, not_wanting = audience.followers_of(file)
    earlier = audience.uploaders_of(file) - not_wanting if version.number > 1 else set()
    people = audience.who_may_view(file, wanting | earlier - {actor.pk})
    tell(people, VERSION.code, actor=actor if isinstance(actor, User) else None, about=_about(file, version.pk))


def read_comments(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    there = Comment.objects.filter(pk__in=[one.thing for one in notices], taken_back_at=None)
    files = dict(there.values_list("pk", "file"))

    def words(notice: Notice, file: Item) -> str | None:
        return _COMMENT_WORDS[notice.kind].format(file.name) if files.get(notice.thing) == file.pk else None

    return lines_about_files(reading, notices, words, lambda notice: reverse("workspaces:comment", args=[notice.thing]))


def read_versions(reading: Reading, notices: Sequence[Notice]) -> dict[UUID, Line]:
    numbers = numbers_of(notices)

    def words(notice: Notice, file: Item) -> str | None:
        number = numbers.get(notice.thing)
        return f"brought in “{file.name}”" if number == 1 else f"brought in version {number} of “{file.name}”"

    return lines_about_files(reading, notices, words, lambda notice: reverse("workspaces:file", args=[notice.item]))


def numbers_of(notices: Sequence[Notice]) -> dict[UUID, int]:
    """Return the numbers of the versions that notices are about, by id."""
    return dict(Version.objects.filter(pk__in=[one.thing for one in notices]).values_list("pk", "number"))


def lines_about_files(
    reading: Reading,
    notices: Sequence[Notice],
    words: Callable[[Notice, Item], str | None],
    url: Callable[[Notice], str],
) -> dict[UUID, Line]:
    """Return a line for each notice whose file the person may view and about which there still are words."""
    files = reading.once(items_seen)
    found = {}
    for notice in notices:
        file = files.get(notice.item) if notice.item else None
        if file is not None and (said := words(notice, file)):
            place = file.workspace
            found[notice.pk] = Line(said, place.name, url(notice), place.names_in_mails, who=OUTSIDE)
    return found


def _about(file: Item, thing: UUID) -> About:
    return About(thing=thing, workspace=file.workspace_id, item=file.pk)


def _places(person: User) -> Iterable[tuple[UUID, str]]:
    seen = Workspace.objects.visible_to(person).filter(archived_at=None).order_by("name", "id")
    return list(seen.values_list("pk", "name")[:_MOST_PLACES])
