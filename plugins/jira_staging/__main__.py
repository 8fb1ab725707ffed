"""`python -m jira_staging` is `jira-staging`."""

import sys

from jira_staging.command_line import main

if __name__ == "__main__":
    sys.exit(main())
