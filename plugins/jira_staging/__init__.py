"""Jira into staging tables, for Apache Airflow and for a shell.

Read it from the top floor down: `operators` and `command_line` tell the job, `tokens` and `syncing` are its two stories
(a name becomes a token; a client becomes rows in tables), the rooms below are doors and crafts, `records` and `tables`
are the nouns, `errors` is what can go wrong. A room imports only from floors below it; this file imports nothing.
"""

__version__ = "0.1.0"
