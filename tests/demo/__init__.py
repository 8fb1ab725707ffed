"""What `make demo` shows: the nightly DAG, run by Airflow, against a simulated Jira and a local AWS Secrets Manager."""
