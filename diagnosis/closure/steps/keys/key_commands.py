"""Find long-lived keys in what a script of a release sets, runs and writes: variables, profiles, logins, files of keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from diagnosis.closure.steps.keys.key_sights import KeySights
from diagnosis.closure.steps.keys.key_variables import handed_secrets
from diagnosis.closure.steps.release_steps import ReleaseStep
from diagnosis.closure.steps.watched_script import Ran, Wrote
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.aws_key_names import (
    ENDPOINT_VARIABLES,
    FILE_VARIABLES,
    KEY_VARIABLES,
    PROFILE_VARIABLES,
    Origin,
    asks_for_all_secrets,
    long_lived_in,
    names_a_key,
    origin_of,
)
from diagnosis.steps.tools.call import option

_ONLY_TESTS = frozenset(
    {"[", "[[", "test", "echo", "printf", "exit", "true", "false", ":", "set", "return", "((", "let"}
)
"""Commands that use no credentials, whatever their variables are."""
_SETTING = re.compile(r"^[\s\"'{]*(?:export\s+)?([A-Za-z_][\w.]*)[\"']?\s*(?:=|<<|:)(.*)")
_PROFILE = re.compile(r"(?:^|[/\\])\.aws[/\\](?:credentials|config)$|(?:^|[/\\])\.s3cfg$|(?:^|[/\\])\.boto$")
_PROFILE_LINE = re.compile(r"\s*(?:$|[#;\[]|[A-Za-z_]\w*\s*=)")
"""A line of such a file that is understood: a heading, a setting, a remark."""
_LOGINS = re.compile(
    r"(?:^|[/\\])\.docker[/\\]config\.json$|(?:^|[/\\])containers[/\\]auth\.json$|\$\{?DOCKER_CONFIG\}?/"
)
"""Files from which docker, podman and their kin take their logins."""
_OF_A_PROFILE = re.compile(r"\baws_(?:access_key_id|secret_access_key)\b", re.IGNORECASE)
_WEB_IDENTITY = ("sts", "assume-role-with-web-identity")
_KEYRINGS = frozenset({"aws-vault", "aws-okta", "saml2aws", "gimme-aws-creds", "awsume", "granted", "assume", "leapp"})
_MANAGERS = frozenset(
    {"doppler", "infisical", "chamber", "op", "teller", "summon", "envconsul", "sops", "berglas", "akeyless"}
)
_WITH_A_COMMAND = frozenset({"run", "exec", "exec-env", "exec-file", "--"})
"""Words by which a manager of secrets runs a command with what it fetches, whatever its names."""
_WRITE_AS_SEEN = frozenset({"echo", "printf", "tee", "cat", "[", "[[", "test", "Write-Output", "sudo", "bash", "sh"})
"""Commands whose writing to a file is seen by its text."""
_LEAVE_A_PROFILE = frozenset(
    {"cat", "rm", "ls", "chmod", "mkdir", "test", "[", "[[", "echo", "stat", "grep", "printf", "touch"}
)
"""Commands that may name a file of profiles and write nothing that is not seen elsewhere."""
_NAMED_KEY = re.compile(r"(?:[\w.-]*\.)?(aws_access_key_id|aws_secret_access_key|aws_session_token)", re.IGNORECASE)


def look_at_script(step: ReleaseStep, sights: KeySights) -> None:
    """Look at the script of a step."""
    if not step.script:
        return
    where = f"step {step.name}"
    text = step.written.run or step.script
    if only_tests(step):
        # A check that no key is there names it, and can do nothing with it.
        return
    found = long_lived_in(text)
    if found is not None:
        sights.key(f"{found} reaches {where}", step.evidence(f"{where}: {found}"))
    if asks_for_all_secrets(text):
        sights.doubt(f"{where} is handed all secrets, AWS's keys may be among them", step.evidence(where))
    _Script(step, sights).look()


def only_tests(step: ReleaseStep) -> bool:
    """Return whether a step's script does nothing but test and print: what it is handed goes no further."""
    seen = step.watched
    return (
        bool(step.script)
        and seen.read
        and not seen.opaque
        and all(each.program in _ONLY_TESTS and "-v" not in each.tail[:1] for each in seen.ran)
        and all(each.target.startswith("/dev/") or each.target in ("1", "2") for each in seen.wrote)
        and not any(names_a_key(each.name) for each in seen.was)
    )


def proves_web_identity(step: ReleaseStep) -> bool:
    """Return whether a script asks STS for a session by GitHub's token."""
    return any(_is_call(each, *_WEB_IDENTITY) for each in step.watched.ran)


class _Script:
    """Looks at one script."""

    def __init__(self, step: ReleaseStep, sights: KeySights) -> None:
        self.step, self.sights = step, sights
        self.where = f"step {step.name}"
        self.made: dict[str, list[str]] = {}
        """What variables were given, to find where a value comes from."""

    def look(self) -> None:
        seen = self.step.watched
        if not seen.read:
            self._opaque("its script is in a language that is not read")
        for each in seen.was:
            self.made.setdefault(each.name, []).append(each.value)
        for ran in seen.ran:
            if ran.program in ("read", "mapfile", "readarray"):
                for name in ran.tail:
                    self.made.setdefault(name, []).append(ran.stdin or "$(…)")
            elif ran.program == "printf" and ran.tail[:1] == ("-v",):
                self.made.setdefault("".join(ran.tail[1:2]), []).append(" ".join(ran.tail[3:]))
        for name, values in self.made.items():
            for value in values:
                self._set(name, value)
        for ran in seen.ran:
            self._ran(ran)
        for wrote in seen.wrote:
            self._wrote(wrote)
        # What is read into the shell, and what stands for variables of ``env``.
        taken_in = {word for ran in seen.ran for word in _taken_in(ran)}
        for operation in seen.opaque:
            gap = operation.gap
            what = gap.what if gap is not None else "a command"
            computed = gap is not None and (what.startswith(("eval", "the script")) or what in taken_in)
            if computed or what.endswith((".env", ".envrc")):
                self.sights.doubt(f"{self.where} runs {what}, which may set a key", self.step.evidence(what))
            else:
                self._opaque(f"it runs {what}, which is not read")
        self._speaks_of_keys()

    def _opaque(self, why: str) -> None:
        secrets = handed_secrets(self.step)
        if secrets:
            clause = f"{self.where} is handed {', '.join(secrets[:3])}, and {why}"
            self.sights.doubt(clause, self.step.evidence(clause))

    def _speaks_of_keys(self) -> None:
        """Note a script that names a key and is handed a secret, where none of its forms was understood as giving it one."""
        text = (self.step.written.run or self.step.script).upper()
        secrets = handed_secrets(self.step)
        if secrets and not self.sights.keys and any(name in text for name in KEY_VARIABLES):
            clause = f"{self.where} speaks of keys and is handed {', '.join(secrets[:3])}"
            self.sights.doubt(clause, self.step.evidence(clause))

    def _set(self, name: str, value: str) -> None:
        upper = name.upper()
        if "$" in name:
            clause = f"which variables {self.where} sets is not understood"
            self.sights.doubt(clause, self.step.evidence(name))
        elif upper in FILE_VARIABLES and value.strip() not in ("", "/dev/null"):
            self.sights.doubt(f"{self.where} names a file of keys ({name})", self.step.evidence(name))
        elif upper in ENDPOINT_VARIABLES and value.strip():
            self.sights.doubt(f"{self.where} names an address that hands out keys ({name})", self.step.evidence(name))
        elif upper in PROFILE_VARIABLES and value.strip() and not self.step.job.sets_profile:
            clause = f"the profile that {self.where} names is set up by no step that was read"
            self.sights.doubt(clause, self.step.evidence(clause))
        elif upper in KEY_VARIABLES or names_a_key(name):
            self._judge(name, value)

    def _judge(self, name: str, value: str) -> None:
        match self._origin(value):
            case Origin.LONG_LIVED:
                self.sights.key(f"{self.where} sets {name} to a long-lived key", self.step.evidence(f"{name} is set"))
            case Origin.UNKNOWN | Origin.COMPUTED | Origin.OUTPUT:
                self.sights.doubt(
                    f"where {self.where} has {name} from is not understood", self.step.evidence(f"{name} is set")
                )
            case Origin.JOB | Origin.NOTHING:
                return

    def _origin(self, value: str, depth: int = 0) -> Origin:
        """Return where a value comes from, through the variables and commands that it is made of."""
        origin = origin_of(value)
        if origin is not Origin.COMPUTED or depth > 6:
            return origin
        if "assume-role-with-web-identity" in value or "configure export-credentials" in value:
            return Origin.JOB
        if re.search(r"\bsts\s+assume-role\b", value) or re.search(r"\baws\s+configure\s+get\s+aws_", value):
            # A role that is taken by the job's session; by what it was taken is judged where that was set.
            return Origin.JOB
        if "get-session-token" in value or "get-federation-token" in value or "create-access-key" in value:
            return Origin.LONG_LIVED
        names = re.findall(r"\$\{?([A-Za-z_]\w*)", value)
        own = [self._origin(each, depth + 1) for name in dict.fromkeys(names) for each in self._values_of(name)]
        for worst in (Origin.LONG_LIVED, Origin.UNKNOWN, Origin.OUTPUT):
            if worst in own:
                return worst
        return Origin.JOB if own and set(own) == {Origin.JOB} else Origin.COMPUTED

    def _values_of(self, name: str) -> list[str]:
        """Return what a variable may hold; of a key that the script does not set, that it is the job's."""
        found = [value for value in self.made.get(name, ()) if value not in (f"${name}", f"${{{name}}}")]
        if found or name in self.made:
            return found or ["$(…)"]
        return [f"${name}" if name in KEY_VARIABLES else self.step.values.get(name, "$(…)")]

    def _ran(self, ran: Ran) -> None:
        for name, value in ran.own:
            self._set(name, value)
        for word in ran.tail:
            name, sign, value = word.removeprefix("--env=").removeprefix("--build-arg=").partition("=")
            if ran.program in _ONLY_TESTS or ran.program in ("grep", "sed", "awk", "env"):
                continue
            if sign and (name.upper() in KEY_VARIABLES or (names_a_key(name) and _may_be_key(value))):
                self._judge(name, value)
        for word, value in pairwise(ran.tail):
            if word.startswith("-") and names_a_key(word) and "=" not in word and _may_be_key(value):
                self._judge(word.lstrip("-"), value)
        if ran.program not in _WRITE_AS_SEEN and any("GITHUB_ENV" in word for word in ran.tail):
            clause = f"which variables {self.where} writes to GITHUB_ENV is not understood"
            self.sights.doubt(clause, self.step.evidence(ran.shown))
        if ran.program in _KEYRINGS:
            self.sights.doubt(
                f"{self.where} has credentials from {ran.program}, not from web identity", self.step.evidence(ran.shown)
            )
        elif ran.program in _MANAGERS and _WITH_A_COMMAND & set(ran.tail):
            clause = f"{self.where} gives what {ran.program} fetches to a command, AWS's keys may be among it"
            self.sights.doubt(clause, self.step.evidence(ran.shown))
        elif ran.program in ("vault", "bao") and any(word.startswith("aws/") for word in ran.tail):
            self.sights.doubt(f"{self.where} has credentials from vault", self.step.evidence(ran.shown))
        elif ran.program == "aws":
            self._aws(ran)
        elif ran.program in ("docker", "podman", "buildah", "skopeo", "crane", "helm", "oras", "nerdctl", "regctl"):
            self._login(ran)
        named = ran.program not in _LEAVE_A_PROFILE and any(_PROFILE.search(word.rstrip("/")) for word in ran.tail)
        if named and not any(option_of in ran.tail for option_of in ("-c", "--command")):
            self.sights.doubt(f"{self.where} brings a file of profiles", self.step.evidence(ran.shown))

    def _aws(self, ran: Ran) -> None:
        words = list(ran.tail)
        profile = option(ran.tail, "--profile")
        if profile and "configure" not in words and not self.step.job.sets_profile:
            clause = f"the profile {profile} that {self.where} uses is set up by no step that was read"
            self.sights.doubt(clause, self.step.evidence(clause))
        if _is_call(ran, "sts", "get-session-token") or _is_call(ran, "sts", "get-federation-token"):
            self.sights.key(
                f"{self.where} asks for a token that only a long-lived key can ask for", self.step.evidence(ran.shown)
            )
        elif _is_call(ran, "iam", "create-access-key"):
            self.sights.key(f"{self.where} makes an access key", self.step.evidence(ran.shown))
        elif "configure" in words:
            self._configure(ran, words[words.index("configure") + 1 :])

    def _configure(self, ran: Ran, words: list[str]) -> None:
        plain = [word for at, word in enumerate(words) if not word.startswith("--") and words[at - 1] != "--profile"]
        match plain:
            case ["set", name, value, *_] if found := _NAMED_KEY.fullmatch(name):
                self._judge(found[1], value)
            case ["set", name, *_] if name.rpartition(".")[2] in ("credential_process", "credential_source"):
                self.sights.doubt(f"{self.where} has a profile take its keys elsewhere", self.step.evidence(ran.shown))
            case ["set", name, *_] if "$" in name:
                self.sights.doubt(f"{self.where} sets what is not legible in a profile", self.step.evidence(ran.shown))
            case ["import", *_]:
                self.sights.key(f"{self.where} imports access keys into a profile", self.step.evidence(ran.shown))
            case [] | ["sso", *_]:
                origin = self._origin(ran.stdin or "")
                if origin is Origin.LONG_LIVED or long_lived_in(ran.stdin or ""):
                    self.sights.key(f"{self.where} gives a long-lived key to a profile", self.step.evidence(ran.shown))
                else:
                    self.sights.doubt(f"{self.where} fills in a profile", self.step.evidence(ran.shown))
            case _:
                return

    def _login(self, ran: Ran) -> None:
        """Judge a login to ECR: its user is ``AWS``, and the token comes from the session of this job."""
        if "login" not in ran.tail[:3]:
            return
        user, given = option(ran.tail, "-u", "--username"), option(ran.tail, "-p", "--password")
        if user != "AWS" and not any(EcrAddress.find(word) is not None for word in ran.tail):
            if user and "$" in ran.tail[-1] and self._origin(user) is Origin.LONG_LIVED:
                doubt = f"{self.where} logs in to a registry that is not legible with a user of its own"
                self.sights.doubt(doubt, self.step.evidence(doubt))
            return
        if user and user != "AWS":
            self._judge("the user of its login to ECR", user if "$" in user else "[scrubbed:aws-access-key-id]")
        token = given if given is not None else ran.stdin
        before = Origin.JOB if self._token_before(ran) else Origin.UNKNOWN
        origin = before if token is None else self._token_origin(token)
        if origin is Origin.LONG_LIVED:
            clause = f"{self.where} logs in to ECR with a token from elsewhere"
            self.sights.key(clause, self.step.evidence(clause))
        elif origin is not Origin.JOB:
            clause = f"where {self.where} has the token of its login to ECR from is not understood"
            self.sights.doubt(clause, self.step.evidence(clause))

    def _token_origin(self, token: str) -> Origin:
        texts = [token, *(each for name in _names(token) for each in self._values_of(name))]
        if any("get-login-password" in text or "get-authorization-token" in text for text in texts):
            return Origin.JOB
        return Origin.JOB if re.search(r"outputs[.\[]'?docker_password", token) else self._origin(token)

    def _token_before(self, ran: Ran) -> bool:
        """Return whether a command before the login, in its pipe, asks ECR for the token."""
        return any(
            each.program == "aws" and {"get-login-password", "get-authorization-token"} & set(each.tail)
            for each in self.step.watched.ran
            if each.place < ran.place and each.piped_to
        )

    def _wrote(self, wrote: Wrote) -> None:
        target, text = wrote.target, wrote.text
        environment = "GITHUB_ENV" in target or "github.env" in target.lower()
        redirected = wrote.ran is not None and wrote.ran.program == "exec"
        if environment and (text is None or redirected or any(re.match(r"\s*\$", line) for line in text.split("\n"))):
            clause = f"which variables {self.where} writes to GITHUB_ENV is not understood"
            self.sights.doubt(clause, self.step.evidence(clause))
        if _LOGINS.search(target) and (text is None or "$" in text):
            # What is computed may be a login to ECR that no session of this run made.
            self.sights.doubt(f"{self.where} writes a file of logins to registries", self.step.evidence(target))
        profile = _is_profile(wrote)
        if profile and (text is None or not all(map(_PROFILE_LINE.match, text.split("\n")))):
            self.sights.doubt(f"{self.where} writes a file of profiles", self.step.evidence(target))
        if text is None:
            return
        if not (environment or profile or _OF_A_PROFILE.search(text) or "$" in target):
            return
        for name, value in _settings(text):
            upper = name.upper()
            if upper in KEY_VARIABLES or (environment and names_a_key(name)):
                self._judge(name, value)
            elif environment:
                self._set(name, value)
            elif name.lower() in ("credential_process", "credential_source"):
                clause = f"{self.where} writes a profile that takes its keys elsewhere"
                self.sights.doubt(clause, self.step.evidence(clause))


def _taken_in(ran: Ran) -> tuple[str, ...]:
    return ran.tail[:1] if ran.program in ("source", ".") else ran.tail if ran.program == "env" else ()


def _is_profile(wrote: Wrote) -> bool:
    """Return whether a file is one of profiles, by its path or, in a folder that is not known, by its name."""
    return bool(_PROFILE.search(wrote.target)) or re.split(r"[/\\]", wrote.target)[-1] == "credentials"


def _settings(text: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of a text; a value of several lines is all that stands up to its end."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        found = _SETTING.match(line)
        if found is None:
            continue
        name, value = found[1], found[2].strip()
        if "<<" in line[: found.start(2)]:
            value = "\n".join(lines[at + 1 : at + 3])
        yield name, value


def _may_be_key(value: str) -> bool:
    """Return whether a value that is given under the name of a key has to be looked at: nothing short that is written out."""
    return bool(value) and not value.startswith("-") and origin_of(value) is not Origin.NOTHING


def _names(text: str) -> Iterable[str]:
    return dict.fromkeys(re.findall(r"\$\{?([A-Za-z_]\w*)", text))


def _is_call(ran: Ran, service: str, verb: str) -> bool:
    words = ran.tail
    return ran.program == "aws" and service in words and verb in words[words.index(service) :]
