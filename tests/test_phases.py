"""The spans of a run, as OpenTelemetry's SDK takes them; what is in them, and what they cost where nobody collects them."""

import json
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from jira_staging.phases import phase
from shell_commands import Shell, demo_shell
from simulated_jira import Settings, SimulatedJira

# A process of its own, since a process has one provider for good.
COLLECTING = """
    import json, sys
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    kept = InMemorySpanExporter()
    trace.set_tracer_provider(TracerProvider())
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(kept))
    from jira_staging.command_line import main
    with trace.get_tracer("a deployment").start_as_current_span("task"):
        main({words!r})
    name_of = {{span.context.span_id: span.name for span in kept.get_finished_spans()}}
    print(json.dumps([
        [span.name, span.parent and name_of[span.parent.span_id], dict(span.attributes), span.status.status_code.name,
         span.status.description, [event.name for event in span.events]]
        for span in kept.get_finished_spans()
    ]))
"""


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    with SimulatedJira(250, projects=2, settings=Settings(custom_fields=3, latency_ms=0)) as jira:
        yield demo_shell(tmp_path, jira)


def spans(shell: Shell, *words: str) -> list[Any]:
    done = shell.run_python("-c", textwrap.dedent(COLLECTING.format(words=[*shell.sync(*words)])))
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, list)
    return found


def test_each_phase_of_a_night_is_a_span_within_what_the_deployment_does(shell: Shell) -> None:
    found = spans(shell, "--census")
    parents = {(name.removeprefix("jira_staging."), (parent or "").removeprefix("jira_staging.")) for name, parent, *_ in found}
    assert parents == {
        ("task", ""),
        ("sync", "task"),
        ("sign_in", "sync"),
        ("keep_views", "sync"),
        ("read_site", "sync"),
        ("publish", "read_site"),
        ("sweep", "sync"),
        ("load", "sync"),
        ("fetch_changelogs", "load"),
        ("fetch", "load"),
        ("flatten", "load"),
        ("publish", "load"),
        ("check", "sync"),
        ("census", "task"),
        ("sign_in", "census"),
        ("publish", "census"),
        ("compare", "census"),
        ("find_unseen_changes", "compare"),
        ("load", "census"),
        ("find_reasons", "census"),
        ("mark", "census"),
        ("check", "census"),
    }
    facts = {name: attributes for name, _parent, attributes, *_ in found}
    assert facts["jira_staging.sync"]["jira_staging.site"] == shell.jira.url
    assert facts["jira_staging.sync"]["jira_staging.rows_rejected"] == 0
    assert len(facts["jira_staging.sync"]["jira_staging.run_id"]) == 36
    assert facts["jira_staging.sweep"] == {"jira_staging.scopes": 2, "jira_staging.issues": 250}
    fetched = [attributes["jira_staging.issues"] for name, _parent, attributes, *_ in found if name == "jira_staging.fetch"]
    assert sum(fetched) == 250
    # No token, no account, nobody's name.
    told = str(found)
    names = {person.name for person in shell.jira.site.people}
    assert [text for text in (shell.jira.token, shell.jira.email, *names) if text in told] == []


def test_a_phase_that_fails_says_so_and_holds_no_words_of_others(shell: Shell) -> None:
    (sync,) = [span for span in spans(shell, "--jql", "nonsense = ") if span[0] == "jira_staging.sync"]
    _name, _parent, attributes, status, description, events = sync
    assert (attributes["error.type"], status, events) == ("JiraRefusedQuery", "ERROR", [])
    assert description.startswith("Jira at ")


def test_without_opentelemetry_a_run_has_no_spans_and_needs_none(shell: Shell) -> None:
    script = f"""
        import sys
        sys.modules["opentelemetry"] = None
        from jira_staging.command_line import main
        sys.exit(main({shell.sync("--entities", "project")!r}))
    """
    done = shell.run_python("-c", textwrap.dedent(script))
    assert done.returncode == 0, done.stderr


def test_a_phase_that_nobody_collects_costs_microseconds() -> None:
    # A run of a million issues has some 25,000: at 100 microseconds these are seconds of its hours.
    with phase("warm_up"):
        pass
    began = time.process_time()
    for _ in range(2_000):
        with phase("nothing"):
            pass
    assert (time.process_time() - began) / 2_000 < 100e-6
