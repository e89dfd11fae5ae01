"""Judge commands of gh by what they put into the workspace: the run's own code, other code, or nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.closure.steps.code.code_move import OWN, CodeMove, other, unclear
from diagnosis.closure.steps.code.git_commands import GitReader
from diagnosis.closure.steps.code.own_code import Whose, whose_repository
from diagnosis.facts.runs import Attempt
from diagnosis.steps.tools.call import arguments, option, without_globals

_GH_READS: Mapping[str, frozenset[str] | None] = {
    "release": frozenset({"create", "upload", "view", "edit", "list", "delete", "delete-asset"}),
    "pr": frozenset(
        {"comment", "view", "list", "create", "merge", "edit", "review", "status", "close", "ready", "diff", "checks"}
    ),
    "run": frozenset({"view", "list", "watch", "rerun", "cancel", "delete"}),
    "repo": frozenset({"view", "list", "edit", "set-default"}),
    **dict.fromkeys(
        (
            "issue",
            "auth",
            "label",
            "variable",
            "secret",
            "cache",
            "workflow",
            "config",
            "status",
            "attestation",
            "search",
        ),
        None,
    ),
    **dict.fromkeys(
        ("--version", "version", "help", "browse", "ruleset", "project", "org", "ssh-key", "gpg-key"), None
    ),
}
_ARCHIVE = re.compile(r"/(?:tarball|zipball|archive)\b|/contents/|/actions/artifacts/")


def read_gh(words: tuple[str, ...], attempt: Attempt, git: GitReader) -> CodeMove:
    """Judge ``gh …`` by its arguments."""
    tail = without_globals(words, frozenset({"-R", "--repo", "--hostname"}))
    if not tail:
        return OWN
    group, verb = tail[0], next((word for word in tail[1:] if not word.startswith("-")), "")
    rest = tail[tail.index(verb) + 1 :] if verb in tail else ()
    named = arguments(rest, frozenset({"-u", "--upstream-remote-name", "-R", "--repo", "-n", "--name", "-D", "--dir"}))
    match group, verb:
        case "repo", "clone" | "fork" | "sync":
            found = git.read(("clone", *rest)) if verb == "clone" and named else other(f"gh repo {verb}")
            return CodeMove(found.whose, f"gh repo {verb} {' '.join(named[:1])}".strip())
        case "pr", "checkout":
            return other("gh pr checkout")
        case "run", "download":
            run = named[0] if named else ""
            own = run in (str(attempt.run_id), "$GITHUB_RUN_ID", "${GITHUB_RUN_ID}")
            return (
                OWN
                if own
                else CodeMove(Whose.OTHER if run.isdecimal() else Whose.UNKNOWN, "gh run download of another run")
            )
        case "release", "download":
            where = option(words, "-R", "--repo")
            if where and whose_repository(where, attempt) is Whose.OTHER:
                return OWN
            return unclear("gh release download")
        case "api", _:
            return unclear("gh api of an archive") if any(_ARCHIVE.search(word) for word in tail) else OWN
        case _ if group in _GH_READS:
            allowed = _GH_READS[group]
            return OWN if allowed is None or not verb or verb in allowed else unclear(f"gh {group} {verb}")
        case _:
            return unclear(f"gh {group}")
