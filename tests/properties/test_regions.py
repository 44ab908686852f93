"""Marked parts of a page: whatever is said, what is kept lies on the page, and comes back the same."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from workspaces.conversation.regions import SIDES, SMALLEST, Region

anything = st.one_of(
    st.floats(),
    st.floats(min_value=0, max_value=1),
    st.integers(),
    st.text(max_size=60),
    st.decimals(),
    st.none(),
    st.booleans(),
    st.lists(st.floats(), max_size=2),
)
fractions = st.floats(min_value=0, max_value=1)


def read(said: dict[str, Any]) -> Region | None:
    try:
        return Region.of(said)
    except InvalidInput:
        return None


@given(st.dictionaries(st.sampled_from(SIDES), anything))
def test_what_is_kept_lies_on_the_page(said: dict[str, Any]) -> None:
    region = read(said)
    if region is None:
        return
    assert min(region.left, region.top) >= 0
    assert min(region.width, region.height) >= SMALLEST
    assert max(region.left + region.width, region.top + region.height) <= 1
    assert all(number == number.quantize(Decimal("0.0001")) for number in vars(region).values())


@given(left=fractions, top=fractions, width=fractions, height=fractions)
def test_what_lies_on_the_page_is_kept_where_it_is(left: float, top: float, width: float, height: float) -> None:
    width, height = width * (1 - left), height * (1 - top)
    region = read({"left": left, "top": top, "width": width, "height": height})
    if region is None:
        assert min(width, height) < float(SMALLEST) + 0.0002
        return
    assert abs(float(region.left) - left) <= 0.0001
    assert abs(float(region.width) - width) <= 0.0002


@given(st.fixed_dictionaries(dict.fromkeys(SIDES, fractions)))
def test_it_can_be_read_from_its_own_text(said: dict[str, float]) -> None:
    region = read(said)
    if region is not None:
        assert Region.of(dict(zip(SIDES, region.as_text.split(), strict=True))) == region
