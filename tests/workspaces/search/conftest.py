"""Somebody who is not a contributor yet."""

import pytest

from accounts.models import User
from tests.conftest import make_person


@pytest.fixture
def frida(db: None) -> User:
    """Somebody who has applied and was not answered yet."""
    return make_person("Frida Nilsson", None, role="applicant")
