"""Files in requests. Nothing that arrives here is ever written to a disk in the clear.

By default a file in a form is refused (`RefusingUploadHandler` is the only handler in the settings, and a system check
holds it there). A view takes files by `@seals_uploads`, which asks for the right before the first byte is read and then
seals each file as it arrives.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from core.access import require
from core.errors import InvalidInput
from workspaces.again import Again
from workspaces.keys import newest_key
from workspaces.models import Item, Workspace
from workspaces.names import clean_name, name_from_header
from workspaces.outsiders import Reader
from workspaces.permissions import Right
from workspaces.sealing import UploadSealer, refuse_if_too_large

CHUNK = 1024 * 1024
NAME_HEADER = "X-File-Name"
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
View: TypeAlias = Callable[..., HttpResponse]

# Room for the fields and boundaries around the files of a form, before the exact count decides.
_FORM_OVERHEAD = CHUNK


@dataclass(frozen=True)
class UploadPlace:
    """Where files are to go: into a workspace, one of its folders, or as a version of one of its files."""

    workspace: Workspace
    item: Item | None = None

    @property
    def asked(self) -> Workspace | Item:
        """The thing that the right to upload is asked for."""
        return self.item or self.workspace


UploadView: TypeAlias = Callable[[HttpRequest, UploadPlace], HttpResponse]


class RefusingUploadHandler(FileUploadHandler):
    """Refuses every file part: a view that takes files installs the sealing handler itself."""

    def new_file(self, *args: object, **kwargs: object) -> None:
        # Django answers this error with 400 from wherever it is raised, and reads no further.
        raise MultiPartParserError("This address takes no files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class Sealer(Protocol[S_co]):
    """Takes the bytes of one file and gives what lies in the store then."""

    def update(self, chunk: bytes) -> None: ...
    def finish(self) -> S_co: ...
    def abort(self) -> None: ...


class SealedFile(UploadedFile, Generic[S]):  # type: ignore[type-arg]  # generic for type checkers only
    """What `request.FILES` holds: a name as it was sent, and bytes that lie sealed already."""

    def __init__(self, given_name: str, size: int, sealed: S) -> None:
        super().__init__(name=given_name, size=size)
        self.given_name = given_name
        self.sealed = sealed

    def close(self) -> None:
        """Nothing is open."""


class SealingUploadHandler(FileUploadHandler, Generic[S]):
    """Seals each file of a form; `begin` starts one. `ask_again` is called as bytes come, and may refuse more."""

    chunk_size = CHUNK

    def __init__(
        self, request: HttpRequest, begin: Callable[[], Sealer[S]], ask_again: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(request)
        self._ask_again = ask_again
        self.arrived: list[SealedFile[S]] = []
        self._begin = begin
        self._sealer: Sealer[S] | None = None

    def new_file(self, *args: object, **kwargs: object) -> None:
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]
        self._sealer = self._begin()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._sealer:
            self._sealer.update(raw_data)
            self._ask_again()

    def file_complete(self, file_size: int) -> SealedFile[S] | None:
        if self._sealer is None:
            return None
        sealed, self._sealer = self._sealer.finish(), None
        file = SealedFile(str(self.file_name), file_size, sealed)
        self.arrived.append(file)
        return file

    def upload_interrupted(self) -> None:
        self.abort()
        raise InvalidInput("The connection ended before the whole file had arrived. Nothing was stored.")

    def abort(self) -> None:
        """Keep nothing of a file that has not arrived completely."""
        if self._sealer:
            self._sealer.abort()
            self._sealer = None


def seals_uploads(find: Callable[..., UploadPlace]) -> Callable[[UploadView], View]:
    """Let a view take files. `find` returns the place, or raises Http404, before anything of the body is read.

    Whoever is not signed in, not in good standing or not allowed to upload there is answered at once. Only then is the
    sealing handler installed, and only then may the CSRF check read the form (Django's documented order for handlers
    that are set in a view).
    """

    def decorate(view: UploadView) -> View:
        checked = csrf_protect(view)

        @wraps(view)
        def take(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _please_sign_in(request)
            place = find(request, **kwargs)
            require(request.user, Right.UPLOAD, place.asked)
            if request.method in {"POST", "PUT"}:
                return take_sealed(checked, request, place, actor=request.user)
            return checked(request, place)

        return login_not_required(csrf_exempt(take))

    return decorate


def take_sealed(
    view: UploadView, request: HttpRequest, place: UploadPlace, *, actor: Reader, limit: int | None = None
) -> HttpResponse:
    """Let a view take files; whoever calls this has asked for the right, and has left the CSRF check to the view.

    While the files of a form come it is asked for again.

    `limit` is for all of them together where it is less than what the installation takes of one.
    """
    limit = settings.MAX_UPLOAD_BYTES if limit is None else min(limit, settings.MAX_UPLOAD_BYTES)
    refuse_if_too_large(declared_size(request) or 0, limit + _FORM_OVERHEAD)
    if request.content_type != "multipart/form-data":
        return view(request, place)
    # Asked for now, so that a key service that is down refuses before anything is read.
    begin = partial(UploadSealer, newest_key(place.workspace), limit=limit)
    handler = SealingUploadHandler(request, begin, Again(actor, place.asked))
    request.upload_handlers = [handler]
    try:
        return view(request, place)
    finally:
        # A sender who went away in the middle leaves nothing.
        handler.abort()


def raw_chunks(request: HttpRequest) -> Iterator[bytes]:
    """Yield the body of a request that is the file itself."""
    while chunk := request.read(CHUNK):
        yield chunk


def declared_size(request: HttpRequest) -> int | None:
    """Return the Content-Length, or None when the sender did not say (Django then reads nothing)."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or "")
    except ValueError:
        return None


def sent_name(request: HttpRequest) -> str:
    """Return the name that a raw upload gives its file. It comes in a header, because addresses are logged.

    Raises:
        InvalidInput: without one, or with a name in the address.

    """
    if "name" in request.GET:
        raise InvalidInput(f"Send the name in the header {NAME_HEADER}: addresses are logged.", field="name")
    if NAME_HEADER not in request.headers:
        raise InvalidInput(f"Send the name of the file in the header {NAME_HEADER}.", field="name")
    return clean_name(name_from_header(request.headers[NAME_HEADER]))


def refuse_unreadable_body(request: HttpRequest) -> JsonResponse | None:
    """Answer a raw upload whose body would not reach us: without a length, or wrapped as a form."""
    if declared_size(request) is None:
        return JsonResponse({"error": "Say how long the file is (Content-Length)."}, status=411)
    if request.content_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return JsonResponse({"error": "Send the file itself, as application/octet-stream."}, status=415)
    return None


def _please_sign_in(request: HttpRequest) -> HttpResponse:
    # A program that uploads would follow a redirect and take the sign-in page for success.
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    return JsonResponse({"error": "Sign in again: your session has ended. Nothing was stored."}, status=401)
