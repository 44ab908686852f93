"""A passkey in software: it signs challenges with a real key, as a phone would."""

import json
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

_PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class SoftwarePasskey:
    def __init__(self, origin: str = "http://localhost:8000") -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = token_bytes(32)
        self.owner = b""

    def create(self, options: dict[str, Any]) -> str:
        """Answer `creation_options` as the browser does, as JSON."""
        self.owner = websafe_decode(options["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]  # fido2 has no types
        data = AuthenticatorData.create(
            sha256(options["rp"]["id"].encode()).digest(),
            _PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT,
            0,
            AttestedCredentialData.create(b"\0" * 16, self.id, public),
        )
        return self._answer(
            {
                "clientDataJSON": self._client_data("webauthn.create", options["challenge"]),
                "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
            },
            {"credProps": {"rk": True}},
        )

    def prove(self, options: dict[str, Any]) -> str:
        """Answer `request_options` as the browser does, as JSON."""
        rp_hash = sha256(options["rpId"].encode()).digest()
        data = AuthenticatorData.create(rp_hash, _PRESENT_AND_VERIFIED, 1)
        client_data = self._client_data("webauthn.get", options["challenge"])
        signed = data + sha256(websafe_decode(client_data)).digest()
        return self._answer(
            {
                "clientDataJSON": client_data,
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(self.key.sign(signed, ec.ECDSA(SHA256()))),
                "userHandle": websafe_encode(self.owner),
            },
            {},
        )

    def _client_data(self, kind: str, challenge: str) -> str:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return websafe_encode(json.dumps(data).encode())

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> str:
        own_id = websafe_encode(self.id)
        answer = {"type": "public-key", "id": own_id, "rawId": own_id, "clientExtensionResults": extensions}
        return json.dumps(answer | {"response": response})
