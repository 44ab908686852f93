"""What the components say, and what they leave out."""

from datetime import UTC, datetime

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string


class ShareForm(forms.Form):
    email = forms.EmailField(help_text="Of a contributor.")


def component(name: str, **context: object) -> str:
    return render_to_string(f"components/{name}.html", context)


def test_a_field_in_error_points_at_its_help_and_its_error() -> None:
    page = component("field", field=ShareForm({"email": "nobody"})["email"])
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    assert 'id="id_email_helptext"' in page
    assert 'id="id_email_error"' in page


def test_a_summary_links_to_the_field_in_error() -> None:
    assert 'href="#id_email"' in component("form_errors", form=ShareForm({}))


def test_a_summary_is_absent_from_a_fresh_form() -> None:
    assert component("form_errors", form=ShareForm()).strip() == ""


def test_a_badge_claims_nothing_while_its_entry_is_pending() -> None:
    page = component("badge", state="pending", cosigned=2, anchored=True, poll_url="/badge/")
    assert "co-signed" not in page
    assert "anchored" not in page
    assert 'hx-get="/badge/"' in page


def test_a_badge_stops_asking_once_recorded() -> None:
    page = component("badge", state="recorded", cosigned=2, poll_url="/badge/")
    assert "co-signed by 2" in page
    assert "hx-get" not in page


def test_a_broken_proof_is_never_called_recorded() -> None:
    assert "recorded" not in component("badge", state="broken", cosigned=2)


def test_a_time_is_written_in_utc() -> None:
    page = component("time", at=datetime(2026, 11, 23, 20, 41, tzinfo=UTC))
    assert 'datetime="2026-11-23T20:41:00Z"' in page
    assert "23 Nov 2026, 20:41 UTC" in page


def test_pages_keep_the_rest_of_the_query() -> None:
    page = component("pagination", page_obj=Paginator(range(30), 10).page(2), query="q=ct&sort=name")
    assert 'href="?q=ct&amp;sort=name&amp;page=3"' in page


def test_a_single_page_needs_no_pagination() -> None:
    assert component("pagination", page_obj=Paginator(range(3), 10).page(1)).strip() == ""


@pytest.mark.parametrize("name", ["timeline", "bars"])
def test_a_label_is_escaped(name: str) -> None:
    events = [{"at": datetime(2026, 11, 23, tzinfo=UTC), "sentence": "<b>"}]
    page = component(name, days=[{"day": None, "events": events}], bars=[{"label": "<b>", "value": 1, "height": 1}])
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
