"""JSON-RPC to a node that is not trusted: every field of an answer is read strictly, and a wrong one is named."""

import json
import re
from collections.abc import Mapping
from typing import Any

from core.errors import Unavailable
from ledger_bridge.anchors.http import post

TIMEOUT = 10.0
LARGEST_ANSWER = 4 << 20
_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})", re.ASCII)
_DATA = re.compile(r"0x(?:[0-9a-f]{2})*", re.ASCII)
_LONGEST_MESSAGE = 200


class MalformedAnswer(Unavailable):
    """The node's answer is not what the method promises; the sentence names method and field."""


class NodeRefuses(Unavailable):
    """The node answered with an error of its own."""

    def __init__(self, method: str, message: str) -> None:
        super().__init__(f"The node refuses {method}: {message}.")
        self.message = message.lower()


class Answer:
    """One value of an answer, with the path to it, so that a complaint says where."""

    def __init__(self, value: Any, path: str) -> None:
        self.value = value
        self.path = path

    @property
    def absent(self) -> bool:
        return self.value is None

    def __getitem__(self, name: str) -> "Answer":
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return Answer(self.value.get(name), f"{self.path}.{name}")

    def items(self, most: int) -> list["Answer"]:
        if not isinstance(self.value, list) or len(self.value) > most:
            raise self.wrong(f"a list of at most {most}")
        return [Answer(one, f"{self.path}[{place}]") for place, one in enumerate(self.value)]

    def integer(self) -> int:
        if not isinstance(self.value, str) or not _QUANTITY.fullmatch(self.value.lower()):
            raise self.wrong("a number in hexadecimal")
        return int(self.value, 16)

    def data(self, size: int | None = None) -> bytes:
        if not isinstance(self.value, str) or not _DATA.fullmatch(self.value.lower()):
            raise self.wrong("bytes in hexadecimal")
        data = bytes.fromhex(self.value[2:])
        if size is not None and len(data) != size:
            raise self.wrong(f"{size} bytes")
        return data

    def wrong(self, expected: str) -> MalformedAnswer:
        return MalformedAnswer(f"The node's answer is not usable: {self.path} is not {expected}.")


class Rpc:
    """Calls methods of one node (or remote signer)."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._timeout = timeout

    def call(self, method: str, *parameters: Any) -> Answer:
        """Call one method.

        Raises:
            Unreachable: when nothing comes back in time.
            NodeRefuses: when the node answers with an error.
            MalformedAnswer: when the answer is no JSON-RPC answer to this call.

        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        body = json.dumps(request).encode()
        raw = post(self._url, body, content_type="application/json", timeout=self._timeout, most=LARGEST_ANSWER)
        answer = _parse(raw, method)
        if answer.get("error") is not None:
            raise NodeRefuses(method, _message(answer["error"]))
        if answer.get("id") != 1 or "result" not in answer:
            raise MalformedAnswer(f"The node's answer is not usable: {method} has no id 1 and result.")
        return Answer(answer["result"], method)


def _parse(raw: bytes, method: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"The node's answer is not usable: {method} is not JSON.") from error
    if not isinstance(answer, dict):
        raise MalformedAnswer(f"The node's answer is not usable: {method} is not an object.")
    return answer


def _message(error: Any) -> str:
    text = error.get("message") if isinstance(error, dict) else None
    plain = "".join(one for one in str(text or "no reason given") if one.isprintable())
    return plain[:_LONGEST_MESSAGE]
