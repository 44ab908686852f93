"""Every address there is, asked for by somebody who has proved a password only."""

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.middleware import ENROLMENT
from accounts.models import User
from tests.accounts.conftest import confirm_address, give_totp, with_password

_SAMPLES = {
    "UUIDConverter": str(uuid.UUID(int=7)),
    "IntConverter": "1",
    "StringConverter": "x",
    "SlugConverter": "x",
    "PathConverter": "x",
}


@pytest.fixture
def half_way(client: Client, alice: User) -> Client:
    confirm_address(alice)
    with_password(client, alice)
    assert "_auth_user_id" in client.session
    return client


def test_it_reaches_nothing_but_enrolment_and_the_way_out(half_way: Client) -> None:
    addresses = dict(_addresses(get_resolver()))
    assert len(addresses) > 60
    open_pages = {name for name, path in addresses.items() if not _is_closed(half_way, path)}
    assert open_pages <= ENROLMENT | {"mfa_activate_totp"}, open_pages - ENROLMENT


def test_it_tells_programs_in_json(half_way: Client) -> None:
    answer = half_way.get("/account/security/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")


def test_it_does_not_promote_a_session_that_began_before_the_factor(half_way: Client, alice: User) -> None:
    give_totp(alice)
    assert half_way.get("/account/security/")["Location"] == "/account/enrol/"
    assert "Sign out" in half_way.get("/account/enrol/").content.decode()
    assert half_way.get("/accounts/2fa/webauthn/add/").status_code == 302


def test_it_keeps_the_admin_site_behind_the_same_door(client: Client, dana: User) -> None:
    User.objects.filter(pk=dana.pk).update(is_staff=True)
    assert client.get("/admin/login/")["Location"].startswith("/accounts/login/")
    confirm_address(dana)
    with_password(client, dana)
    assert client.get("/admin/")["Location"] == "/account/enrol/"


def _is_closed(client: Client, path: str) -> bool:
    answer = client.get(path)
    if path.startswith("/api/"):
        return answer.status_code == 403
    return answer.status_code == 302 and answer["Location"] == "/account/enrol/"


def _addresses(resolver: URLResolver, before: str = "/", names: str = "") -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        path = before + _sample(one)
        if isinstance(one, URLResolver):
            yield from _addresses(one, path, f"{names}{one.namespace}:" if one.namespace else names)
        elif isinstance(one, URLPattern) and one.name != "account_logout":
            yield f"{names}{one.name or path}", path


def _sample(one: URLPattern | URLResolver) -> str:
    text = str(one.pattern)
    if hasattr(one.pattern, "converters") and one.pattern.converters:
        for name, converter in one.pattern.converters.items():
            kind = type(converter).__name__
            for spelling in (f"<{kind.removesuffix('Converter').lower()}:{name}>", f"<{name}>"):
                text = text.replace(spelling, _SAMPLES.get(kind, "x"))
    return _REGEX_SAMPLES.get(text, text.lstrip("^").rstrip("$").replace("\\.", ".").replace("\\Z", ""))


_REGEX_SAMPLES = {
    r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/x/",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/a-b/",
    r"(?P<url>.*)$": "x",
    r"^(?P<app_label>accounts)/$": "accounts/",
}
