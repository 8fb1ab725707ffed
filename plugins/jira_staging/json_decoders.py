"""Decoders of JSON, each made once, by one thread at a time."""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_made: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


def decoder_of(shape: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder to `shape`, which takes numbers in strings, as Jira writes most ids.

    msgspec 0.22 describes a Struct when it is first decoded to, and shows the unfinished description to other threads, which
    crash the process in it: `msgspec.json.decode` with a Struct is for none but the one thread that there is.
    """
    found: msgspec.json.Decoder[T] | None = _made.get(shape)
    if found is None:
        with _making:
            found = _made[shape] = _made.get(shape) or msgspec.json.Decoder(shape, strict=False)
    return found
