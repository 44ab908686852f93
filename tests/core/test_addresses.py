"""Whom a request comes from, as far as it can be believed."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from accounts.models import User
from core.http import RequestContext, client_address, request_context
from core.middleware import RequestContextMiddleware
from ledger_bridge.models import Entry

OURS = ["10.0.0.0/8", "::1"]


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("", "1.2.3.4", None),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
    ],
)
@override_settings(TRUSTED_PROXIES=OURS)
def test_it_is_the_right_most_address_that_is_no_proxy_of_ours(peer: str, said: str, address: str | None) -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=said)) == address


@override_settings(TRUSTED_PROXIES=["unix"])
def test_a_proxy_on_a_unix_socket_can_be_believed() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert client_address(request) == "203.0.113.9"


def context_of(peer: str, **headers: str) -> tuple[RequestContext, dict[str, str]]:
    seen: list[RequestContext] = []
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)  # type: ignore[arg-type]

    def view(_: object) -> HttpResponse:
        seen.append(request_context.get())
        return HttpResponse()

    RequestContextMiddleware(view)(request)
    return seen[0], request.META


HEADERS = {
    "HTTP_X_REQUEST_ID": "chosen-by-sender",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
}


@override_settings(TRUSTED_PROXIES=OURS)
def test_a_proxy_of_ours_says_who_asks_under_which_id() -> None:
    context, _ = context_of("10.0.0.1", **HEADERS)
    assert context == RequestContext("chosen-by-sender", "203.0.113.0/24")


@override_settings(TRUSTED_PROXIES=OURS)
def test_nobody_else_does() -> None:
    context, meta = context_of("198.51.100.4", **HEADERS)
    assert context.request_id != "chosen-by-sender"
    assert context.source_address == "198.51.100.0/24"
    assert not set(HEADERS) & set(meta)


@override_settings(TRUSTED_PROXIES=OURS)
def test_it_reaches_the_ledger(client: Client, alice: User) -> None:
    wrong = {"login": alice.email, "password": "wrong"}
    client.post("/accounts/login/", wrong, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.9")
    assert Entry.objects.get(kind="signin.failed").source_address == "203.0.113.0/24"
