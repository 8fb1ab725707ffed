"""AWS Secrets Manager: a secret by its name or full ARN, plain or as JSON with keys."""

import re
import threading
from typing import Any

from jira_staging.errors import (
    SecretAccessDenied,
    SecretBackendUnavailable,
    SecretDefinitionMalformed,
    SecretError,
    SecretMalformed,
    SecretNotFound,
    SecretNotUsable,
    WrongUse,
)
from jira_staging.records import SecretDefinition
from jira_staging.secret_backends.opening import VaultAccess
from jira_staging.secret_backends.quiet_logs import unlogged
from jira_staging.secret_backends.secret_text import chosen_text

ARN = re.compile(r"arn:aws[\w-]*:secretsmanager:(?P<region>[\w-]+):(?P<account>\d{12}):secret:(?P<name>.+)")
# The six characters that AWS appends to a secret's name in its ARN; a name that ends alike is read as a part of an ARN.
LOOKS_LIKE_ARN_END = re.compile(r".*-[A-Za-z0-9]{6}")

# A vault answers in milliseconds: a network that swallows packets is found after seconds, not after botocore's minute.
CONNECT_SECONDS, READ_SECONDS = 5, 15
# The first try and two more (about 3 s in all); longer outages are the task's retries.
MAX_ATTEMPTS = 3

# Codes of ClientError; only the first five are modelled by botocore, the others come from AWS's front doors and STS.
NOT_FOUND = {"ResourceNotFoundException"}
WRONG_QUESTION = {"InvalidParameterException", "ValidationException", "InvalidParameterValue"}
NOT_USABLE = {"InvalidRequestException"}
UNAVAILABLE = {
    "InternalServiceError",
    "InternalFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "RequestTimeout",
    "RequestTimeoutException",
    "PriorRequestNotComplete",
}
DENIED = {
    "AccessDeniedException",
    "AccessDenied",
    "UnauthorizedOperation",
    "NotAuthorized",
    "OptInRequired",
    "DecryptionFailure",
    "KMSAccessDeniedException",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
}
WHOSE_REPAIR = {
    "DecryptionFailure": "Allow kms:Decrypt on the secret's KMS key, and check that the key is enabled.",
    "ExpiredToken": "The AWS credentials of this process have expired: renew them.",
    "ExpiredTokenException": "The AWS credentials of this process have expired: renew them.",
    "RequestExpired": "Set this machine's clock.",
    "AccessDeniedException": "Allow secretsmanager:GetSecretValue on it (and kms:Decrypt on its key, if that is your own).",
    "AccessDenied": "Allow secretsmanager:GetSecretValue on it, and sts:AssumeRole where a role is assumed.",
}


class AwsSecretsManager:
    """Reads secrets by boto3's default chain, or by the client that a deployment's connection gives."""

    def __init__(self, vault_access: VaultAccess | None = None) -> None:
        self._access = vault_access
        self._clients: dict[str | None, Any] = {}
        self._opening = threading.Lock()

    def fetch(self, definition: SecretDefinition) -> str:
        """The secret's text, or one key of it where it is JSON."""
        from botocore.exceptions import BotoCoreError, ClientError

        region = _region(definition)
        try:
            client = self._client(region)
            region = client.meta.region_name
            with unlogged("boto3", "botocore", "urllib3"):
                answer = client.get_secret_value(**_question(definition))
        except ClientError as error:
            raise _refusal(error, definition, region) from error
        except BotoCoreError as error:
            raise _no_answer(error, definition, region) from error
        place = _place(definition, region)
        if "SecretBinary" in answer:
            raise SecretMalformed(
                f"{place} is binary (SecretBinary). Store the API token as text, or as a key of a JSON object."
            )
        if "SecretString" not in answer:
            raise SecretBackendUnavailable(f"{place}: the answer holds no secret; something between here and AWS changed it.")
        return chosen_text(answer["SecretString"], definition, place)

    def _client(self, region: str | None) -> Any:
        with self._opening:
            if region not in self._clients:
                self._clients[region] = self._new_client(region)
            return self._clients[region]

    def _new_client(self, region: str | None) -> Any:
        if self._access and self._access.aws_client:
            return self._access.aws_client(region)
        import boto3

        return boto3.session.Session().client("secretsmanager", region_name=region, config=client_config())


def client_config() -> Any:
    """Timeouts and tries of a client of Secrets Manager, as a botocore Config."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    )


def _region(definition: SecretDefinition) -> str | None:
    """The region of the ARN or of the definition; None leaves it to the connection or the environment."""
    wanted = definition.options.get("region")
    if not definition.secret_name.startswith("arn:"):
        return wanted
    arn = ARN.fullmatch(definition.secret_name)
    if arn is None:
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: `{definition.secret_name}` is no ARN of a secret. It is like "
            "`arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/jira-AbCdEf`."
        )
    if wanted and wanted != arn["region"]:
        raise SecretDefinitionMalformed(
            f"Secret definition `{definition.name}`: its ARN is of region `{arn['region']}`, its option `region` says "
            f"`{wanted}`. Remove `region`."
        )
    return arn["region"]


def _question(definition: SecretDefinition) -> dict[str, str]:
    question = {"SecretId": definition.secret_name}
    if stage := definition.options.get("version_stage"):
        question["VersionStage"] = stage
    if version := definition.options.get("version_id"):
        question["VersionId"] = version
    return question


def _place(definition: SecretDefinition, region: str | None) -> str:
    """The secret and where it was looked for, as a sentence begins."""
    version = "".join(
        f", {name.replace('_', ' ')} `{definition.options[name]}`"
        for name in ("version_stage", "version_id")
        if name in definition.options
    )
    where = f"`{region}`" if region else "no known region"
    return f"The secret `{definition.secret_name}` of AWS Secrets Manager in {where}{version}"


def _refusal(error: Any, definition: SecretDefinition, region: str | None) -> Exception:
    """Our error for an answer of AWS that is no secret; `error` is a ClientError, whose words never hold a value."""
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"AWS says {code}: {str(error.response.get('Error', {}).get('Message', '')).strip() or 'no more'}"
    said = said if said.endswith(".") else f"{said}."
    place, whose = _place(definition, region), f"(Secret definition `{definition.name}`.)"
    if code in NOT_FOUND:
        return SecretNotFound(f"{place} is not there. {said} {_how_to_find(definition)} {whose}")
    if code in NOT_USABLE:
        return SecretNotUsable(f"{place} cannot be read as it is. {said} Restore it, or name another one. {whose}")
    if code in WRONG_QUESTION:
        return SecretDefinitionMalformed(f"{place} cannot be asked for. {said} Repair secret definition `{definition.name}`.")
    if code in DENIED:
        repair = WHOSE_REPAIR.get(code, "Check the AWS credentials that this process uses.")
        return SecretAccessDenied(f"{place} may not be read. {said} {repair} {whose}")
    if code in UNAVAILABLE or status == 429 or status >= 500:
        return SecretBackendUnavailable(f"{place} could not be read now. {said} Try again later. {whose}")
    return SecretError(f"{place} was not given. {said} {whose}")


def _how_to_find(definition: SecretDefinition) -> str:
    hint = "Check its name, its region and the AWS account; a secret of another account needs its full ARN."
    if not definition.secret_name.startswith("arn:") and LOOKS_LIKE_ARN_END.fullmatch(definition.secret_name):
        hint += " A name that ends in a hyphen and six characters is taken for a part of an ARN: give the full ARN."
    return hint


def _no_answer(error: Exception, definition: SecretDefinition, region: str | None) -> Exception:
    """Our error where boto3 got no answer, or could not even ask; `error` is a BotoCoreError."""
    from botocore import exceptions as boto

    place, said = _place(definition, region), f"boto3 says {type(error).__name__}: {str(error).rstrip('.')}."
    whose = f"(Secret definition `{definition.name}`.)"
    if isinstance(error, boto.NoRegionError):
        return SecretDefinitionMalformed(
            f"{place}: no region is known. Add `region` under `options` of secret definition `{definition.name}`, or set "
            "AWS_DEFAULT_REGION."
        )
    if isinstance(error, boto.ParamValidationError):
        return SecretDefinitionMalformed(f"{place} cannot be asked for. {said} {whose}")
    if isinstance(error, boto.ConnectionError | boto.HTTPClientError | boto.MetadataRetrievalError | boto.IncompleteReadError):
        return SecretBackendUnavailable(f"{place}: no answer. {said} Check the network, then try again. {whose}")
    if isinstance(error, _sign_in_errors()):
        return SecretAccessDenied(
            f"{place}: this process cannot sign in to AWS. {said} Give it a role, a profile, or the Airflow connection of "
            f"`vault_conn_id`. {whose}"
        )
    return WrongUse(f"{place}: boto3 could not be set up. {said} Check the AWS settings of this process. {whose}")


def _sign_in_errors() -> tuple[type[Exception], ...]:
    from botocore import exceptions as boto

    return (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.UnknownCredentialError,
        boto.NoAuthTokenError,
        boto.TokenRetrievalError,
        boto.ProfileNotFound,
        boto.RefreshWithMFAUnsupportedError,
        boto.SSOError,
        boto.LoginError,
    )
