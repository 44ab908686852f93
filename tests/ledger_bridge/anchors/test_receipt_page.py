"""What a receipt says about anchors: only what is final, and only when it covers the entry."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from ledger_bridge.anchors.models import Anchor
from tests.ledger_bridge.conftest import Fill


def anchor(size: int, block: int, state: str = "final") -> Anchor:
    now = timezone.now()
    values: dict[str, Any] = {"created_at": now, "next_attempt_at": now, "evidence": {"chain_id": 1337}}
    return Anchor.objects.create(kind="chain", size=size, root=b"", state=state, block_number=block, **values)


def page(user: User, entry: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("ledger:receipt", args=[entry])).content.decode()


def test_it_names_the_first_block_that_covers_the_entry(fill: Fill, alice: User) -> None:
    entries = fill(5, actor=alice)
    anchor(2, 70), anchor(4, 80), anchor(5, 90)
    assert "anchored in block 80 of chain 1337" in page(alice, entries[2])


@pytest.mark.parametrize("state", ["pending", "confirmed", "failed", "superseded"])
def test_it_does_not_speak_of_anchors_that_are_not_final(fill: Fill, alice: User, state: str) -> None:
    entry = fill(5, actor=alice)[2]
    anchor(5, 90, state)
    assert "anchored in" not in page(alice, entry)


def test_it_does_not_speak_of_anchors_that_came_before_the_entry(fill: Fill, alice: User) -> None:
    entry = fill(5, actor=alice)[2]
    anchor(2, 70)
    assert "anchored in" not in page(alice, entry)
