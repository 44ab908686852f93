import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing.models import GroupProfile
from sharing.services import add_member, create_group


@pytest.fixture
def readers(alice: User) -> GroupProfile:
    return create_group(actor=alice, name="Readers")


def test_making_one(alice: User, client: Client) -> None:
    client.force_login(alice)
    client.post(reverse("sharing:new_group"), {"name": "Readers"})
    assert "Readers" in client.get(reverse("sharing:groups")).content.decode()


def test_a_taken_name_is_said_at_the_form(bob: User, readers: GroupProfile, client: Client) -> None:
    client.force_login(bob)
    answer = client.post(reverse("sharing:new_group"), {"name": "Readers"})
    assert answer.status_code == 400
    assert "this name already" in answer.content.decode()


def test_taking_in_and_out(alice: User, bob: User, readers: GroupProfile, client: Client) -> None:
    client.force_login(alice)
    client.post(f"{reverse('sharing:add_member', args=[readers.pk])}?person={bob.pk}")
    assert "Bob Lefèvre" in client.get(reverse("sharing:group", args=[readers.pk])).content.decode()
    client.post(reverse("sharing:remove_member", args=[readers.pk, bob.pk]))
    assert not bob.groups.filter(pk=readers.pk).exists()


def test_a_stranger_finds_nothing(charlie: User, readers: GroupProfile, client: Client) -> None:
    client.force_login(charlie)
    for name in ("sharing:group", "sharing:add_member"):
        assert client.get(reverse(name, args=[readers.pk])).status_code == 404


def test_a_member_cannot_take_others_in_or_out(alice: User, bob: User, readers: GroupProfile, client: Client) -> None:
    add_member(actor=alice, profile=readers, person=bob)
    client.force_login(bob)
    assert client.get(reverse("sharing:add_member", args=[readers.pk])).status_code == 403
    for ask in (client.get, client.post):
        assert ask(reverse("sharing:remove_member", args=[readers.pk, alice.pk])).status_code == 403
