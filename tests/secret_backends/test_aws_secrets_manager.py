"""AWS Secrets Manager: the real boto3 over HTTP, against moto, and against refusals that moto does not know."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import botocore.session
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
from jira_staging.secret_backends import VaultAccess, aws_secrets_manager, open_backend
from jira_staging.tokens import VaultTokens
from secret_backends.answering_server import AnsweringServer
from secret_backends.vault_definitions import TOKEN, assert_quick, definition, everything_logged, shown, traceback_of

NEW_TOKEN = "ATATT3xFfGF0rotated_token-of-nobody=9Z8Y7X6W"
PLACE = "The secret `prod/jira` of AWS Secrets Manager in `eu-west-1`"


def of_aws(secret_name: str = "prod/jira", **changes: Any) -> SecretDefinition:
    return definition("aws_secrets_manager", secret_name, **changes)


def fetched(wanted: SecretDefinition) -> str:
    return open_backend(wanted).fetch(wanted)


def refused(error: type[JiraStagingError], wanted: SecretDefinition) -> str:
    with pytest.raises(error) as caught:
        fetched(wanted)
    assert type(caught.value) is error
    assert TOKEN not in traceback_of(caught.value)
    return str(caught.value)


def test_a_plain_secret_is_the_token(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=TOKEN)
    assert fetched(of_aws()) == TOKEN


def test_a_key_of_a_json_secret_is_the_token(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=json.dumps({"api_token": TOKEN, "email": "bot@example.com"}))
    assert fetched(of_aws(secret_key="api_token")) == TOKEN
    assert refused(SecretKeyMissing, of_aws(secret_key="apitoken")) == (
        f"{PLACE} has no key `apitoken` (it has `api_token`, `email`). Did you mean `secret_key: api_token`? (Secret "
        "definition `jira-prod`.)"
    )


def test_a_full_arn_is_asked_for_in_its_own_region(secrets_manager: Any, moto_url: str) -> None:
    import boto3

    client = boto3.session.Session().client("secretsmanager", region_name="us-east-2", endpoint_url=moto_url)
    arn = client.create_secret(Name="prod/jira", SecretString=TOKEN)["ARN"]
    assert fetched(of_aws(arn)) == TOKEN
    assert "in `eu-west-1` is not there" in refused(SecretNotFound, of_aws())
    assert fetched(of_aws(options={"region": "us-east-2"})) == TOKEN


def test_an_arn_that_is_none_or_of_another_region_is_told() -> None:
    assert refused(SecretDefinitionMalformed, of_aws("arn:aws:iam::123456789012:role/x")) == (
        "Secret definition `jira-prod`: `arn:aws:iam::123456789012:role/x` is no ARN of a secret. It is like "
        "`arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/jira-AbCdEf`."
    )
    arn = "arn:aws:secretsmanager:us-east-2:123456789012:secret:prod/jira-AbCdEf"
    assert refused(SecretDefinitionMalformed, of_aws(arn, options={"region": "eu-west-1"})) == (
        "Secret definition `jira-prod`: its ARN is of region `us-east-2`, its option `region` says `eu-west-1`. Remove "
        "`region`."
    )


def test_a_binary_secret_is_refused(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretBinary=TOKEN.encode())
    assert refused(SecretMalformed, of_aws()) == (
        f"{PLACE} is binary (SecretBinary). Store the API token as text, or as a key of a JSON object."
    )


def test_the_version_before_the_last_rotation_can_be_named(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=TOKEN)
    version = secrets_manager.put_secret_value(SecretId="prod/jira", SecretString=NEW_TOKEN)["VersionId"]
    assert fetched(of_aws()) == NEW_TOKEN
    assert fetched(of_aws(options={"version_stage": "AWSPREVIOUS"})) == TOKEN
    assert fetched(of_aws(options={"version_id": version})) == NEW_TOKEN
    said = refused(SecretNotFound, of_aws(options={"version_stage": "AWSPENDING"}))
    assert said.startswith(f"{PLACE}, version stage `AWSPENDING` is not there. AWS says ResourceNotFoundException: ")


def test_a_missing_secret_says_where_it_was_looked_for(secrets_manager: Any) -> None:
    assert refused(SecretNotFound, of_aws()) == (
        f"{PLACE} is not there. AWS says ResourceNotFoundException: Secrets Manager can't find the specified secret. Check "
        "its name, its region and the AWS account; a secret of another account needs its full ARN. (Secret definition "
        "`jira-prod`.)"
    )
    assert "A name that ends in a hyphen and six characters is taken for a part of an ARN: give the full ARN." in refused(
        SecretNotFound, of_aws("jira-secret")
    )


def test_a_secret_that_is_pending_deletion_is_not_usable(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=TOKEN)
    secrets_manager.delete_secret(SecretId="prod/jira", RecoveryWindowInDays=7)
    said = refused(SecretNotUsable, of_aws())
    assert said.startswith(f"{PLACE} cannot be read as it is. AWS says InvalidRequestException: ")
    assert said.endswith(" Restore it, or name another one. (Secret definition `jira-prod`.)")


def test_a_rotated_secret_is_read_anew_by_the_same_backend(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=TOKEN)
    wanted = of_aws(account="bot@example.com")
    tokens = VaultTokens(wanted, open_backend(wanted))
    refused_token = tokens.token()
    secrets_manager.put_secret_value(SecretId="prod/jira", SecretString=NEW_TOKEN)
    renewed = tokens.renewed(refused_token)
    assert renewed is not None
    assert (renewed.value, tokens.renewed(renewed)) == (NEW_TOKEN, None)


@pytest.fixture
def refusing(answering: AnsweringServer, aws_environment: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    aws_environment.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", answering.url)
    aws_environment.setattr(aws_secrets_manager, "MAX_ATTEMPTS", 1)
    return answering


@pytest.mark.parametrize(
    ("code", "status", "error", "repair"),
    [
        ("ResourceNotFoundException", 400, SecretNotFound, "Check its name, its region and the AWS account"),
        ("InvalidParameterException", 400, SecretDefinitionMalformed, "Repair secret definition `jira-prod`."),
        ("InvalidRequestException", 400, SecretNotUsable, "Restore it, or name another one."),
        ("DecryptionFailure", 400, SecretAccessDenied, "Allow kms:Decrypt on the secret's KMS key"),
        ("InternalServiceError", 500, SecretBackendUnavailable, "Try again later."),
        ("AccessDeniedException", 400, SecretAccessDenied, "Allow secretsmanager:GetSecretValue on it"),
        ("UnrecognizedClientException", 400, SecretAccessDenied, "Check the AWS credentials that this process uses."),
        ("ExpiredTokenException", 400, SecretAccessDenied, "The AWS credentials of this process have expired: renew them."),
        ("RequestExpired", 400, SecretAccessDenied, "Set this machine's clock."),
        ("ThrottlingException", 400, SecretBackendUnavailable, "Try again later."),
        ("SomethingNew", 503, SecretBackendUnavailable, "Try again later."),
        ("SomethingNew", 400, SecretError, "was not given."),
    ],
)
def test_every_code_of_aws_becomes_the_error_of_its_repair(
    refusing: AnsweringServer, code: str, status: int, error: type[SecretError], repair: str
) -> None:
    refusing.status, refusing.body = status, json.dumps({"__type": code, "Message": "AWS's own words"}).encode()
    said = refused(error, of_aws())
    assert said.startswith(PLACE)
    assert f"AWS says {code}: AWS's own words." in said
    assert repair in said


def test_every_error_that_boto_models_for_this_call_has_its_place() -> None:
    model = botocore.session.get_session().get_service_model("secretsmanager").operation_model("GetSecretValue")
    placed = (
        aws_secrets_manager.NOT_FOUND
        | aws_secrets_manager.NOT_USABLE
        | aws_secrets_manager.WRONG_QUESTION
        | aws_secrets_manager.DENIED
        | aws_secrets_manager.UNAVAILABLE
    )
    assert {shape.name for shape in model.error_shapes} - placed == set()


BOTO_ERRORS = [
    kind
    for kind in vars(botocore.exceptions).values()
    if isinstance(kind, type) and issubclass(kind, botocore.exceptions.BotoCoreError)
]
RETRIED = {
    "HTTPClientError",
    "ConnectionError",
    "EndpointConnectionError",
    "SSLError",
    "ConnectionClosedError",
    "ReadTimeoutError",
    "ConnectTimeoutError",
    "ProxyConnectionError",
    "ResponseStreamingError",
    "IncompleteReadError",
    "MetadataRetrievalError",
}


@pytest.mark.parametrize("kind", BOTO_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_botocore_becomes_one_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "boto's own words")
    ours = aws_secrets_manager._no_answer(error, of_aws(), "eu-west-1")
    assert isinstance(ours, SecretBackendUnavailable | SecretAccessDenied | WrongUse)
    assert ours.retry is (kind.__name__ in RETRIED)
    assert str(ours).startswith(PLACE)


def test_an_answer_that_is_no_secret_is_not_taken_for_one(refusing: AnsweringServer) -> None:
    refusing.body = b"<html>a proxy's page</html>"
    assert refused(SecretBackendUnavailable, of_aws()) == (
        f"{PLACE}: the answer holds no secret; something between here and AWS changed it."
    )


def test_an_unreachable_endpoint_is_retried_later(aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    aws_environment.setattr(aws_secrets_manager, "MAX_ATTEMPTS", 1)
    assert refused(SecretBackendUnavailable, of_aws()) == (
        f"{PLACE}: no answer. boto3 says EndpointConnectionError: Could not connect to the endpoint URL: "
        '"http://127.0.0.1:9/". Check '
        "the network, then try again. (Secret definition `jira-prod`.)"
    )


def test_without_credentials_or_a_region_it_says_so(aws_environment: pytest.MonkeyPatch) -> None:
    aws_environment.delenv("AWS_ACCESS_KEY_ID")
    aws_environment.delenv("AWS_SECRET_ACCESS_KEY")
    assert refused(SecretAccessDenied, of_aws()) == (
        f"{PLACE}: this process cannot sign in to AWS. boto3 says NoCredentialsError: Unable to locate credentials. Give it a "
        "role, a profile, or the Airflow connection of `vault_conn_id`. (Secret definition `jira-prod`.)"
    )
    aws_environment.delenv("AWS_DEFAULT_REGION")
    assert refused(SecretDefinitionMalformed, of_aws()) == (
        "The secret `prod/jira` of AWS Secrets Manager in no known region: no region is known. Add `region` under `options` "
        "of secret definition `jira-prod`, or set AWS_DEFAULT_REGION."
    )


def test_a_connections_client_is_used_where_one_is_given(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=TOKEN)
    regions: list[str | None] = []

    def client(region: str | None) -> Any:
        regions.append(region)
        return secrets_manager

    wanted = of_aws(options={"region": "us-east-2"}, vault_conn_id="aws_prod")
    backend = open_backend(wanted, VaultAccess("connection `aws_prod`", aws_client=client))
    assert [backend.fetch(wanted), backend.fetch(wanted), regions] == [TOKEN, TOKEN, ["us-east-2"]]


def test_no_log_holds_the_value_though_botocore_prints_whole_answers(
    secrets_manager: Any, caplog: pytest.LogCaptureFixture
) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=json.dumps({"api_token": TOKEN}))
    fetched(of_aws())
    everything_logged(caplog, "boto3", "botocore", "urllib3", "jira_staging")
    caplog.clear()
    assert fetched(of_aws(secret_key="api_token")) == TOKEN
    with pytest.raises(SecretKeyMissing) as caught:
        fetched(of_aws(secret_key="wrong"))
    assert TOKEN not in f"{shown(caplog)} {caught.value!r} {caught.value}"
    secrets_manager.get_secret_value(SecretId="prod/jira")
    assert TOKEN in shown(caplog), "botocore no longer prints answers at DEBUG: quiet_logs may go"


def test_resolving_is_quick(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="prod/jira", SecretString=TOKEN)
    wanted = of_aws(account="bot@example.com")
    assert_quick(wanted, open_backend(wanted))
