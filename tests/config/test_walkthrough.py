"""The walk-through is told to its end in every installation that `make run` can start."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import TermsVersion
from config.walkthrough import story
from tests.clamd import clamd
from tests.needs import needs
from workspaces.models import VersionScan


@needs("clamd")
@pytest.mark.django_db
def test_it_waits_for_the_scanner_before_it_opens_a_file(settings: Any, tmp_path: Path, terms: TermsVersion) -> None:
    settings.BLOB_DIRECTORY = tmp_path
    with clamd() as settings.SCANNER_URL:
        call_command("seed_walkthrough", stdout=StringIO())
    assert story.is_told()
    assert VersionScan.objects.filter(state="clean").exists()
