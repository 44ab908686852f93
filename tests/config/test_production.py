"""Production starts with everything named, and with nothing missing."""

import pytest

from tests.check_deployment import check


def test_the_production_settings_pass_djangos_deployment_checks() -> None:
    done = check()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "SITE_ORIGIN", "LEDGER_ORIGIN", "DATABASE_URL"])
def test_production_does_not_start_without(name: str) -> None:
    done = check(without=name)
    assert done.returncode != 0
    assert f"Set the environment variable {name}" in done.stderr
