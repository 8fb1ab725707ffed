"""Arrow tables as the text that Postgres's COPY takes, made column by column without a Python object a value.

Text, not CSV: before Postgres 18 a line of a CSV value that is just `\\.` ends the whole copy.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

# Rows made into text at once: their text lies in memory beside the table.
ROWS_A_CHUNK = 4096
# Backslash first: the others' escapes begin with one.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_ESCAPED = r"[\\\t\n\r]"


def copy_chunks(data: pa.Table) -> Iterator[memoryview]:
    """Lines of COPY's text format, some thousand rows at a time; the next are made while the last are being sent."""
    with ThreadPoolExecutor(1) as ahead:
        made: Future[memoryview] | None = None
        for start in range(0, data.num_rows, ROWS_A_CHUNK):
            last, made = made, ahead.submit(_lines, data.slice(start, ROWS_A_CHUNK))
            if last:
                yield last.result()
        if made:
            yield made.result()


def _lines(chunk: pa.Table) -> memoryview:
    columns = [_as_text(column.combine_chunks()) for column in chunk.columns]
    tab, end, empty = (pa.scalar(text, pa.large_string()) for text in ("\t", "\n", ""))
    lines = pc.binary_join_element_wise(*columns, tab, null_handling="replace", null_replacement="\\N")
    return _bytes(pc.binary_join_element_wise(lines, empty, end))


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return _dates_as_text(column.cast(pa.timestamp("us")))
    if pa.types.is_date(column.type):
        return _dates_as_text(column)
    text = column.cast(pa.large_string())
    # One look for all of them, since most text has none.
    if pa.types.is_string(column.type) and pc.any(pc.match_substring_regex(text, _ESCAPED)).as_py():
        for letter, escape in _ESCAPES:
            if pc.any(pc.match_substring(text, letter)).as_py():
                text = pc.replace_substring(text, letter, escape)
    return text


def _dates_as_text(column: pa.Array) -> pa.Array:
    """ISO dates and times; before the year 1, where Arrow counts a year 0 and Postgres does not, with the era's name."""
    text = column.cast(pa.large_string())
    if not pc.any(pc.less(column, pa.scalar(_FIRST_DAY, pa.int32()).cast(pa.date32()).cast(column.type))).as_py():
        return text
    return pa.array([None if value is None else _with_era(value) for value in text.to_pylist()], pa.large_string())


# Days from 1970 to the first of January of the year 1.
_FIRST_DAY = -719162


def _with_era(date: str) -> str:
    year, rest = int(date[: date.index("-", 1)]), date[date.index("-", 1) :]
    return date if year > 0 else f"{1 - year:04d}{rest} BC"


def _bytes(text: pa.Array) -> memoryview:
    """What a string array without nulls holds, one text after the other, as it lies in memory."""
    _, offsets, content = text.buffers()
    if content is None:
        return memoryview(b"")
    ends = memoryview(offsets).cast("q")
    return memoryview(content)[ends[text.offset] : ends[text.offset + len(text)]]
