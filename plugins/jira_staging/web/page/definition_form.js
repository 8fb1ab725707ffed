// The form of one secret definition, new or changed.
import { ask, dialog, el } from "./dom.js";

// `asks`: the fields that this vault has.
const VAULTS = {
  managed: { agentType: "Airflow", label: "Airflow keeps the token", asks: ["secretValue"] },
  AWS: { agentType: "AWS", label: "AWS Secrets Manager", asks: ["secretName", "secretKey", "vaultConnectionId", "options"] },
  Azure: { agentType: "Azure", label: "Azure Key Vault", asks: ["vaultName", "secretName", "secretKey", "vaultConnectionId", "options"] },
  Snowflake: { agentType: "Snowflake", label: "Snowflake schema", asks: ["vaultName", "secretName", "secretKey", "vaultConnectionId", "options"] },
  Airflow: { agentType: "Airflow", label: "A connection or Variable of Airflow", asks: ["secretName", "secretKey", "options"] },
};
const KINDS = {
  api_token: "API token",
  personal_access_token: "Personal access token (Data Center)",
  oauth_client: "OAuth client",
  basic_base64: "account:token in base64",
};
const OF_VAULTS = {
  vaultName: ["Vault", "Key Vault's name, [Default], or DATABASE.SCHEMA"],
  secretName: ["Secret's name", "as the vault has it"],
  secretKey: ["Key in the secret's JSON", "empty for plain text"],
  vaultConnectionId: ["Airflow connection to the vault", "empty: the SDK's own default"],
};

export const chosenVault = ({ managed, vaultType }) => VAULTS[managed ? "managed" : vaultType]?.label ?? vaultType;

// A path with these parts in the places of `{}`, each escaped.
export const fill = (pattern, ...parts) => parts.reduce((path, part) => path.replace("{}", encodeURIComponent(part)), pattern);

export function editDefinition(definition, done) {
  const old = definition ?? { projectId: "default", kind: "api_token", options: {}, managed: true };
  const field = (name, label, control, hint) =>
    el("label", { "data-field": name }, el("span", {}, label), Object.assign(control, { name }), hint ? el("span", {}, hint) : null);
  const text = (name, label, value, hint) => field(name, label, el("input", { value: value ?? "" }), hint);
  const choice = (name, label, choices, value) => field(name, label, el("select", {},
    Object.entries(choices).map(([key, shown]) => el("option", { value: key, selected: key === value }, shown))));
  const vaults = choice("vault", "Where the token lies", Object.fromEntries(Object.entries(VAULTS).map(([key, { label }]) => [key, label])),
    old.managed ? "managed" : old.vaultType);
  const values = { vaultName: old.vaultName, secretName: old.managed ? "" : old.vaultSecretName, secretKey: old.vaultSecretKey, vaultConnectionId: old.vaultConnectionId };
  const options = Object.entries(old.options).map(([key, value]) => `${key}: ${value}`).join("\n");
  const token = el("input", { type: "password", autocomplete: "new-password", spellcheck: "false" });
  const fields = el("div", { class: "fields" },
    definition ? null : [text("name", "Name", "", "what a DAG says"), text("project", "Project", old.projectId)],
    vaults,
    choice("kind", "Kind", KINDS, old.kind),
    Object.entries(OF_VAULTS).map(([name, [label, hint]]) => text(name, label, values[name], hint)),
    field("secretValue", definition?.managed ? "New token" : "Token", token, `Encrypted by Airflow, and never shown again.${definition?.managed ? " Empty: the one that is there." : ""}`),
    text("account", "Account (e-mail)", old.account, "empty: the Jira connection's login"),
    field("expiresOn", "Token expires on", el("input", { type: "date", value: old.expiresOn ?? "" })),
    field("options", "Options", el("textarea", { rows: "2" }, options), "one a line: region: eu-west-1"),
    text("description", "Description", old.description));
  const showAsked = () => {
    const asked = VAULTS[vaults.querySelector("select").value].asks;
    for (const name of [...Object.keys(OF_VAULTS), "secretValue", "options"]) {
      fields.querySelector(`[data-field="${name}"]`).hidden = !asked.includes(name);
    }
  };
  vaults.addEventListener("change", showAsked);
  showAsked();
  dialog({
    title: definition ? `Change ${definition.fullName}` : "New secret definition",
    content: fields,
    act: "Save",
    submit: (form) => save(definition, form, done),
  });
}

async function save(definition, form, done) {
  const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
  const vault = VAULTS[given.vault];
  const body = { agentType: vault.agentType, kind: given.kind, description: given.description };
  for (const name of ["account", "expiresOn"]) if (given[name]) body[name] = given[name];
  for (const name of vault.asks) if (given[name] && name !== "options") body[name] = given[name];
  if (vault.asks.includes("options")) body.options = optionsIn(given.options);
  const stays = definition?.managed && given.vault === "managed";
  const path = fill("v1/projects/{}/secret-references/{}", definition?.projectId ?? given.project, definition?.name ?? given.name);
  if (definition && given.vault === "managed" && !stays) throw new Error("Airflow takes a token for a new definition alone: delete this one and make it anew.");
  if (!definition && given.vault === "managed" && !body.secretValue) throw new Error("Enter the token that Airflow is to keep.");
  const newToken = stays ? body.secretValue : null;
  if (stays) {
    delete body.secretValue;
    body.secretName = definition.vaultSecretName;
  }
  const kept = await ask(definition ? "PUT" : "POST", path, body);
  if (newToken) await ask("PUT", `${path}/secret-value`, { secretValue: newToken, expiresOn: body.expiresOn ?? null });
  form.reset();
  await done(`${kept.name} is saved.`);
}

function optionsIn(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  return Object.fromEntries(lines.map((line) => {
    const [key, ...rest] = line.split(":");
    return [key.trim(), rest.join(":").trim()];
  }));
}
