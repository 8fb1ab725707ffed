// The tab of tables: the data dictionary, searchable, with sample rows.
import { ask, el, number, problem, table, words } from "./dom.js";

const COLUMNS = ["Column", "Type", "Meaning", "From"].map((label) => ({ label }));
let tables, places;

export async function showTables(panel, [wanted]) {
  [tables, places] = await Promise.all([tables ?? ask("GET", "v1/page/tables"), ask("GET", "v1/page/destinations")]);
  const list = el("div");
  const filter = el("input", { type: "search", value: wanted ?? "", placeholder: "table, column, meaning …", oninput: () => draw(list, filter.value, place.value) });
  const place = el("select", { onchange: () => draw(list, filter.value, place.value) },
    places.map(({ connectionId, schema }, index) => el("option", { value: index }, `${schema} in ${connectionId}`)));
  panel.replaceChildren(
    el("div", { class: "bar" }, el("label", {}, el("span", {}, "Search"), filter),
      places.length ? el("label", {}, el("span", {}, "Sample rows from"), place) : null),
    list);
  draw(list, filter.value, place.value);
}

function draw(list, search, place) {
  const sought = search.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => sought.every((word) => text.toLowerCase().includes(word));
  const found = tables
    .map((each) => ({ each, columns: each.columns.filter((column) => has(`${each.name} ${column.name} ${column.meaning}`)) }))
    .filter(({ each, columns }) => columns.length || has(`${each.name} ${each.group} ${each.meaning}`));
  const groups = new Map();
  for (const match of found) groups.set(match.each.group, [...(groups.get(match.each.group) ?? []), match]);
  list.replaceChildren(
    el("p", { class: "quiet", role: "status" }, `${number(found.length)} of ${number(tables.length)} tables.`),
    ...[...groups].flatMap(([group, matches]) => [el("h2", {}, group), ...matches.map((match) => drawn(match, sought.length > 0 && found.length <= 5, places[place]))]),
    found.length ? "" : el("p", { class: "empty" }, "No table or column has these words. Clear the search to see all."));
}

function drawn({ each, columns }, open, place) {
  const details = el("details", { id: `table-${each.name}`, open },
    el("summary", {}, el("strong", {}, el("code", {}, each.name)), el("span", {}, words(each.meaning)), each.onRequest ? el("span", { class: "mark quiet" }, "on request") : null));
  const fill = () => {
    if (details.childElementCount > 1) return;
    const rows = (columns.length ? columns : each.columns).map((column) => [
      [el("code", {}, column.name), column.key ? el("span", { class: "quiet" }, " key") : null, column.personal ? el("span", { class: "quiet" }, " personal") : null],
      column.type, words(column.meaning), words(column.source)]);
    details.append(table(`Columns of ${each.name}`, COLUMNS, rows));
    if (place) details.append(sample(each, place));
  };
  details.addEventListener("toggle", () => { if (details.open) fill(); });
  if (open) fill();
  return details;
}

function sample(each, place) {
  const shown = el("div", { "aria-live": "polite" });
  const button = el("button", { onclick: async () => {
    button.disabled = true;
    try {
      const query = new URLSearchParams({ connectionId: place.connectionId, schema: place.schema, table: each.name });
      shown.replaceChildren(...rowsOf(each, await ask("GET", `v1/page/sample?${query}`)));
    } catch (error) {
      shown.replaceChildren(problem(error.message));
    } finally {
      button.disabled = false;
    }
  } }, `Sample rows of ${each.name}`);
  return el("div", {}, el("p", {}, button), shown);
}

function rowsOf(each, { columns, hidden, rows }) {
  const left = hidden.length ? [el("p", { class: "quiet" }, `Left out as personal: ${hidden.join(", ")}.${each.name === "issue" ? " Custom fields may be personal, too." : ""}`)] : [];
  if (!rows.length) return [el("p", { class: "empty" }, "The table has no rows here."), ...left];
  const cells = rows.map((row) => row.map((cell) => (cell === null ? el("span", { class: "quiet" }, "null") : cell)));
  return [table(`Sample rows of ${each.name}`, columns.map((label) => ({ label })), cells, { cards: false }), ...left];
}
