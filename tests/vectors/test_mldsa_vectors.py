"""Known answers for ML-DSA-44 that others computed: for the library, our wrapper and the page."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger_bridge.tlog.mldsa import MldsaSigner
from tests.needs import needs
from tests.verifier.in_browser import verifier_page

ANSWERS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "mldsa" / "mldsa44.json").read_text())["tests"]
_VERIFY = """(answers) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const { verify } = ithaca.mldsa44, { fromHex } = ithaca.bytes;
  return answers.map(({ public_key, message, signature, context }) =>
    verify(bytes(public_key), bytes(message), bytes(signature), fromHex(context)));
}"""


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: str(one["count"]))
def test_the_key_made_from_a_seed_is_the_known_one(answer: dict[str, Any]) -> None:
    signer = MldsaSigner.from_seed("log.example", bytes.fromhex(answer["xi"]))
    assert signer.key.public_key == b64decode(answer["public_key"])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: str(one["count"]))
def test_the_library_takes_the_known_signature_under_its_context_only(answer: dict[str, Any]) -> None:
    key = MLDSA44PublicKey.from_public_bytes(b64decode(answer["public_key"]))
    signature, message = b64decode(answer["signature"]), b64decode(answer["message"])
    key.verify(signature, message, bytes.fromhex(answer["context"]))
    with pytest.raises(InvalidSignature):
        key.verify(signature, message)


@needs("chromium")
def test_the_page_takes_every_known_signature_and_none_that_differs() -> None:
    other = [{**one, "context": ""} for one in ANSWERS]
    mixed = [{**one, "signature": ANSWERS[at - 1]["signature"]} for at, one in enumerate(ANSWERS)]
    foreign = [{**one, "public_key": ANSWERS[at - 1]["public_key"]} for at, one in enumerate(ANSWERS)]
    longer = [{**one, "context": "00" * 256} for one in ANSWERS]
    with verifier_page() as page:
        judged = [page.evaluate(_VERIFY, answers) for answers in (ANSWERS, other, mixed, foreign, longer)]
    assert judged == [[True] * len(ANSWERS), *[[False] * len(ANSWERS)] * 4]
