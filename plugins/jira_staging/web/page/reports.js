// The tab of reports: the charts of one destination, by project and period, one question after the other.
import { chartCard, redraw } from "./chart_card.js";
import { ask, el, problem, when } from "./dom.js";

const PERIODS = [[30, "Last 30 days"], [90, "Last 90 days"], [182, "Last half year"], [365, "Last year"], [1826, "Last five years"]];
const RETRY_SECONDS = 5;
const chosen = { place: 0, project: "", days: 90 };
let asked = 0;
let library;
let changed;

export async function showReports(panel) {
  const mine = ++asked;
  const [places, charts] = await Promise.all([ask("GET", "v1/page/destinations"), ask("GET", "v1/page/charts")]);
  if (mine !== asked) return;
  if (!places.length) {
    panel.replaceChildren(el("div", { class: "empty" }, el("p", {}, "No DAG that you may see loads Jira yet."),
      el("p", {}, "Put dags/jira_nightly_sync.py into the DAGs folder and trigger it; its figures are shown here.")));
    return;
  }
  const choice = (label, name, offered) => {
    const select = el("select", { name, onchange: () => choose(panel, name, select.value) },
      offered.map(([value, text]) => el("option", { value, selected: String(value) === String(chosen[name]) }, text)));
    return el("label", {}, el("span", {}, label), select);
  };
  const place = places[chosen.place] ?? places[0];
  const projects = el("div", {}, choice("Project", "project", [["", "All projects"], ...(chosen.project ? [[chosen.project, chosen.project]] : [])]));
  const until = el("p", { class: "quiet", id: "as-of", role: "status" }, "Reading until when the tables are complete …");
  const cards = charts.map((chart) => ({ chart, ...chartCard(chart) }));
  panel.replaceChildren(
    el("div", { class: "bar" }, places.length > 1 ? choice("From", "place", places.map(({ connectionId, schema }, index) => [index, `${schema} in ${connectionId}`])) : null,
      projects, choice("Period", "days", PERIODS)),
    until, el("div", { class: "charts" }, cards.map(({ card }) => card)));
  focusChanged(panel);
  const query = { connectionId: place.connectionId, schema: place.schema };
  loadLibrary().then(async () => {
    await offerProjects(projects, choice, query);
    if (mine === asked) {
      focusChanged(panel);
      changed = undefined;
    }
    for (const card of cards) if (mine === asked && !panel.hidden) await fill(card, query, until, () => mine === asked && !panel.hidden);
  }).catch((error) => { if (mine === asked) until.replaceChildren(problem(error.message)); });
}

function choose(panel, name, value) {
  chosen[name] = value;
  if (name === "place") chosen.project = "";
  changed = name;
  for (const card of panel.querySelectorAll(".chart")) card.setAttribute("aria-busy", "true");
  showReports(panel).catch((error) => panel.replaceChildren(problem(error.message)));
}

// What is drawn anew would lose the keyboard's focus.
const focusChanged = (panel) => changed && panel.querySelector(`select[name="${changed}"]`)?.focus({ preventScroll: true });

// Only this tab needs it.
function loadLibrary() {
  library ??= new Promise((loaded, failed) => {
    const script = el("script", { src: "page/chart-4.6.1.min.js", onload: () => loaded(), onerror: () => {
      library = undefined;
      failed(new Error("The drawing library could not be loaded. Load this page again."));
    } });
    document.head.append(script);
  });
  return library;
}

async function offerProjects(place, choice, query) {
  try {
    const found = await ask("GET", `v1/page/projects?${new URLSearchParams(query)}`);
    place.replaceChildren(choice("Project", "project", [["", "All projects"], ...found.map(({ key, name }) => [key, `${key}: ${name}`])]));
  } catch {
    // Each chart says why there is nothing to ask; the list stays as short as it is.
  }
}

async function fill(card, query, until, wanted) {
  const { chart } = card;
  let told;
  try {
    told = await ask("GET", `v1/page/chart?${new URLSearchParams({ ...query, name: chart.name, days: chosen.days, projects: chosen.project })}`);
  } catch (error) {
    card.tell(problem(error.message), el("button", { type: "button", onclick: () => fill(card, query, until, wanted) }, "Try again"));
    return;
  }
  if (!wanted()) return;
  const waits = told.problem ? el("p", { class: "problem", role: "status" }, told.writing
    ? `The tables are being written by run ${told.writing.runId} of ${told.writing.dagId}.` : told.problem,
  told.figures ? ` These are the last figures, complete up to ${told.figures.as_of}.` : " The figures are read as soon as it lets go.") : null;
  if (told.figures) {
    until.replaceChildren("Complete up to ", when(told.figures.as_of), `; days are those of ${told.figures.zone}.`);
    card.show(told.figures, ...(waits ? [waits] : []));
    performance.mark(`drawn ${chart.name}`);
  } else {
    card.tell(waits);
  }
  if (told.problem) setTimeout(() => { if (wanted()) fill(card, query, until, wanted); }, RETRY_SECONDS * 1000);
}

window.addEventListener("storage", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
