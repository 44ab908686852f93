"""Bob may read Alice's file, and has a key whose secret half the tests hold."""

from typing import Any

import pytest

from accounts.models import User
from tests.workspaces.conftest import browser, give
from workspaces import services
from workspaces.crypt4gh import keys
from workspaces.handover.models import HandOver, RecipientKey
from workspaces.models import Version

SECRET = keys.generate_secret_key()
PUB = keys.format_public_key(keys.public_key(SECRET))


@pytest.fixture
def bobs_key(bob: User, version: Version) -> RecipientKey:
    give(version.file.workspace, "visitor", bob)
    return services.register_recipient_key(actor=bob, name="Laptop", content=PUB)


@pytest.fixture
def made(alice: User, version: Version, bobs_key: RecipientKey) -> HandOver:
    return services.hand_over_version(actor=alice, version=version, key=bobs_key)


def fetch(user: User, made: HandOver, what: str = "file", **headers: str) -> Any:
    return browser(user, raise_request_exception=False).get(
        f"/workspaces/hand-overs/{made.pk}/{what}/", headers=headers
    )
