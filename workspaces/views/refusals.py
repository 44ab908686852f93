"""Writing refusals down where several deeds are tried at once; where it is one, the middleware does it."""

from collections.abc import Iterable

from django.http import HttpRequest

from ledger_bridge.middleware import record_refusal
from workspaces.many import Outcome, refusals


def write_refusals_down(request: HttpRequest, outcomes: Iterable[Outcome]) -> None:
    for refused in refusals(outcomes):
        record_refusal(request, refused)
