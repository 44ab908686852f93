"""What one process counts, all others see."""

import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings

from accounts.models import User
from config.cache import parse_cache_url

SHARED = override_settings(CACHES={"default": parse_cache_url("database://")})


@SHARED
def test_attempts_are_counted_in_the_database(client: Client, alice: User) -> None:
    wrong = {"login": alice.email, "password": "not the password"}
    for _ in range(5):
        client.post("/accounts/login/", wrong)
    caches["default"].close()
    again = Client().post("/accounts/login/", wrong | {"password": "correct horse battery"})
    assert "Too many attempts" in again.content.decode()


def test_redis_can_hold_the_counts() -> None:
    assert parse_cache_url("rediss://cache:6379/1")["BACKEND"].endswith("RedisCache")


@pytest.mark.parametrize("url", ["locmem://", "memcached://cache:11211", ""])
def test_nothing_else_is_taken(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        parse_cache_url(url)
