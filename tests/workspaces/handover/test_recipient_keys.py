"""Keys that people register."""

from io import BytesIO
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.errors import Conflict, InvalidInput, Refused
from tests.workspaces.conftest import browser, last_entry
from tests.workspaces.handover.conftest import PUB
from workspaces import services
from workspaces.crypt4gh import keys
from workspaces.handover.binding import check_keys, key_difference
from workspaces.handover.models import RecipientKey
from workspaces.services.recipients import MOST_KEYS

OTHER = keys.public_key(keys.generate_secret_key())


def register(user: User, content: bytes = PUB, name: str = "Laptop") -> RecipientKey:
    return services.register_recipient_key(actor=user, name=name, content=content)


def test_the_key_itself_stands_in_the_ledger(bob: User) -> None:
    key = register(bob)
    entry = last_entry()
    assert (entry.kind, entry.detail["public_key"]) == ("recipient_key.registered", bytes(key.public_key).hex())
    assert entry.detail["fingerprint"] == keys.fingerprint(keys.parse_public_key(PUB))
    assert key_difference(key) is None


def test_its_owner_is_told(bob: User, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        key = register(bob)
        services.remove_recipient_key(actor=bob, key=key)
    assert [message.to for message in mail.outbox] == [[bob.email]] * 2
    assert key.fingerprint in mail.outbox[0].body


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
        PUB.replace(b"PUBLIC", b"PRIVATE"),
        PUB[:40],
        keys.format_public_key(bytes(32)),
        keys.format_public_key(b"\x01" + bytes(31)),
        keys.format_public_key(bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")),
        keys.format_public_key(bytes(31)),
        keys.format_secret_key(bytes(31) + b"\x01", None),
    ],
    # Keys made for the test are other ones in every process, so they name no case.
    ids=["nothing", "ssh", "private", "cut", "zero", "one", "low-order", "short", "secret"],
)
def test_what_is_no_public_key_or_a_dangerous_one_is_refused(bob: User, content: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        register(bob, content)
    assert refused.value.field == "key"
    assert not RecipientKey.objects.exists()


def test_one_key_is_registered_once_until_it_is_removed(bob: User) -> None:
    key = register(bob)
    with pytest.raises(Conflict):
        register(bob)
    services.remove_recipient_key(actor=bob, key=key)
    register(bob)
    assert RecipientKey.objects.in_use().count() == 1


def test_nobody_has_keys_without_end(bob: User) -> None:
    entry = register(bob).entry
    RecipientKey.objects.bulk_create(
        RecipientKey(owner=bob, name="x", public_key=number.to_bytes(32), entry=entry) for number in range(1, MOST_KEYS)
    )
    with pytest.raises(Conflict):
        register(bob, keys.format_public_key(OTHER))


def test_a_key_is_removed_by_its_owner_only(alice: User, bob: User) -> None:
    key = register(bob)
    with pytest.raises(Refused):
        services.remove_recipient_key(actor=alice, key=key)
    assert browser(alice).post(reverse("workspaces:remove_key", args=[key.pk])).status_code == 404


def test_a_swapped_key_is_reported(bob: User) -> None:
    key = register(bob)
    RecipientKey.objects.filter(pk=key.pk).update(public_key=OTHER)
    assert ["public_key" in problem.what for problem in check_keys()] == [True]


def test_a_key_that_was_given_to_somebody_else_is_reported(alice: User, bob: User) -> None:
    key = register(bob)
    RecipientKey.objects.filter(pk=key.pk).update(owner=alice)
    assert ["actor" in problem.what for problem in check_keys()] == [True]


def test_a_removed_key_that_is_back_is_reported(bob: User) -> None:
    key = register(bob)
    services.remove_recipient_key(actor=bob, key=key)
    assert list(check_keys()) == []
    RecipientKey.objects.filter(pk=key.pk).update(removed_at=None)
    assert ["is back" in problem.what for problem in check_keys()] == [True]


def test_the_page_takes_a_pasted_key(bob: User) -> None:
    answer = browser(bob).post(reverse("workspaces:add_key"), {"name": "Laptop", "key": PUB.decode()}, follow=True)
    assert answer.status_code == 200
    assert RecipientKey.objects.get().fingerprint[:4] in answer.content.decode()


def test_the_page_takes_the_file_of_a_key(bob: User) -> None:
    file = BytesIO(PUB)
    file.name = "bob.pub"
    answer = browser(bob).post(reverse("workspaces:add_key"), {"name": "Laptop", "file": file})
    assert answer.status_code == 302
    assert RecipientKey.objects.get().owner == bob


@pytest.mark.parametrize("size", [70_000, 3_000_000])
def test_a_large_file_is_no_key(bob: User, size: int) -> None:
    file = BytesIO(bytes(size))
    file.name = "bob.pub"
    answer = browser(bob).post(reverse("workspaces:add_key"), {"name": "Laptop", "file": file})
    assert answer.status_code == 400
    assert not RecipientKey.objects.exists()


def test_the_page_needs_its_token(bob: User) -> None:
    client = browser(bob, enforce_csrf_checks=True)
    assert client.post(reverse("workspaces:add_key"), {"name": "x", "key": PUB.decode()}).status_code == 403


def test_nothing_at_all_says_what_is_missing(bob: User) -> None:
    answer = browser(bob).post(reverse("workspaces:add_key"), {"name": "Laptop"})
    assert (answer.status_code, "Paste your public key" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize("method", ["post", "delete"])
def test_programs_need_a_recent_factor_too(bob: User, method: str) -> None:
    key, client = register(bob), browser(bob)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": timezone.now().timestamp() - 3600}
    ]
    session.save()
    address = "/api/v1/keys/" if method == "post" else f"/api/v1/keys/{key.pk}/"
    answer = getattr(client, method)(
        address, {"name": "x"}, content_type="application/json", headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "recent_authentication_required")
    assert RecipientKey.objects.in_use().count() == 1


def test_programs_register_list_and_remove(bob: User) -> None:
    client = browser(bob)
    sent = {"name": "Cluster", "public_key": PUB.decode()}
    made = client.post("/api/v1/keys/", sent, content_type="application/json").json()
    assert client.get("/api/v1/keys/").json() == [made]
    assert client.delete(f"/api/v1/keys/{made['id']}/").status_code == 204
    assert client.get("/api/v1/keys/").json() == []
