"""Invented values of custom fields, one shape for each kind that Jira has."""

import random
from typing import Any

from simulated_jira import rich_text, words
from simulated_jira.clock import Timestamps
from simulated_jira.field_list import Field
from simulated_jira.people import User, group_payload
from simulated_jira.projects import Project
from simulated_jira.service_desk import DESK_KINDS, RequestInventor, sla_value
from simulated_jira.workflow import API

OPTION_NAMES = ("Critical", "Major", "Minor", "微小", "n/a", "Yes, but")
DISABLED_OPTION = 5
# The Development field is a Java map in print, with JSON at its end.
_REPOSITORIES = (
    '{repository={count=2, dataType=repository}, json={"cachedValue":{"errors":[],"summary":{"repository":{"overall":'
    '{"count":2,"lastUpdated":"2026-03-04T15:39:08.000+0100","dataType":"repository"},"byInstanceType":{"GitHub":'
    '{"count":2,"name":"GitHub"}}}}},"isStale":true}}'
)
_PULL_REQUESTS = (
    "{pullrequest={dataType=pullrequest, state=MERGED, stateCount=4}, build={count=1, dataType=build, failedBuildCount=1}, "
    "deployment-environment={dataType=deployment-environment, successfulCount=1, topEnvironments=[{id=0, title=Preview, "
    'status=DEPLOYED}]}, json={"cachedValue":{"errors":[],"summary":{"pullrequest":{"overall":{"count":4,"lastUpdated":'
    '"2026-02-27T21:51:03.000+0200","stateCount":4,"state":"MERGED","dataType":"pullrequest","open":false},"byInstanceType":'
    '{"bitbucket":{"count":4,"name":"Bitbucket Cloud"}}},"build":{"overall":{"count":1,"lastUpdated":'
    '"2026-02-27T17:39:39.000+0200","failedBuildCount":1,"dataType":"build"},"byInstanceType":{}},"deployment-environment":'
    '{"overall":{"count":1,"lastUpdated":"2026-02-27T17:39:43.000+0200","topEnvironments":[{"title":"Preview","status":'
    '"DEPLOYED"}],"dataType":"deployment-environment"},"byInstanceType":{}}}},"isStale":true}}'
)


def option_id(field: Field, position: int) -> str:
    """The id of a field's option, or of option `position - 100` below the first when it is 100 or more."""
    return str(int(field.id.removeprefix("customfield_")) * 1000 + position)


def option(field: Field, position: int) -> dict[str, Any]:
    id_ = option_id(field, position)
    seen = {
        "self": f"{API}/customFieldOption/{id_}",
        "value": OPTION_NAMES[position % 100 % len(OPTION_NAMES)],
        "id": id_,
    }
    return seen | ({"disabled": True} if position == DISABLED_OPTION else {})


class ValueInventor:
    """Invents values for the issues of one project: `value(field)` is a JSON value, often None."""

    def __init__(
        self,
        rng: random.Random,
        project: Project,
        people: list[User],
        stamps: Timestamps,
        requests: RequestInventor | None = None,
    ) -> None:
        self.rng = rng
        self.project = project
        self.people = people
        self.stamps = stamps
        self.requests = requests

    def maybe(self, field: Field) -> Any:
        """A value for a fifth of the issues; else what Jira says of an unset field: null, or an empty list."""
        if field.kind in ("development", "parent_link"):
            return self.value(field)
        if field.kind in DESK_KINDS:
            return self.requests.value(field.kind) if self.requests is not None else None
        if field.kind == "sla" and self.requests is not None:
            return self.value(field)
        if self.rng.random() < 0.2:
            return self.value(field)
        return [] if field.kind in ("assets", "multi_group") and self.rng.random() < 0.5 else None

    def value(self, field: Field) -> Any:
        maker = getattr(self, f"_{field.kind}", None)
        return maker(field) if maker is not None else None

    def person(self) -> User:
        return self.rng.choice(self.people)

    def instant(self) -> int:
        return 1_704_067_200_000 + self.rng.randrange(1000) * 86_400_000 + self.rng.randrange(1440) * 60_000

    def _text(self, field: Field) -> str:
        return self.rng.choice((*words.COMPANIES, "", "0012", "1,5", "NULL", "line one\nline two"))

    def _readonly(self, field: Field) -> str:
        return f"EXT-{self.rng.randrange(10_000)}"

    def _url(self, field: Field) -> str:
        return f"https://example.com/runbooks/{self.rng.randrange(100)}?a=1&b=%20"

    def _number(self, field: Field) -> float:
        return self.rng.choice((0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 0.5, -1.0, 1234567.89, 1e-7))

    _estimate = _number

    def _date(self, field: Field) -> str:
        return self.stamps.day(self.instant())

    def _datetime(self, field: Field) -> str:
        return self.stamps.text(self.instant())

    def _rich_text(self, field: Field) -> dict[str, Any]:
        return rich_text.plain(words.sentence(self.rng))

    def _select(self, field: Field) -> dict[str, Any]:
        return option(field, self.rng.randrange(len(OPTION_NAMES)))

    _radio = _select

    def _multi_select(self, field: Field) -> list[Any]:
        return [option(field, n) for n in sorted(self.rng.sample(range(len(OPTION_NAMES)), self.rng.randint(1, 3)))]

    def _cascading(self, field: Field) -> dict[str, Any]:
        parent = option(field, 0)
        return parent | ({"child": option(field, 100 + self.rng.randrange(3))} if self.rng.random() < 0.7 else {})

    def _user(self, field: Field) -> dict[str, Any]:
        return self.person().payload

    def _multi_user(self, field: Field) -> list[Any]:
        return [user.payload for user in self.rng.sample(self.people, 2)]

    def _group(self, field: Field) -> dict[str, Any]:
        return group_payload(self.rng.choice(("contractors", "site-admins")))

    def _multi_group(self, field: Field) -> list[Any]:
        return [group_payload("contractors")]

    def _labels(self, field: Field) -> list[str]:
        return self.rng.sample(words.LABELS, self.rng.randint(1, 3))

    def _project(self, field: Field) -> dict[str, Any]:
        return self.project.payload()

    def _version(self, field: Field) -> Any:
        return self.rng.choice(self.project.versions) if self.project.versions else None

    def _multi_version(self, field: Field) -> Any:
        return self.project.versions[:2] or None

    def _team(self, field: Field) -> dict[str, Any]:
        id_ = words.uuid(random.Random(f"team {self.rng.randrange(4)}"))
        return {
            "id": id_,
            "name": f"Team {id_[:2]}",
            "avatarUrl": "",
            "isVisible": True,
            "title": f"Team {id_[:2]}",
            "isShared": True,
        }

    def _development(self, field: Field) -> str:
        return self.rng.choice(("{}", _REPOSITORIES, _PULL_REQUESTS))

    def _parent_link(self, field: Field) -> dict[str, Any]:
        reason = {
            "reason": "EPIC_LINK_SHOULD_BE_USED",
            "message": "To set an epic as the parent, use the epic link instead",
        }
        return {"hasEpicLinkFieldDependency": False, "showField": False, "nonEditableReason": reason}

    def _time_in_status(self, field: Field) -> str:
        return "_*|*_".join(f"{status}_*:*_1_*:*_{self.rng.randrange(10**9)}" for status in ("10000", "3", "10003"))

    def _epic_color(self, field: Field) -> str:
        return f"ghx-label-{self.rng.randint(1, 14)}"

    def _epic_name(self, field: Field) -> str:
        return words.summary(self.rng)

    def _epic_status(self, field: Field) -> dict[str, Any]:
        return option(field, self.rng.randrange(3))

    def _vulnerability(self, field: Field) -> None:
        return None

    def _app_json(self, field: Field) -> Any:
        # Apps put whatever they like there, and not always the same type.
        return self.rng.choice(
            ({"start": "2026-01-01", "interval": {"unit": "w", "n": [1, 2.5, None]}}, "plain", 7, True, [{"a": 1}, "b"])
        )

    def _sla(self, field: Field) -> Any:
        seed = self.rng.randrange(10**7)
        id_, is_told = field.id.removeprefix("customfield_"), self.requests is None
        return sla_value(field.name, id_, random.Random(seed), self.stamps, in_full=is_told)

    def _assets(self, field: Field) -> list[Any]:
        number = str(self.rng.randrange(1000))
        workspace = "6b1f0f1e-0000-4000-a000-000000000001"
        return [{"workspaceId": workspace, "id": f"{workspace}:{number}", "objectId": number}]
