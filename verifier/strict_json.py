"""JSON that can be read in one way only: no floats, no NaN, no repeated keys."""

import json
from typing import Any


def loads(data: bytes) -> Any:
    """Read JSON from UTF-8.

    Raises:
        ValueError: it is not JSON, holds a float or a repeated key, or is nested too deeply.

    """
    try:
        return _decoder.decode(data.decode())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return made


def _refuse(number: str) -> None:
    raise ValueError(f"{number[:40]} is not an integer")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
