"""The people of a site, with what makes real ones awkward: hidden e-mail, apps, customers, erased and deactivated accounts."""

import random
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from simulated_jira import words
from simulated_jira.settings import SITE_URL, Settings

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")


@dataclass(eq=False)
class User:
    """`email` is None where the profile hides it, as most do."""

    account_id: str
    name: str
    email: str | None = None
    active: bool = True
    account_type: str = "atlassian"
    time_zone: str | None = "Europe/Berlin"
    locale: str = "en_US"
    groups: list[str] = field(default_factory=list)

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The user as it stands inside issues, comments and histories."""
        seen: dict[str, Any] = {
            "self": f"{SITE_URL}/rest/api/3/user?accountId={self.account_id}",
            "accountId": self.account_id,
        }
        if self.email is not None:
            seen["emailAddress"] = self.email
        seen["avatarUrls"] = dict.fromkeys(
            ("48x48", "24x24", "16x16", "32x32"), f"https://avatar.example.com/{self.account_id[-6:]}.png"
        )
        seen |= {"displayName": self.name, "active": self.active}
        if self.time_zone is not None:
            seen["timeZone"] = self.time_zone
        return seen | {"accountType": self.account_type}

    @cached_property
    def raw(self) -> bytes:
        return msgspec.json.encode(self.payload)

    def listed(self) -> dict[str, Any]:
        """The user as `/users/search` has it."""
        return self.payload | {"locale": self.locale}

    def profile(self) -> dict[str, Any]:
        """The user as `/myself` has it."""
        groups = [group_payload(name) for name in self.groups]
        return self.listed() | {
            "emailAddress": self.email or "",
            "groups": {"size": len(groups), "items": groups},
            "applicationRoles": {"size": 1, "items": [{"key": "jira-software", "name": "Jira Software"}]},
            "expand": "groups,applicationRoles",
        }


GROUPS = ("jira-administrators", "jira-software-users", "site-admins", "contractors", "empty-group")


def group_id(name: str) -> str:
    return words.uuid(random.Random(f"group {name}"))


def group_payload(name: str) -> dict[str, Any]:
    return {"name": name, "groupId": group_id(name), "self": f"{SITE_URL}/rest/api/3/group?groupId={group_id(name)}"}


def _account_id(rng: random.Random) -> str:
    # Both forms live side by side: old ids are 24 hex digits, newer ones a number, a colon and a UUID.
    if rng.random() < 0.5:
        return words.hexadecimal(rng, 24)
    return f"{rng.choice((557058, 712020))}:{words.uuid(rng)}"


def _awkward(rng: random.Random) -> list[User]:
    """One of each kind that a reader forgets."""
    return [
        User(f"557058:{words.uuid(rng)}", "Automation for Jira", account_type="app", time_zone=None),
        User(
            f"qm:{words.uuid(rng)}:{words.uuid(rng)}",
            "Portal Customer",
            account_type="customer",
            groups=["contractors"],
        ),
        User(_account_id(rng), "Former user", email="", active=False, time_zone=None),
        User("unknown", "Former user", active=False, account_type="unknown", time_zone=None),
        User(_account_id(rng), 'Søren 🧩 O\'Neil, "Sr."', active=False, groups=["contractors"]),
    ]


def invent_people(rng: random.Random, count: int, settings: Settings) -> list[User]:
    """`count` people, at least eight; the first is the account that signs in, an administrator."""
    # Jira says `Asia/Shanghai` of an account and so do its times, so the main account decides the zone of all payloads.
    people = [
        User(
            words.hexadecimal(rng, 24),
            "Data Loader",
            "loader@example.com",
            time_zone=settings.time_zone,
            locale=settings.locale,
        )
    ]
    people[0].groups = ["jira-administrators", "jira-software-users", "site-admins"]
    people += _awkward(rng)
    for number in range(max(count, 8) - len(people)):
        user = User(_account_id(rng), words.person_name(rng), time_zone=rng.choice(ZONES), active=rng.random() > 0.1)
        if rng.random() < 0.3:
            user.email = f"person{number}@example.com"
        if user.active:
            user.groups = ["jira-software-users"]
        people.append(user)
    return people
