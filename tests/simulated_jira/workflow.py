"""Statuses, issue types, priorities, resolutions and link types: the site's own and those of its team-managed projects."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from simulated_jira.settings import SITE_URL

API = f"{SITE_URL}/rest/api/3"

# id, key, colour, and the name in each locale. The key alone is the same everywhere.
CATEGORIES: dict[str, tuple[int, str, dict[str, str]]] = {
    "undefined": (1, "medium-gray", {"en_US": "No Category", "zh_CN": "无类别", "ko_KR": "범주 없음"}),
    "new": (2, "blue-gray", {"en_US": "To Do", "zh_CN": "待办", "ko_KR": "해야 할 일"}),
    "indeterminate": (4, "yellow", {"en_US": "In Progress", "zh_CN": "正在进行", "ko_KR": "진행 중"}),
    "done": (3, "green", {"en_US": "Done", "zh_CN": "完成", "ko_KR": "완료"}),
}
LOCALIZED = {
    "To Do": {"zh_CN": "待办", "ko_KR": "해야 할 일"},
    "In Progress": {"zh_CN": "开发中", "ko_KR": "진행 중"},
    "In Review": {"zh_CN": "评审中", "ko_KR": "검토 중"},
    "Done": {"zh_CN": "已完成", "ko_KR": "완료"},
    "Closed": {"zh_CN": "已关闭", "ko_KR": "종료"},
    "Story": {"zh_CN": "故事", "ko_KR": "스토리"},
    "Bug": {"zh_CN": "缺陷", "ko_KR": "버그"},
    "Task": {"zh_CN": "任务", "ko_KR": "작업"},
}


def localized(name: str, locale: str) -> str:
    return LOCALIZED.get(name, {}).get(locale, name)


def category_payload(key: str, locale: str) -> dict[str, Any]:
    id_, colour, names = CATEGORIES[key]
    return {
        "self": f"{API}/statuscategory/{id_}",
        "id": id_,
        "key": key,
        "colorName": colour,
        "name": names.get(locale, names["en_US"]),
    }


@dataclass(eq=False)
class Status:
    id: str
    name: str
    category: str
    locale: str = "en_US"
    project_id: str | None = None

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The status as it stands in an issue."""
        return {
            "self": f"{API}/status/{self.id}",
            "description": ""
            if self.category != "indeterminate"
            else "This issue is being actively worked on at the moment by the assignee.",
            "iconUrl": f"{SITE_URL}/images/icons/statuses/{self.category}.png",
            "name": localized(self.name, self.locale),
            "id": self.id,
            "statusCategory": category_payload(self.category, self.locale),
        }

    @cached_property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.payload)

    def listed(self) -> dict[str, Any]:
        return self.payload | {"untranslatedName": self.name} | _scope(self.project_id)


@dataclass(eq=False)
class IssueType:
    """`level` is 1 for epics, 0 for the common types, -1 for subtasks."""

    id: str
    name: str
    level: int
    locale: str = "en_US"
    project_id: str | None = None
    entity_id: str | None = None

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The type as it stands in an issue."""
        seen: dict[str, Any] = {
            "self": f"{API}/issuetype/{self.id}",
            "id": self.id,
            "description": f"{self.name}s of this site.",
            "iconUrl": f"{SITE_URL}/rest/api/2/universal_avatar/view/type/issuetype/avatar/10315?size=medium",
            "name": localized(self.name, self.locale),
            "subtask": self.level < 0,
            "avatarId": 10315,
        }
        if self.entity_id is not None:
            seen["entityId"] = self.entity_id
        return seen | {"hierarchyLevel": self.level}

    @cached_property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.payload)

    def listed(self) -> dict[str, Any]:
        return self.payload | {"untranslatedName": self.name} | _scope(self.project_id)


def _scope(project_id: str | None) -> dict[str, Any]:
    return {} if project_id is None else {"scope": {"type": "PROJECT", "project": {"id": project_id}}}


def site_statuses(locale: str) -> list[Status]:
    """In the order of the workflow: a story moves from left to right."""
    rows = (
        ("10000", "To Do", "new"),
        ("3", "In Progress", "indeterminate"),
        ("10001", "In Review", "indeterminate"),
        ("10002", "Blocked", "indeterminate"),
        ("10003", "Done", "done"),
        ("6", "Closed", "done"),
    )
    return [Status(id_, name, category, locale) for id_, name, category in rows]


def site_issue_types(locale: str) -> list[IssueType]:
    rows = (
        ("10000", "Epic", 1),
        ("10001", "Story", 0),
        ("10002", "Task", 0),
        ("10004", "Bug", 0),
        ("10003", "Sub-task", -1),
    )
    return [IssueType(id_, name, level, locale) for id_, name, level in rows]


def team_statuses(number: int, project_id: str, locale: str) -> list[Status]:
    """A team-managed project has statuses of its own, with names that others have too."""
    rows = (("To Do", "new"), ("In Progress", "indeterminate"), ("Done", "done"))
    return [Status(str(11000 + number * 10 + n), name, category, locale, project_id) for n, (name, category) in enumerate(rows)]


def team_issue_types(number: int, project_id: str, locale: str) -> list[IssueType]:
    rows = (("Epic", 1), ("Story", 0), ("Task", 0), ("Bug", 0), ("Subtask", -1))
    return [
        IssueType(
            str(12000 + number * 10 + n),
            name,
            level,
            locale,
            project_id,
            f"0000{number:04d}-0000-4000-a000-00000000000{n}",
        )
        for n, (name, level) in enumerate(rows)
    ]


def _named(kind: str, id_: str, name: str, **more: Any) -> dict[str, Any]:
    return {"self": f"{API}/{kind}/{id_}", **more, "name": name, "id": id_}


PRIORITIES = [
    _named("priority", str(n + 1), name, iconUrl=f"{SITE_URL}/images/icons/priorities/{name.lower()}.svg")
    for n, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"))
]
PRIORITY_COLOURS = ("#d04437", "#f15C75", "#f79232", "#707070", "#999999")
RESOLUTIONS = [
    _named("resolution", str(10000 + n), name, description=description)
    for n, (name, description) in enumerate(
        (
            ("Done", "Work has been completed on this issue."),
            ("Won't Do", ""),
            ("Duplicate", "The problem is a duplicate."),
            ("Cannot Reproduce", ""),
        )
    )
]
LINK_TYPES = [
    {
        "id": str(10000 + n),
        "name": name,
        "inward": inward,
        "outward": outward,
        "self": f"{API}/issueLinkType/{10000 + n}",
    }
    for n, (name, inward, outward) in enumerate(
        (
            ("Blocks", "is blocked by", "blocks"),
            ("Relates", "relates to", "relates to"),
            ("Duplicate", "is duplicated by", "duplicates"),
        )
    )
]
SECURITY_LEVEL = _named("securitylevel", "10100", "Staff only", description="Only staff can see this issue.")
