"""What every key service must do. A new provider is added to `service` and must pass unchanged."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.kms import KeyService, KeyServiceRefused, LocalKeyring, seal, unseal

CONTEXT = {"workspace": "w-1", "generation": "1"}

PROVIDERS: dict[str, Callable[[Path], KeyService]] = {"local keyring": lambda path: LocalKeyring(path / "keyring")}


@pytest.fixture(params=sorted(PROVIDERS))
def service(request: pytest.FixtureRequest, tmp_path: Path) -> KeyService:
    return PROVIDERS[request.param](tmp_path)


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


def test_it_refuses_a_wrap_with_any_byte_changed(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    for place in range(len(wrapped)):
        changed = bytes([*wrapped[:place], wrapped[place] ^ 1, *wrapped[place + 1 :]])
        with pytest.raises(KeyServiceRefused):
            service.unwrap("workspaces", changed, CONTEXT)


def test_it_refuses_a_wrap_cut_at_any_place(service: KeyService) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    for length in range(len(wrapped)):
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
    service.generate("ledger", CONTEXT)
    assert service.rotate("workspaces") == 1
    assert service.rotate("ledger") == 2


def test_rotations_at_the_same_time_are_all_kept(service: KeyService) -> None:
    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(lambda _: service.rotate("workspaces"), range(24)))
    assert sorted(numbers) == list(range(1, 25))


def test_first_uses_at_the_same_time_agree_on_one_root(service: KeyService) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: service.generate("workspaces", CONTEXT), range(24)))
    assert all(service.unwrap("workspaces", wrapped, CONTEXT) == key for key, wrapped in made)


def test_a_keyring_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    keyring = LocalKeyring(tmp_path / "keyring")
    keyring.rotate("workspaces")
    assert keyring.path.stat().st_mode & 0o777 == 0o600
    assert keyring.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"workspaces": {"1": "%%%"}}', '{"workspaces": {"x": ""}}'])
def test_a_damaged_keyring_is_unavailable_and_never_replaced(tmp_path: Path, content: str) -> None:
    keyring = LocalKeyring(tmp_path)
    keyring.path.write_text(content)
    for deed in (lambda: keyring.generate("workspaces", CONTEXT), lambda: keyring.rotate("workspaces")):
        with pytest.raises(Unavailable):
            deed()
    assert keyring.path.read_text() == content


def test_a_keyring_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "keyring").write_text("a file where the directory should be")
    with pytest.raises(Unavailable):
        LocalKeyring(tmp_path / "keyring").generate("workspaces", CONTEXT)


def test_what_is_sealed_opens_with_its_own_context_only() -> None:
    sealed = seal(b"k" * 32, b"data", CONTEXT)
    assert unseal(b"k" * 32, sealed, CONTEXT) == b"data"
    with pytest.raises(KeyServiceRefused):
        unseal(b"k" * 32, sealed, CONTEXT | {"generation": "2"})
