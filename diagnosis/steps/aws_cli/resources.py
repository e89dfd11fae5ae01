"""Which resource a command works on: the documented ARN form of its action, filled with the arguments of the command.

Source: Service Authorization Reference, "Resource types defined by …" of each service. A part of the session that the
command does not say stays open, as ``{partition}``, ``{region}`` or ``{account}``; what no argument tells legibly is None.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from diagnosis.names.arn import Arn
from diagnosis.names.arn_template import arn_template
from diagnosis.names.partition import REGION
from diagnosis.policy import ActionFacts, action_facts
from diagnosis.policy.language.actions import forms_of_type
from diagnosis.steps.aws_cli.words import Command, folded

_LEGIBLE = re.compile(r"[\w+=,.@:/#()!~% -]+")
"""A value that is what it says: no variable, no mask, no pattern, no brace that would be taken for a part of the session."""
_VARIABLE = re.compile(r"\$\{([^{}]{0,500})\}")
_SESSION = {"partition": "{partition}", "region": "{region}", "account": "{account}", "accountid": "{account}"}
_VERBLESS = re.compile(r"(?:batch-)?[a-z0-9]+-(.*)")
_NAMES = ("name", "friendlyname", "namewithpath")
_ENDINGS = ("namewithpath", "identifier", "name", "id")
_REGION = re.compile(REGION)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a command says of the region in which it works."""

    region: str = "{region}"

    @classmethod
    def of(cls, command: Command, values: Mapping[str, str]) -> Scope:
        """Return where the command works: ``--region``, else the environment's region, else that of the session."""
        stated = command.option("region") or values.get("AWS_REGION") or values.get("AWS_DEFAULT_REGION")
        if stated is None:
            return cls()
        return cls(stated if _REGION.fullmatch(stated) else UNKNOWN_REGION)


UNKNOWN_REGION = ""
"""The region of a command that names one which is not legible."""


def legible(value: str | None) -> str | None:
    """Return a value of an option if it is fully known; None for one with a variable, a mask, a pattern or a reference."""
    return value if value and _LEGIBLE.fullmatch(value) else None


def arn(service: str, resource: str, scope: Scope | None, *, account: str = "{account}") -> str | None:
    """Return the ARN of a resource of the session's account; without a scope, one of a service that has no regions."""
    region = "" if scope is None else scope.region
    if scope is not None and region == UNKNOWN_REGION:
        return None
    return arn_template(service, resource, region=region, account=account)


def resources_of(action: str, command: Command, scope: Scope) -> tuple[str | None, ...]:
    """Return what an action works on by the arguments of the command: at least one resource, None where none tells it."""
    facts = action_facts(action)
    if facts is None:
        return (None,)
    if not facts.resource_types:
        return ("*",)
    found: dict[str, tuple[str, ...]] = {}
    for kind in facts.resource_types:
        asked = _Asked(facts.service, folded(kind), command, scope, alone=len(facts.resource_types) == 1)
        named = tuple(dict.fromkeys(each for form in forms_of_type(facts.service, kind) for each in _told(form, asked)))
        if named:
            found[kind] = named
    required = _unlike(facts.service, {kind: found[kind] for kind in facts.required_types if kind in found})
    chosen = required if facts.required_types else list(found) if len(found) == 1 else _widest(facts.service, found)
    told = tuple(dict.fromkeys(each for kind in chosen for each in found[kind]))
    return told or ((_all_of_its_kind(facts, command, scope) if not facts.required_types else None),)


def _unlike(service: str, found: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the types without those that the same names would fill: of such alternatives the command means one only."""
    names = {kind: frozenset(_names_in(service, kind)) for kind in found}
    alike = Counter(names.values())
    return [kind for kind in found if not names[kind] or alike[names[kind]] == 1]


def _names_in(service: str, kind: str) -> set[str]:
    """Return the variables of a type's forms that are not the session's."""
    found = {name for form in forms_of_type(service, kind) for name in _VARIABLE.findall(form)}
    return {name for name in found if folded(name) not in _SESSION}


def _widest(service: str, found: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the one of several optional types whose form has the variables of all others: a rule on a bus that is named."""
    variables = {kind: _names_in(service, kind) for kind in found}
    return [kind for kind in found if all(variables[kind] > other for each, other in variables.items() if each != kind)]


def _all_of_its_kind(facts: ActionFacts, command: Command, scope: Scope) -> str | None:
    """Return every resource of the one type of a call that lists, where nothing in the command picks some of them."""
    name = facts.name.partition(":")[2]
    if len(facts.resource_types) != 1 or not name.startswith(("Describe", "List")) or command.unread:
        return None
    forms = forms_of_type(facts.service, facts.resource_types[0])
    asked = _Asked(facts.service, folded(facts.resource_types[0]), command, scope, alone=True)
    variables = [each for form in forms for each in _VARIABLE.findall(form) if folded(each) not in _SESSION]
    if len(forms) != 1 or scope.region == UNKNOWN_REGION or any(_asked_for(each, asked) for each in variables):
        return None
    return _filled_form(forms[0], dict.fromkeys(variables, "*"), scope)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One resource type of an action, asked of a command."""

    service: str
    kind: str
    """The type, folded: ``hostedzone``."""
    command: Command
    scope: Scope
    alone: bool
    """Whether the action has no other type."""


def _told(form: str, asked: _Asked) -> tuple[str, ...]:
    """Return the ARNs of one documented form that the arguments tell."""
    given = _given_arns(form, asked)
    if given or _WHOLE & asked.command.options.keys():
        return given
    variables = [name for name in _VARIABLE.findall(form) if folded(name) not in _SESSION]
    if asked.scope.region == UNKNOWN_REGION and "${Region}" in form:
        return ()
    if "*" in form:
        return ()
    if not variables:
        # A form without a name of its own stands for the one thing of its kind, where it is no alternative to others.
        text = _filled_form(form, {}, asked.scope) if asked.alone or asked.service in _ONE_OF_A_KIND else None
        return (text,) if text else ()
    parts = {name: _values_of(name, asked) for name in variables}
    last = variables[-1]
    for name in variables:
        default = _DEFAULTS.get((asked.service, folded(name)))
        if default and not parts[name] and not asked.command.unread and not _asked_for(name, asked):
            told = any(parts.values()) or asked.command.operation in _OF_THE_DEFAULT
            parts[name] = [default] if told else []
    if len(variables) > 1 and not parts[last] and folded(last).endswith(_ASSIGNED):
        # AWS makes this part up, and no argument tells it: the names before it are the prefix that is known.
        parts[last] = ["*"]
    # Only one of the names may be a list: that which comes last.
    if any(len(parts[name]) != 1 for name in variables[:-1]):
        return ()
    firsts = {name: parts[name][0] for name in variables[:-1]}
    return tuple(text for each in parts[last] if (text := _filled_form(form, {**firsts, last: each}, asked.scope)))


def _filled_form(form: str, names: Mapping[str, str], scope: Scope) -> str | None:
    region, account = scope.region, "{account}"
    plain: dict[str, str] = {}
    for name, value in names.items():
        whole = Arn.parse(value)
        if whole is not None:
            if f":{whole.service}:" not in form or "/" not in whole.resource:
                return None
            # A name that is given as an ARN says of which region and account it speaks.
            region, account = whole.region or region, whole.account or account
        plain[name] = whole.name if whole is not None else _SPELLED.get((folded(name), value), value)
    session = {**_SESSION, "region": region, "account": account, "accountid": account}
    return _VARIABLE.sub(lambda found: plain.get(found[1]) or session.get(folded(found[1]), "*"), form)


def _given_arns(form: str, asked: _Asked) -> tuple[str, ...]:
    """Return the ARNs among the arguments that have this form, if the option that holds them names the resource itself."""
    matches = _pattern_of(form)
    variables = [folded(name) for name in _VARIABLE.findall(form)]
    aliases = _ALIASES.get(asked.service, {})
    stems = {stem for name in variables for stem in _stems(name)} | {"resource", "", asked.kind}
    stems |= {alias for name in variables for alias in aliases.get(name, ())}
    found: list[str] = []
    for option, values in asked.command.options.items():
        bare = option.removesuffix("s")
        stem = next((bare.removesuffix(end) for end in ("arn", *_ENDINGS) if bare.endswith(end)), bare)
        if stem in stems or bare in stems:
            found.extend(value for value in values if legible(value) and matches.fullmatch(value))
    if not found:
        # Another option that holds an ARN of this very form, where there is only one: ``--target-arn`` of a topic.
        others = [
            values
            for option, values in asked.command.options.items()
            if option.endswith(("arn", "arns")) and values and all(legible(v) and matches.fullmatch(v) for v in values)
        ]
        found.extend(others[0] if len(others) == 1 else ())
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def _pattern_of(form: str) -> re.Pattern[str]:
    pieces = _VARIABLE.split(form.replace("*", "${Any}"))
    kinds = {"partition": r"aws[a-z-]*", "region": r"[a-z0-9-]*", "account": r"(?:[0-9]*|aws)"}
    kinds["accountid"] = kinds["account"]
    text = "".join(
        re.escape(piece) if index % 2 == 0 else kinds.get(folded(piece), r"[^:]+") for index, piece in enumerate(pieces)
    )
    return re.compile(text)


def _values_of(variable: str, asked: _Asked) -> list[str]:
    """Return the legible values that the arguments give a variable of an ARN form; empty where one of them is not legible."""
    wanted = folded(variable)
    for option in dict.fromkeys(_options_for(wanted, asked)):
        values = asked.command.values(option)
        listed = values if option.endswith("s") else values[:1]
        if values:
            return list(listed) if all(map(legible, listed)) else []
    return []


def _asked_for(variable: str, asked: _Asked) -> bool:
    """Return whether an option is given that holds the value of a variable, legible or not."""
    return next(iter(_options_for(folded(variable), asked)), None) is not None


def _options_for(wanted: str, asked: _Asked) -> Iterable[str]:
    """Return the options that may hold the value of a variable, best first.

    Its own name; what the service calls it; its stem; ``--name`` or ``--id`` where the operation speaks of that noun.
    """
    given = asked.command.options
    yield from (option for option in given if wanted in (option, option.removesuffix("s")))
    for alias in _ALIASES.get(asked.service, {}).get(wanted, ()):
        yield from (option for option in (alias, f"{alias}s") if option in given)
    noun = _VERBLESS.fullmatch(asked.command.operation)
    words = folded(noun[1]) if noun else ""
    nouns = {words, words.removesuffix("s"), words.removesuffix("config")}
    if wanted in ("id", "name"):
        if asked.alone and asked.kind in nouns:
            yield from (option for option in (wanted, f"{wanted}s") if option in given)
        yield from (option for option in given if option == f"{asked.kind}{wanted}")
        return
    stem = next((wanted.removesuffix(end) for end in _ENDINGS if wanted.endswith(end)), wanted)
    if not stem or stem == "resource":
        return
    kind = "name" if wanted.endswith(_NAMES) else "id" if wanted.endswith(("id", "identifier")) else ""
    forms = {"name": (stem, f"{stem}name"), "id": (f"{stem}id", f"{stem}identifier")}
    fitting = forms.get(kind, ())[: 1 if kind == "id" and asked.service in _BY_NAME_TOO else 2]
    yield from (option for option in given if option.removesuffix("s") in fitting)
    if kind and stem in nouns:
        yield from (option for option in (kind, f"{kind}s") if option in given)


def _stems(name: str) -> Iterable[str]:
    yield name
    yield from (name.removesuffix(end) for end in _ENDINGS if name.endswith(end))


_ASSIGNED = ("id", "uuid", "revisionnumber", "version")
"""How the variables of ARN forms end that hold what AWS makes up."""
_DEFAULTS = {
    ("ecs", "clustername"): "default",
    ("scheduler", "groupname"): "default",
    ("athena", "workgroupname"): "primary",
}
"""What a service takes where the command does not say it."""
_SPELLED = {("scope", "REGIONAL"): "regional", ("scope", "CLOUDFRONT"): "global"}
"""Values that an ARN spells otherwise than the command: the scopes of WAF."""
_ONE_OF_A_KIND = frozenset({"glue"})
"""Services in which such a thing, as Glue's root catalogue, is asked for beside the others."""
_OF_THE_DEFAULT = frozenset({"describe-clusters", "start-query-execution"})
"""Operations that are about the default where they name nothing at all."""
_WHOLE = frozenset({"resourcearn", "resourcearns", "resource", "arn"})
"""Options that name the resource itself, of whatever type: nothing else in the command does then."""
_BY_NAME_TOO = frozenset({"appconfig", "synthetics"})
"""Services whose ``--…-identifier`` may be a name, where the ARN holds the id."""
_ALIASES: dict[str, dict[str, tuple[str, ...]]] = {
    "s3": {"bucketname": ("bucket",), "objectname": ("key",)},
    "rds": {
        "dbinstancename": ("dbinstanceidentifier",),
        "dbclusterinstancename": ("dbclusteridentifier",),
        "snapshotname": ("dbsnapshotidentifier",),
        "clustersnapshotname": ("dbclustersnapshotidentifier",),
        "parametergroupname": ("dbparametergroupname",),
        "clusterparametergroupname": ("dbclusterparametergroupname",),
        "subnetgroupname": ("dbsubnetgroupname",),
    },
    "redshift": {"clustername": ("clusteridentifier",)},
    "ecs": {"taskid": ("task",), "containerinstanceid": ("containerinstance",)},
    "codepipeline": {"pipelinename": ("pipelinename", "name")},
    "codebuild": {"projectname": ("projectname",)},
    "ec2": {"securitygroupid": ("groupid", "securitygroupid"), "keypairname": ("keyname",)},
    "elasticloadbalancing": {"loadbalancername": ("loadbalancername",)},
    "cloudtrail": {"trailname": ("trailname", "name")},
    "airflow": {"environmentname": ("environmentname", "name")},
    "events": {"rulename": ("rule",)},
    "lambda": {"layerversion": ("versionnumber",)},
    "eks": {"clustername": ("clustername",)},
}
"""What a service's commands call the variables of its ARN forms, where the two are not alike."""
