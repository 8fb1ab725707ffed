"""Definitions and tokens kept in Airflow itself, and where this deployment keeps its definitions in all.

`reading` uses the Task SDK and nothing else, so it works in a task and while a DAG is parsed; `writing` uses Airflow's database
and belongs into the API server, or into a shell beside it. This file imports neither.
"""
