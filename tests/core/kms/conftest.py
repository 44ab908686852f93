"""The providers, each with the closest peer that there is: docs/keys.md says which, and what that does not prove."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from core.kms import ROOTS, KeyService, LocalKeyring
from core.kms.aws import AwsAddress, AwsKms
from core.kms.vault import VaultTransit
from core.kms.vault_http import VaultAddress
from tests.fakes import aws_kms
from tests.fakes.transit import Transit, sealed, serving, token_file

CONTEXT = {"workspace": "w-1", "generation": "1"}


@dataclass
class Provider:
    """A key service with every root, and a way to take it down."""

    service: KeyService
    outage: Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["local keyring", "vault", "aws"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    with ExitStack() as stack:
        made = _PROVIDERS[request.param](request, tmp_path, stack)
        for root in ROOTS:
            made.service.rotate(root)
        yield made


@pytest.fixture
def service(provider: Provider) -> KeyService:
    return provider.service


@pytest.fixture
def transit() -> Transit:
    return Transit()


@pytest.fixture(scope="session")
def aws_peer() -> Iterator[AwsKms]:
    """Start the server once, and make a client once: both take longer than a test."""
    with aws_kms.serving() as address, pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "testing")
        peer = AwsKms(AwsAddress("eu-central-1", address, timeout=5))
        peer._client()
        yield peer


def _local(request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack) -> Provider:
    keyring = LocalKeyring(tmp_path / "keyring")

    @contextmanager
    def outage() -> Iterator[None]:
        keyring.path.rename(tmp_path / "away")
        keyring.path.mkdir()
        yield
        keyring.path.rmdir()
        (tmp_path / "away").rename(keyring.path)

    return Provider(keyring, outage)


def _vault(request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack) -> Provider:
    transit = Transit()
    address = VaultAddress(stack.enter_context(serving(transit)), token_file=token_file(tmp_path), timeout=5)

    @contextmanager
    def outage() -> Iterator[None]:
        transit.trouble = sealed
        yield
        transit.trouble = None

    return Provider(VaultTransit(address), outage)


def _aws(request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack) -> Provider:
    peer: AwsKms = request.getfixturevalue("aws_peer")
    urllib3.request("POST", f"{peer._address.endpoint}/moto-api/reset")
    service = AwsKms(peer._address)
    service._made = peer._made

    @contextmanager
    def outage() -> Iterator[None]:
        client = service._client()
        client.meta.events.register_first("before-send.kms", _unreachable)
        yield
        client.meta.events.unregister("before-send.kms", _unreachable)

    return Provider(service, outage)


def _unreachable(**kwargs: object) -> None:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="https://kms.example")


_PROVIDERS = {"local keyring": _local, "vault": _vault, "aws": _aws}
