"""The offline verifier for everybody: the files of `static/verify/`, under one address and a policy of their own.

WhiteNoise serves the same files under the address of static files. Here they come with headers that forbid every
connection, to the page as well as to the worker that it starts.
"""

from pathlib import Path

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

_FOLDER = Path(settings.BASE_DIR) / "static" / "verify"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_FILES = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _TYPES}


@login_not_required
@require_safe
@csp_replace(
    {
        "script-src": [SELF],
        "style-src": [SELF],
        "worker-src": [SELF],
        "img-src": ["data:"],
        "font-src": [NONE],
        "connect-src": [NONE],
        "form-action": [NONE],
        "manifest-src": [NONE],
    }
)
def verifier(request: HttpRequest, name: str = "index.html") -> HttpResponse:
    """One of the files; only those that were there at the start are served."""
    path = _FILES.get(name)
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=f"{_TYPES[path.suffix]}; charset=utf-8")
