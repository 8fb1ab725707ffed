"""dlt: its `rest_api` source on `search/jql`, with what its Jira source asks for, into DuckDB.

`insert` is dlt's own choice for DuckDB (SQL with values), `parquet` the quicker one. Nested lists become tables by themselves.
"""

import json
import os
import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    site, database, loader = json.loads(sys.argv[1]), Path(sys.argv[2]).resolve(), sys.argv[3]
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "WARNING"}
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{site['url']}/rest/api/3/",
                "auth": {"type": "http_basic", "username": site["email"], "password": site["token"]},
            },
            "resources": [
                {
                    "name": "issues",
                    "primary_key": "id",
                    "endpoint": {
                        "path": "search/jql",
                        "params": {
                            "jql": 'created >= "1970-01-02" ORDER BY created ASC',
                            "fields": "*all",
                            "expand": "fields,changelog,operations,transitions,names",
                            "maxResults": 100,
                        },
                        "data_selector": "issues",
                        "paginator": {"type": "cursor", "cursor_path": "nextPageToken", "cursor_param": "nextPageToken"},
                    },
                }
            ],
        },
        name="jira",
    )
    pipeline = dlt.pipeline(
        "jira",
        pipelines_dir=str(database.parent / "pipelines"),
        destination=dlt.destinations.duckdb(str(database)),
        dataset_name="main_jira",
    )
    pipeline.run(source, loader_file_format="insert_values" if loader == "insert" else "parquet")


if __name__ == "__main__":
    main()
