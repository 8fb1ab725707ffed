"""What people store is not always what they meant: white space from a terminal, a base64 pair, a word too many."""

import base64
import logging
import re

from jira_staging.errors import SecretMalformed

log = logging.getLogger(__name__)

# Invisible, and no white space to str.strip: zero-width spaces and joiners of web pages, the byte order mark of files.
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
# `echo TOKEN |`, browsers and Windows editors leave these at the edges; no token has them.
EDGE = re.compile(rf"^[\s{ZERO_WIDTH}]+|[\s{ZERO_WIDTH}]+$")
# An e-mail address, a colon, a token: what a curl command holds.
ACCOUNT_AND_TOKEN = re.compile(r"[^\s:@]+@[^\s:@]+\.[^\s:@]+:\S+")


def checked_token(secret: str, origin: str) -> str:
    """The token without white space at its edges (with a warning); `origin` names it in messages.

    Raises SecretMalformed where it is empty or no header can carry it: inner white space, control characters, no ASCII.
    """
    token = EDGE.sub("", secret)
    if not token:
        raise SecretMalformed(f"The token of {origin} is empty. Store one.")
    if token != secret:
        log.warning("The token of %s has white space at its edges, which was removed. Store it without (`echo -n`).", origin)
    if problem := _problem(token):
        raise SecretMalformed(f"The token of {origin} {problem}")
    return token


def refuse_account_and_token(token: str, origin: str) -> None:
    """Raise SecretMalformed where a secret that should be an API token alone holds its account, too, in clear or in base64."""
    if ACCOUNT_AND_TOKEN.fullmatch(token):
        raise SecretMalformed(
            f"What {origin} points to holds `account:token`. Store the token alone, the account in the definition."
        )
    if ACCOUNT_AND_TOKEN.fullmatch(_decoded(token) or ""):
        raise SecretMalformed(
            f"What {origin} points to holds `account:token` in base64. Write `kind: basic_base64` into the definition, or "
            "store the token alone."
        )


def credential_pair(secret: str, origin: str) -> tuple[str, str]:
    """Account and token of a secret that holds them as `account:token` in base64, wrapped into lines or not."""
    joined = re.sub(rf"[\s{ZERO_WIDTH}]+", "", EDGE.sub("", secret).removeprefix("Basic "))
    account, colon, token = (_decoded(joined) or "").partition(":")
    if not colon or not EDGE.sub("", account):
        raise SecretMalformed(
            f"What {origin} points to is not `account:token` in base64, as its kind `basic_base64` says. Store it so (`echo "
            "-n 'account:token' | base64`), or write `kind: api_token` where it is the token alone."
        )
    return EDGE.sub("", account), checked_token(token, origin)


def _problem(token: str) -> str | None:
    if re.match(r"(Bearer|Basic)\s", token, re.IGNORECASE):
        return "begins with the word of a header (`Bearer` or `Basic`). Store what follows it alone."
    if re.search(rf"[\s{ZERO_WIDTH}]", token):
        return "has white space inside, so it is not one token. Store it again, in one piece."
    if not token.isascii():
        return "has characters outside of ASCII, which no token of Jira has. Store it again."
    if not token.isprintable():
        return "has control characters inside. Store it again, as plain UTF-8 text."
    return None


def _decoded(text: str) -> str | None:
    # A wrong padding, a foreign character and bytes that are no UTF-8 are all of them ValueErrors.
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except ValueError:
        return None
