"""Which fields an answer shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from simulated_jira.jira_site import Site


@dataclass(frozen=True)
class Selection:
    """Which fields an answer shows, from the `fields` of a request: names, `*all`, `*navigable`, `-name`.

    comments, worklogs: how many of them may be embedded."""

    names: tuple[str, ...]
    hidden_by_default: frozenset[str]
    comments: int
    worklogs: int

    @cached_property
    def key(self) -> str:
        return ",".join(self.names)

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(name for name in self.names if name[:1] not in "*-")

    @cached_property
    def _refused(self) -> frozenset[str]:
        return frozenset(name[1:] for name in self.names if name.startswith("-"))

    @cached_property
    def only_identity(self) -> bool:
        """True when nothing but `id` and `key` is asked for."""
        return self._named <= {"id", "key", "issuekey"} and not any(name[:1] in "*-" for name in self.names)

    @cached_property
    def wants_key(self) -> bool:
        return bool(self._named & {"key", "issuekey"}) or not self.only_identity

    @cached_property
    def single_values(self) -> bool:
        """Whether each field is named, as a bulk fetch of more than a hundred issues must."""
        return bool(self.names) and not any(name[:1] in "*-" for name in self.names)

    def wants(self, field_id: str) -> bool:
        if field_id in self._refused:
            return False
        if field_id in self._named or "*all" in self.names:
            return True
        # Only refusals, such as `-comment`, mean everything navigable but those.
        navigable = "*navigable" in self.names or not self._named
        return navigable and field_id not in self.hidden_by_default


def selection_of(site: Site, names: Iterable[str], *, comments: int | None = None, worklogs: int | None = None) -> Selection:
    """A selection with the site's limits, or with others."""
    hidden = frozenset(field.id for field in site.fields if not field.navigable)
    settings = site.settings
    return Selection(
        tuple(names),
        hidden,
        settings.embedded_comments if comments is None else comments,
        settings.embedded_worklogs if worklogs is None else worklogs,
    )
