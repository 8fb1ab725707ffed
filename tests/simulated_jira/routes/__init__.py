"""The endpoints, one module for a family."""

from importlib import import_module

from simulated_jira.routing import ROUTES, Routes

FAMILIES = (
    "search",
    "issues",
    "changelogs",
    "children",
    "directory",
    "project_family",
    "roles",
    "people_family",
    "agile",
    "administration",
    "schemes",
    "screens_and_rights",
    "service_desk",
    "filters",
    "teams",
    "admin_door",
    "data_center",
    "data_center_administration",
)


def load_routes() -> Routes:
    """All endpoints; each family's module enters its own."""
    for family in FAMILIES:
        import_module(f"simulated_jira.routes.{family}")
    return ROUTES
