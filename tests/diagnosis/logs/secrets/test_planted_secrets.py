"""Secrets of every maker, under every name, in every language and writing: none of their characters stay together."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest
from made_secrets import chance, made, marked_secrets, plain_secrets
from thoroughness import some

from diagnosis.logs.scrub import scrub

_NAMES = """
    password passwd pwd passphrase secret client_secret clientSecret api_key apikey apiKey api-key token
    access_token auth_token refresh_token private_key DB_PASSWORD db_password dbPassword PGPASSWORD
    spring.datasource.password SECRET_KEY aws_secret_access_key AWS_SECRET_ACCESS_KEY SecretAccessKey SessionToken
    AccountKey SharedAccessKey DD_API_KEY NPM_TOKEN GITHUB_TOKEN GH_PAT AZURE_CLIENT_SECRET VAULT_TOKEN
    SLACK_BOT_TOKEN encryption_key SIGNING_KEY jwt_secret credentials Password PassWord pAsSwOrD TOKEN x-api-key
    X-Vault-Token PRIVATE-TOKEN master_key storage_account_key otp_secret totp_seed _authToken _password db_pass
    rootPassword PASSWORD_PROD token2
"""
NAMES = _NAMES.split()

LANGUAGES = (
    "{n}: {v}",
    '{n}: "{v}"',
    "  - {n}: '{v}'",
    '"{n}":"{v}"',
    '{{"a": 1, "{n}": "{v}", "b": 2}}',
    "{n}={v}",
    "export {n}='{v}'",
    "{n} = {v}",
    '{n} = "{v}"',
    "docker run -e {n}={v} image",
    "--{n} {v}",
    "--{n}={v}",
    '--{n} "{v}" --next',
    "'{n}' => '{v}',",
    "define('{n}', '{v}');",
    '$env:{n} = "{v}"',
    "<{n}>{v}</{n}>",
    '<add key="{n}" value="{v}" />',
    '{{"name": "{n}", "value": "{v}"}}',
    "ParameterKey={n},ParameterValue={v}",
    'const {n}: string = "{v}";',
    '{n} := "{v}"',
    '\\"{n}\\":\\"{v}\\"',
    '\\\\\\"{n}\\\\\\": \\\\\\"{v}\\\\\\"',
    "&quot;{n}&quot;:&quot;{v}&quot;",
    "{n}\\u003d{v}",
    "setx {n} {v}",
    "ENV {n} {v}",
    "\x1b[36;1m{n}\x1b[0m: \x1b[33m{v}\x1b[0m",
    "2026-03-02T09:15:00.1234567Z   {n}: {v}",
    "job\tstep\t2026-03-02T09:15:00.1Z {n}={v}",
    "::set-output name={n}::{v}",
    'echo "{n}={v}" >> $GITHUB_ENV',
    "-D{n}={v}",
    "Server=x;User=sa;{n}={v};Encrypt=true",
    "aws configure set {n} {v}",
    "{n}: |\n  {v}",
    "{n}: \\\n  {v}",
    "- name: {n}\n  value: {v}",
    '"Name": "{n}",\n"Type": "SecureString",\n"Value": "{v}"',
)

AROUND = (
    "{}",
    "x={}",
    '"{}"',
    "({})",
    "[{}]",
    "see {}, and",
    "\x1b[31m{}\x1b[0m",
    '\\"{}\\"',
    "%22{}%22",
    "Using {}.",
    "`{}`",
    "\\n{}\\n",
    "https://h/p?a={}&b=1",
)


def left(secret: str, text: str) -> list[str]:
    """The parts of a secret that are in a text: any eight characters of it would be too many."""
    return [secret[at : at + 8] for at in range(len(secret) - 7) if secret[at : at + 8] in text]


def test_no_secret_of_any_maker_stays() -> None:
    source = chance(11)
    for around in AROUND:
        for secret in marked_secrets(source):
            text = around.format(secret)
            scrubbed = scrub(text)
            assert secret[-10:] not in scrubbed, text
            assert scrub(scrubbed) == scrubbed, text


@pytest.mark.parametrize("language", some(LANGUAGES, 2))
def test_no_secret_under_any_name_stays(language: str) -> None:
    source = chance(language)
    for name in NAMES:
        for secret in plain_secrets(source):
            text = f"before\n{language.format(n=name, v=secret)}\nafter"
            scrubbed = scrub(text)
            assert not left(secret, scrubbed.replace(name, "")), text
            assert scrubbed.startswith("before\n"), text
            assert scrubbed.endswith("\nafter"), text
            assert scrubbed.count("\n") == text.count("\n")
            assert scrub(scrubbed) == scrubbed, text


@pytest.mark.parametrize("times", [1, 2])
def test_no_secret_stays_in_an_address_or_in_base64(times: int) -> None:
    source = chance(times)
    names = [name for name in NAMES if name.lower() != "password"] + ["password", "PASSWORD"]
    for name in names:
        for secret in plain_secrets(source):
            said = f"{name}={secret}"
            for _ in range(times):
                said = quote(said, safe="")
            assert not left(secret, scrub(f"?{said}")), name
            said = b64encode(f"{'xyz'[: len(secret) % 3]}{name}={secret}".encode()).decode()
            if times > 1:
                said = b64encode(said.encode()).decode()
            assert said not in scrub(f"data {said} end"), name


def commands(source: Random) -> Iterator[tuple[str, str]]:
    """Commands, sentences and formats that are like no other, each with the secret in it."""
    for text in (
        "docker login -u AWS -p {} reg",
        "podman login -u a -p {} quay.io",
        "az login --service-principal -u a -p {} --tenant t",
        "mysql -h db -u root -p{} shop",
        "redis-cli -h c -a {} ping",
        "mongosh -u root -p {}",
        "curl -u admin:{} https://x/y",
        "curl -sSu admin:{} https://x/y",
        'curl -b "session={}" https://x',
        "sshpass -p '{}' ssh u@h",
        "echo {} | docker login --username x --password-stdin",
        "echo 'root:{}' | chpasswd",
        'docker login --password-stdin <<< "{}"',
        "twine upload -u __token__ -p {} dist/x",
        "dotnet nuget push x.nupkg -k {} -s src",
        "sqlcmd -S db -U sa -P {} -Q q",
        "unzip -P {} a.zip",
        "7z x -p{} a.7z",
        "openssl enc -pass pass:{} -in a",
        "keytool -storepass {} -list",
        "gpg --batch --passphrase {} -d a",
        "vault login token={}",
        "doctl auth init -t {}",
        "npm config set //registry.npmjs.org/:_authToken {}",
        "//registry.npmjs.org/:_authToken={}",
        "CREATE USER 'a'@'%' IDENTIFIED BY '{}';",
        'ConvertTo-SecureString "{}" -AsPlainText',
        "machine github.com login bot password {}",
        "  login bot\n  password {}",
        "::add-mask::{}",
        "postgres://user:{}@host:5432/db",
        "mongodb+srv://user:{}@host/db",
        "redis://:{}@host",
        "https://{}@github.com/o/r.git",
        "https://{}:x-oauth-basic@github.com/o/r",
        "jdbc:mysql://h/db?user=a&password={}&ssl=true",
        "https%3A%2F%2Fu%3A{}%40h",
        "Authorization: Bearer {}",
        "authorization: token {}",
        "Authorization: Foo {}",
        "Proxy-Authorization: Basic {}",
        '"Authorization": "Bearer {}"',
        "Authorization%3A%20Bearer%20{}",
        "Authorization: bearer\n  {}",
        "Cookie: session={}",
        "Set-Cookie: sid={}; Path=/; HttpOnly",
        "PRIVATE-TOKEN: {}",
        "Ocp-Apim-Subscription-Key: {}",
        "X-JFrog-Art-Api: {}",
        "Your password is {}",
        "Generated root password: {}",
        "A temporary password is generated for root@localhost: {}",
        "API key = {}",
        "secret access key: {}",
        "password = <<EOT\n{}\nEOT",
        "https://acc.blob.core.windows.net/c?sv=2022-11-02&sig={}%3D",
        "https://b.s3.amazonaws.com/o?Expires=1&Signature={}",
        '#define PASSWORD "{}"',
        'setPassword("{}")',
        "password: !!str {}",
        "<password><![CDATA[{}]]></password>",
        '<property name="password">{}</property>',
        "| password | {} |",
        '{{"auths":{{"r":{{"auth":"{}"}}}}}}',
        '{{"auths":{{"r":{{"identitytoken":"{}"}}}}}}',
        "%PASSWORD%={}",
        "${{PASSWORD:-{}}}",
        "passwords: [{}]",
        "vault write auth/approle/login role_id=a secret_id={}",
        "aws ssm put-parameter --name /a/b --value {} --type SecureString",
        "az keyvault secret set --vault-name v --name n --value {}",
        "gh secret set NAME -b{}",
        "security unlock-keychain -p {} build.keychain",
        "signtool sign /f c.pfx /p {} a.exe",
        "dotnet nuget add source -u u -p {} -n x",
        "poetry publish -u u -p {}",
        "poetry config pypi-token.pypi {}",
        "hatch publish -u u -a {}",
        "conan remote login r u -p {}",
        "cargo login {}",
        "gem push --key {} x.gem",
        "sonar-scanner -Dsonar.login={}",
        "heroku auth:token {}",
        "snyk auth {}",
        "codecov -t {}",
        "ngrok config add-authtoken {}",
        "db.example.org:5432:shop:app:{}",
        "jdbc:oracle:thin:app/{}@//db:1521/x",
        "Using token {}",
        "Bad credentials for token {}.",
        "API key {} is not valid",
        "Incorrect API key provided: {}.",
        "The password for user u is {}",
        "password - {}",
        "--header=Authorization:\\ Bearer\\ {}",
        "curl -H 'Authorization: Bearer \\\n{}'",
        "DB_PW={}",
        '["password"]=> string(24) "{}"',
        'var password string = "{}"',
        "password=''{}''",
        "\u201cpassword\u201d: \u201c{}\u201d",
        "password\uff1a{}",
        "DB_PASSWORD\t{}",
        "DB_PASSWORD    {}",
        "DB_PASSWORD ==> {}",
        "set -x DB_PASSWORD {}",
        "<key>apiKey</key><string>{}</string>",
        "<key>apiKey</key>\n<string>{}</string>",
        "token<<EOF\n{}\nEOF",
        "TOKEN<<ghadelimiter_1\n{}\nghadelimiter_1",
        '"tokens": [\n  "{}"\n]',
        '{{"value":"{}","name":"DB_PASSWORD"}}',
        "pass\u200bword={}",
        "to\x1b[0mken={}",
        '{{"a": "pass\\\\u200bword={}"}}',
        "token is api_key => '{}'",
        "a password file; curl token={} > out",
        "docker login -u a -p {} r docker login -u a -p $P r",
        '{{"note": "Using token {}"}}',
        "LOGDNA_KEY={}",
        "x-honeycomb-team: {}",
        "\u0130stanbul DB_PASSWORD={}",
        "Unseal Key 1: {}",
        'BUNDLE_GEMS__ACME__COM="user:{}"',
        '{{"kty":"RSA","n":"x","e":"AQAB","d":"{}"}}',
        "  secret: |2-\n      {}",
        "password: !vault |\n  {}",
        "$token = @'\n{}\n'@",
        "New-Object System.Net.NetworkCredential('user','{}')",
        'Credentials("realm", "host", "user", "{}")',
        "PASSWORD='a'\"'\"'{}'",
        "PASSWORD=a0\\ {}",
        "tokens=({} b)",
        "DB_PASSWORD ?= {}",
        "TOKENS += {}",
        '["password","{}"]',
        'token: Some("{}")',
        '["password"]=>\n  string(24) "{}"',
        '<wsse:Password Type="x">{}</wsse:Password>',
        "password\\={}",
        "db.password\\:{}",
        'Content-Disposition: form-data; name="password"\r\n\r\n{}',
        "requirepass {}",
        "masterauth {}",
        "bindpw: {}",
        "user:{}@tcp(127.0.0.1:3306)/db",
        "password\u202e: {}",
        "pass\ufe0fword: {}",
        "pass\u2063word: {}",
        '"pass\\u202eword": "{}"',
        "fly deploy -t {}",
        "rabbitmqctl add_user x {}",
        "htpasswd -bn x {}",
        "schtasks /create /ru x /rp {}",
        "anaconda -t {} upload",
        "mc alias set x https://h KEY {}",
        '"github-oauth": {{"github.com": "{}"}}',
        "password=\0{}",
        "".join(f"%{ord(letter):02x}" for letter in "password=") + "{}",
        "".join(f"\\x{ord(letter):02x}" for letter in "DB_SECRET=") + "{}",
        "".join(f"&#{ord(letter)};" for letter in "token=") + "{}",
    ):
        secret = made("a24", source)
        yield text.format(secret), secret


def test_no_secret_stays_in_a_command_a_header_or_a_sentence() -> None:
    for text, secret in commands(chance(3)):
        scrubbed = scrub(text)
        assert not left(secret, scrubbed), text
        assert scrub(scrubbed) == scrubbed, text


def test_every_secret_of_a_list_and_of_a_change_goes() -> None:
    source = chance(7)
    first, second, third = (made("a24", source) for _ in range(3))
    for text in (
        f"tokens: ['{first}', '{second}', '{third}']",
        f'"api_keys": ["{first}", "{second}","{third}"], "user": "name"',
        f"passwords: {first}, {second}, {third}",
        f"tokens=({first} {second} '{third}')",
        f"--set tokens={{{first},{second},{third}}}",
        f"tokens: [a, '{first}', b, '{second}', '{third}']",
        f'  ~ secret_string = "{first}" -> "{second}"',
    ):
        assert not [each for each in (first, second, third) if each in scrub(text)], text
    assert '"user": "name"' in scrub(f'"api_keys": ["{first}", "{second}"], "user": "name"')


def assert_both_go(text: str, first: str, second: str) -> None:
    """Check that neither part of a secret stays, and that the line after it does."""
    scrubbed = scrub(text)
    assert first not in scrubbed, text
    assert second not in scrubbed, text
    assert scrubbed.endswith("\nnext: line")
    assert scrub(scrubbed) == scrubbed


def test_every_line_of_a_secret_goes() -> None:
    source = chance(9)
    first, second = (made("a30", source) for _ in range(2))
    for text in (
        f"secret_key: >\n  {first}\n  {second}\nnext: line",
        f"tokens:\n  - {first}\n  - {second}\nnext: line",
        f'"tokens": [\n  "{first}",\n  "{second}"\n]\nnext: line',
        f"password:\n\n  {first}\nnext: line",
        f"<password>\n  {first}\n</password>\nnext: line",
    ):
        assert_both_go(text, first, second)


def test_what_a_secret_is_continued_with_goes() -> None:
    first, second = (made("a30", chance(number)) for number in (12, 13))
    for text in (
        f"export TOKEN={first}\\\n{second}\nnext: line",
        f'password: "{first}\n  {second}"\nnext: line',
        f'password: "{first}\\\n  {second}"\nnext: line',
        f'"token": "{first}" +\n  "{second}"\nnext: line',
    ):
        assert_both_go(text, first, second)


def test_no_secret_stays_in_hexadecimal_digits() -> None:
    said = f"DB_PASSWORD={made('a20', chance(8))}".encode().hex()
    assert said not in scrub(f"dump {said} end")
    assert said.upper() not in scrub(f"dump {said.upper()} end")
    assert said not in scrub(f"dump 0x{said} end")


@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "AGE ENCRYPTED FILE"]
)
def test_no_key_block_stays(kind: str) -> None:
    body = [made("a64", chance(number)) for number in range(5)]
    block = "\n".join((f"-----BEGIN {kind}-----", *body, f"-----END {kind}-----"))
    for text in (
        block,
        block.replace("\n", "\\n"),
        json.dumps({"a": json.dumps({"private_key": block})}),
        block.replace("\n", "\n      "),
        block.replace("\n", "\r\n"),
        quote(block),
        "\n".join(f"2026-03-02T09:15:00.1234567Z \x1b[36;1m{line}\x1b[0m" for line in block.split("\n")),
        "\n".join(f"'{line}\\n' +" for line in block.split("\n")),
        f"  tls.key: {b64encode(block.encode()).decode()}",
    ):
        scrubbed = scrub(text)
        assert not [line for line in body if line in scrubbed], text
        assert b64encode(block.encode()).decode()[40:80] not in scrubbed
        assert scrub(scrubbed) == scrubbed


def test_no_signature_of_a_request_stays() -> None:
    signed = "SignedHeaders=host;x-amz-date, Signature="
    assert scrub(f"{signed}{'0a' * 32}") == f"{signed}[scrubbed:aws-signature]"


def test_what_sts_answers_keeps_its_ids_only() -> None:
    source = chance(5)
    key_id, secret, token = made("AS|IA k16", source), made("a40", source), made("a100", source)
    answer = {
        "Credentials": {"AccessKeyId": key_id, "SecretAccessKey": secret, "SessionToken": token},
        "AssumedRoleId": "AROA" + "Q7EXAMPLE3JK2LMN:ci",
    }
    for text in (json.dumps(answer), json.dumps(answer, indent=2), json.dumps(json.dumps(answer))):
        scrubbed = scrub(text)
        assert not [each for each in (key_id, secret, token) if each in scrubbed]
        assert "AROA" + "Q7EXAMPLE3JK2LMN:ci" in scrubbed
