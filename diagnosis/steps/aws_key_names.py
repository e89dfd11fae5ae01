"""Tell by names and values whether something is an AWS access key, and whether it is long-lived or a session's.

The one home of that knowledge: which variables, inputs and secrets are named like a key, and where an expression has its value
from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

KEY_ID = "AWS_ACCESS_KEY_ID"
SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - the name of a variable
KEY_VARIABLES = frozenset(
    {KEY_ID, "AWS_SECRET_ACCESS_KEY", SESSION_TOKEN, "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECURITY_TOKEN"}
)
"""The variables from which AWS's tools and their older versions take a key."""
FILE_VARIABLES = frozenset(
    {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_CREDENTIAL_FILE", "BOTO_CONFIG", "REGISTRY_AUTH_FILE"}
    | {"DOCKER_AUTH_CONFIG"}
)
"""The variables that name a file with keys or logins, or hold one."""
PROFILE_VARIABLES = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
"""The variables that name a profile of such a file."""
ENDPOINT_VARIABLES = frozenset({"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"})
"""The variables that name an address which hands out keys."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[^A-Za-z0-9]+")
_AWS = frozenset({"AWS", "ECR", "IAM", "AMAZON", "S3"})
_SECRET = frozenset(
    {"KEY", "KEYS", "SECRET", "SECRETS", "CRED", "CREDS", "CREDENTIAL", "CREDENTIALS", "PASSWORD", "PASSWD", "USERNAME"}
    | {"USER", "ACCESS", "AKID", "SAK", "ACCESSKEY", "SECRETKEY", "KEYID", "ACCESSKEYID", "SECRETACCESSKEY", "TOKEN"}
    | {"AK", "SK"}
)
_NO_KEY = frozenset(
    {"ROLE", "ARN", "REGION", "BUCKET", "ALIAS", "KMS", "REPOSITORY", "REPO", "REGISTRY", "OIDC", "ASSUME"}
)
"""Words of a name that speak of something else of AWS's."""
_FOREIGN = frozenset(
    {"MINIO", "ALIYUN", "ALIBABA", "TENCENT", "SPACES", "DIGITALOCEAN", "R2", "CLOUDFLARE", "WASABI", "BACKBLAZE"}
    | {"B2", "SCW", "SCALEWAY", "LINODE", "VULTR", "HUAWEI", "OSS", "COS", "QINIU", "UPCLOUD", "HETZNER"}
)
"""Other clouds that have access keys of the same names."""
_REFERENCE = re.compile(
    r"\b(secrets|vars|inputs|env|github\.event\.inputs|github\.event\.client_payload)"
    r"\s*(?:\.\s*([\w-]+)|\[\s*'([^']+)'\s*\])",
    re.IGNORECASE,
)
_ALL_SECRETS = re.compile(
    r"to_?json\s*\(\s*secrets\s*\)|\bsecrets\s*\[\s*(?!')|\bsecrets\s*\.\s*\*|\(\s*secrets\s*[,)]", re.IGNORECASE
)
_LITERAL_KEY = re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{12,}\b|\[scrubbed:aws-access-key-id\]")
_SCRUBBED_SECRET = "[scrubbed:aws-secret"  # noqa: S105 - the mark in the place of one
_STAND_IN = re.compile(r"[A-Za-z0-9_-]{1,15}")
_OUTPUT = re.compile(r"\b(?:steps|needs|jobs)\s*[.\[]", re.IGNORECASE)


class Origin(Enum):
    """Where a value under the name of a key comes from."""

    NOTHING = "nothing"
    """It is empty, or no key can look like it."""
    JOB = "job"
    """The variable of the same kind that the job has already: whatever that is, it is judged where it was set."""
    OUTPUT = "output"
    """The output of a step or job."""
    COMPUTED = "computed"
    """Something that a shell works out."""
    LONG_LIVED = "long-lived"
    """A secret, a variable of the repository, an input of whoever started the run, or a key that is written out."""
    UNKNOWN = "unknown"


def words_of(name: str) -> list[str]:
    """Return the words that a name is put together from: ``AWS_ACCESS_KEY``, ``accessKeyId``, ``access-key``."""
    return _SIGNS.sub(" ", _HUMP.sub(" ", name[:200])).split()


def names_a_key(name: str) -> bool:
    """Return whether a variable, input or secret of this name is an access key of AWS, or half of one."""
    tokens = {token.upper() for token in words_of(name)}
    flat = re.sub(r"[^A-Z0-9]", "", name.upper())
    if tokens & _FOREIGN:
        return False
    if "ACCESSKEY" in flat or "SECRETACCESS" in flat or "AWSKEY" in flat or "AWSSECRET" in flat or "AWSCRED" in flat:
        return not (tokens & {"ROLE", "ARN", "ALIAS", "KMS", "ROTATION"})
    return flat == "AWSID" or (bool(tokens & _AWS) and bool(tokens & _SECRET) and not tokens & _NO_KEY)


def references(text: str) -> tuple[tuple[str, str], ...]:
    """Return the contexts that the expressions of a text ask, with the names: ``("secrets", "DEPLOY_KEY")``."""
    found = (each for part in _expressions(text) for each in _REFERENCE.findall(part))
    return tuple(dict.fromkeys((context.lower(), name or quoted) for context, name, quoted in found))


def asks_for_all_secrets(text: str) -> bool:
    """Return whether an expression of a text hands over every secret, or one whose name is computed."""
    return any(_ALL_SECRETS.search(part) for part in _expressions(text))


def long_lived_in(text: str) -> str | None:
    """Return what in a text certainly is a long-lived key, by its own name or form; None where nothing is."""
    written = _LITERAL_KEY.search(text)
    if written:
        return "an access key that is written out"
    for context, name in references(text):
        if context != "env" and names_a_key(name):
            return f"{context}.{name}"
    return None


def _expressions(text: str) -> Iterator[str]:
    """Yield what stands within ``${{ … }}``."""
    at = 0
    while (begin := text.find("${{", at)) >= 0 and (end := text.find("}}", begin)) >= 0:
        yield text[begin + 3 : end]
        at = end + 2


def origin_of(value: str) -> Origin:
    """Return where a value comes from that is given under the name of a key."""
    text = value.strip().strip("'\"")
    if not text:
        return Origin.NOTHING
    asked = references(text)
    if _LITERAL_KEY.search(text) or any(context != "env" for context, _ in asked) or asks_for_all_secrets(text):
        return Origin.LONG_LIVED
    if _SCRUBBED_SECRET in text:
        return Origin.LONG_LIVED
    if "${{" in text:
        if _OUTPUT.search(text):
            return Origin.OUTPUT
        own = all(name.upper() in KEY_VARIABLES for _, name in asked) and bool(asked)
        return Origin.JOB if own else Origin.UNKNOWN
    if re.fullmatch(r"\$\{?(\w+)\}?", text) and text.strip("${}") in KEY_VARIABLES:
        return Origin.JOB
    if "$" in text:
        return Origin.COMPUTED
    return Origin.NOTHING if _STAND_IN.fullmatch(text) else Origin.UNKNOWN
