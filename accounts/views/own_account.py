"""One's own profile, factors, recovery codes and sessions."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import recovery, services
from accounts.forms.people import ProfileForm
from accounts.selectors import standing_of
from accounts.sessions import device_name, used_second_factor
from accounts.stepup import has_second_factor, requires_recent_authentication
from accounts.views.answers import accepted, form_page, person_of


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = ProfileForm(request.POST or None, initial={"name": person.name, "time_zone": person.time_zone})
    if form.is_valid() and accepted(form, lambda: services.change_profile(actor=person, **form.cleaned_data)):
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return form_page(request, "accounts/profile.html", form, person=person, standing=standing_of(person))


@require_GET
def security(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    factors = Authenticator.objects.filter(user=person)
    context = {
        "totp": factors.filter(type=Authenticator.Type.TOTP).first(),
        "passkeys": [one.wrap() for one in factors.filter(type=Authenticator.Type.WEBAUTHN)],
        "codes_left": recovery.left(person),
        "session_count": UserSession.objects.filter(user=person).count(),
    }
    return render(request, "accounts/security.html", context)


@require_GET
def enrol(request: HttpRequest) -> HttpResponse:
    """Where somebody without a second factor is sent, from everywhere."""
    if used_second_factor(request):
        return redirect("accounts:security")
    return render(request, "accounts/enrol.html", {"has_factor": has_second_factor(request.user)})


@never_cache
@requires_recent_authentication
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """GET says how many are left; POST makes new ones and shows them in the answer, once."""
    person = person_of(request)
    codes = services.make_recovery_codes(actor=person) if request.method == "POST" else []
    crumbs = [("Sign-in and security", reverse("accounts:security")), ("Recovery codes", "")]
    context = {"codes": codes, "lines": "\n".join(codes), "left": recovery.left(person), "crumbs": crumbs}
    return render(request, "accounts/recovery_codes.html", context)


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    listed = UserSession.objects.purge_and_list(person_of(request))
    rows = [
        {
            "session": one,
            "device": device_name(one.user_agent),
            "current": one.session_key == request.session.session_key,
        }
        for one in sorted(listed, key=lambda one: one.last_seen_at, reverse=True)
    ]
    return render(request, "accounts/sessions.html", {"rows": rows})


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    services.end_session(actor=person_of(request), session=session)
    messages.success(request, "The session is ended.")
    return redirect("accounts:sessions")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    count = services.end_other_sessions(actor=person_of(request), session_key=request.session.session_key)
    messages.success(request, f"{count} other session{'' if count == 1 else 's'} ended.")
    return redirect("accounts:sessions")
