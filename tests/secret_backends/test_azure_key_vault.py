"""Azure Key Vault: the real SDKs over TLS, against a small Key Vault and a managed identity's endpoint."""

import json
from typing import Any

import azure.core.exceptions
import azure.identity
import pytest

from jira_staging.errors import (
    JiraStagingError,
    SecretAccessDenied,
    SecretBackendUnavailable,
    SecretDefinitionMalformed,
    SecretError,
    SecretKeyMissing,
    SecretMalformed,
    SecretNotFound,
    SecretNotUsable,
    WrongUse,
)
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import VaultAccess, azure_key_vault, azure_refusals, open_backend
from secret_backends.answering_server import AnsweringServer
from secret_backends.key_vault_server import KeyVaultServer, StoredSecret
from secret_backends.vault_definitions import TOKEN, assert_quick, definition, everything_logged, shown, traceback_of

WHOSE = "(Secret definition `jira-prod`.)"


def of_azure(vault: KeyVaultServer | str | None, secret_name: str = "jira-api-token", **changes: Any) -> SecretDefinition:
    return definition("azure_key_vault", secret_name, vault=getattr(vault, "url", vault), **changes)


def fetched(wanted: SecretDefinition) -> str:
    return open_backend(wanted).fetch(wanted)


def refused(error: type[JiraStagingError], wanted: SecretDefinition) -> str:
    with pytest.raises(error) as caught:
        fetched(wanted)
    assert type(caught.value) is error
    assert TOKEN not in traceback_of(caught.value)
    return str(caught.value)


def test_a_secret_is_read_by_a_managed_identity_after_the_vaults_challenge(
    key_vault: KeyVaultServer, answering: AnsweringServer
) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    assert fetched(of_azure(key_vault)) == TOKEN
    assert [authorization for _, authorization in key_vault.asked] == [None, "Bearer invented-azure-token"]
    assert [path.partition("?")[0] for _, path in answering.asked] == ["/msi/token"]


@pytest.mark.parametrize("sign_in", ["default", "managed_identity"])
def test_the_way_to_sign_in_can_be_named(key_vault: KeyVaultServer, sign_in: str) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    assert fetched(of_azure(key_vault, options={"sign_in": sign_in})) == TOKEN


def test_a_version_and_a_key_of_json_can_be_named(key_vault: KeyVaultServer) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(json.dumps({"token": TOKEN, "email": "a"}))
    version = key_vault.secrets["jira-api-token"].version
    assert fetched(of_azure(key_vault, secret_key="token", options={"version": version})) == TOKEN
    assert refused(SecretKeyMissing, of_azure(key_vault, secret_key="tokn")) == (
        f"The secret `jira-api-token` of the Key Vault {key_vault.url} has no key `tokn` (it has `token`, `email`). Did you "
        f"mean `secret_key: token`? {WHOSE}"
    )
    assert refused(SecretNotFound, of_azure(key_vault, options={"version": "f" * 32})) == (
        f"The secret `jira-api-token`, version `{'f' * 32}`, of the Key Vault {key_vault.url} is not there. Check the names; "
        f"if it was deleted lately, `az keyvault secret recover` may bring it back. {WHOSE}"
    )


@pytest.mark.parametrize("vault", [None, "[Default]", "[default]"])
def test_the_default_vault_is_the_deployments(
    key_vault: KeyVaultServer, vault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    wanted = of_azure(vault)
    assert refused(WrongUse, wanted) == (
        "Secret definition `jira-prod` lies in the default vault, and this deployment names none. Set `[jira_staging] "
        "default_vault` or JIRA_STAGING_DEFAULT_VAULT, or write `vault` into the definition."
    )
    monkeypatch.setenv("JIRA_STAGING_DEFAULT_VAULT", key_vault.url)
    assert fetched(wanted) == TOKEN
    monkeypatch.delenv("JIRA_STAGING_DEFAULT_VAULT")
    assert open_backend(wanted, VaultAccess("Airflow's configuration", default_vault=key_vault.url)).fetch(wanted) == TOKEN


@pytest.mark.parametrize(
    ("vault", "url"),
    [
        ("Acme-Vault", "https://acme-vault.vault.azure.net"),
        ("https://acme.vault.azure.net/", "https://acme.vault.azure.net"),
        ("https://acme.vault.usgovcloudapi.net", "https://acme.vault.usgovcloudapi.net"),
    ],
)
def test_a_vault_is_its_name_or_its_url(vault: str, url: str) -> None:
    assert azure_key_vault._checked_url(vault, of_azure(vault), any_host=False) == url


@pytest.mark.parametrize(
    "vault", ["http://acme.vault.azure.net", "https://acme.vault.azure.net/secrets/x", "a_b", "x", "https://u@h"]
)
def test_what_is_no_vault_is_told(vault: str) -> None:
    assert refused(SecretDefinitionMalformed, of_azure(vault)) == (
        f"Secret definition `jira-prod`: `{vault}` is neither the name of a Key Vault (3 to 24 letters, digits and hyphens) "
        "nor its URL (like https://acme.vault.azure.net)."
    )


@pytest.mark.parametrize(
    "host", ["vault.example.com", "169.254.169.254", "evilvault.azure.net", "acme.vault.azure.net.example.com"]
)
def test_a_definition_cannot_choose_another_host(host: str) -> None:
    assert refused(SecretDefinitionMalformed, of_azure(f"https://{host}")) == (
        f"Secret definition `jira-prod`: `{host}` is no host of Azure Key Vault. A vault elsewhere is named by the deployment "
        "(`[jira_staging] default_vault` or JIRA_STAGING_DEFAULT_VAULT), and by `vault: '[Default]'` here."
    )


def test_a_name_that_key_vault_cannot_have_is_told_before_asking() -> None:
    assert refused(SecretDefinitionMalformed, of_azure("acme", "jira/api_token")) == (
        "Secret definition `jira-prod`: `jira/api_token` cannot be a secret of Azure Key Vault. Its names have 1 to 127 "
        "letters, digits and hyphens: put `-` for `_` and `/`."
    )


def test_an_unknown_way_to_sign_in_is_told() -> None:
    assert refused(SecretDefinitionMalformed, of_azure("acme", options={"sign_in": "password"})) == (
        "Secret definition `jira-prod`: there is no `sign_in: password`. There are default, environment, managed_identity, "
        "workload_identity."
    )


def test_a_missing_secret_and_a_deleted_one_are_told_apart(key_vault: KeyVaultServer) -> None:
    place = f"The secret `jira-api-token` of the Key Vault {key_vault.url}"
    assert refused(SecretNotFound, of_azure(key_vault)) == (
        f"{place} is not there. Check the names; if it was deleted lately, `az keyvault secret recover` may bring it back. "
        f"{WHOSE}"
    )
    key_vault.deleted["jira-api-token"] = 1_800_000_000
    assert refused(SecretNotUsable, of_azure(key_vault)) == (
        f"{place} was deleted and can be recovered until 2027-01-15: `az keyvault secret recover`, or name another secret. "
        f"{WHOSE}"
    )


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"enabled": False}, "is disabled. Enable it, or store a new version."),
        ({"enabled": True, "nbf": 4_000_000_000}, "is not valid before 2096-10-02 07:06 UTC. Change its activation date."),
        (
            {"enabled": True, "exp": 1_700_000_000},
            "expired on 2023-11-14 22:13 UTC. Make a new API token and store it as a new version.",
        ),
    ],
)
def test_a_secret_that_key_vault_gives_but_nobody_should_use_is_refused(
    key_vault: KeyVaultServer, attributes: dict[str, object], said: str
) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN, attributes)
    assert (
        refused(SecretNotUsable, of_azure(key_vault)) == f"The secret `jira-api-token` of the Key Vault {key_vault.url} {said}"
    )


@pytest.mark.parametrize("value", [None, ""])
def test_a_secret_without_a_value_is_malformed(key_vault: KeyVaultServer, value: str | None) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(value)
    said = refused(SecretMalformed, of_azure(key_vault))
    assert said.endswith("Store the API token in it.")


RBAC = "Caller is not authorized to perform action on resource.\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'"


@pytest.mark.parametrize(
    ("refusal", "error", "said"),
    [
        (
            (403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret."),
            SecretNotUsable,
            "Azure says SecretDisabled: Operation get is not allowed on a disabled secret. It is disabled. Enable it",
        ),
        (
            (403, "Forbidden", "ForbiddenByRbac", RBAC),
            SecretAccessDenied,
            (
                "Azure says ForbiddenByRbac: Caller is not authorized to perform action on resource. Give this identity the "
                "role `Key Vault Secrets User` on the vault"
            ),
        ),
        ((403, "Forbidden", None, RBAC), SecretAccessDenied, "Azure says ForbiddenByRbac: "),
        (
            (403, "Forbidden", "AccessDenied", "The user does not have secrets get permission on key vault 'acme'."),
            SecretAccessDenied,
            "Give this identity the permission Get for secrets in the vault's access policies.",
        ),
        (
            (403, "Forbidden", "ForbiddenByFirewall", "Client address is not authorized and caller is not a trusted service."),
            SecretAccessDenied,
            "The vault's firewall refuses this network.",
        ),
        (
            (403, "Forbidden", "ForbiddenByConnection", "Public network access is disabled."),
            SecretAccessDenied,
            "The vault takes no connections from public networks.",
        ),
        ((403, "Forbidden", None, "No."), SecretAccessDenied, "Azure says Forbidden: No. Allow this identity to read"),
        (
            (429, "Throttled", None, "Slow down."),
            SecretBackendUnavailable,
            "could not be read now. Azure says 429: Slow down. Try again later.",
        ),
        (
            (503, "Busy", None, "Later."),
            SecretBackendUnavailable,
            "could not be read now. Azure says 503: Later. Try again later.",
        ),
        ((400, "BadParameter", None, "What?"), SecretError, "was not given. Azure says 400: What?"),
    ],
)
def test_every_refusal_says_what_to_do(
    key_vault: KeyVaultServer,
    refusal: tuple[int, str, str | None, str],
    error: type[SecretError],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(azure_key_vault, "RETRIES", 0)
    key_vault.refusal = refusal
    told = refused(error, of_azure(key_vault))
    assert told.startswith(f"The secret `jira-api-token` of the Key Vault {key_vault.url} ")
    assert said in told


def test_a_token_that_the_vault_refuses_is_a_sign_in_that_failed(key_vault: KeyVaultServer) -> None:
    key_vault.refusal = (401, "Unauthorized", None, "AKV10032: Invalid issuer.")
    assert "this process cannot sign in to Azure. Azure says: AKV10032: Invalid issuer. Give it an identity" in refused(
        SecretAccessDenied, of_azure(key_vault)
    )


def test_no_identity_at_all_is_a_sign_in_that_failed(key_vault: KeyVaultServer) -> None:
    said = refused(SecretAccessDenied, of_azure(key_vault, options={"sign_in": "environment"}))
    assert "this process cannot sign in to Azure. Azure says: EnvironmentCredential authentication unavailable." in said


def test_workload_identity_without_its_settings_is_wrong_use(key_vault: KeyVaultServer) -> None:
    said = refused(WrongUse, of_azure(key_vault, options={"sign_in": "workload_identity"}))
    assert said.startswith("Secret definition `jira-prod`, option `sign_in`: azure-identity says: WorkloadIdentity")


def test_another_server_than_the_vault_gets_no_token(key_vault: KeyVaultServer) -> None:
    key_vault.challenge_resource = "https://elsewhere.example.com"
    assert refused(WrongUse, of_azure(key_vault)) == (
        f"The secret `jira-api-token` of the Key Vault {key_vault.url}: what answers there is not this Key Vault, so no "
        "credential was sent. Check `vault` in secret definition `jira-prod`."
    )
    assert [authorization for _, authorization in key_vault.asked] == [None]


def test_a_vault_that_does_not_answer_is_retried_later(key_vault: KeyVaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_key_vault, "RETRIES", 0)
    said = refused(SecretBackendUnavailable, of_azure("https://acme.vault.azure.net:9"))
    assert said.startswith(
        "The secret `jira-api-token` of the Key Vault https://acme.vault.azure.net:9: no answer (ServiceRequestError: "
    )
    assert said.endswith(f"Check the vault's name and the network, then try again. {WHOSE}")


def test_a_certificate_of_nobody_is_refused(key_vault: KeyVaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure_key_vault, "RETRIES", 0)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    assert "CERTIFICATE_VERIFY_FAILED" in refused(SecretBackendUnavailable, of_azure(key_vault))


def test_an_answer_that_is_no_json_is_not_taken_for_a_secret(
    key_vault: KeyVaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azure_key_vault, "RETRIES", 0)
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    key_vault.raw = f'{{"value": "{TOKEN}'.encode()
    said = refused(SecretBackendUnavailable, of_azure(key_vault))
    assert said == (
        f"The secret `jira-api-token` of the Key Vault {key_vault.url}: the answer cannot be read; something between here and "
        f"Azure changed it. {WHOSE}"
    )


AZURE_ERRORS = [
    kind
    for module in (azure.core.exceptions, azure.identity)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, azure.core.exceptions.AzureError)
]


@pytest.mark.parametrize("kind", AZURE_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_azure_core_becomes_one_of_ours(kind: type[azure.core.exceptions.AzureError]) -> None:
    error = kind.__new__(kind)
    azure.core.exceptions.AzureError.__init__(error, "Azure's own words")
    is_answer = isinstance(error, azure.core.exceptions.HttpResponseError)
    if isinstance(error, azure.core.exceptions.HttpResponseError):
        error.response, error.status_code, error.reason = None, None, None
        ours = azure_refusals.refusal(error, NoDeleted(), of_azure("acme"), "The secret")  # type: ignore[arg-type]
    else:
        ours = azure_refusals.no_answer(error, of_azure("acme"), "The secret")
    assert isinstance(ours, SecretError)
    assert ours.retry is (not is_answer or isinstance(error, azure.core.exceptions.DecodeError))


class NoDeleted:
    """A client whose identity may not see deleted secrets."""

    def get_deleted_secret(self, name: str) -> None:
        raise azure.core.exceptions.HttpResponseError(f"no {name}")


def test_a_connections_credential_is_used_where_one_is_given(key_vault: KeyVaultServer, answering: AnsweringServer) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    made: list[object] = []

    def credential() -> object:
        made.append(azure.identity.ManagedIdentityCredential())
        return made[-1]

    wanted = of_azure(key_vault, vault_conn_id="azure_prod")
    backend = open_backend(wanted, VaultAccess("connection `azure_prod`", azure_credential=credential))
    assert [backend.fetch(wanted), backend.fetch(wanted), len(made)] == [TOKEN, TOKEN, 1]


def test_no_log_holds_the_value(key_vault: KeyVaultServer, caplog: pytest.LogCaptureFixture) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(json.dumps({"token": TOKEN, "email": "a"}))
    wanted = of_azure(key_vault, secret_key="token")
    backend = open_backend(wanted)
    backend.fetch(wanted)
    everything_logged(caplog, "azure", "msal", "requests", "urllib3", "jira_staging")
    caplog.clear()
    assert backend.fetch(wanted) == TOKEN
    with pytest.raises(SecretKeyMissing) as caught:
        backend.fetch(of_azure(key_vault))
    everything = f"{shown(caplog)} {caught.value!r} {caught.value} {backend!r}"
    assert (TOKEN in everything, "invented-azure-token" in everything) == (False, False)


def test_resolving_is_quick(key_vault: KeyVaultServer) -> None:
    key_vault.secrets["jira-api-token"] = StoredSecret(TOKEN)
    wanted = of_azure(key_vault, account="bot@example.com")
    assert_quick(wanted, open_backend(wanted))
