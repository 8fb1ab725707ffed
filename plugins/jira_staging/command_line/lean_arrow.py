"""Arrow by itself, for commands, in whose process nobody else's code runs."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

# Arrow imports them where they are installed: half a second and 60 MB, for arrays and frames that no command asks for.
_NOT_NEEDED = ("numpy", "pandas")


class _Without(MetaPathFinder):
    """Says that they are not there."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
        /,
    ) -> ModuleSpec | None:
        if fullname in _NOT_NEEDED:
            raise ModuleNotFoundError("Not needed here", name=fullname)
        return None


@contextmanager
def lean_arrow() -> Iterator[None]:
    """Inside, Arrow is imported without what it does not need, and stays so."""
    if "pyarrow" in sys.modules:
        yield
        return
    absent = _Without()
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
