// Elements made of plain text, never of markup, and questions to the server.

export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

// A table whose rows are cards on a phone. The roles stay when the display changes. A column: {label, number}.
export function table(caption, columns, rows, { cards = true } = {}) {
  const head = columns.map(({ label, number }) => el("th", { scope: "col", role: "columnheader", class: number && "number" }, label));
  const cell = (content, place) =>
    el("td", { role: "cell", "data-label": columns[place].label, class: columns[place].number && "number" }, el("div", {}, content));
  const body = rows.map((cells) => el("tr", { role: "row" }, cells.map(cell)));
  return el("div", { class: "wide" }, el("table", { role: "table", "aria-label": caption, class: cards && "cards" },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head)), el("tbody", { role: "rowgroup" }, body)));
}

export class Refused extends Error {}

// One question; gives the answer's JSON. Throws Refused with the server's own sentence.
export async function ask(method, path, body) {
  const sent = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    sent.headers["Content-Type"] = "application/json";
    sent.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, sent);
  } catch {
    throw new Refused("Airflow's API server does not answer. Try again in a moment.");
  }
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (answer.status === 401) throw new Refused("You are signed out: sign in to Airflow, then load this page again.");
  const details = (told.violations ?? []).map(({ field, message }) => `${field.replace(/^body\./, "")}: ${message}.`);
  throw new Refused([told.detail ?? `The server answered ${answer.status}.`, ...details].join(" "));
}

// What screen readers say and everybody sees above the tab.
export function tell(text, good = true) {
  const place = document.getElementById("told");
  place.textContent = text;
  place.className = text ? (good ? "good" : "bad") : "";
}

// A sentence of ours: what stands between backticks is code.
export const words = (text) => text.split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));

export const problem = (text) => el("p", { class: "problem", role: "alert" }, words(text));

export const number = (value) => new Intl.NumberFormat().format(value ?? 0);

export function when(value) {
  const moment = new Date(value);
  const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(moment);
  return el("time", { datetime: moment.toISOString(), title: moment.toISOString() }, shown);
}

export function span(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

// A dialog over the page; `submit` is asked when it is sent and closes it unless it throws. Focus returns by itself.
export function dialog({ title, content, act, danger = false, submit }) {
  const wrong = el("div", { "aria-live": "assertive" });
  const send = el("button", { type: "submit", class: danger ? "danger" : "main" }, act);
  const cancel = el("button", { type: "button", onclick: () => box.close(), autofocus: danger }, "Cancel");
  const form = el("form", { novalidate: true, autocomplete: "off" }, el("h2", { id: "dialog-title" }, title), content, wrong,
    el("div", { class: "acts" }, cancel, send));
  const box = el("dialog", { "aria-labelledby": "dialog-title", onclose: () => box.remove() }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      await submit(form);
      box.close();
    } catch (error) {
      wrong.replaceChildren(problem(error.message));
    } finally {
      send.disabled = false;
    }
  });
  document.body.append(box);
  box.showModal();
}
