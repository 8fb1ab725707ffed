// The report in one file: its figures stand in it, so nothing is asked of anybody.
import { chartCard, redraw } from "./chart_card.js";
import { el, when } from "./dom.js";

const told = JSON.parse(document.getElementById("figures").textContent);
const cards = told.charts.map((chart) => ({ chart, ...chartCard(chart) }));
document.querySelector("main").replaceChildren(
  el("p", { class: "quiet" }, `${told.site ? `${told.site}, ` : ""}${told.projects.length ? `projects ${told.projects.join(", ")}` : "all projects"}, ${told.first} to ${told.last}. Complete up to `,
    when(told.as_of), `; days are those of ${told.zone}.`),
  el("div", { class: "charts" }, cards.map(({ card }) => card)));
for (const { chart, show } of cards) show(chart.figures);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
