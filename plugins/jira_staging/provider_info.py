"""What Airflow reads about this package without importing it: the connection type, its form, our configuration section."""

from typing import Any

from jira_staging import __version__

_CONFIG_OPTIONS = {
    "definitions_folder": (
        "Folder of the secret definitions. Default: `include/secret_definitions` beside the DAGs folder.",
        "/opt/airflow/include/secret_definitions",
    ),
    "default_vault": (
        "The Azure Key Vault that `[Default]` means in a secret definition: its name or URL.",
        "acme-vault",
    ),
    "allowed_private_sites": (
        "Hosts on private addresses that connections may name, separated by commas (a company's own Jira Data Center).",
        "jira.corp.example,10.0.4.17",
    ),
    "allowed_http_sites": (
        "Hosts that may be reached over plain http, separated by commas. The token then travels in clear.",
        "jira-simulator",
    ),
    "wait_limit_seconds": (
        "How long one question to Jira may wait in all when Jira asks to wait or fails. Default: 120.",
        "300",
    ),
    "run_wait_limit_seconds": (
        "The same for all questions of a try of a task together. Default: 1800.",
        "3600",
    ),
    "shortest_deferral_seconds": (
        "From how long a wait on a task gives its worker back until it is over. Default: 60.",
        "30",
    ),
    "longest_deferral_seconds": (
        "How long a try of a task may be deferred in all; what asks for more fails. Default: 14400.",
        "7200",
    ),
    "client_certificate": (
        "A PEM file with the client certificate and its key for a site that demands one, or two files with a comma between.",
        "/opt/airflow/certs/jira-client.pem",
    ),
}


def get_provider_info() -> dict[str, Any]:
    """The provider entry point's answer, by Airflow's `provider_info` schema."""
    return {
        "package-name": "airflow-provider-jira-staging",
        "name": "Jira staging",
        "description": "Jira into staging tables, with the token from the vault that a secret definition names.",
        "versions": [__version__],
        "connection-types": [_CONNECTION_TYPE],
        "config": {
            "jira_staging": {
                "description": "Jira staging",
                "options": {
                    name: {
                        "description": description,
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": example,
                        "default": None,
                    }
                    for name, (description, example) in _CONFIG_OPTIONS.items()
                },
            }
        },
    }


# The extra field is called `definition`, not `api_token`: Airflow masks what stands under a name with "token" in it.
_CONNECTION_TYPE = {
    "connection-type": "jira_staging",
    "hook-class-name": "jira_staging.hooks.JiraStagingHook",
    "hook-name": "Jira (staging)",
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "port"],
        "relabeling": {"host": "Site", "login": "Account (e-mail)", "password": "API token, if in no vault"},
        "placeholders": {
            "host": "https://your-company.atlassian.net",
            "login": "reporting-bot@your-company.example",
            "password": "leave empty and name a secret definition below",
        },
    },
    "conn-fields": {
        "definition": {
            "label": "Secret definition",
            "description": "Its name; an operator's `api_token` goes before it.",
            "schema": {"type": ["string", "null"]},
        },
        "concurrency": {
            "label": "Requests at once, at most",
            "description": "Fewer where other tools share the account's rate limit.",
            "schema": {"type": ["integer", "null"], "default": 16, "minimum": 1, "maximum": 32},
        },
    },
}
