// The tabs. The address's fragment says which one: `#tables/issue`, `#definitions/default/jira`.
import { showDefinitions } from "./definitions.js";
import { problem } from "./dom.js";
import { showReports } from "./reports.js";
import { showSyncs } from "./syncs.js";
import { showTables } from "./tables.js";

const SHOWN_BY = { definitions: showDefinitions, reports: showReports, syncs: showSyncs, tables: showTables };
const tabs = [...document.querySelectorAll('[role="tab"]')];

async function choose(name, rest) {
  for (const tab of tabs) {
    const chosen = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  const panel = document.getElementById(name);
  try {
    await SHOWN_BY[name](panel, rest);
  } catch (error) {
    panel.replaceChildren(problem(error.message));
  }
}

function follow() {
  const [name, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
  choose(name in SHOWN_BY ? name : "definitions", rest);
}

for (const [place, tab] of tabs.entries()) {
  tab.addEventListener("click", () => {
    // Following a fragment would take the keyboard's focus away from the tab.
    history.pushState(null, "", `#${tab.getAttribute("aria-controls")}`);
    follow();
  });
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(place + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
}
window.addEventListener("popstate", follow);
follow();
