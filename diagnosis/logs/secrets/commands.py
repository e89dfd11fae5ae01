"""Find passwords that known programs take under a short option or without any name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from diagnosis.logs.secrets.finding import Detector, Finding, any_case, valued
from diagnosis.logs.secrets.shapes import compiled
from diagnosis.logs.secrets.values import Strength, is_plain, is_secret, speaks, stands_for


class _Option(NamedTuple):
    """An option of some programs whose value, or the part of it behind a joint, is a password."""

    programs: str
    option: str
    joint: str = ""


_Q = r"[\"']?"
_VALUE = r"(?P<value>\$\{\{[^{}\n]{0,200}\}\}|\$\([^()\n]{0,200}\)|[^\s\"'|;<>`]+)"


def _option(programs: str, option: str, joint: str = "") -> _Option:
    return _Option(rf"(?<![\w.-])(?:{programs})(?!\w)", rf"(?<![^\s\"'=,\[(]){option}{_VALUE}", joint)


_OPTIONS = (
    _Option(r"docker\b[^|;&\n]{0,200}?\blogin(?!\w)", rf"(?<![^\s])-p(?:[ \t=]+){_Q}{_VALUE}"),
    _option(
        r"(?:podman|nerdctl|buildah|skopeo|crane|oras|helm|regctl|az|oc|cf|ibmcloud|npm|huaweicloud|gcrane|img|dive)\b[^|;&\n]{0,60}?\blogin",
        rf"-p(?:[ \t=]+){_Q}",
    ),
    _option(
        r"twine|sshpass|mongo(?:sh|dump|restore|import|export)?|rabbitmqadmin|snowsql|ftp|lftp|influx|arangosh|cqlsh|clickhouse-client|svn|cassandra-cli|sonar-scanner|ansible-playbook",
        rf"-p(?:[ \t]+|=)?{_Q}",
    ),
    _option(r"mysql(?:dump|admin|import|check|show|sh)?|mariadb(?:-dump|-admin)?|7za?|7zz|rar|unrar", rf"-p{_Q}(?=\S)"),
    _option(r"sqlcmd|bcp|unzip|zip|mosquitto_pub|mosquitto_sub|ipmitool|osql|isql", rf"-P[ \t]*{_Q}"),
    _option(r"redis-cli|valkey-cli|keydb-cli", rf"-a[ \t]*{_Q}"),
    _option(r"ldap(?:search|modify|add|delete|whoami|passwd)", rf"-w[ \t]*{_Q}"),
    _option(
        r"curl|wget|http|https|xh|lftp|smbclient|httpie|ab|wrk|hey|nuget|mvn",
        rf"(?:-[a-zA-Z]*[uUa]|--(?:user|proxy-user|creds|auth))(?:[ \t=]+){_Q}",
        ":",
    ),
    _option(r"curl|wget|http|https|xh", rf"(?:-b|--cookie)(?:[ \t=]+){_Q}", "="),
    _option(r"curl|wget", rf"-[a-zA-Z]*u(?=[^\s=\"'-]){_Q}", ":"),
    _option(r"smbclient|rpcclient|net", rf"-U[ \t]*{_Q}", "%"),
    _option(r"lftp", rf"-u[ \t]*{_Q}", ","),
    _option(r"skopeo|podman|buildah|ctr|nerdctl|crictl", rf"(?:--(?:src-|dest-)?creds|-u|--user)(?:[ \t=]+){_Q}", ":"),
    _option(r"openssl", rf"(?:-(?:pass|passin|passout|k)[ \t]+)?{_Q}pass:"),
    _option(r"openssl", rf"-k[ \t]+{_Q}"),
    _option(
        r"anaconda|doctl|sentry-cli|flyctl|fly|snyk|vercel|netlify|railway|surge|expo|eas|circleci",
        rf"(?:-t|--auth)(?:[ \t=]+){_Q}",
    ),
    _option(r"nuget", rf"-k[ \t]+{_Q}"),
    _option(r"vault", rf"login[ \t]+(?:-[\w-]+(?:=\S+)?[ \t]+)*(?:token=)?{_Q}"),
    _option(r"gh\s+secret\s+set", rf"(?:-b[ \t=]*|--body[ \t=]+){_Q}"),
    _option(
        r"security\s+[\w-]{0,40}keychain\w{0,20}|security\s+set-key-partition-list|security\s+import",
        rf"-[pPk][ \t]+{_Q}",
    ),
    _option(r"signtool", rf"[/-]p[ \t]+{_Q}"),
    _option(r"nuget\s+(?:add|update|sources?)|helm\s+repo|conan\s+(?:user|remote)|poetry\s+publish", rf"-p[ \t]+{_Q}"),
    _option(r"hatch\s+publish", rf"-a[ \t]+{_Q}"),
    _option(r"(?:az\s+keyvault|aws\s+ssm\s+put-parameter)\b", rf"--value[ \t=]+{_Q}"),
    _option(r"choco", rf"-k[ \t=]+{_Q}"),
    _option(r"gem\s+push", rf"(?:-k|--key)[ \t=]+{_Q}"),
    _option(r"htpasswd", rf"-\w*b\w*[ \t]+(?:-\w+[ \t]+)?\S+[ \t]+\S+[ \t]+{_Q}"),
    _option(r"htpasswd", rf"-\w*(?:bn|nb)\w*[ \t]+(?:-\w+[ \t]+)?\S+[ \t]+{_Q}"),
    _option(r"schtasks", rf"/r?p[ \t]+{_Q}"),
    _option(r"rabbitmqctl", rf"(?:add_user|change_password)[ \t]+\S+[ \t]+{_Q}"),
    _option(r"mc\s+alias\s+set", rf"https?://\S+[ \t]+\S+[ \t]+{_Q}"),
)
_BEGINS = re.compile(r"(?:^|[|(:])([a-z0-9]+?)(?=[a-z0-9]\?|[^a-z0-9]|$)")
_WORDS_OF_OPTIONS = tuple((frozenset(_BEGINS.findall(option.programs)), option) for option in _OPTIONS)
"""With what the names of the programs begin: most lines that name one program name no other."""
_PROGRAM = (
    "keychain",
    "security import",
    "key-partition",
    "signtool",
    "conan",
    "poetry",
    "hatch",
    "keyvault",
    "put-param",
    "choco",
    "gem push",
    "login",
    "twine",
    "sshpass",
    "mongo",
    "rabbitmq",
    "snowsql",
    "ftp",
    "influx",
    "mysql",
    "mariadb",
    "7z",
    "rar ",
    "sqlcmd",
    "bcp ",
    "zip ",
    "mosquitto",
    "ipmitool",
    "redis-cli",
    "valkey-cli",
    "keydb-cli",
    "ldap",
    "curl",
    "wget",
    "http -",
    "smbclient",
    "creds",
    "openssl",
    "doctl",
    "sentry-cli",
    "flyctl",
    "fly ",
    "anaconda",
    "schtasks",
    "rabbitmqctl",
    "mc alias",
    "snyk",
    "netlify",
    "nuget",
    "gh secret",
    "htpasswd",
    "podman",
    "buildah",
    "skopeo",
    "rpcclient",
    "vercel",
    "railway",
    "cqlsh",
    "svn ",
)

_PIPED = re.compile(
    r"(?:echo|printf)\s{1,4}(?:-\w{1,3}\s{1,4}|[\"']%s(?:\\n)?[\"']\s{1,4})?[\"']?(?P<value>[^\s\"'|][^\"'|\n]{0,400}?)[\"']?\s{0,4}\|\s{0,4}"
    r"(?=[^\n]{0,200}(?:-stdin|--with-token|chpasswd|passwd|login|sudo\s{1,4}-S|--passphrase-fd))"
)
_HERE = re.compile(r"(?:-stdin|--with-token)[^\n<]{0,100}<<<\s{0,4}[\"']?(?P<value>[^\s\"']{4,})")
_IDENTIFIED = re.compile(
    r"identified\s{1,4}(?:with\s{1,4}\S{1,60}\s{1,4})?by\s{1,4}(?:password\s{1,4})?[\"'](?P<value>[^\"'\n]{1,400})[\"']",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"(?:snyk\s{1,4}auth|heroku\s{1,4}auth:token|cargo\s{1,4}login|authtoken|pypi-token\.\S{1,60}|sonar\.login=|secret_id="
    r"|requirepass|masterauth|codecov[^\n]{0,200}\s-t)[ \t=]{0,4}[\"']?(?P<value>[^\s\"'|;<>`-][^\s\"'|;<>`]{7,})"
)
"""Commands that take a token without a name of its own, or under one that says another thing elsewhere."""
_ORACLE = re.compile(
    r"(?:jdbc:oracle:\w{2,6}:|sqlplus\s{1,4}(?:-\w\s{1,4}){0,3}[\"']?)[\w.-]{1,60}/(?P<value>[^\s\"'@/]{4,200})@"
)
_PASSFILE = re.compile(
    r"(?<![\w:./-])[\w.*-]{1,200}:(?:54\d\d|6543|\*):[\w.*-]{1,60}:[\w.*-]{1,60}:(?P<value>[^\s:\"']{6,200})(?!\S)"
)
"""A line of the file in which clients of PostgreSQL look passwords up."""
_MASKED = re.compile(r"::add-mask::(?P<value>[^\s*$\"']\S{3,})")
_SECURE = re.compile(
    r"ConvertTo-SecureString\s{1,4}(?:-(?:String|AsPlainText|Force)\s{1,4}){0,3}[\"']?(?P<value>[^\s\"']{4,400})",
    re.IGNORECASE,
)


def _options(text: str) -> Iterator[Finding]:
    for words, (programs, option, joint) in _WORDS_OF_OPTIONS:
        if not any(word in text for word in words):
            continue
        program = compiled(programs).search(text)
        if not program:
            continue
        for found in compiled(option).finditer(text, program.end()):
            start, end = found.span("value")
            value = text[start:end]
            if joint:
                name, at, value = value.partition(joint)
                if not at or stands_for(value):
                    if is_secret(name[:301], Strength.TOKEN) and len(name) > 15:
                        yield Finding(start, start + len(name), "credential")
                    continue
                start += len(name) + 1
            if len(value) > 2 and not value.startswith("-") and not stands_for(value) and not speaks(value[:301]):
                yield Finding(start, end, "registry-password" if "login" in program[0] else "credential")


def _piped(text: str) -> Iterator[Finding]:
    for found in _PIPED.finditer(text):
        start, end = found.span("value")
        name, at, value = found["value"].partition(":")
        if at and not stands_for(value) and "chpasswd" in text:
            start += len(name) + 1
        if len(found["value"]) > 3 and not stands_for(text[start:end]) and not speaks(text[start:end]):
            yield Finding(start, end, "credential")


def _stands_alone(value: str) -> bool:
    return not stands_for(value) and not (is_plain(value) and speaks(value))


def _is_told(value: str) -> bool:
    return is_secret(value, Strength.TOKEN) and any(map(str.isdigit, value))


_CALLED = re.compile(
    r"[Cc]redentials?\((?:\s?[\"'][^\"'\n]{0,80}[\"']\s?,){1,3}\s?[\"'](?P<value>[^\"'\n]{1,400})[\"']\s?[,)]"
)
"""A password is the last text that such a call takes."""
_OF_A_COMPOSER = re.compile(
    r"-(?:oauth|token)[\"']\s?:\s?\{\s?[\"'][\w.-]{1,80}[\"']\s?:\s?[\"'](?P<value>[^\"'\n]{8,400})[\"']"
)

_OF_BUNDLER = re.compile(
    r"BUNDLE_[A-Z0-9_]{2,60}[\"']?\s?[:=]\s?[\"']?[^\s:\"']{1,60}:(?!//)(?P<value>[^\s\"']{6,400})"
)

DETECTORS = (
    valued(("BUNDLE_",), _OF_BUNDLER, _stands_alone),
    valued(("redential(", "redentials("), _CALLED, _stands_alone),
    valued(("-oauth", "lab-token"), _OF_A_COMPOSER, _stands_alone),
    valued(
        (
            "snyk auth",
            "auth:token",
            "cargo login",
            "authtoken",
            "pypi-token.",
            "sonar.login",
            "secret_id=",
            "codecov",
            "requirepass",
            "masterauth",
        ),
        _GIVEN,
        _is_told,
    ),
    valued(("jdbc:oracle", "sqlplus"), _ORACLE, _stands_alone),
    valued((":54", ":6543:", ":*:"), _PASSFILE, lambda value: is_secret(value, Strength.TOKEN)),
    Detector(_PROGRAM, _options),
    valued(("add-mask",), _MASKED, _stands_alone),
    Detector(("echo ", "printf "), _piped),
    valued(("<<<",), _HERE, _stands_alone),
    valued(any_case("tifie"), _IDENTIFIED, _stands_alone),
    valued(any_case("curest"), _SECURE, _stands_alone),
)
