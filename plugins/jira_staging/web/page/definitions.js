// The tab of secret definitions: the list, and what can be done with each.
import { chosenVault, editDefinition, fill } from "./definition_form.js";
import { ask, dialog, el, problem, table, tell, when, words } from "./dom.js";

const COLUMNS = ["Definition", "Kept in", "Secret", "Used by", "Token expires", "Last test", "Actions"].map((label) => ({ label }));
const EXPIRY_CLASS = { unknown: "quiet", fine: "good", plan: "soon", hurry: "soon", last_call: "bad", expired: "bad" };
const COPIES_TO = "Its place is copied, never a value: both then lead to the same token.";

let panel, told, connection, filter, list;

export async function showDefinitions(place, [project, name]) {
  panel = place;
  told = await ask("GET", "v1/page/definitions");
  const search = project && name ? `${project}/${name}` : (filter?.value ?? "");
  filter = el("input", { type: "search", value: search, placeholder: "name, vault, DAG …", oninput: drawList });
  connection = el("input", { list: "jira-connections", value: connection?.value ?? told.jiraConnections[0] ?? "jira_default" });
  list = el("div");
  panel.replaceChildren(
    el("p", {}, "A secret definition is the name that a DAG's API Token says. It tells where the token lies; the token itself is shown nowhere."),
    el("div", { class: "bar" },
      el("label", {}, el("span", {}, "Search"), filter),
      el("label", {}, el("span", {}, "Jira connection that Test signs in to"), connection,
        el("datalist", { id: "jira-connections" }, told.jiraConnections.map((id) => el("option", { value: id })))),
      el("button", { class: "main", onclick: () => editDefinition(null, reload) }, "New definition")),
    ...told.problems.map(problem),
    list);
  drawList();
}

async function reload(message) {
  await showDefinitions(panel, []);
  tell(message);
}

function drawList() {
  const sought = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (each) => [`${each.projectId}/${each.name}`, each.description, each.vaultType, each.vaultName, each.vaultSecretName,
    each.keptIn, each.account, ...each.usedBy].join(" ").toLowerCase();
  const found = told.definitions.filter((each) => sought.every((word) => text(each).includes(word)));
  if (found.length) list.replaceChildren(table("Secret definitions", COLUMNS, found.map(row)));
  else if (told.definitions.length) list.replaceChildren(el("p", { class: "empty" }, "No definition has these words. Clear the search to see all."));
  else list.replaceChildren(el("div", { class: "empty" }, el("p", {}, "There is no secret definition yet."),
    el("p", {}, "Make one with New definition, or put a YAML file into include/secret_definitions/.")));
}

function row(definition) {
  const result = el("output");
  const act = (label, what, danger) => el("button", { onclick: what, class: danger && "danger", "aria-label": `${label} ${definition.fullName}` }, label);
  const acts = [act("Test", (event) => test(definition, result, event.currentTarget))];
  if (!definition.readOnly) acts.push(act("Edit", () => editDefinition(definition, reload)));
  acts.push(act("Copy", () => copy(definition)));
  if (!definition.readOnly) acts.push(act("Delete", () => remove(definition), true));
  return [
    [el("strong", {}, definition.fullName), definition.description ? el("div", { class: "quiet" }, definition.description) : null],
    definition.readOnly ? ["File, read-only", el("div", { class: "quiet" }, el("code", {}, definition.keptIn))] : "Airflow",
    [chosenVault(definition), el("div", { class: "quiet" }, el("code", {}, place(definition)))],
    definition.usedBy.length ? definition.usedBy.map((user) => el("div", {}, user)) : el("span", { class: "quiet" }, "nothing"),
    el("span", { class: `mark ${EXPIRY_CLASS[definition.expiry]}`, title: definition.expiresOn }, expiry(definition)),
    lastTest(definition.lastTest),
    [el("div", { class: "acts" }, acts), result],
  ];
}

function lastTest(test) {
  if (!test) return el("span", { class: "quiet" }, "not tested");
  return [el("span", { class: `mark ${test.signedIn ? "good" : "bad"}`, title: test.message }, test.signedIn ? "signed in" : "failed"),
    el("div", { class: "quiet" }, when(test.at))];
}

function place(definition) {
  if (definition.managed) return "token kept by Airflow, encrypted";
  const key = definition.vaultSecretKey ? ` → ${definition.vaultSecretKey}` : "";
  return `${definition.vaultName ? `${definition.vaultName} / ` : ""}${definition.vaultSecretName}${key}`;
}

function expiry({ daysLeft, expiresOn }) {
  if (daysLeft === null) return "not known";
  if (daysLeft < 0) return `expired ${expiresOn}`;
  return daysLeft === 0 ? "today" : daysLeft === 1 ? "tomorrow" : `in ${daysLeft} days`;
}

async function test(definition, result, button) {
  button.disabled = true;
  result.className = "quiet";
  result.textContent = "Signing in …";
  try {
    const answer = await ask("POST", `${path(definition)}/test`, { connectionId: connection.value });
    result.className = answer.signedIn ? "good" : "bad";
    result.replaceChildren(answer.signedIn ? "✓ " : "✗ ", ...words(answer.message));
    const cell = button.closest("tr").querySelector('[data-label="Last test"] > div');
    cell.replaceChildren(...[lastTest({ ...answer, at: Date.now() })].flat());
  } catch (error) {
    result.className = "bad";
    result.replaceChildren("✗ ", ...words(error.message));
  } finally {
    button.disabled = false;
  }
}

function copy(definition) {
  const target = el("input", { required: true, autofocus: true });
  dialog({
    title: `Copy ${definition.fullName} to another project`,
    content: el("div", {}, el("p", {}, COPIES_TO), el("div", { class: "fields" }, el("label", {}, el("span", {}, "Project"), target))),
    act: "Copy",
    submit: async () => {
      const to = target.value.trim();
      const body = { sourceProjectId: definition.projectId, secretReferenceNames: [definition.name] };
      await ask("POST", fill("v1/projects/{}/secret-references", to), body);
      await reload(`${definition.name} is in the project ${to}, too.`);
    },
  });
}

function remove(definition) {
  const used = definition.usedBy.length
    ? [el("p", {}, "It is used by the following, whose next run will fail:"), el("ul", {}, definition.usedBy.map((user) => el("li", {}, user)))]
    : [el("p", {}, "No DAG that you may see uses it.")];
  if (definition.managed) used.push(el("p", {}, "Its token, which Airflow keeps, goes with it unless another definition leads to it."));
  dialog({
    title: `Delete ${definition.fullName}?`,
    content: el("div", {}, used),
    act: "Delete",
    danger: true,
    submit: async () => {
      await ask("DELETE", path(definition));
      await reload(`${definition.fullName} is deleted.`);
    },
  });
}

const path = ({ projectId, name }) => fill("v1/projects/{}/secret-references/{}", projectId, name);
