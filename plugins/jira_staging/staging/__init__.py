"""Where rows go: the `Staging` Protocol; one module a warehouse is imported by whoever opens that door."""

from jira_staging.staging.protocol import WHOLE_SCHEMA, Staging

__all__ = ["WHOLE_SCHEMA", "Staging"]
