"""Under a name in capitals a word is a secret, whatever it looks like, unless its form says that it is none."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from diagnosis.logs import secrets
from diagnosis.logs.scrub import scrub

_NAMES = """
    PASSWORD DB_PASSWORD MYSQL_ROOT_PASSWORD SECRET CLIENT_SECRET TOKEN NPM_TOKEN API_KEY APIKEY SSH_PRIVATE_KEY ACCESS_KEY
    SECRET_KEY secret_access_key SecretAccessKey session_token sessionToken x-amz-security-token xTOKEN MY-TOKEN
"""
NAMES = _NAMES.split()
SETTINGS = (
    "{n}: {v}",
    "{n}={v}",
    "{n} = '{v}'",
    'export {n}="{v}"',
    '{{"{n}":"{v}"}}',
    '\\"{n}\\": \\"{v}\\"',
    "--{n}={v}",
    "docker run -e {n}={v} image",
    "https://h/p?a=1&{n}={v}&x=1",
    "'{n}' => '{v}',",
    "{n}={v};x=1",
    "set {n}={v}, and",
    "[{n}={v}]",
    "{n}=({v})",
    "`{n}={v}`",
    "2026-03-02T09:15:00.1234567Z   {n}: {v}",
    "\x1b[36;1m{n}={v}\x1b[0m",
    "- name: {n}\n  value: {v}",
    "<{n}>{v}</{n}>",
)
_WORDS = """
    correct-horse-battery correct.horse.battery CorrectHorseBattery correct_horse_battery letmein summer changeme qwertyuiop
    mysecret mysecretpassword my-secret-pw supersecret topsecret admin123 password1 987654 2024-01-01 deadbeef
    production is_correct_horse secret.horse login_battery user:horse the-quick-brown-fox horse/battery/staple ABCDEFGHIJ
    HORSE_BATTERY v1.2.3 pa$$word Winter$horse
"""
WORDS = _WORDS.split()
_UNDERSTOOD = """
    disabled enabled required missing expired not-set read-only read:packages read_registry undefined redacted *** [redacted]
    ${OTHER_TOKEN} $OTHER $(pass) ${{secrets.X}} process.env.TOKEN OTHER_TOKEN <token> https://login.example/x
    arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf /run/secrets/db ./token.txt ~/.netrc prod/db certs/tls.pem
    vault/db/token op://vault/item/field sha256:0123456789abcdef0123456789abcdef 2026-03-02T09:15:00Z repo:acme/app:environment:prod
"""
UNDERSTOOD = _UNDERSTOOD.split()


@pytest.mark.parametrize("name", NAMES)
def test_a_word_under_a_name_in_capitals_goes(name: str) -> None:
    for setting in SETTINGS:
        for word in WORDS:
            text = setting.format(n=name, v=word)
            assert word not in scrub(text), text


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("x-amz")])
def test_a_form_that_is_understood_stays(name: str) -> None:
    for setting in ("{n}: {v}", "{n}={v}", '"{n}": "{v}"', "docker run -e {n}={v} image"):
        for value in UNDERSTOOD:
            text = setting.format(n=name, v=value)
            assert scrub(text) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("docker login -u a --password my-app-secret r", "my-app-secret"),
        ('{"auths":{"r":{"auth":"correct-horse"}}}', "correct-horse"),
        ('"identitytoken": "correct-horse"', "correct-horse"),
        ("Authorization: correct-horse-battery-staple", "battery"),
        ("secret access key: correct-horse", "correct-horse"),
        ("aws session token = correct-horse", "correct-horse"),
        ("X-Amz-Signature=correct-horse", "correct-horse"),
        ("https://user:<horse@host", "horse"),
        ("PASSWORD=Summer has gone", "Summer"),
        ("PASSWORD: correct horse battery staple", "battery"),
        ("DB_PASSWORD=horse(battery", "battery"),
        ("DB_PASSWORD=x<battery+staple", "battery"),
        ("DB_PASSWORD: >battery", "battery"),
        ("DB_PASSWORD={battery", "battery"),
        ("TOKEN=!battery staple", "battery"),
        ("SECRET=/battery", "battery"),
        ("2026-03-02T09:15:00.1234567Z   db_password: correct horse battery", "battery"),
    ],
)
def test_words_go_where_only_a_secret_can_stand(text: str, word: str) -> None:
    assert word not in scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        '"auth": "oauth2"',
        "Authorization: COGNITO_USER_POOLS",
        "authorization = aws_api_gateway_authorizer.main.id",
        "INVALID_TOKEN: Signature verification failed",
        "GITHUB_TOKEN: Signature verification failed",
        "DB_PASSWORD: Value must not be empty",
        "db_password: [scrubbed:credential] was rejected by the server",
        "TOKEN = (known after apply)",
        "TOKEN = os.getenv('OTHER')",
        "SECRET_KEY = config(KEY)",
        "SECRET={placeholder}",
        "TOKEN: string<br/>",
        "  -p, --password string   Password",
        "MAX_TOKENS=128000",
    ],
)
def test_what_is_said_about_a_secret_stays(text: str) -> None:
    assert scrub(text) == text


def test_no_memory_of_ours_keeps_a_value_after_it_was_judged() -> None:
    for each in pkgutil.iter_modules(secrets.__path__, f"{secrets.__name__}."):
        module = importlib.import_module(each.name)
        remembering = {name for name, value in vars(module).items() if hasattr(value, "cache_info")}
        # Names under which secrets stand, and patterns of ours.
        assert remembering <= {"strength", "_of_numbered", "compiled"}
