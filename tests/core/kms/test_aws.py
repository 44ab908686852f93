"""What is particular to AWS KMS: aliases, its errors, and what its trail is told."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError, ReadTimeoutError

from core.errors import Unavailable
from core.kms import ROOTS, KeyServiceRefused
from core.kms.aws import AwsAddress, AwsKms
from tests.core.kms.conftest import CONTEXT


@pytest.fixture
def service(aws_peer: AwsKms) -> AwsKms:
    urllib3.request("POST", f"{aws_peer._address.endpoint}/moto-api/reset")
    made = AwsKms(aws_peer._address)
    made._made = aws_peer._made
    for root in ROOTS:
        made.rotate(root)
    return made


class Answering:
    """A client that answers everything with one error, or one answer."""

    def __init__(self, answer: Exception | dict[str, Any]) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def answer(**kwargs: Any) -> Any:
            if isinstance(self._answer, Exception):
                raise self._answer
            return self._answer

        return answer


def answering(service: AwsKms, answer: Exception | dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_client", lambda: Answering(answer))


def code(name: str) -> ClientError:
    return ClientError({"Error": {"Code": name, "Message": "arn:aws:kms:…:key/1234 says something long"}}, "Decrypt")


def test_every_generation_is_a_key_with_an_alias(service: AwsKms) -> None:
    service.rotate("workspaces")
    aliases = {alias["AliasName"] for alias in service._client().list_aliases()["Aliases"]}
    assert {"alias/ithaca-workspaces-1", "alias/ithaca-workspaces-2", "alias/ithaca-ledger-1"} <= aliases


def test_destroying_schedules_the_key_for_deletion(service: AwsKms) -> None:
    service.rotate("workspaces")
    service.destroy("workspaces", 1)
    described = service._client().describe_key(KeyId="alias/ithaca-workspaces-1")
    assert described["KeyMetadata"]["KeyState"] == "PendingDeletion"


@pytest.mark.parametrize(
    "name",
    [
        "AccessDeniedException", "InvalidCiphertextException", "IncorrectKeyException", "KMSInvalidStateException",
        "DisabledException", "NotFoundException", "ExpiredTokenException", "UnrecognizedClientException",
    ],
)  # fmt: skip
def test_a_no_is_a_refusal(service: AwsKms, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    answering(service, code(name), monkeypatch)
    with pytest.raises(KeyServiceRefused) as caught:
        service.unwrap("workspaces", wrapped, CONTEXT)
    assert "arn" not in caught.value.sentence


OUTAGES = {
    "slow": ReadTimeoutError(endpoint_url="https://kms.example"),
    "busy": code("ThrottlingException"),
    "broken": code("KMSInternalException"),
    "behind": code("DependencyTimeoutException"),
    "without its key": code("KeyUnavailableException"),
}


@pytest.mark.parametrize("error", OUTAGES.values(), ids=list(OUTAGES))
def test_an_outage_is_no_refusal(service: AwsKms, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    answering(service, error, monkeypatch)
    with pytest.raises(Unavailable) as caught:
        service.unwrap("workspaces", wrapped, CONTEXT)
    assert not isinstance(caught.value, KeyServiceRefused)


def test_a_key_of_another_context_is_noticed_even_if_the_service_hands_it_out(
    service: AwsKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wrapped = service.generate("workspaces", CONTEXT)
    answering(service, {"Plaintext": b"k" * 32}, monkeypatch)
    with pytest.raises(KeyServiceRefused, match="another key"):
        service.unwrap("workspaces", wrapped, CONTEXT)


def test_its_trail_is_told_the_root_and_nothing_about_whom(service: AwsKms, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    def listen(params: dict[str, Any], **kwargs: Any) -> None:
        told.append(dict(params.get("EncryptionContext", {})))

    client = service._client()
    client.meta.events.register("provide-client-params.kms.GenerateDataKey", listen)
    service.generate("workspaces", CONTEXT)
    client.meta.events.unregister("provide-client-params.kms.GenerateDataKey", listen)
    assert set(told[0]) == {"ithaca-root", "ithaca-context"}
    assert "w-1" not in str(told)


def test_a_process_remembers_the_newest_generation_for_a_while_only(
    service: AwsKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = AwsKms(service._address)
    other._made = service._made
    assert other.newest("workspaces").number == 1
    service.rotate("workspaces")
    assert other.newest("workspaces").number == 1
    monkeypatch.setattr("core.kms.aws._KEPT_FOR", 0.0)
    assert other.newest("workspaces").number == 2


def test_a_root_that_nobody_made_is_named(aws_peer: AwsKms) -> None:
    urllib3.request("POST", f"{aws_peer._address.endpoint}/moto-api/reset")
    fresh = AwsKms(aws_peer._address, prefix="nobody")
    fresh._made = aws_peer._made
    with pytest.raises(KeyServiceRefused, match=r"nobody-[a-z-]+-1"):
        fresh.check()


def test_an_address_where_nobody_listens_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with pytest.raises(Unavailable):
        AwsKms(AwsAddress("eu-central-1", "http://127.0.0.1:9", timeout=1)).rotate("workspaces")


def test_without_credentials_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(Unavailable):
        AwsKms(AwsAddress("eu-central-1", "http://127.0.0.1:9", timeout=1)).rotate("workspaces")


def test_the_settings_keep_keys_out_of_the_logs_at_any_level(settings: Any) -> None:
    assert settings.LOGGING["loggers"]["botocore"]["level"] == "WARNING"
    assert logging.getLogger("botocore.endpoint").getEffectiveLevel() >= logging.WARNING
