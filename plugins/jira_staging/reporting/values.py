"""What histories hold as text, as ids and numbers: null for a text that is none, which an import may have left there."""


def identifier(value: str) -> str:
    """An id as a number."""
    return (
        f"CASE WHEN {value} <> '' AND translate({value}, '0123456789', '') = '' AND length({value}) < 19 "
        f"THEN CAST({value} AS bigint) END"
    )


def number(value: str) -> str:
    """A decimal number."""
    rest = f"translate({value}, '0123456789', '')"
    return (
        f"CASE WHEN {rest} IN ('', '.', '-', '-.') AND {rest} <> {value} AND position('-' IN {value}) <= 1 "
        f"THEN CAST({value} AS double precision) END"
    )
