"""Who can be tried out in a walk-through installation, with the code that their phone would show now."""

import time

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import totp
from accounts.walkthrough import is_open, logins


@login_not_required
@never_cache
@require_GET
def walkthrough(request: HttpRequest) -> HttpResponse:
    if not is_open():
        raise Http404
    seconds_left = totp.PERIOD - int(time.time()) % totp.PERIOD
    return render(request, "accounts/walkthrough.html", {"logins": logins(), "seconds_left": seconds_left})
