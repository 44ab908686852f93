"""One's own tokens for programs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms.tokens import TokenForm
from accounts.models import ApiToken
from accounts.stepup import requires_recent_authentication
from accounts.tokens import Scope
from accounts.views.answers import accepted, form_page, person_of


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponseBase:
    """GET lists them; POST makes one and shows its text in the answer, once."""
    return _make(request) if request.method == "POST" else _list(request, TokenForm())


@require_POST
def revoke(request: HttpRequest, token_id: str) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=token_id)
    services.revoke_api_token(actor=person_of(request), token=token)
    messages.success(request, f"The token “{token.name}” opens nothing any more.")
    return redirect("accounts:tokens")


@requires_recent_authentication
def _make(request: HttpRequest) -> HttpResponse:
    form, made = TokenForm(request.POST), ""

    def deed() -> None:
        nonlocal made
        _, made = services.make_api_token(actor=person_of(request), **form.cleaned_data)

    if form.is_valid() and accepted(form, deed):
        return render(request, "accounts/token_made.html", {"token": made, "name": form.cleaned_data["name"]})
    return _list(request, form)


def _list(request: HttpRequest, form: TokenForm) -> HttpResponse:
    labels = dict(Scope.choices)
    rows = [
        {"token": token, "scopes": [labels.get(scope, scope) for scope in token.scopes]}
        for token in ApiToken.objects.visible_to(request.user)[:100]
    ]
    return form_page(request, "accounts/tokens.html", form, rows=rows)
