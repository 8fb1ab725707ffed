"""What a vault's answer means: plain text, or JSON of which one key is wanted."""

import json
from difflib import get_close_matches

from jira_staging.errors import SecretError, SecretKeyMissing, SecretMalformed
from jira_staging.records import SecretDefinition


def chosen_text(answer: str, definition: SecretDefinition, where: str) -> str:
    """The part of a secret that the definition means; `where` names the secret and its vault, for messages.

    Only a JSON *object* has keys: a plain token may well be a JSON number or string, and stays as it is. An object with one key
    needs no `secret_key`; an OAuth client's credential is the object itself.
    Raises SecretKeyMissing and SecretMalformed.
    """
    entries = _json_object(answer)
    key = definition.secret_key
    if entries is None and key is None:
        if not answer.strip():
            raise SecretMalformed(f"{where} is empty. Store the API token in it.")
        return answer
    if entries is None:
        raise _without_keys(answer, key, definition, where)
    if key is None and definition.kind == "oauth_client":
        return answer
    if key is None and len(entries) == 1:
        key = next(iter(entries))
    if key is None or key not in entries:
        raise SecretKeyMissing(_which_key(key, list(entries), definition, where))
    return _text_under(key, entries[key], definition, where)


def _without_keys(answer: str, key: str | None, definition: SecretDefinition, where: str) -> SecretError:
    """The error for a secret in which a key is wanted, and which is no JSON object."""
    if not answer.strip():
        return SecretMalformed(f"{where} is empty. Store the JSON object with the API token in it.")
    if answer.lstrip()[0] in "{[":
        return SecretMalformed(
            f"{where} begins like JSON and is no JSON object: it is a list, or was cut off. Store it again, whole."
        )
    return SecretKeyMissing(
        f"{where} is plain text, so it has no key `{key}`. Remove `secret_key` from secret definition `{definition.name}`."
    )


def _text_under(key: str, value: object, definition: SecretDefinition, where: str) -> str:
    if isinstance(value, dict) and definition.kind == "oauth_client":
        return json.dumps(value)
    if not isinstance(value, str):
        raise SecretMalformed(f"{where} has under `{key}` no text. Store the API token there, in quotes.")
    if not value.strip():
        raise SecretMalformed(f"{where} has under `{key}` an empty text. Store the API token there.")
    return value


def _json_object(answer: str) -> dict[str, object] | None:
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _which_key(key: str | None, known: list[str], definition: SecretDefinition, where: str) -> str:
    if not known:
        return f"{where} is a JSON object without keys. Store the API token in it."
    has = f"it has {', '.join(f'`{name}`' for name in known)}"
    if key is None:
        return f"{where} holds several keys ({has}). Say in secret definition `{definition.name}` which one: `secret_key: …`."
    nearest = get_close_matches(key.lower(), known, n=1)
    repair = f"Did you mean `secret_key: {nearest[0]}`?" if nearest else "Set `secret_key` to one of them."
    return f"{where} has no key `{key}` ({has}). {repair} (Secret definition `{definition.name}`.)"
