"""Is something called like a secret? Names are taken apart into words, in whatever way they were put together."""

from __future__ import annotations

import re
from functools import lru_cache

from diagnosis.logs.secrets.finding import words_of
from diagnosis.logs.secrets.values import Strength

_NUMBER = re.compile(r"\d+")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_PASSWORD = (
    "password",
    "passwords",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "pwd",
    "storepass",
    "keypass",
    "sshpass",
    "userpass",
    "requirepass",
    "bindpw",
    "rootpw",
    "adminpw",
)
_TOKEN = (
    "token",
    "tokens",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "creds",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
)
_IN_CAPITALS = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE|PASSCODE|(?<![A-Z])[A-Z]{1,12}PWD|_PWD|SECRET|TOKEN|(?:API|PRIVATE|ACCESS|SECRET)[_-]?KEY)$"
    r"|(?i:(?:secret[ _-]?access|aws[ _-]?secret)[ _-]?key|(?:session|security)[ _-]?token)$"
)
"""What variables that hold a secret end with; AWS's own names in every writing."""
_STATES = words_of("invalid expired missing bad unknown unexpected malformed wrong revoked unsupported unauthorized no")
"""``INVALID_TOKEN`` is the name of an error."""
_ALONE = frozenset({"pass", "pw", "auth", "pat", "otp", "totp", "authn", "dsn"})
"""Too short to be looked for inside a word, and the last word of its name."""
_KEY_OF = words_of(
    """
    access account admin aes agent anon api app application auth authentication bot client connection consumer
    cosmos crypt customer data decryption deploy deployment developer encryption fernet function functions gpg hash
    hmac host ingest ingestion instrumentation integration jwt license master monitoring org organization page
    partner pgp private project prod provisioning publish push recovery registration rest root rsa secret sentry server
    service session shared signature signing site ssh ssl storage stripe subscription sync system tls unseal user webhook
    write x openai anthropic datadog dd sendgrid mailgun twilio heroku newrelic pagerduty grafana cloudflare algolia
    azure aws gcp google github gitlab npm nuget pypi terraform vault ably amplitude applitools bugsnag chocolatey
    cypress elastic fossa gem gitguardian hex honeycomb launchdarkly linode logdna loggly mapbox messagebird mezmo
    mixpanel netlify nexmo percy plivo posthog pusher rapidapi record rollbar sauce saucelabs browserstack sdk segment
    splunk sumologic supabase telnyx upstash vercel vonage vultr wandb zendesk
    """
)
_NO_KEY_OF = words_of(
    """
    public cache primary foreign sort partition object s3 range hash index group config context condition
    """
)
_SAYS_MORE = words_of(
    """
    name names id ids arn arns file files filename path paths dir directory folder url urls uri uris endpoint
    endpoints type types expiry expires expiration expired expire ttl lifetime lifespan duration age length len size
    count counts max min limit limits policy policies version versions scope scopes permission permissions manager
    managers provider providers issuer audience field fields header headers prefix suffix format algorithm alg
    enabled disabled required rotation status state source sources hint label labels title location bucket server
    host hosts port user users username env var vars variable variables template stdin request usage usages date
    time timestamp at by from to for in on of is was has not error errors failed failure invalid created updated
    rotated index ref refs reference references kind class authentication fingerprint thumbprint owner account
    region role store storage config engine backend plugin method mode description available comment help text
    message question prompt validation validator check checks exchange service services last used
    """
)
"""A last word with which a name means something about the secret: where it is, how long it lasts."""


@lru_cache(maxsize=4096)
def strength(name: str) -> Strength:
    """Return how much a name (``DB_PASSWORD``, ``clientSecret``, ``x-api-key``) says about what stands under it."""
    # Names that differ in their numbers only (key_1, key_2) are many, and one to judge.
    return _of_numbered(_NUMBER.sub("1", name))


@lru_cache(maxsize=4096)
def _of_numbered(name: str) -> Strength:
    found = _strength(name)
    return Strength.VARIABLE if found >= Strength.TOKEN and _is_variable(name) else found


def _is_variable(name: str) -> bool:
    if not _IN_CAPITALS.search(name):
        return False
    first = _WORDS.search(name)
    return first is not None and first[0].lower() not in _STATES


def _strength(name: str) -> Strength:
    words = [word.lower() for word in _WORDS.findall(name)]
    for place in range(len(words) - 1, -1, -1):
        found = _core(words, place)
        if found:
            if any(word in _SAYS_MORE for word in words[place + 1 :]):
                # Vault calls a password of its roles like this; elsewhere it says which secret is meant.
                return Strength.TOKEN if words[-3:] == ["vault", "secret", "id"] else Strength.NOTHING
            return found
    # In whatever mixture of cases: "PassWord".
    return _strength(name.lower()) if name.lower() != name else Strength.NOTHING


def kind(name: str) -> str:
    """Return how a secret of this name is called once it is replaced."""
    plain = name.lower().replace("_", "").replace("-", "").replace(" ", "")
    if "secretaccesskey" in plain or "awssecretkey" in plain:
        return "aws-secret-key"
    if "sessiontoken" in plain or "securitytoken" in plain:
        return "aws-session-token"
    return "credential"


def _core(words: list[str], place: int) -> Strength:
    word = words[place]
    before = words[place - 1] if place else ""
    if word.endswith(_PASSWORD):
        return Strength.PASSWORD
    if word in _ALONE:
        return Strength.TOKEN if place == len(words) - 1 or words[-1].isdigit() else Strength.NOTHING
    if word == "seed":
        return Strength.TOKEN if before.endswith(("otp", "mfa")) else Strength.NOTHING
    if word.endswith(("key", "keys")):
        return _key(word.removesuffix("s").removesuffix("key"), before, words[: place - 1])
    if word.endswith(_TOKEN):
        # "publickeytoken" says which key signed an assembly.
        if (before == "key" and "public" in words) or word.startswith("publickey"):
            return Strength.NOTHING
        if word.endswith(("secret", "secrets")) and before in ("client", "shared", "consumer", "app", "webhook"):
            return Strength.PASSWORD
        return Strength.TOKEN
    return Strength.NOTHING


def _key(joined: str, before: str, earlier: list[str]) -> Strength:
    owner = joined or before
    if owner.endswith("public") or (owner in _NO_KEY_OF and owner != "hash"):
        return Strength.NOTHING
    if owner == "secret" or (owner == "access" and before in ("secret", "access") and "secret" in (*earlier, before)):
        return Strength.PASSWORD
    if not owner:
        return Strength.NOTHING
    if owner in _KEY_OF or owner.endswith(
        ("api", "access", "private", "secret", "account", "auth", "shared", "signing", "encryption", "master")
    ):
        return Strength.TOKEN
    return Strength.KEY
