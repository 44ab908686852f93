"""HashiCorp Vault or OpenBao: roots are keys of the Transit secrets engine, and never leave it.

The keys are of type aes256-gcm96 and *derived*: Transit makes another key for every context, so a wrap that is moved to
another object does not open there. Binding by `associated_data` would do as well, but rewrapping does not take it.
What is stored is the ciphertext in bytes; its version, which Transit writes in front of it, is our generation.
"""

from base64 import b64decode, b64encode
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
from core.kms.vault_http import VaultAddress, VaultConnection, VaultRefused

FORMAT = 2

_UNKNOWN = "The key service does not know the key that this was wrapped under."
_NONSENSE = "The key service answers with something that is no key. Nothing was opened or changed."


class VaultTransit:
    """Speaks to one Transit mount. The root "workspaces" is the key `<prefix>-workspaces` there."""

    format = FORMAT

    def __init__(self, address: VaultAddress, *, mount: str = "transit", prefix: str = "ithaca") -> None:
        self._vault = VaultConnection(address)
        self._mount = mount
        self._prefix = prefix

    def generate(self, root: str, context: Context) -> tuple[bytes, bytes]:
        full = _full(root, context)
        answer = self._post(f"datakey/plaintext/{self._name(root)}", {"context": _context(full), "bits": KEY * 8})
        key = _key(answer)
        generation, body = _split(answer)
        return key, make_wrap(generation, key, full, body)

    def wrap(self, root: str, key: bytes, context: Context) -> bytes:
        full = _full(root, context)
        sent = {"context": _context(full), "plaintext": b64encode(key).decode()}
        generation, body = _split(self._post(f"encrypt/{self._name(root)}", sent))
        return make_wrap(generation, key, full, body)

    def unwrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        full = _full(root, context)
        check, ciphertext = _ciphertext(wrapped)
        sent = {"context": _context(full), "ciphertext": ciphertext}
        return require_checked(_key(self._post(f"decrypt/{self._name(root)}", sent)), check, full)

    def rewrap(self, root: str, wrapped: bytes, context: Context) -> bytes:
        """Let Transit do it: the key is not shown. Its check stays, because key and context stay."""
        check, ciphertext = _ciphertext(wrapped)
        sent = {"context": _context(_full(root, context)), "ciphertext": ciphertext}
        generation, body = _split(self._post(f"rewrap/{self._name(root)}", sent))
        return generation.head + check + body

    def newest(self, root: str) -> Generation:
        return Generation(FORMAT, _number(self._describe(root), "latest_version"))

    def rotate(self, root: str) -> int:
        """Rotate the key, or make it. It needs more rights than the application ought to have: docs/keys.md."""
        try:
            self._describe(root)
        except VaultRefused as error:
            if not _is_missing(error):
                raise
            # Two that make it at once make one key: Transit leaves a key alone that is there.
            self._post(f"keys/{self._name(root)}", {"type": "aes256-gcm96", "derived": True}, tries=1)
            return _number(self._describe(root), "latest_version")
        answer = self._post(f"keys/{self._name(root)}/rotate", {}, tries=1)
        if "latest_version" in answer:
            return _number(answer, "latest_version")
        return _number(self._describe(root), "latest_version")

    def destroy(self, root: str, generation: int) -> None:
        if generation >= self.newest(root).number:
            raise KeyServiceRefused("The newest generation of a root cannot be destroyed; rotate first.")
        if generation < _number(self._describe(root), "min_available_version"):
            return
        first = generation + 1
        key = f"keys/{self._name(root)}"
        self._post(f"{key}/config", {"min_encryption_version": first, "min_decryption_version": first})
        # Until here it could be undone. Trimming deletes the versions.
        self._post(f"{key}/trim", {"min_available_version": first})

    def check(self) -> None:
        for root in ROOTS:
            key = self._describe(root)
            if not key.get("derived") or key.get("type") != "aes256-gcm96":
                raise KeyServiceRefused(f"The key {self._name(root)} is not derived, or not of type aes256-gcm96.")
            context = {"purpose": "check"}
            made, wrapped = self.generate(root, context)
            if self.unwrap(root, wrapped, context) != made:
                raise Unavailable(_NONSENSE)

    def _describe(self, root: str) -> dict[str, Any]:
        try:
            return _inner(self._vault.ask("GET", f"{self._mount}/keys/{self._name(root)}"))
        except VaultRefused as error:
            raise _named(error, self._name(root)) from error

    def _post(self, path: str, body: dict[str, Any], *, tries: int = 3) -> dict[str, Any]:
        try:
            answer = self._vault.ask("POST", f"{self._mount}/{path}", body, tries=tries)
        except VaultRefused as error:
            raise _named(error, path.rpartition("/")[2]) from error
        return _inner(answer) if answer else {}

    def _name(self, root: str) -> str:
        return f"{self._prefix}-{root}"


def _full(root: str, context: Context) -> dict[str, str]:
    return {"root": root, **context}


def _context(full: Context) -> str:
    return b64encode(encode_context(full)).decode()


def _ciphertext(wrapped: bytes) -> tuple[bytes, str]:
    generation = generation_of(wrapped)
    if generation.format != FORMAT or not generation.number:
        # Transit takes version 0 for 1, for the sake of its first years.
        raise KeyServiceRefused(_UNKNOWN)
    check, body = split_wrap(wrapped)
    return check, f"vault:v{generation.number}:{b64encode(body).decode()}"


def _split(answer: dict[str, Any]) -> tuple[Generation, bytes]:
    name, _, rest = str(answer.get("ciphertext", "")).partition(":v")
    number, _, body = rest.partition(":")
    try:
        if name == "vault" and number.isdecimal():
            return Generation(FORMAT, int(number)), b64decode(body, validate=True)
    except ValueError as error:
        raise Unavailable(_NONSENSE) from error
    raise Unavailable(_NONSENSE)


def _key(answer: dict[str, Any]) -> bytes:
    try:
        return b64decode(str(answer["plaintext"]), validate=True)
    except (KeyError, ValueError) as error:
        raise Unavailable(_NONSENSE) from error


def _inner(answer: dict[str, Any]) -> dict[str, Any]:
    data = answer.get("data")
    if not isinstance(data, dict):
        raise Unavailable(_NONSENSE)
    return data


def _number(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Unavailable(_NONSENSE)
    return value


def _is_missing(error: VaultRefused) -> bool:
    return error.status_of_answer != 403 and (  # noqa: PLR2004  forbidden
        error.status_of_answer == 404 or "encryption key not found" in error.reasons  # noqa: PLR2004  not found
    )


def _named(error: VaultRefused, name: str) -> VaultRefused:
    """Return the refusal in a sentence that helps, without anything that the service said."""
    if _is_missing(error):
        sentence = f"The key service has no key {name}. A key officer has to make it first."
    elif error.status_of_answer == 400:  # noqa: PLR2004  bad request
        sentence = "The key service refuses: this was wrapped for something else, or under a key that was destroyed."
    else:
        sentence = error.sentence
    return VaultRefused(sentence, error.status_of_answer, error.reasons)
