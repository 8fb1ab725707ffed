"""What a run read and wrote, in OpenLineage's terms; the provider is imported only where a deployment has it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from jira_staging.records import Report
from jira_staging.tables import TABLES

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from jira_staging.staging import Staging

# Ports that connections leave out, and OpenLineage's names of datasets do not.
_PORTS = {"postgres": 5432}


def lineage_of(report: Report, staging: Staging, staging_conn_id: str, schema: str) -> OperatorLineage[Any, Any] | None:
    """The site as input, the tables that the run loaded as outputs, with their columns and how many rows were written.

    None where the OpenLineage provider is not installed.
    """
    if find_spec("airflow.providers.openlineage") is None:
        return None
    from airflow.providers.common.compat.openlineage.facet import Dataset, OutputDataset, OutputStatisticsOutputDatasetFacet
    from airflow.providers.openlineage.extractors import OperatorLineage

    namespace, prefix = _place(staging_conn_id, schema)
    outputs = [
        OutputDataset(
            namespace,
            f"{prefix}.{table}",
            {"outputStatistics": OutputStatisticsOutputDatasetFacet(rowCount=counts["inserted"] + counts["updated"])},
            facets={"schema": _columns(table, staging)},
        )
        for table, counts in report.totals().items()
        if table in TABLES and any(counts.values())
    ]
    return OperatorLineage(inputs=[Dataset(report.run.site, "jira")], outputs=outputs)


def told(lineage: OperatorLineage[Any, Any] | None) -> OperatorLineage[Any, Any]:
    """The lineage of a run; an empty one where it failed before it was known, since OpenLineage's provider warns of none."""
    from airflow.providers.openlineage.extractors import OperatorLineage

    return lineage or OperatorLineage()


def _place(staging_conn_id: str, schema: str) -> tuple[str, str]:
    """The namespace of a database, and what stands before a table's name in it, after OpenLineage's rules of naming."""
    if "://" in staging_conn_id:  # files: the place without the connection that opens it
        scheme, _, rest = staging_conn_id.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}", schema
    connection = BaseHook.get_connection(staging_conn_id)
    kind = connection.conn_type or ""
    if kind == "duckdb":
        return f"duckdb://{connection.host}", schema
    extra: Mapping[str, object] = connection.extra_dejson
    if kind == "snowflake":
        return f"snowflake://{extra.get('account')}", f"{extra.get('database')}.{schema}".upper()
    port = connection.port or _PORTS.get(kind)
    return f"{kind}://{connection.host}" + (f":{port}" if port else ""), f"{connection.schema or connection.login}.{schema}"


def _columns(table: str, staging: Staging) -> Any:
    from airflow.providers.common.compat.openlineage.facet import SchemaDatasetFacet, SchemaDatasetFacetFields

    meanings = {column.name: column.meaning for column in TABLES[table].all_columns}
    types = {column.name: column.type for column in TABLES[table].all_columns}
    if table == "issue":  # the one table whose columns the site decides
        types = staging.columns(table)
    fields = [SchemaDatasetFacetFields(name, kind, meanings.get(name)) for name, kind in types.items()]
    return SchemaDatasetFacet(fields=fields)
