// One chart as a card: the drawing, the same as a table, its SQL, and both as files.
import { DRAWINGS, inkOf } from "./drawings.js";
import { el, number, table } from "./dom.js";

const MOST_TABLE_ROWS = 200;
// How high a drawing is that grows with its rows.
const ROW_PIXELS = { time_in_status: 44, people: 24, service_levels: 56 };
const LEAST_PIXELS = 300;
const drawn = new Map();

// `chart`: name, title, meaning, empty. The card shows that it waits until it is given figures.
export function chartCard(chart) {
  const body = el("div", { class: "chart-body" }, el("p", { class: "quiet waits" }, "Reading the figures …"));
  const card = el("section", { class: "chart", id: `chart-${chart.name}`, "aria-labelledby": `title-${chart.name}`, "aria-busy": "true" },
    el("h2", { id: `title-${chart.name}` }, chart.title), el("p", { class: "quiet" }, chart.meaning), body);
  const settle = (...shown) => {
    card.setAttribute("aria-busy", "false");
    drawn.get(chart.name)?.drawing?.destroy();
    drawn.delete(chart.name);
    body.replaceChildren(...shown);
  };
  return {
    card,
    wait: () => card.setAttribute("aria-busy", "true"),
    tell: (...said) => settle(...said),
    show(figures, ...said) {
      const rows = figures.rows.map((row) => Object.fromEntries(figures.columns.map((name, place) => [name, row[place]])));
      if (!rows.length) {
        settle(...said, el("p", { class: "empty" }, chart.empty), asked(figures));
        return;
      }
      const canvas = el("canvas", { role: "img", "aria-label": `${chart.title}: ${summary(figures)} The same figures are in the table below.` });
      const high = el("div", { class: "drawing" }, canvas);
      high.style.height = `${Math.max(LEAST_PIXELS, 90 + (ROW_PIXELS[chart.name] ?? 0) * kinds(chart.name, rows))}px`;
      settle(...said, high, files(chart, figures, canvas), asTable(chart, figures), asked(figures));
      const draw = () => new globalThis.Chart(canvas, DRAWINGS[chart.name](rows, inkOf(card)));
      drawn.set(chart.name, { draw, drawing: draw() });
    },
  };
}

// In other colours, when the theme changes.
export function redraw() {
  for (const shown of drawn.values()) {
    shown.drawing.destroy();
    shown.drawing = shown.draw();
  }
}

const kinds = (name, rows) => new Set(rows.map((row) => row[{ time_in_status: "status_name", people: "person", service_levels: "sla_name" }[name]])).size;

function summary({ rows, columns, first, last }) {
  const all = columns.includes("issues") && columns.includes("days") ? rows[0][columns.indexOf("issues")] : rows.length;
  const some = all > rows.length ? `${number(rows.length)} of ${number(all)}` : `${number(rows.length)}`;
  return `${some} ${rows.length === 1 ? "row" : "rows"}, ${first} to ${last}.`;
}

function files(chart, figures, canvas) {
  const save = (content, ending) => {
    const link = el("a", { href: URL.createObjectURL(content), download: `jira-${chart.name}-${figures.last}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  const button = (label, onclick) => el("button", { type: "button", onclick, "aria-label": `${chart.title} as ${label}` }, label);
  return el("div", { class: "acts" },
    button("CSV", () => save(new Blob(["\ufeff", csv(figures)], { type: "text/csv" }), "csv")),
    button("PNG", () => onGround(canvas).toBlob((picture) => save(picture, "png"))),
    el("span", { class: "quiet" }, summary(figures)));
}

// A drawing has no ground of its own.
function onGround(canvas) {
  const picture = el("canvas", { width: canvas.width, height: canvas.height });
  const brush = picture.getContext("2d");
  brush.fillStyle = inkOf(document.body).ground;
  brush.fillRect(0, 0, picture.width, picture.height);
  brush.drawImage(canvas, 0, 0);
  return picture;
}

export function csv({ columns, rows }) {
  const cell = (value) => {
    // What begins so, a spreadsheet would run as a formula.
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

function asTable(chart, { columns, rows }) {
  const numbers = columns.map((_, place) => rows.some((row) => typeof row[place] === "number"));
  const details = el("details", {}, el("summary", {}, "Table"));
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    const told = rows.slice(0, MOST_TABLE_ROWS).map((row) => row.map((value) => (value === null ? "" : typeof value === "number" ? number(value) : String(value))));
    const heads = columns.map((label, place) => ({ label: label.replaceAll("_", " "), number: numbers[place] }));
    details.append(table(chart.title, heads, told, { cards: false }));
    if (rows.length > MOST_TABLE_ROWS) details.append(el("p", { class: "quiet" }, `The first ${MOST_TABLE_ROWS} of ${number(rows.length)} rows; the CSV has all.`));
  });
  return details;
}

function asked({ sql }) {
  const copy = el("button", { type: "button", onclick: async () => {
    await navigator.clipboard.writeText(sql);
    copy.textContent = "Copied";
  } }, "Copy");
  return el("details", {}, el("summary", {}, "SQL"), el("pre", { tabindex: "0", role: "region", "aria-label": "SQL" }, el("code", {}, sql)), el("p", {}, navigator.clipboard ? copy : null));
}
