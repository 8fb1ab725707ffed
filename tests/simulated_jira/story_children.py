"""Comments, worklogs and files of a story, and the time fields that follow from them."""

import random
from typing import Any

from simulated_jira import rich_text, words
from simulated_jira.field_values import ValueInventor
from simulated_jira.settings import Settings
from simulated_jira.templates import File, Remark, Template, Work, encode


def event_count(rng: random.Random, average: float, *, tail: float, often: tuple[int, int], forced: bool) -> int:
    """A number of events; a few issues (`forced`, or a `tail` of all) have so many that Jira embeds only some of them."""
    if average <= 0:
        return 0
    rest = max(0.0, average - tail * sum(often) / 2) / (1 - tail)
    draw = rng.random()
    if forced or draw < tail:
        return rng.randint(*often)
    return round(rng.uniform(0, 2 * rest))


def add_children(template: Template, inventor: ValueInventor, settings: Settings, steps: int, overfull: int | None) -> None:
    """Comments, worklogs and files at some of the story's steps. `overfull` is the position of an issue with too many."""
    rng, last = inventor.rng, max(steps, 1)
    comments = event_count(rng, settings.comments, tail=0.01, often=(25, 32), forced=False)
    if settings.comments and (overfull == 7 or rng.random() < 0.001):
        comments = 130
    for _ in range(comments):
        author = inventor.person()
        visibility = {"type": "role", "value": "Administrators", "identifier": "Administrators"}
        more = b',"visibility":' + encode(visibility) if rng.random() < 0.05 else b""
        body = rich_text.document(
            rich_text.paragraph(rich_text.text(words.sentence(rng)), rich_text.mention(author.account_id, author.name))
        )
        edited = inventor.person() if rng.random() < 0.2 else None
        template.remarks.append(Remark(rng.uniform(0.01, last), author, encode(body), more, edited))
    for _ in range(event_count(rng, settings.worklogs, tail=0.01, often=(25, 30), forced=overfull == 5)):
        note = encode(rich_text.plain(words.sentence(rng))) if rng.random() < 0.8 else None
        template.works.append(Work(rng.uniform(0.01, last), inventor.person(), 900 * rng.randint(1, 16), note))
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        name, mime = rng.choice(
            (("screenshot 1.png", "image/png"), ("протокол.pdf", "application/pdf"), ("log.txt", "text/plain"))
        )
        template.files.append(File(rng.uniform(0.01, last), inventor.person(), name, mime, rng.randrange(10**7)))


def time_fields(template: Template, rng: random.Random) -> dict[str, Any]:
    spent = sum(work.seconds for work in template.works) or None
    original = rng.choice((None, 7200, 28800, 50400))
    remaining = max(0, original - (spent or 0)) if original is not None else 0 if spent else None
    tracking: dict[str, Any] = {}
    for name, seconds in (("originalEstimate", original), ("remainingEstimate", remaining), ("timeSpent", spent)):
        if seconds is not None:
            tracking |= {name: duration(seconds), f"{name}Seconds": seconds}
    total = (spent or 0) + (remaining or 0)
    progress: dict[str, int] = {"progress": spent or 0, "total": total}
    if total:
        progress["percent"] = 100 * (spent or 0) // total
    ratio = 100 * (spent or 0) // original if original else -1
    return {
        "timespent": spent, "timeestimate": remaining, "timeoriginalestimate": original,
        "aggregatetimespent": spent, "aggregatetimeestimate": remaining, "aggregatetimeoriginalestimate": original,
        "timetracking": tracking, "progress": progress, "aggregateprogress": progress, "workratio": ratio,
    }  # fmt: skip


def duration(seconds: int) -> str:
    """As Jira writes it, with days of eight hours and weeks of five days: `1w 1d 2h`."""
    parts = []
    for letter, size in (("w", 144_000), ("d", 28_800), ("h", 3600), ("m", 60)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{letter}")
    return " ".join(parts) or "0m"
