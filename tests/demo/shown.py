"""What the demo shows of the tables: what the last run loaded, and three questions with their answers."""

import duckdb
from rich.console import Console
from rich.table import Table

QUESTIONS = (
    (
        "How much is open, and how much is done?",
        """SELECT p.key AS project, count(*) FILTER (c.key <> 'done') AS open, count(*) FILTER (c.key = 'done') AS done
FROM jira.issue AS i
JOIN jira.project AS p ON p.id = i.project_id
JOIN jira.status AS s ON s.id = i.status_id
JOIN jira.status_category AS c ON c.id = s.category_id
GROUP BY 1 ORDER BY 1""",
    ),
    (
        "How many days until an issue is resolved, half of the time?",
        """SELECT t.name AS issue_type, count(*) AS resolved,
       round(median(date_diff('hour', i.created_at, i.resolved_at)) / 24, 1) AS median_days
FROM jira.issue AS i
JOIN jira.issue_type AS t ON t.id = i.issue_type_id
WHERE i.resolved_at IS NOT NULL
GROUP BY 1 ORDER BY 3 DESC LIMIT 5""",
    ),
    (
        "Who has the most on their desk?",
        """SELECT u.name AS assignee, count(*) AS open_issues, min(i.created_at)::DATE AS oldest_from
FROM jira.issue AS i
JOIN jira.jira_user AS u ON u.id = i.assignee_id
WHERE i.resolved_at IS NULL
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5""",
    ),
)
_LAST_RUN = """
SELECT entity, sum(rows_read), sum(rows_inserted), sum(rows_updated), sum(rows_deleted), sum(rows_rejected), sum(requests)
FROM jira._sync_run
WHERE run_id = (SELECT run_id FROM jira._sync_run ORDER BY started_at DESC LIMIT 1)
GROUP BY entity HAVING sum(rows_read) > 0 OR sum(requests) > 0 ORDER BY min(rowid)
"""
_SECONDS = """
SELECT date_diff('millisecond', min(started_at), max(finished_at)) / 1000
FROM jira._sync_run WHERE run_id = (SELECT run_id FROM jira._sync_run ORDER BY started_at DESC LIMIT 1)
"""


def tables_loaded(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    """The last run, an entity a line."""
    table = Table("entity", title="What this run loaded", title_justify="left", box=None)
    for name in ("rows read", "new", "changed", "gone", "rejected", "requests"):
        table.add_column(name, justify="right")
    rows = connection.execute(_LAST_RUN).fetchall()
    for entity, *counts in rows:
        table.add_row(entity, *(f"{count:,}" if count else "·" for count in counts))
    ((seconds,),) = connection.execute(_SECONDS).fetchall()
    table.add_row("all", *(f"{sum(row[place] for row in rows):,}" for place in range(1, 7)), style="bold")
    console.print(table)
    console.print(f"in {seconds:.1f} seconds, from signing in to the last commit.")


def questions_answered(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    """The three questions, their SQL and their answers."""
    for question, sql in QUESTIONS:
        console.print(f"\n[bold]{question}[/bold]\n")
        console.print(sql, style="dim", markup=False)
        answer = connection.execute(sql)
        table = Table(*(column[0] for column in answer.description or ()), box=None)
        for row in answer.fetchall():
            table.add_row(*(str(value) for value in row))
        console.print()
        console.print(table)
