// The tab of syncs: how fresh each destination is, and what its runs did.
import { ask, el, number, problem, span, table, tell, when, words } from "./dom.js";

// While something runs; and to see that something began.
const LIVE_SECONDS = 2;
const REFRESH_SECONDS = 15;
const MOST_FRESH = 12;
const MOST_BARS = 30;
const RUN_COLUMNS = [{ label: "Table" }, { label: "Scope" }, { label: "Status" },
  ...["New", "Changed", "Deleted", "Rejected", "Requests"].map((label) => ({ label, number: true })), { label: "Checks and notes" }];
const STATUS_CLASS = { success: "good", failed: "bad", running: "soon" };

const lastSeen = new Map();
const opened = new Set();
let timer;
let shown = 0;
let wasRefused = false;
let lastText = "";

export async function showSyncs(panel) {
  clearTimeout(timer);
  const mine = ++shown;
  const [places, running] = await Promise.all([ask("GET", "v1/page/destinations"), ask("GET", "v1/page/running")]);
  if (!places.length) {
    panel.replaceChildren(el("div", { class: "empty" }, el("p", {}, "No DAG that you may see loads Jira yet."),
      el("p", {}, "Put dags/jira_nightly_sync.py into the DAGs folder; its runs are shown here.")));
    return;
  }
  const sections = await Promise.all(places.map((place) => section(place, running.filter((task) => task.connectionId === place.connectionId && task.schema === place.schema))));
  if (mine !== shown) return;
  const text = sections.map(({ drawn }) => drawn.textContent).join("\n");
  if (text !== lastText || !panel.querySelector("section")) redraw(panel, sections);
  lastText = text;
  const seconds = running.length || sections.some(({ isRunning }) => isRunning) ? LIVE_SECONDS : REFRESH_SECONDS;
  timer = setTimeout(() => again(panel), seconds * 1000);
}

function redraw(panel, sections) {
  // Drawn anew, a summary that has the keyboard's focus would lose it.
  const focused = panel.contains(document.activeElement) ? document.activeElement.closest("details")?.dataset.run : undefined;
  panel.replaceChildren(...sections.map(({ drawn }) => drawn));
  if (focused) panel.querySelector(`details[data-run="${CSS.escape(focused)}"] > summary`)?.focus({ preventScroll: true });
}

function again(panel) {
  if (panel.hidden) return;
  // What was seen last stays while the server does not answer.
  showSyncs(panel).then(() => {
    if (wasRefused) tell("");
    wasRefused = false;
  }, (error) => {
    wasRefused = true;
    tell(error.message, false);
    timer = setTimeout(() => again(panel), REFRESH_SECONDS * 1000);
  });
}

async function section(place, tasks) {
  const key = `${place.connectionId}/${place.schema}`;
  const parts = [el("h2", {}, `Schema ${place.schema} in ${place.connectionId}`), el("p", { class: "quiet" }, `Loaded by ${place.dags.join(", ")}.`), ...tasks.map(runningTask)];
  try {
    lastSeen.set(key, await ask("GET", `v1/page/runs?${where(place)}`));
  } catch (error) {
    parts.push(problem(error.message));
    if (lastSeen.has(key)) parts.push(el("p", { class: "quiet" }, "These are the last figures that could be read:"));
  }
  const told = lastSeen.get(key);
  const runs = (told?.runs ?? []).map(summed);
  if (told && !runs.length) parts.push(el("p", { class: "empty" }, "Nothing was loaded here yet. Trigger one of the DAGs."));
  if (runs.length) parts.push(...freshness(told.scopes), el("h3", {}, "Runs"), sparkline(runs), ...runs.map((run) => drawnRun(run, place, told.left)));
  return { drawn: el("section", {}, parts), isRunning: runs.some(({ status }) => status === "running") };
}

// Airflow knows of it also while a run writes and nobody can read the tables.
function runningTask({ dagId, taskId, runId, mapIndex, tryNumber, startedAt }) {
  const since = startedAt ? `for ${span((Date.now() - Date.parse(startedAt)) / 1000)}` : "";
  return el("p", {}, el("span", { class: "mark soon" }, "running"), ` ${dagId}, ${taskId}${mapIndex >= 0 ? ` [${mapIndex}]` : ""}, run ${runId}, try ${tryNumber}, ${since}`);
}

// Of the issues that the sweeps of its scopes found, how many are in the tables.
function progress(run, left) {
  if (run.status !== "running") return null;
  const scopes = new Set(run.rows.filter(({ status }) => status === "running").map(({ scope }) => scope));
  const open = Object.entries(left).reduce((sum, [scope, issues]) => sum + (scopes.has(scope) ? issues : 0), 0);
  const done = run.rows.reduce((sum, row) => sum + (row.entity === "issue" ? row.rows_read ?? 0 : 0), 0);
  const label = `${number(done)} of ${number(done + open)} issues`;
  return el("span", {}, el("progress", { max: done + open || 1, value: done, "aria-label": label }), ` ${label}`);
}

const where = ({ connectionId, schema }) => new URLSearchParams({ connectionId, schema });

// A run of all its entities and scopes: sums, the worst status, the first start and the last end.
function summed({ run_id, rows }) {
  const sum = (name) => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  const statuses = new Set(rows.map(({ status }) => status));
  const status = ["failed", "running"].find((each) => statuses.has(each)) ?? "success";
  const begun = Math.min(...rows.map(({ started_at }) => Date.parse(started_at)));
  const ends = rows.map(({ finished_at }) => finished_at && Date.parse(finished_at));
  const ended = ends.every(Boolean) ? Math.max(...ends) : null;
  return { run_id, rows, sum, status, begun, seconds: ((ended ?? Date.now()) - begun) / 1000, first: rows[0] };
}

function freshness(scopes) {
  if (!scopes.length) return [];
  const read = [...scopes].sort((one, other) => one.watermark - other.watermark);
  const rows = read.map((scope) => [scope.label, scope.entity, scope.site, [when(scope.watermark), ` (${span((Date.now() - scope.watermark) / 1000)} ago)`]]);
  const columns = ["Scope", "Table", "Site", "Complete up to"].map((label) => ({ label }));
  const parts = [el("h3", {}, "Freshness"), table("Freshness, the oldest first", columns, rows.slice(0, MOST_FRESH))];
  if (rows.length > MOST_FRESH) {
    parts.push(el("details", {}, el("summary", {}, `${number(rows.length - MOST_FRESH)} scopes more`), table("Freshness, the rest", columns, rows.slice(MOST_FRESH))));
  }
  return parts;
}

function sparkline(runs) {
  const last = runs.slice(0, MOST_BARS).reverse();
  const longest = Math.max(...last.map(({ seconds }) => seconds), 0.001);
  const made = (tag, attributes) => {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    return shape;
  };
  const label = `Durations of the last ${last.length} runs; the longest took ${span(longest)}.`;
  const drawing = made("svg", { class: "spark", viewBox: `0 0 ${MOST_BARS * 8} 32`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  for (const [place, { seconds, status }] of last.entries()) {
    const height = Math.max(2, (32 * seconds) / longest);
    drawing.append(made("rect", { x: place * 8, y: 32 - height, width: 6, height, class: status === "failed" ? "bad" : "" }));
  }
  return el("p", {}, drawing, el("span", { class: "quiet" }, ` ${label}`));
}

function drawnRun(run, place, left) {
  const counts = [["new", "rows_inserted"], ["changed", "rows_updated"], ["deleted", "rows_deleted"]].map(([label, name]) => `${number(run.sum(name))} ${label}`);
  const rejected = run.sum("rows_rejected");
  const waited = run.sum("wait_seconds");
  const details = el("details", { open: opened.has(run.run_id), "data-run": run.run_id },
    el("summary", {},
      when(run.begun),
      el("span", { class: `mark ${STATUS_CLASS[run.status]}` }, run.status),
      el("span", {}, run.first.dag_id ?? "from a shell", run.first.map_index >= 0 ? ` [${run.first.map_index}]` : ""),
      progress(run, left),
      el("span", {}, counts.join(", ")),
      rejected ? el("span", { class: "bad" }, `${number(rejected)} rejected`) : null,
      el("span", { class: "quiet" }, `${run.first.mode}, ${span(run.seconds)}, ${number(run.sum("requests"))} requests`, waited ? `, waited ${span(waited)}` : "")));
  const fill = () => details.childElementCount === 1 && details.append(entities(run), rejected ? rejectedRows(run, place) : "");
  details.addEventListener("toggle", () => {
    if (details.open) opened.add(run.run_id);
    else opened.delete(run.run_id);
    if (details.open) fill();
  });
  // At once, lest the page jumps when it is drawn anew.
  if (details.open) fill();
  return details;
}

function entities(run) {
  const happened = run.rows.filter((row) => row.rows_read || row.rows_deleted || row.rows_rejected || row.requests || row.message || row.status !== "success");
  const rows = happened.map((row) => [row.entity, row.label, el("span", { class: STATUS_CLASS[row.status] }, row.status),
    ...["rows_inserted", "rows_updated", "rows_deleted", "rows_rejected", "requests"].map((name) => number(row[name])), notes(row)]);
  const quiet = run.rows.length - happened.length;
  return el("div", {},
    el("p", { class: "quiet" }, "Run ", el("code", {}, run.run_id), run.first.airflow_run_id ? ` of ${run.first.airflow_run_id}, try ${run.first.try_number}` : ""),
    table("What the run did, by table and scope", RUN_COLUMNS, rows),
    quiet ? el("p", { class: "quiet" }, `${number(quiet)} tables in which nothing was to do are left out.`) : null);
}

function notes(row) {
  const checks = Object.entries(row.checks).map(([name, outcome]) => {
    const wrong = outcome !== null && typeof outcome === "object" && outcome.ok === false;
    const told = outcome !== null && typeof outcome === "object"
      ? Object.entries(outcome).filter(([key]) => key !== "ok").map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ")
      : JSON.stringify(outcome);
    return el("div", { class: wrong ? "bad" : "" }, `${wrong ? "✗ " : ""}${name}: ${told}`);
  });
  return [...checks, row.message ? el("div", {}, words(row.message)) : null];
}

function rejectedRows(run, place) {
  const shown = el("div", {}, el("p", {}, "Loading the rejected rows …"));
  ask("GET", `v1/page/rejected?${where(place)}&${new URLSearchParams({ runId: run.run_id })}`)
    .then((rows) => shown.replaceChildren(el("h3", {}, "Rejected rows"),
      table("Rejected rows", ["Table", "Jira's id", "Reason"].map((label) => ({ label })), rows.map((row) => [row.entity, row.source_id, words(row.reason)]))))
    .catch((error) => shown.replaceChildren(problem(error.message)));
  return shown;
}
