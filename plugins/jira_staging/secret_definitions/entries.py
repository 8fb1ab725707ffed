"""The checks that every definition passes, whoever wrote it: a file, the page, the API or a shell."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import cast, get_args

from jira_staging.errors import SecretDefinitionMalformed
from jira_staging.records import SecretDefinition, TokenKind

# Matillion's rule for the names of secret references, so that definitions move between the two products unchanged.
NAME_RULE = re.compile(r"[\w()-]{1,128}", re.ASCII)
# AWS takes 2,048 characters for a secret's name or ARN; nothing else in a definition is as long.
LONGEST_TEXT = 2048
# Matillion's limit.
LONGEST_DESCRIPTION = 256

TEXT_KEYS = (
    "name",
    "backend",
    "secret_name",
    "secret_key",
    "vault",
    "database",
    "schema",
    "vault_conn_id",
    "kind",
    "account",
    "project",
    "description",
)
KEYS = (*TEXT_KEYS, "expires_on", "options")
REQUIRED = ("name", "backend", "secret_name")
KINDS = get_args(TokenKind)

# Where people put the secret itself by mistake.
HOLDS_A_SECRET = re.compile(
    r"(value|secret|token|password|passphrase|credentials?)|.*(_token|_password|_value|secret_string|client_secret|(api|private)_?key)",
    re.IGNORECASE,
)
# How every API token of Atlassian's begins: ATATT of a person, ATSTT of a service account, ATCTT of a client.
ATLASSIAN_TOKEN = re.compile(r"AT(AT|ST|CT)T3")
# What is not a word may be a pasted secret, so no message repeats it.
PLAIN_WORD = re.compile(r"[a-z_]{1,32}", re.ASCII | re.IGNORECASE)

Place = Callable[[str], str]


def definition_from(values: Mapping[str, object], kept_in: str, place: Place | None = None) -> SecretDefinition:
    """A checked definition from plain values (of YAML or JSON).

    `place` says where a key stands, for messages ("jira.yaml, line 3"); by default every key stands in `kept_in`.
    Raises SecretDefinitionMalformed; no message repeats a value.
    """
    at = place or (lambda _key: kept_in)
    for key in values:
        _check_key(key, at)
    texts = {key: text for key in TEXT_KEYS if (text := _text(values.get(key), key, at)) is not None}
    for key in REQUIRED:
        if key not in texts:
            raise SecretDefinitionMalformed(f"{at('')}: `{key}` is missing. A definition needs {_listed(REQUIRED)}.")
    texts["name"] = checked_name(texts["name"], at("name"))
    if "project" in texts:
        texts["project"] = checked_name(texts["project"], at("project"), "project")
    if len(texts.get("description", "")) > LONGEST_DESCRIPTION:
        raise SecretDefinitionMalformed(f"{at('description')}: `description` is longer than {LONGEST_DESCRIPTION} characters.")
    return SecretDefinition(
        name=texts["name"],
        backend=texts["backend"],
        secret_name=texts["secret_name"],
        secret_key=texts.get("secret_key"),
        vault=texts.get("vault"),
        database=texts.get("database"),
        schema=texts.get("schema"),
        vault_conn_id=texts.get("vault_conn_id"),
        options=_options(values.get("options"), at),
        kind=_kind(texts.get("kind", "api_token"), at),
        account=texts.get("account"),
        project=texts.get("project", "default"),
        description=texts.get("description", ""),
        expires_on=checked_day(values.get("expires_on"), at),
        kept_in=kept_in,
    )


def checked_name(name: str, where: str, what: str = "name") -> str:
    """The name without white space at its edges. Raises SecretDefinitionMalformed unless it follows the rule for names."""
    trimmed = name.strip()
    if ATLASSIAN_TOKEN.match(trimmed):
        raise SecretDefinitionMalformed(
            f"{where}: this is an API token itself, and the {what} of a secret definition is meant. Put the token into a "
            "vault, write a definition that says where it lies, and revoke this token if others could see it."
        )
    if not NAME_RULE.fullmatch(trimmed):
        raise SecretDefinitionMalformed(
            f"{where}: the {what} of a definition is 1 to 128 letters, digits, `_`, `-`, `(` and `)`. Rename it."
        )
    return trimmed


def _check_key(key: str, at: Place) -> None:
    if key in KEYS:
        return
    if HOLDS_A_SECRET.fullmatch(key):
        raise SecretDefinitionMalformed(
            f"{at(key)}: `{key}` looks like a secret, and a definition says only where a secret lies. Remove the key, put its "
            "value into the vault, and revoke the token if this was ever committed or shared."
        )
    if not PLAIN_WORD.fullmatch(key):
        raise SecretDefinitionMalformed(f"{at(key)}: a key of a definition is one of {_listed(KEYS)}.")
    raise SecretDefinitionMalformed(
        f"{at(key)}: a definition has no key `{key}`.{_meant(key, KEYS)} It has {_listed(KEYS)}; what only one backend knows, "
        "like `region` or `version`, stands under `options`."
    )


def _text(value: object, key: str, at: Place) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise SecretDefinitionMalformed(f"{at(key)}: `{key}` must be text, not {_type_name(value)}. Put it in quotes.")
    text = value.strip()
    if not text:
        raise SecretDefinitionMalformed(f"{at(key)}: `{key}` is empty. Fill it in or remove it.")
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise SecretDefinitionMalformed(
            f"{at(key)}: `{key}` must be one line of at most {LONGEST_TEXT} characters, without control characters."
        )
    if ATLASSIAN_TOKEN.match(text):
        raise SecretDefinitionMalformed(
            f"{at(key)}: `{key}` holds an API token itself, and a definition says only where one lies. Put the token into the "
            f"vault, its place there into `{key}`, and revoke the token if this was ever committed or shared."
        )
    return text


def _kind(kind: str, at: Place) -> TokenKind:
    if kind not in KINDS:
        raise SecretDefinitionMalformed(f"{at('kind')}: no such kind.{_meant(kind, KINDS)} It is one of {_listed(KINDS)}.")
    return cast("TokenKind", kind)


def _options(value: object, at: Place) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise SecretDefinitionMalformed(f"{at('options')}: `options` must be names with texts, not {_type_name(value)}.")
    for key in value:
        if HOLDS_A_SECRET.fullmatch(key):
            _check_key(key, lambda _key: at("options"))
    texts = {key: _text(text, f"options.{key}", lambda _key: at("options")) for key, text in value.items()}
    return {key: text for key, text in texts.items() if text is not None}


def checked_day(value: object, at: Place) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            value = "text"
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise SecretDefinitionMalformed(f"{at('expires_on')}: `expires_on` must be a day like 2027-01-31.")


def _type_name(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping", str: "text"}
    return names.get(type(value), f"a {type(value).__name__}")


def _meant(name: str, known: tuple[str, ...]) -> str:
    nearest = get_close_matches(name.lower(), known, n=1)
    return f" Did you mean `{nearest[0]}`?" if nearest else ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
