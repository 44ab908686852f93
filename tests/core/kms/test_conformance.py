"""What every key service must do. A new provider is added to `conftest.PROVIDERS` and must pass unchanged."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import Unavailable
from core.kms import ROOTS, KeyService, KeyServiceRefused, generation_of
from tests.core.kms.conftest import CONTEXT, Provider


def test_it_gives_back_the_key_it_made(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    assert service.unwrap("workspaces", wrapped, CONTEXT) == key
    assert len(key) == 32


def test_it_makes_another_key_every_time(service: KeyService) -> None:
    assert service.generate("workspaces", CONTEXT)[0] != service.generate("workspaces", CONTEXT)[0]


def test_it_gives_back_a_key_it_was_given(service: KeyService) -> None:
    assert service.unwrap("ledger", service.wrap("ledger", b"k" * 32, CONTEXT), CONTEXT) == b"k" * 32


def test_a_wrap_does_not_contain_the_key(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    assert key not in wrapped


def test_the_order_of_the_context_does_not_matter(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    assert service.unwrap("workspaces", wrapped, dict(reversed(CONTEXT.items()))) == key


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"workspace": "w-1"},
        {"workspace": "w-2", "generation": "1"},
        {"workspace": "w-1", "generation": "1", "more": ""},
    ],
)
def test_it_refuses_another_context(service: KeyService, context: dict[str, str]) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    with pytest.raises(KeyServiceRefused):
        service.unwrap("workspaces", wrapped, context)


def test_it_refuses_a_wrap_of_another_root(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    service.generate("sign-in", CONTEXT)
    with pytest.raises(KeyServiceRefused):
        service.unwrap("sign-in", wrapped, CONTEXT)


def test_it_refuses_a_wrap_with_a_byte_changed(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    for place in [*range(64), *range(64, len(wrapped), 7), len(wrapped) - 1]:
        changed = bytes([*wrapped[:place], wrapped[place] ^ 1, *wrapped[place + 1 :]])
        with pytest.raises(KeyServiceRefused):
            service.unwrap("workspaces", changed, CONTEXT)


def test_it_refuses_a_wrap_that_was_cut(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    for length in [*range(0, len(wrapped), 5), len(wrapped) - 1]:
        with pytest.raises(KeyServiceRefused):
            service.unwrap("workspaces", wrapped[:length], CONTEXT)


def test_older_generations_stay_readable_after_a_rotation(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    service.rotate("workspaces")
    assert service.unwrap("workspaces", wrapped, CONTEXT) == key


def test_rewrapping_moves_a_key_to_the_newest_generation(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    newest = service.rotate("workspaces")
    moved = service.rewrap("workspaces", wrapped, CONTEXT)
    service.destroy("workspaces", newest - 1)
    assert service.unwrap("workspaces", moved, CONTEXT) == key


def test_what_a_destroyed_generation_wrapped_is_lost(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    newest = service.rotate("workspaces")
    service.destroy("workspaces", newest - 1)
    with pytest.raises(KeyServiceRefused):
        service.unwrap("workspaces", wrapped, CONTEXT)


def test_the_newest_generation_cannot_be_destroyed(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    with pytest.raises(KeyServiceRefused):
        service.destroy("workspaces", 1)
    assert service.unwrap("workspaces", wrapped, CONTEXT) == key


def test_rotating_one_root_leaves_the_others_alone(service: KeyService) -> None:
    assert (service.rotate("workspaces"), service.newest("ledger").number) == (2, 1)
    assert service.rotate("ledger") == 2


def test_rotations_at_the_same_time_are_all_kept(service: KeyService) -> None:
    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda _: service.rotate("workspaces"), range(16)))
    assert max(numbers) == service.newest("workspaces").number == 17


def test_a_key_wrapped_during_rotations_opens_afterwards(service: KeyService) -> None:
    def work(turn: int) -> tuple[bytes, bytes] | None:
        if turn % 4:
            return service.generate("workspaces", CONTEXT)
        service.rotate("workspaces")
        return None

    with ThreadPoolExecutor(8) as threads:
        made = [pair for pair in threads.map(work, range(24)) if pair]
    assert all(service.unwrap("workspaces", wrapped, CONTEXT) == key for key, wrapped in made)


def test_first_uses_at_the_same_time_agree_on_one_root(service: KeyService) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: service.generate("workspaces", CONTEXT), range(24)))
    assert all(service.unwrap("workspaces", wrapped, CONTEXT) == key for key, wrapped in made)


def test_a_wrap_says_under_which_generation_it_is(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    assert generation_of(wrapped) == service.newest("workspaces")
    service.rotate("workspaces")
    assert generation_of(wrapped) != service.newest("workspaces")
    assert generation_of(service.rewrap("workspaces", wrapped, CONTEXT)) == service.newest("workspaces")


def test_rewrapping_asks_for_the_context_too(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    with pytest.raises(KeyServiceRefused):
        service.rewrap("workspaces", wrapped, CONTEXT | {"workspace": "w-2"})


def test_a_wrap_swapped_with_another_objects_does_not_open(service: KeyService) -> None:
    other = CONTEXT | {"workspace": "w-2"}
    mine, theirs = service.generate("workspaces", CONTEXT)[1], service.generate("workspaces", other)[1]
    for wrapped, context in ((mine, other), (theirs, CONTEXT)):
        with pytest.raises(KeyServiceRefused):
            service.unwrap("workspaces", wrapped, context)


def test_destroying_a_generation_destroys_those_before_it(service: KeyService) -> None:
    wraps = [service.generate("workspaces", CONTEXT)[1]]
    for _ in range(2):
        service.rotate("workspaces")
        wraps.append(service.generate("workspaces", CONTEXT)[1])
    service.destroy("workspaces", 2)
    for wrapped in wraps[:2]:
        with pytest.raises(KeyServiceRefused):
            service.unwrap("workspaces", wrapped, CONTEXT)
    assert service.unwrap("workspaces", wraps[2], CONTEXT)


def test_destroying_twice_does_no_harm(service: KeyService) -> None:
    service.rotate("workspaces")
    service.destroy("workspaces", 1)
    service.destroy("workspaces", 1)
    assert service.newest("workspaces").number == 2


def test_a_generation_that_is_not_there_yet_cannot_be_destroyed(service: KeyService) -> None:
    with pytest.raises(KeyServiceRefused):
        service.destroy("workspaces", 9)


def test_the_check_passes_where_every_root_is_there(service: KeyService) -> None:
    service.check()
    assert [service.newest(root).number for root in ROOTS] == [1] * len(ROOTS)


def test_a_service_that_is_down_opens_and_makes_nothing(provider: Provider) -> None:
    key, wrapped = provider.service.generate("workspaces", CONTEXT)
    with provider.outage():
        for deed in (
            lambda: provider.service.unwrap("workspaces", wrapped, CONTEXT),
            lambda: provider.service.generate("workspaces", CONTEXT),
            lambda: provider.service.wrap("workspaces", key, CONTEXT),
            lambda: provider.service.rewrap("workspaces", wrapped, CONTEXT),
            lambda: provider.service.rotate("workspaces"),
            lambda: provider.service.destroy("workspaces", 1),
            provider.service.check,
        ):
            with pytest.raises(Unavailable):
                deed()
    assert provider.service.unwrap("workspaces", wrapped, CONTEXT) == key
    assert provider.service.newest("workspaces").number == 1


def test_nothing_that_is_refused_says_a_key(service: KeyService) -> None:
    key, wrapped = service.generate("workspaces", CONTEXT)
    with pytest.raises(KeyServiceRefused) as caught:
        service.unwrap("workspaces", wrapped, CONTEXT | {"workspace": "w-2"})
    told = f"{caught.value!r} {caught.value.__cause__!r} {service!r} {vars(service)!r}"
    assert key.hex() not in told
    assert repr(key)[2:-1] not in told
