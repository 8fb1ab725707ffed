"""The do-it-yourself way: `requests` in a Python task, `pandas.json_normalize`, `to_sql` (and a data frame where lists are)."""

import json
import sys
from typing import Any

import pandas as pd
import requests
from sqlalchemy import create_engine

PER_PAGE = 100


def issues(site: dict[str, str]) -> list[dict[str, Any]]:
    """Everything that the search gives, in memory, as scripts of this kind do."""
    found: list[dict[str, Any]] = []
    with requests.Session() as session:
        session.auth = (site["email"], site["token"])
        asked: dict[str, Any] = {"jql": 'created >= "1970-01-02" ORDER BY created ASC', "fields": "*all"}
        asked |= {"expand": "changelog", "maxResults": PER_PAGE}
        while True:
            answer = session.get(f"{site['url']}/rest/api/3/search/jql", params=asked, timeout=300)
            answer.raise_for_status()
            page = answer.json()
            found += page["issues"]
            if not page.get("nextPageToken"):
                return found
            asked["nextPageToken"] = page["nextPageToken"]


def main() -> None:
    found = issues(json.loads(sys.argv[1]))
    engine = create_engine(f"duckdb:///{sys.argv[2]}")
    lists = {
        "comments": [(issue, item) for issue in found for item in issue["fields"]["comment"]["comments"]],
        "worklogs": [(issue, item) for issue in found for item in issue["fields"]["worklog"]["worklogs"]],
        "changes": [
            (issue, item | {"created": history["created"]})
            for issue in found
            for history in issue["changelog"]["histories"]
            for item in history["items"]
        ],
    }
    frames = {
        "issues": pd.json_normalize([{key: issue[key] for key in ("id", "key", "fields")} for issue in found], max_level=2)
    }
    for name, items in lists.items():
        frames[name] = pd.json_normalize([item | {"issue_id": issue["id"]} for issue, item in items], max_level=1)
    for name, frame in frames.items():
        texts = frame.map(lambda value: json.dumps(value) if isinstance(value, dict | list) else value)
        texts.to_sql(name, engine, index=False, if_exists="replace", chunksize=1_000)


if __name__ == "__main__":
    main()
