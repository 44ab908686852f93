"""JSON that can be read in one way only: no floats, no NaN, no repeated keys."""

import json
import re
from typing import Any

_MAX_DEPTH = 100
# A string, whether it ends or not, or a bracket; nothing is ever read twice.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def loads(data: bytes) -> Any:
    """Read JSON from UTF-8.

    Raises:
        ValueError: it is not JSON, holds a float or a repeated key, or is nested too deeply.

    """
    text = data.decode()
    _refuse_depth(text)
    return _decoder.decode(text)


def _refuse_depth(text: str) -> None:
    """Refuse before decoding: Python's own limit is the process's, and a library may have raised it past the stack."""
    if text.count("[") + text.count("{") <= _MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(token[0], 0)
        if depth > _MAX_DEPTH:
            raise ValueError("it is nested too deeply")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return made


def _refuse(number: str) -> None:
    raise ValueError(f"{number[:40]} is not an integer")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
