"""Places to die at: a test's process dies there, and no other process ever does."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ledger_bridge.failpoints import arm, reach
from tests.stack import ROOT

_DIES = "import django; django.setup()\nfrom ledger_bridge.failpoints import reach\nfor _ in range(2): reach('here')"


def run(settings: str, place: str) -> int:
    changed = {"DJANGO_SETTINGS_MODULE": settings, "ITHACA_FAILPOINT": place}
    return subprocess.run([sys.executable, "-c", _DIES], cwd=ROOT, env=os.environ | changed, check=False).returncode


@pytest.mark.parametrize("place", ["here", "here:2"])
def test_a_process_of_a_test_dies_at_the_place_that_was_named(place: str) -> None:
    assert run("config.settings.test", place) == -signal.SIGKILL


@pytest.mark.parametrize("place", ["", "elsewhere", "here:3"])
def test_it_goes_on_everywhere_else(place: str) -> None:
    assert run("config.settings.test", place) == 0


def test_no_other_settings_read_the_variable() -> None:
    assert run("config.settings.local", "here") == 0


def test_nothing_can_be_armed_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="belongs to tests only"):
        arm("here")
    reach("here")


def test_a_count_that_is_none_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="how often"):
        arm("here:often")
