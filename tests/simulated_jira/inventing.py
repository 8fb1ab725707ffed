"""Inventing a site from a seed and a size."""

import random

from simulated_jira.data_center import FIRST_KEY_OF_CUSTOMERS, give_keys
from simulated_jira.field_list import custom_fields, system_fields, team_fields
from simulated_jira.field_values import ValueInventor
from simulated_jira.issue import Issue
from simulated_jira.jira_site import BLOCK, FIRST_ID, HISTORY_MS, Site, creation_order
from simulated_jira.people import invent_people
from simulated_jira.projects import DAY_MS, Project, add_board, add_components, add_versions, invent_project
from simulated_jira.service_desk import PROJECT_NUMBER, RequestInventor, desk_fields, desk_project, open_desk
from simulated_jira.stories import story_rng, tell_story
from simulated_jira.templates import Cast, Template
from simulated_jira.workflow import site_issue_types, site_statuses


def invent(site: Site, issues: int, projects: int) -> None:
    """Fill the empty site: people, fields, projects, then the issues (which share the templates of their project)."""
    settings, rng = site.settings, random.Random(f"{site.seed} site")
    site.people = invent_people(rng, min(2000, 20 + issues // 100), settings)
    if settings.flavour == "data_center":
        give_keys(site.people)
    site.fields = system_fields() + custom_fields(settings.custom_fields)
    site.statuses, site.issue_types = site_statuses(settings.locale), site_issue_types(settings.locale)
    first_ms = site.start_ms - HISTORY_MS
    days = [site.stamps.day(site.start_ms + n * 45 * DAY_MS) for n in (-9, -3, -1, 0, -20)]
    for number in range(projects):
        project = invent_project(number, rng, rng.choice(site.people), settings.locale)
        if not project.is_team_managed:
            add_components(project, number)
            add_versions(project, number, rng, days)
        add_board(project, number, first_ms, site.start_ms)
        site.projects.append(project)
    if settings.service_desk:
        _invent_service_desk(site, days)
    # A dozen are as awkward as a thousand.
    site.fields += team_fields([project.id for project in site.projects if project.is_team_managed][:12])
    _invent_issues(site, issues, first_ms)


def _invent_service_desk(site: Site, days: list[str]) -> None:
    rng = random.Random(f"{site.seed} service desk")
    project = desk_project(rng, site.people[0], site.settings.locale)
    add_components(project, PROJECT_NUMBER)
    add_versions(project, PROJECT_NUMBER, rng, days)
    site.projects.append(project)
    site.fields += desk_fields()
    site.desk = open_desk(project, rng, site.stamps)
    if site.settings.flavour == "data_center":
        give_keys(site.desk.customers, FIRST_KEY_OF_CUSTOMERS)


def _invent_issues(site: Site, count: int, first_ms: int) -> None:
    count_of_templates = 60 if len(site.projects) <= 20 else BLOCK
    step = max(2000.0, (HISTORY_MS - 7_200_000) / max(count, 1))
    created = first_ms
    for index in range(count):
        if index % 37 != 5:
            # Every so often two issues share their instant, as imported ones do.
            created = first_ms + int(index * step) + index * 7919 % 1000
        project = site.projects[(index // BLOCK) % len(site.projects)]
        number = project.next_number
        project.next_number += 1
        issue = Issue(FIRST_ID + index + index // 50, project, number, created)
        issue.index = index
        issue.template = _template(site, project, (number - 1) % count_of_templates)
        issue.updated_ms = created + site.lifetime_ms(issue)
        site.issues[issue.id] = project.issues[number] = issue
        site.by_created.append(issue)
    site.invented_issues = count
    site.by_created.sort(key=creation_order)


def _template(site: Site, project: Project, position: int) -> Template:
    known = site.known_templates.get((project.id, position))
    if known is None:
        rng = story_rng(site.seed, project, position)
        desk = site.desk if site.desk is not None and site.desk.project is project else None
        requests = RequestInventor(rng, desk, site.people, site.stamps) if desk is not None else None
        inventor = ValueInventor(rng, project, site.people, site.stamps, requests)
        cast = Cast(
            site.settings,
            project,
            site.fields,
            site.people,
            site.statuses_of(project),
            site.issue_types_of(project),
        )
        known = site.known_templates[project.id, position] = tell_story(cast, inventor, position)
    return known
