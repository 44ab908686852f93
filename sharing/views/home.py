"""The first page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import User
from sharing.requests import selectors as requests
from sharing.rules import has_standing
from sharing.selectors import home as selectors
from sharing.selectors.happenings import latest_events

# Whoever has no workspaces starts where their work is.
_ELSEWHERE: dict[str, str] = {
    User.Role.APPLICANT: "accounts:application",
    User.Role.COMMISSION_ADMIN: "accounts:review",
    User.Role.AUDITOR: "ledger:trail",
}


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return render(request, "sharing/landing.html")
    if user.role in _ELSEWHERE:
        return redirect(_ELSEWHERE[user.role])
    waiting = requests.requests_in(user, "waiting")
    context = {
        "has_standing": has_standing(user),
        "requests": requests.with_obstacles(user, requests.rows_for(user, waiting[: selectors.SHOWN])),
        "asked": requests.rows_for(user, requests.asked_lately(user)[: selectors.SHOWN]),
        "invitations": selectors.invitations_for(user),
        "reviews": selectors.reviews_to_do(user),
        "ending": selectors.ending_access(user),
        "changed": selectors.changed_access(user),
        "workspaces": selectors.my_workspaces(user),
        "opened": selectors.opened_last(user),
        "days": latest_events(user),
    }
    return render(request, "home.html", context)
