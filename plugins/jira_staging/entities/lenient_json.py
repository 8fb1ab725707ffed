"""JSON read into types, numbers in strings included, without taking a text for what it is not."""

import re
import struct
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Generic, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import inspect

from jira_staging.json_decoders import decoder_of

T = TypeVar("T")
# A whole value, not the name of a member. Jira escapes no letter.
_NULL_TEXT = re.compile(rb'"(null)"(?!\s*:)', re.IGNORECASE)
_MEMBER = re.compile(rb'"([^"\\]*)"\s*:\s*\Z')
# Jira's members have shorter names.
_LONGEST_NAME = 200
# From here on it pays to let Arrow search: half the time, and other threads run meanwhile.
_LARGE = 65_536


class LenientDecoder(Generic[T]):
    """A decoder that takes numbers and booleans in strings, as Jira writes most ids and apps some numbers.

    msgspec alone would also take the text "null", however spelled, for null: what an app wrote would be lost without a word.
    """

    def __init__(self, shape: type[T]) -> None:
        self._shape = shape
        self._decoder = decoder_of(shape)

    def decode(self, data: bytes | msgspec.Raw) -> T:
        """Raises what msgspec raises: ValidationError, which names the place, also for a text "null" where no text may be."""
        value = self._decoder.decode(data)
        places = _null_texts(data)
        if places and any(self._may_be_lost(data, place) for place in places):
            self._decoder.decode(_NULL_TEXT.sub(rb'"\1?"', bytes(data)))
        return value

    @cached_property
    def _wordless(self) -> frozenset[bytes]:
        # Only where it is needed: to find out takes longer than to make a decoder.
        return frozenset(_wordless(inspect.type_info(self._shape)))

    def _may_be_lost(self, data: bytes | msgspec.Raw, place: int) -> bool:
        member = _MEMBER.search(memoryview(data)[max(0, place - _LONGEST_NAME) : place])
        return member is None or member[1] in self._wordless


def _wordless(shape: inspect.Type) -> Iterator[bytes]:
    """The names of the members, at any depth, that take no text."""
    match shape:
        case inspect.StructType():
            for member in shape.fields:
                if not _takes_text(member.type):
                    yield member.encode_name.encode()
                yield from _wordless(member.type)
        case inspect.UnionType():
            for one in shape.types:
                yield from _wordless(one)
        case inspect.ListType():
            yield from _wordless(shape.item_type)
        case inspect.DictType():
            yield from _wordless(shape.value_type)


def _takes_text(shape: inspect.Type) -> bool:
    alternatives = shape.types if isinstance(shape, inspect.UnionType) else (shape,)
    return any(isinstance(one, inspect.StrType | inspect.RawType | inspect.AnyType) for one in alternatives)


def _null_texts(data: bytes | msgspec.Raw) -> Sequence[int]:
    """Where each begins."""
    rest = pa.py_buffer(data)
    if rest.size < _LARGE:
        text = bytes(data)
        # Most have none, and so it takes a third of what the expression takes alone.
        return [found.start() for found in _NULL_TEXT.finditer(text)] if b'"null"' in text.lower() else ()
    places = []
    begin = 0
    while (found := _find(rest)) >= 0:
        places.append(begin + found)
        begin += found + 1
        rest = rest.slice(found + 1)
    return places


def _find(buffer: pa.Buffer) -> int:
    buffers = [None, pa.py_buffer(struct.pack("=2q", 0, buffer.size)), buffer]
    text = pa.Array.from_buffers(pa.large_binary(), 1, buffers)
    return int(pc.find_substring(text, '"null"', ignore_case=True)[0].as_py())
