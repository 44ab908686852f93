"""A scan in the workspace, whose pages are drawn for real."""

from pathlib import Path

import pytest

from accounts.models import User
from tests.workspaces.conftest import put
from workspaces.models import Version, Workspace

SCAN = Path(__file__).resolve().parents[2] / "data" / "scans" / "SC_rgb_rle_2frame.dcm"


@pytest.fixture
def scan(alice: User, workspace: Workspace) -> Version:
    return put(alice, workspace, "scan.dcm", SCAN.read_bytes())
