"""Names of people and institutions: what is shown is what is there."""

import dataclasses

import pytest

from accounts import services
from accounts.models import User
from accounts.services import Particulars
from core.errors import InvalidInput

TRICKS = ["Dana\u202eanaD", "Dana\u2066", "Da\x07na", "Da\u200bna"]


@pytest.mark.parametrize("name", TRICKS)
def test_a_person_cannot_take_a_deceptive_name(alice: User, particulars: Particulars, name: str) -> None:
    with pytest.raises(InvalidInput, match="invisible"):
        services.change_profile(actor=alice, name=name, time_zone="UTC")
    with pytest.raises(InvalidInput, match="invisible"):
        services.apply(email="x@example.org", password="a long password", name=name, particulars=particulars)


@pytest.mark.parametrize("name", TRICKS)
def test_an_institution_cannot_have_one(dana: User, particulars: Particulars, name: str) -> None:
    with pytest.raises(InvalidInput, match="invisible"):
        services.create_institution(actor=dana, name=name, kind="hospital", country="DE")
    proposed = dataclasses.replace(particulars, institution=None, proposed_institution=name)
    with pytest.raises(InvalidInput, match="invisible"):
        services.apply(email="x@example.org", password="a long password", name="Xenia", particulars=proposed)


@pytest.mark.parametrize("name", ["Nguyễn Thị Ánh", "محمد الأحمد", "O'Brien-Łukasz", "山田 太郎"])
def test_every_script_is_welcome(alice: User, name: str) -> None:
    assert services.change_profile(actor=alice, name=name, time_zone="UTC").name == name
