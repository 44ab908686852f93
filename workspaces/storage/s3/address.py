"""Which bucket, where, and how to speak to it."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

_CONNECT_WITHIN = 5
_ANSWER_WITHIN = 30
_ATTEMPTS = 4
_CONNECTIONS = 32


@cache
def _session() -> Any:
    """Read what botocore knows about S3 once; that takes about a second."""
    return botocore.session.Session()


@dataclass(frozen=True)
class S3Address:
    """As `config.storage` reads it from STORAGE_URL. An empty text means that nothing was said.

    Without keys botocore looks where every program of this kind does: the environment (AWS_…), ~/.aws, the machine.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    style: str = ""
    ca: str = ""
    encryption: str = ""
    encryption_key: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    def connect(self) -> Any:
        """Return a client whose every call ends within some time, after a few tries.

        Each body is signed by its SHA-256, which every server of this kind compares with what arrived; the checksums
        that botocore would add of its own accord are not known to all of them.
        """
        return _session().create_client(
            "s3",
            region_name=self.region or "us-east-1",
            endpoint_url=self.endpoint or None,
            verify=self.ca or None,
            aws_access_key_id=self.access_key or None,
            aws_secret_access_key=self.secret_key or None,
            config=Config(
                connect_timeout=_CONNECT_WITHIN,
                read_timeout=_ANSWER_WITHIN,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                max_pool_connections=_CONNECTIONS,
                signature_version="s3v4",
                s3={"addressing_style": self.style or "auto", "payload_signing_enabled": True},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def sealing_by_the_store(self) -> dict[str, str]:
        """Return what asks the store to encrypt once more with a key of its own."""
        if not self.encryption:
            return {}
        key = {"SSEKMSKeyId": self.encryption_key} if self.encryption_key else {}
        return {"ServerSideEncryption": self.encryption, **key}
