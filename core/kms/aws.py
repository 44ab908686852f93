"""AWS KMS: every generation of a root is a KMS key of its own, found by its alias `alias/<prefix>-<root>-<number>`.

AWS rotates the material inside a key too, but never lets go of old material; a generation that can be destroyed has to
be a key. The context is bound as encryption context, which CloudTrail shows: it holds the root's name and a hash of the
rest, so that no trail outside says who works on what.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from core.errors import Unavailable
from core.kms.protocol import (
    KEY,
    ROOTS,
    Context,
    Generation,
    KeyServiceRefused,
    encode_context,
    generation_of,
    make_wrap,
    require_checked,
    split_wrap,
)

FORMAT = 3

_KEPT_FOR = 30.0
"""Seconds that a process remembers which generation is the newest."""

_WINDOW = 30
"""Days until AWS destroys a key for good; meanwhile it opens nothing, and its deletion can be cancelled."""

_DOWN = "The key service does not answer. Nothing was opened or changed."
_DENIED = "The key service denies this installation what it asked for. Nothing was opened or changed."
_WRONG = "The key service refuses: this was wrapped for something else, or under another key."
_GONE = "The key service refuses: the key is disabled, or was destroyed."
_SENTENCES = {
    "AccessDeniedException": _DENIED,
    "UnrecognizedClientException": _DENIED,
    "InvalidClientTokenId": _DENIED,
    "InvalidSignatureException": _DENIED,
    "ExpiredTokenException": _DENIED,
    "NotAuthorized": _DENIED,
    "InvalidCiphertextException": _WRONG,
    "IncorrectKeyException": _WRONG,
    "ValidationException": _WRONG,
    "InvalidKeyUsageException": _WRONG,
    "DisabledException": _GONE,
    "KMSInvalidStateException": _GONE,
    "NotFoundException": _GONE,
}
"""Everything else, throttling above all, is an outage: trying again later is right."""


@dataclass(frozen=True)
class AwsAddress:
    """Where the key service is. Credentials come the way AWS's own tools find them."""

    region: str
    endpoint: str = ""
    timeout: float = 5.0


class AwsKms:
    """Speaks to AWS KMS in one region and account."""

    format = FORMAT

    def __init__(self, address: AwsAddress, *, prefix: str = "ithaca") -> None:
        self._address = address
        self._prefix = prefix
        self._lock = threading.Lock()
        self._made: tuple[int, Any] | None = None
        self._newest: dict[str, tuple[float, int]] = {}

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        generation, full = self.newest(root), _full(root, context)
        with _translated():
            answer = self._client().generate_data_key(
                KeyId=self._alias(root, generation.number), NumberOfBytes=KEY, EncryptionContext=_bound(full)
            )
        key = bytes(answer["Plaintext"])
        return key, make_wrap(generation, key, full, bytes(answer["CiphertextBlob"]))

    def wrap(self, root: str, key: bytes, context: Context) -> bytes:
        generation, full = self.newest(root), _full(root, context)
        with _translated():
            answer = self._client().encrypt(
                KeyId=self._alias(root, generation.number), Plaintext=key, EncryptionContext=_bound(full)
            )
        return make_wrap(generation, key, full, bytes(answer["CiphertextBlob"]))

    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        full = _full(root, context)
        generation, check, blob = _parts(wrapped)
        with _translated():
            answer = self._client().decrypt(
                # Named, although the blob says it too: no other key may be used.
                KeyId=self._alias(root, generation.number),
                CiphertextBlob=blob,
                EncryptionContext=_bound(full),
            )
        return require_checked(bytes(answer["Plaintext"]), check, full)

    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        """Let KMS do it: the key is not shown. Its check stays, because key and context stay."""
        old, check, blob = _parts(wrapped)
        new, bound = self.newest(root), _bound(_full(root, context))
        with _translated():
            answer = self._client().re_encrypt(
                CiphertextBlob=blob,
                SourceKeyId=self._alias(root, old.number),
                SourceEncryptionContext=bound,
                DestinationKeyId=self._alias(root, new.number),
                DestinationEncryptionContext=bound,
            )
        return new.head + check + bytes(answer["CiphertextBlob"])

    def newest(self, root: str) -> Generation:
        kept = self._newest.get(root)
        if kept is None or time.monotonic() - kept[0] > _KEPT_FOR:
            numbers = self._numbers(root)
            if not numbers:
                name = f"alias/{self._prefix}-{root}-1"
                raise KeyServiceRefused(f"The key service has no key {name}. A key officer has to make it first.")
            kept = self._newest[root] = (time.monotonic(), max(numbers))
        return Generation(FORMAT, kept[1])

    def rotate(self, root: str) -> int:
        """Make a key and its alias. It needs more rights than the application ought to have: docs/keys.md."""
        from botocore.exceptions import ClientError

        number = max(self._numbers(root), default=0) + 1
        with _translated():
            made = self._client().create_key(
                Description=f"Ithaca: root key “{root}”", KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT"
            )
            while True:
                try:
                    self._client().create_alias(
                        AliasName=self._alias(root, number), TargetKeyId=made["KeyMetadata"]["KeyId"]
                    )
                except ClientError as error:
                    if error.response["Error"]["Code"] != "AlreadyExistsException":
                        raise
                    number += 1
                else:
                    break
        self._newest.pop(root, None)
        return number

    def destroy(self, root: str, generation: int) -> None:
        numbers = self._numbers(root)
        if generation >= max(numbers, default=0):
            raise KeyServiceRefused("The newest generation of a root cannot be destroyed; rotate first.")
        for number in [number for number in numbers if number <= generation]:
            with _translated():
                key = self._client().describe_key(KeyId=self._alias(root, number))["KeyMetadata"]
                if key["KeyState"] != "PendingDeletion":
                    self._client().schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=_WINDOW)

    def check(self) -> None:
        context = {"purpose": "check"}
        for root in ROOTS:
            made, wrapped = self.generate(root, context)
            if self.unwrap(root, wrapped, context) != made:
                raise Unavailable(_DOWN)

    def _numbers(self, root: str) -> list[int]:
        beginning = f"alias/{self._prefix}-{root}-"
        with _translated():
            pages = self._client().get_paginator("list_aliases").paginate()
            names = [alias["AliasName"] for page in pages for alias in page["Aliases"] if "TargetKeyId" in alias]
        rests = [name.removeprefix(beginning) for name in names if name.startswith(beginning)]
        return [int(rest) for rest in rests if rest.isdecimal()]

    def _alias(self, root: str, number: int) -> str:
        return f"alias/{self._prefix}-{root}-{number}"

    def _client(self) -> Any:
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), _make_client(self._address))
            return self._made[1]


def _make_client(address: AwsAddress) -> Any:
    from botocore.config import Config
    from botocore.session import get_session

    with _translated():
        return get_session().create_client(
            "kms",
            region_name=address.region,
            endpoint_url=address.endpoint or None,
            config=Config(
                connect_timeout=min(address.timeout, 2.0),
                read_timeout=address.timeout,
                retries={"total_max_attempts": 2, "mode": "standard"},
                max_pool_connections=16,
            ),
        )


def _full(root: str, context: Context) -> dict[str, str]:
    return {"root": root, **context}


def _bound(full: Context) -> dict[str, str]:
    return {"ithaca-root": full["root"], "ithaca-context": sha256(encode_context(full)).hexdigest()}


def _parts(wrapped: bytes) -> tuple[Generation, bytes, bytes]:
    generation = generation_of(wrapped)
    if generation.format != FORMAT:
        raise KeyServiceRefused("The key service does not know the key that this was wrapped under.")
    return (generation, *split_wrap(wrapped))


@contextmanager
def _translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        sentence = _SENTENCES.get(error.response.get("Error", {}).get("Code", ""))
        if sentence is None:
            raise Unavailable(_DOWN) from error
        raise KeyServiceRefused(sentence) from error
    except (BotoCoreError, OSError) as error:
        raise Unavailable(_DOWN) from error
