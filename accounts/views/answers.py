"""How a page answers when a deed does not accept what was typed."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from core.errors import Conflict, InvalidInput


def accepted(form: Form, deed: Callable[[], object]) -> bool:
    """Do the deed and return True; otherwise put its sentence at the field it is about and return False."""
    try:
        deed()
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return False
    except Conflict as error:
        form.add_error(None, error.sentence)
        return False
    return True


def form_page(request: HttpRequest, template: str, form: Form, **context: Any) -> HttpResponse:
    """Render a page with a form: 400 when it was refused, so that programs and tests can tell."""
    status = 400 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = 25) -> Page[Any]:
    return Paginator(rows, size).get_page(request.GET.get("page"))


def rest_of_query(request: HttpRequest) -> str:
    """Return the query string without the page number, for the links to other pages."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def person_of(request: HttpRequest) -> User:
    """Return who is signed in; `LoginRequiredMiddleware` lets nobody else come this far."""
    if not isinstance(request.user, User):
        message = "This page was reached without a signed-in person."
        raise TypeError(message)
    return request.user
