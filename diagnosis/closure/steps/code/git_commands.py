"""Judge commands of git and gh by what they put into the workspace: the run's own code, other code, or nobody can tell.

Every verb that is known is on a list; one that is not, an alias or a program of the runner's, is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from diagnosis.closure.steps.code.own_code import Whose, whose_ref, whose_repository
from diagnosis.facts.runs import Attempt
from diagnosis.steps.tools.call import arguments, option, without_globals

_GLOBALS = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"})
_READS_NAMED = """
add annotate archive blame branch bugreport bundle cat-file check-attr check-ignore check-mailmap check-ref-
format clean column commit config count-objects credential describe diff diff-files diff-index diff-tree
difftool fast-export for-each-ref format-patch fsck gc get-tar-commit-id grep hash-object help init interpret-
trailers lfs log ls-files ls-remote ls-tree mailinfo maintenance merge-base mv name-rev notes pack-refs prune
push range-diff reflog remote repack request-pull rev-list rev-parse rm shortlog show show-branch show-ref
show-index sparse-checkout stage status stripspace symbolic-ref tag update-index var verify-commit verify-pack
verify-tag version whatchanged write-tree --version --help crypt secret-scan cliff flow
"""
_READS = frozenset(_READS_NAMED.split())
"""Verbs that leave the files of the workspace as they are, or change them by what the commit itself has."""
_FILE = re.compile(
    r"\.|\./.*|\.\./.*|:/|[\w./@+-]*\.(?:json|lock|ya?ml|toml|txt|md|sh|py|[cm]?[jt]sx?|go|mod|sum|xml|gradle|properties|cfg|ini|env|tf)"
)
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


@dataclass(frozen=True, slots=True)
class CodeMove:
    """What a command does to the code in the workspace."""

    whose: Whose
    what: str
    """A clause: which code, by which form."""


OWN = CodeMove(Whose.OWN, "")


@dataclass(slots=True)
class GitReader:
    """Reads the commands of git of one job in their order: what was fetched last decides what ``FETCH_HEAD`` is."""

    attempt: Attempt
    values: Mapping[str, str]
    fetched: Whose = Whose.UNKNOWN
    made: frozenset[str] = frozenset()
    """Branches that were made from the run's own commit."""
    home: bool = True
    """Whether ``origin`` is still the run's own repository."""

    def read(self, words: tuple[str, ...]) -> CodeMove:
        """Judge ``git …`` by its arguments."""
        if any(word.startswith("alias.") for word in words):
            return _unclear("git with an alias")
        elsewhere = any(word.startswith(("--git-dir", "--work-tree")) for word in words)
        tail = without_globals(words, _GLOBALS)
        if elsewhere and tail[:1] and tail[0] not in _READS | {"fetch"}:
            return _unclear(f"git {tail[0]} of another folder")
        if not tail:
            return OWN
        verb, rest = tail[0], tail[1:]
        match verb:
            case "checkout":
                return self._checkout(rest)
            case "switch":
                return self._switch(rest)
            case "restore":
                source = option(rest, "-s", "--source")
                return self._of(source, f"git restore --source {source}") if source else OWN
            case "fetch":
                return self._fetch(rest)
            case "reset":
                return self._reset(rest)
            case "pull":
                return self._pull(rest)
            case "merge" | "rebase" | "cherry-pick" | "read-tree":
                return self._joined(verb, rest)
            case "revert":
                return _other(f"git revert {' '.join(rest)}")
            case "worktree":
                return self._worktree(rest)
            case "clone":
                return self._clone(rest)
            case "submodule":
                return self._submodule(rest)
            case "remote":
                address = arguments(rest[1:], frozenset({"-t", "-m"}))
                if rest[:1] == ("set-url",) and len(address) > 1 and address[0] == "origin":
                    self.home = whose_repository(address[1], self.attempt) is Whose.OWN
                return OWN
            case "stash":
                return OWN if rest[:1] != ("branch",) else _unclear("git stash branch")
            case "branch" | "update-ref" | "symbolic-ref":
                return self._branch(verb, rest)
            case "archive":
                return self._archive(rest)
            case "config":
                named = [word for word in rest if word.startswith(("alias.", "core.hooksPath", "include"))]
                return _unclear(f"git config {named[0]}") if named else OWN
            case _ if verb in _READS:
                return OWN
            case _:
                return _unclear(f"git {verb}")

    def shown(self, words: tuple[str, ...]) -> CodeMove:
        """Judge ``git show`` and ``git cat-file`` whose output becomes a file: of which commit it is."""
        tail = without_globals(words, _GLOBALS)
        if tail[:1] not in (("show",), ("cat-file",)):
            return OWN
        named = [word for word in tail[1:] if not word.startswith("-") and ":" in word]
        found = [
            self._of(word.partition(":")[0], f"git {tail[0]} {word}") for word in named if not word.startswith(":")
        ]
        return next((each for each in found if each.whose is not Whose.OWN), OWN)

    def _of(self, ref: str, what: str) -> CodeMove:
        if ref == "FETCH_HEAD":
            return CodeMove(self.fetched, what)
        bare = re.sub(r"^(?:origin/|refs/heads/)", "", ref)
        if bare in self.made:
            return OWN
        if not self.home and ref.startswith(("origin/", "refs/remotes/")):
            return _other(what)
        return CodeMove(whose_ref(ref, self.attempt, self.values), what)

    def _checkout(self, rest: tuple[str, ...]) -> CodeMove:
        if "--" in rest:
            before = arguments(rest[: rest.index("--")], frozenset())
            if not before:
                return OWN
            return self._of(before[0], f"git checkout {before[0]} -- …")
        made = option(rest, "-b", "-B", "--orphan")
        named = arguments(rest, frozenset({"-b", "-B", "--orphan", "--conflict", "--pathspec-from-file"}))
        if made is not None:
            return self._made(made, named, "git checkout -b")
        if not named or all(_FILE.fullmatch(each) for each in named):
            return OWN
        return self._of(named[0], f"git checkout {named[0]}")

    def _switch(self, rest: tuple[str, ...]) -> CodeMove:
        made = option(rest, "-c", "-C", "--create", "--force-create", "--orphan")
        named = arguments(rest, frozenset({"-c", "-C", "--create", "--force-create", "--orphan", "--conflict"}))
        if made is not None:
            return self._made(made, named, "git switch -c")
        return self._of(named[0], f"git switch {named[0]}") if named else OWN

    def _made(self, name: str, start: list[str], how: str) -> CodeMove:
        found = self._of(start[0], f"{how} {name} {start[0]}") if start else OWN
        if found.whose is Whose.OWN:
            self.made |= {name}
        return found

    def _fetch(self, rest: tuple[str, ...]) -> CodeMove:
        """Note what is fetched, which changes no file, as what ``FETCH_HEAD`` is."""
        named = arguments(rest, frozenset({"--depth", "--deepen", "-j", "--jobs", "-o", "--shallow-since", "--filter"}))
        where, refs = (named[0] if named else "origin"), named[1:]
        home = (where in ("origin", ".") and self.home) or whose_repository(where, self.attempt) is Whose.OWN
        sides = [ref.lstrip("+").partition(":")[0] for ref in refs]
        whose = [whose_ref(side, self.attempt, self.values) for side in sides] or [Whose.UNKNOWN]
        self.fetched = (
            Whose.OTHER
            if (not home and "$" not in where) or Whose.OTHER in whose
            else Whose.UNKNOWN
            if Whose.UNKNOWN in whose or not home
            else Whose.OWN
        )
        return OWN

    def _reset(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(rest[: rest.index("--")] if "--" in rest else rest, frozenset())
        if not named or "--soft" in rest or "--mixed" in rest or "-N" in rest:
            return OWN
        if not {"--hard", "--merge", "--keep"} & set(rest):
            return OWN
        return self._of(named[0], f"git reset --hard {named[0]}")

    def _pull(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(rest, frozenset({"--depth", "-s", "--strategy", "-X", "--jobs", "-j"}))
        if len(named) > 1:
            whose = [whose_ref(ref.partition(":")[0], self.attempt, self.values) for ref in named[1:]]
            if Whose.OTHER in whose:
                return _other(f"git pull {' '.join(named)}")
        if named and named[0] != "origin" and whose_repository(named[0], self.attempt) is Whose.OTHER:
            return _other(f"git pull {named[0]}")
        return _unclear("git pull, which may bring a later commit")

    def _joined(self, verb: str, rest: tuple[str, ...]) -> CodeMove:
        if {"--abort", "--quit", "--skip"} & set(rest):
            return OWN
        if verb == "read-tree" and not {"-u", "--reset", "-m"} & set(rest):
            return OWN
        named = arguments(
            rest, frozenset({"-m", "-s", "--strategy", "-X", "--strategy-option", "--onto", "-F", "--into-name"})
        )
        if not named:
            return _unclear(f"git {verb}")
        found = [self._of(each, f"git {verb} {each}") for each in named]
        return next((each for each in found if each.whose is not Whose.OWN), OWN)

    def _worktree(self, rest: tuple[str, ...]) -> CodeMove:
        if rest[:1] != ("add",):
            return OWN
        made = option(rest[1:], "-b", "-B")
        named = arguments(rest[1:], frozenset({"-b", "-B", "--reason"}))
        if len(named) > 1:
            return (
                self._made(made, named[1:], "git worktree add")
                if made
                else self._of(named[1], f"git worktree add {named[1]}")
            )
        return OWN

    def _clone(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(
            rest,
            frozenset({"-b", "--branch", "--depth", "-o", "--origin", "--filter", "-c", "--config", "-j", "--jobs"})
            | {"--reference", "--template", "--revision", "--shallow-since", "-u", "--separate-git-dir"},
        )
        if not named:
            return OWN
        if named[0] in (".", "$GITHUB_WORKSPACE") or named[0].startswith(
            ("./", "/home/runner/work", "/github/workspace")
        ):
            return OWN
        whose = whose_repository(named[0], self.attempt)
        ref = option(rest, "-b", "--branch", "--revision")
        if whose is Whose.OWN:
            if ref is None:
                return _unclear(f"git clone {named[0]} without a branch")
            return self._of(ref, f"git clone --branch {ref}")
        return CodeMove(whose, f"git clone {named[0]}")

    def _submodule(self, rest: tuple[str, ...]) -> CodeMove:
        if "--remote" in rest:
            return _other("git submodule update --remote")
        verb = next((word for word in rest if not word.startswith("-")), "")
        if verb in ("", "init", "update", "status", "sync", "summary", "deinit", "absorbgitdirs"):
            return OWN
        return _unclear(f"git submodule {verb}")

    def _branch(self, verb: str, rest: tuple[str, ...]) -> CodeMove:
        if verb == "branch":
            named = arguments(
                rest, frozenset({"-u", "--set-upstream-to", "--contains", "--merged", "--format", "--sort"})
            )
            moves = not {"-d", "-D", "--delete", "-r", "-a", "--list", "-l", "-m", "-M", "--show-current"} & set(rest)
            if moves and len(named) == 1 and not rest[0].startswith("-"):
                self.made |= {named[0]}
            return OWN
        if verb == "symbolic-ref" and len(arguments(rest, frozenset({"-m"}))) < 2:
            return OWN
        return _unclear(f"git {verb}")

    def _archive(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(
            rest, frozenset({"-o", "--output", "--prefix", "--format", "--add-file", "--remote", "--exec"})
        )
        if option(rest, "--remote"):
            return _other("git archive --remote")
        return self._of(named[0], f"git archive {named[0]}") if named else OWN


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
            found = git.read(("clone", *rest)) if verb == "clone" and named else _other(f"gh repo {verb}")
            return CodeMove(found.whose, f"gh repo {verb} {' '.join(named[:1])}".strip())
        case "pr", "checkout":
            return _other("gh pr checkout")
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
            return _unclear("gh release download")
        case "api", _:
            return _unclear("gh api of an archive") if any(_ARCHIVE.search(word) for word in tail) else OWN
        case _ if group in _GH_READS:
            allowed = _GH_READS[group]
            return OWN if allowed is None or not verb or verb in allowed else _unclear(f"gh {group} {verb}")
        case _:
            return _unclear(f"gh {group}")


def _other(what: str) -> CodeMove:
    return CodeMove(Whose.OTHER, what.strip())


def _unclear(what: str) -> CodeMove:
    return CodeMove(Whose.UNKNOWN, what.strip())
