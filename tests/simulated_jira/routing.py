"""Which function answers which method and path."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulated_jira.exchange import Answer, Request

if TYPE_CHECKING:
    from simulated_jira.service import Service

Handler = Callable[["Service", Request], Answer]


@dataclass(frozen=True)
class Route:
    """`anonymous` routes answer everybody (with less); the others want a signed-in account. `scope` is for scoped tokens."""

    method: str
    template: str
    handler: Handler
    anonymous: bool
    scope: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"


class Routes:
    """A table of routes. Templates have their variable parts in braces."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        self._by_template: dict[str, dict[str, Route]] = {}

    def add(
        self, method: str, template: str, *, anonymous: bool = False, scope: str = "read:jira-work"
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            methods = self._by_template.get(template)
            if methods is None:
                methods = self._by_template[template] = {}
                if "{" in template:
                    self._patterns.append((re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "$"), methods))
                else:
                    self._exact[template] = methods
            methods[method] = Route(method, template, handler, anonymous, scope)
            return handler

        return register

    def get(self, template: str, *, anonymous: bool = False, scope: str = "read:jira-work") -> Callable[[Handler], Handler]:
        return self.add("GET", template, anonymous=anonymous, scope=scope)

    def post(self, template: str, *, anonymous: bool = False, scope: str = "read:jira-work") -> Callable[[Handler], Handler]:
        return self.add("POST", template, anonymous=anonymous, scope=scope)

    def find(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        """The routes of a path by method, and its variable parts; nothing for an unknown path."""
        methods = self._exact.get(path)
        if methods is not None:
            return methods, {}
        for pattern, methods in self._patterns:
            match = pattern.match(path)
            if match is not None:
                return methods, match.groupdict()
        return {}, {}

    def names(self) -> list[str]:
        return [route.name for methods in self._by_template.values() for route in methods.values()]


ROUTES = Routes()
"""What Cloud answers."""

DATA_CENTER = Routes()
"""What Data Center answers otherwise, or Cloud does not at all; its templates are written with version 3 too."""
