"""`python -m jira_staging` is `jira-staging`."""

import sys

from jira_staging.command_line import main

# Without plugins/.airflowignore Airflow runs this file under its bare name, which is `__main__` too, and would be ended by it.
if __name__ == "__main__" and __package__ == "jira_staging":
    sys.exit(main())
