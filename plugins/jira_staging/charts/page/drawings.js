// What each chart looks like: from its rows to what Chart.js draws. Colours come from the page's style, light or dark.
const DAY = 86_400_000;
const SHAPES = ["circle", "rect", "triangle", "rectRot", "star", "crossRot"];
const MOST_BANDS = 8;
const OUTCOMES = { met: "good", running: "soon", missed: "bad" };
const CATEGORY_ORDER = ["done", "indeterminate", "new"];

export const DRAWINGS = {
  created_resolved(rows, ink) {
    const line = (label, name, colour) => ({ label, data: rows.map((row) => row[name]), backgroundColor: colour, borderColor: colour, borderRadius: 2 });
    return bars(ink, rows.map(({ date }) => date), [line("Created", "created", ink.series[0]), line("Resolved", "resolved", ink.series[1])], "Issues");
  },
  cumulative_flow(rows, ink) {
    const dates = unique(rows, "date");
    const category = new Map(rows.map((row) => [row.status_name, row.status_category]));
    const last = dates.at(-1);
    const size = (name) => rows.find((row) => row.date === last && row.status_name === name)?.issues ?? 0;
    const biggest = [...category.keys()].sort((one, other) => size(other) - size(one)).slice(0, MOST_BANDS);
    const kept = biggest.sort((one, other) => CATEGORY_ORDER.indexOf(category.get(one)) - CATEGORY_ORDER.indexOf(category.get(other)));
    const names = kept.length < category.size ? [...kept, "other statuses"] : kept;
    const counts = new Map();
    for (const { date, status_name, issues } of rows) {
      const at = `${date} ${kept.includes(status_name) ? status_name : "other statuses"}`;
      counts.set(at, (counts.get(at) ?? 0) + issues);
    }
    const bands = names.map((name, place) => ({ label: name, data: dates.map((date) => counts.get(`${date} ${name}`) ?? 0), fill: place ? "-1" : "origin",
      backgroundColor: ink.series[place % ink.series.length], borderColor: ink.ground, borderWidth: 1, pointRadius: 0 }));
    return { type: "line", data: { labels: dates, datasets: bands }, options: options(ink, { x: category_axis(ink), y: { ...axis(ink, "Issues"), stacked: true } }) };
  },
  cycle_time(rows, ink) {
    // A single issue of three years would press all others to the ground.
    const top = Math.min(Math.max(...rows.map(({ days: taken }) => taken)), Math.max(1, rows[0].p95 * 2.5));
    const points = groups(rows, "type_name", ink, (row) => ({ x: Date.parse(row.done_date), y: Math.min(row.days, top), days: row.days, key: row.issue_key }));
    const days = rows.map(({ done_date }) => Date.parse(done_date));
    const ends = [Math.min(...days), Math.max(...days)];
    const { p50, p85, p95 } = rows[0];
    const lines = [["50 %", p50, [2, 3]], ["85 %", p85, [8, 4]], ["95 %", p95, []]].map(([label, y, borderDash]) => (
      { type: "line", label: `${label} within ${amount(y)} days`, data: ends.map((x) => ({ x, y })), borderColor: ink.text, backgroundColor: ink.text, borderWidth: 1.5, borderDash, pointRadius: 0, pointStyle: "line" }));
    const x = { ...axis(ink), type: "linear", min: ends[0] - DAY, max: ends[1] + DAY, ticks: { ...axis(ink).ticks, maxTicksLimit: 8, callback: (value) => day(value) } };
    return { type: "scatter", data: { datasets: [...lines, ...points] }, options: options(ink, { x, y: axis(ink, rows.some(({ days: taken }) => taken > top) ? "Days (longer ones at the edge)" : "Days") }, ({ raw, dataset }) => (raw.key ? `${raw.key}: ${amount(raw.days)} days, done ${day(raw.x)}` : dataset.label)) };
  },
  ageing_work(rows, ink) {
    const statuses = unique(rows, "status_name");
    // Side by side within a status, by their place, so that none hides another.
    const seen = new Map();
    const place = ({ status_name }) => {
      const nth = seen.get(status_name) ?? 0;
      seen.set(status_name, nth + 1);
      return statuses.indexOf(status_name) + (((nth * 7) % 13) - 6) / 20;
    };
    const points = groups(rows, "type_name", ink, (row) => ({ x: place(row), y: row.days, key: row.issue_key, who: row.assignee_name ?? "nobody" }));
    const x = { ...axis(ink), type: "linear", min: -0.5, max: statuses.length - 0.5, grid: { display: false },
      ticks: { ...axis(ink).ticks, stepSize: 1, autoSkip: false, callback: (value) => statuses[value] ?? "" }, afterBuildTicks: (scale) => { scale.ticks = statuses.map((_, value) => ({ value })); } };
    return { type: "scatter", data: { datasets: points }, options: options(ink, { x, y: axis(ink, "Days since work began") }, ({ raw }) => `${raw.key}: ${amount(raw.y)} days, ${raw.who}`) };
  },
  time_in_status(rows, ink) {
    const set = (label, name, colour) => ({ label, data: rows.map((row) => row[name]), backgroundColor: colour, borderRadius: 2 });
    return bars(ink, rows.map(({ status_name }) => status_name), [set("Median", "median_days", ink.series[0]), set("85th percentile", "p85_days", ink.series[1])], "Days", { sideways: true });
  },
  velocity(rows, ink) {
    const told = [...rows].reverse();
    const unit = told.some(({ committed_points, done_points }) => committed_points || done_points) ? "points" : "issues";
    const set = (label, name, colour) => ({ label, data: told.map((row) => row[`${name}_${unit}`]), backgroundColor: colour, borderRadius: 2 });
    return bars(ink, told.map(({ sprint_name }) => sprint_name), [set("Committed", "committed", ink.series[0]), set("Done", "done", ink.series[1])], unit === "points" ? "Points" : "Issues");
  },
  burndown(rows, ink) {
    const unit = rows[0].remaining_points ? "remaining_points" : "remaining_issues";
    const line = { label: unit === "remaining_points" ? "Points left" : "Issues left", data: rows.map((row) => row[unit]), borderColor: ink.series[0], backgroundColor: ink.series[0], stepped: true, pointRadius: 2 };
    // Nothing is asked of days that are no working days.
    const working = rows.filter(({ is_working_day }) => is_working_day).length;
    let gone = 0;
    const ideal = rows.map(({ is_working_day }, place) => { if (place && is_working_day) gone += 1; return rows[0][unit] * (1 - gone / Math.max(1, working - (rows[0].is_working_day ? 1 : 0))); });
    const even = { label: "Evenly, to the last day told", data: ideal, borderColor: ink.quiet, backgroundColor: ink.quiet, borderDash: [6, 4], borderWidth: 1.5, pointRadius: 0 };
    return { type: "line", data: { labels: rows.map(({ date }) => date), datasets: [line, even] }, options: options(ink, { x: category_axis(ink), y: axis(ink, line.label) }) };
  },
  people(rows, ink) {
    const people = unique(rows, "person");
    const sets = unique(rows, "type_name").flatMap((type, place) => ["open", "resolved"].map((stack) => ({
      label: `${type ?? "no type"}, ${stack}`, stack, backgroundColor: ink.series[place % ink.series.length] + (stack === "open" ? "" : "80"), borderColor: ink.series[place % ink.series.length], borderWidth: stack === "open" ? 0 : 1,
      data: people.map((person) => rows.filter((row) => row.person === person && row.type_name === type).reduce((sum, row) => sum + row[`${stack}_issues`], 0)) })));
    return bars(ink, people, sets.filter(({ data }) => data.some(Boolean)), "Issues", { sideways: true, stacked: true });
  },
  service_levels(rows, ink) {
    const names = unique(rows, "sla_name");
    const sets = Object.entries(OUTCOMES).map(([outcome, colour]) => ({ label: outcome, backgroundColor: ink[colour], stack: "all",
      data: names.map((name) => rows.find((row) => row.sla_name === name && row.outcome === outcome)?.cycles ?? 0) }));
    return bars(ink, names, sets, "Cycles", { sideways: true, stacked: true });
  },
};

// What the browser makes of the style's colours, where the chart stands.
export function inkOf(place) {
  const probe = document.createElement("span");
  place.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return hex(getComputedStyle(probe).color);
  };
  const names = ["text", "quiet", "line", "ground", "good", "soon", "bad"];
  const ink = { ...Object.fromEntries(names.map((name) => [name, colour(name)])), series: Array.from({ length: 8 }, (_, nth) => colour(`series-${nth + 1}`)) };
  probe.remove();
  return ink;
}

const hex = (colour) => `#${colour.match(/[\d.]+/g).slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
const unique = (rows, name) => [...new Set(rows.map((row) => row[name]))];
const amount = (value) => new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(value);
const day = (value) => new Date(value).toISOString().slice(0, 10);

function groups(rows, name, ink, point) {
  return unique(rows, name).map((value, nth) => ({ label: value ?? "no type", data: rows.filter((row) => row[name] === value).map(point), pointRadius: 3,
    pointStyle: SHAPES[nth % SHAPES.length], borderColor: ink.series[nth % ink.series.length], backgroundColor: `${ink.series[nth % ink.series.length]}99` }));
}

function axis(ink, title) {
  return { beginAtZero: true, grid: { color: ink.line }, border: { color: ink.line }, ticks: { color: ink.quiet, precision: 0 }, title: { display: Boolean(title), text: title, color: ink.quiet } };
}

const category_axis = (ink) => ({ ...axis(ink), grid: { display: false }, ticks: { ...axis(ink).ticks, autoSkip: true, maxRotation: 0, autoSkipPadding: 16 } });

function bars(ink, labels, datasets, title, { sideways = false, stacked = false } = {}) {
  const names = { ...category_axis(ink), stacked, ...(sideways ? { ticks: { ...axis(ink).ticks, autoSkip: false } } : {}) };
  const values = { ...axis(ink, title), stacked };
  return { type: "bar", data: { labels: labels.map((label) => label ?? "none"), datasets }, options: { ...options(ink, sideways ? { x: values, y: names } : { x: names, y: values }), indexAxis: sideways ? "y" : "x" } };
}

function options(ink, scales, told) {
  return {
    animation: false, responsive: true, maintainAspectRatio: false, scales, interaction: told ? { mode: "nearest", intersect: true } : { mode: "index", intersect: false },
    plugins: { legend: { position: "bottom", labels: { color: ink.text, usePointStyle: true, boxHeight: 7, padding: 12 } }, tooltip: told ? { callbacks: { label: told, title: () => "" } } : {} },
  };
}
