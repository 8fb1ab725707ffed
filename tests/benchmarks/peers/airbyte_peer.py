"""Airbyte: PyAirbyte reads its connector for Jira and writes into its DuckDB cache.

The connector of the package index (4.0.0, its newest) asks an address that Jira Cloud has removed, and always https. Both are
changed in its manifest before it runs, in the way of Airbyte's later images: `search/jql`, paged by tokens.
"""

import json
import os
import sys
from pathlib import Path

import yaml

STREAMS = ("issues", "issue_comments", "issue_worklogs")
# Told so that it neither asks for its registry nor reports its use.
ALONE = {"AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"}


def mended(manifest: Path) -> None:
    """The connector's manifest as Jira needs it today, at an address without TLS."""
    told = yaml.safe_load(manifest.read_text())
    definitions = told["definitions"]
    for requester in ("requester", "requester_v1"):
        definitions[requester]["url_base"] = definitions[requester]["url_base"].replace("https://", "http://")
    issues = definitions["issues_stream"]
    issues["$parameters"]["path"] = "search/jql"
    issues["retriever"]["paginator"] = {
        "type": "DefaultPaginator",
        "page_size_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "maxResults"},
        "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "nextPageToken"},
        "pagination_strategy": {
            "type": "CursorPagination",
            "cursor_value": "{{ response.get('nextPageToken') }}",
            "stop_condition": "{{ not response.get('nextPageToken') }}",
            "page_size": 50,
        },
    }
    manifest.write_text(yaml.safe_dump(told, sort_keys=False))


def main() -> None:
    site = json.loads(sys.argv[1])
    connector = Path(sys.argv[3])
    (manifest,) = connector.glob("lib/python*/site-packages/source_jira/manifest.yaml")
    mended(manifest)
    os.environ |= ALONE
    import airbyte
    from airbyte.caches import DuckDBCache

    config = {"domain": site["url"].removeprefix("http://"), "email": site["email"], "api_token": site["token"]}
    source = airbyte.get_source(
        "source-jira",
        config=config | {"start_date": "2000-01-01T00:00:00Z"},
        local_executable=connector / "bin" / "source-jira",
        streams=list(STREAMS),
    )
    source.read(cache=DuckDBCache(db_path=sys.argv[2]), force_full_refresh=True)


if __name__ == "__main__":
    main()
