"""The pages that must come out when much else does not."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory


@pytest.mark.parametrize("status", [400, 413, 500, 503])
def test_it_needs_no_context(status: int) -> None:
    assert "<h1>" in render_to_string(f"{status}.html")


def test_a_refusal_names_the_rule_and_where_to_ask() -> None:
    page = render_to_string("403.html", {"rule": "Only managers share.", "ask_url": "/ask/"}, RequestFactory().get("/"))
    assert "Only managers share." in page
    assert 'href="/ask/"' in page


def test_a_refusal_escapes_its_rule() -> None:
    page = render_to_string("403.html", {"rule": "<b>"}, RequestFactory().get("/"))
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize(("cookie", "shown"), [("dark", True), ('"><script>', False)])
def test_only_a_known_theme_reaches_the_page(cookie: str, shown: bool) -> None:  # noqa: FBT001
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert ("data-theme=" in render_to_string("404.html", {}, request).split("<head>")[0]) is shown
