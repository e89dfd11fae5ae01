"""Judge commands of git by what they put into the workspace: the run's own code, other code, or nobody can tell.

Every verb that is known is on a list; one that is not, an alias or a program of the runner's, is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.closure.steps.code.code_move import OWN, CodeMove, other, unclear
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
show-index sparse-checkout stage status stripspace update-index var verify-commit verify-pack
verify-tag version whatchanged write-tree --version --help crypt secret-scan cliff flow
"""
_READS = frozenset(_READS_NAMED.split())
"""Verbs that leave the files of the workspace as they are, or change them by what the commit itself has."""
_SETTINGS = re.compile(
    r"(?:alias|url|include|includeif|filter)\.|core\.(?:hookspath|worktree)\b|remote\..+\.(?:url|fetch|vcs|uploadpack)\b",
    re.IGNORECASE,
)
"""Settings by which a known command does something else, or has its files from elsewhere."""
_EACH_AS_ITSELF = re.compile(r"\+?refs/(?:heads/\*:refs/remotes/origin|tags/\*:refs/tags)/\*")
_FILE = re.compile(
    r"\.|\./.*|\.\./.*|:/|[\w./@+-]*\.(?:json|lock|ya?ml|toml|txt|md|sh|py|[cm]?[jt]sx?|go|mod|sum|xml|gradle|properties|cfg|ini|env|tf)"
)


@dataclass(slots=True)
class GitReader:
    """Reads the commands of git of one job in their order: what was fetched last decides what ``FETCH_HEAD`` is."""

    attempt: Attempt
    values: Mapping[str, str]
    fetched: Whose = Whose.UNKNOWN
    set_to: dict[str, Whose] = field(default_factory=dict)
    """The branches and tags that this job made or moved, by whose commit they are at."""
    home: bool = True
    """Whether ``origin`` is still the run's own repository."""

    def read(self, words: tuple[str, ...]) -> CodeMove:
        """Judge ``git …`` by its arguments."""
        elsewhere = any(word.startswith(("--git-dir", "--work-tree")) for word in words)
        tail = without_globals(words, _GLOBALS)
        own = (word.removeprefix("--config-env=") for word in words[: len(words) - len(tail)])
        set_for_it = next((word for word in own if _SETTINGS.match(word)), None)
        if set_for_it is not None:
            return unclear(f"git with {set_for_it.partition('=')[0]}")
        if elsewhere and tail[:1] and tail[0] not in _READS | {"fetch"}:
            return unclear(f"git {tail[0]} of another folder")
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
                return other(f"git revert {' '.join(rest)}")
            case "worktree":
                return self._worktree(rest)
            case "clone":
                return self._clone(rest)
            case "submodule":
                return self._submodule(rest)
            case "remote":
                return self._remote(rest)
            case "stash":
                return OWN if rest[:1] != ("branch",) else unclear("git stash branch")
            case "branch":
                return self._branch(rest)
            case "tag":
                named = arguments(rest, frozenset({"-m", "--message", "-F", "--file", "-u", "--local-user"}))
                at = self._of(named[1], "").whose if len(named) > 1 else Whose.OWN
                if at is not Whose.OWN and not {"-d", "--delete", "-l", "--list", "-v"} & set(rest):
                    self._points(named[0], at)
                return OWN
            case "symbolic-ref" if len(arguments(rest, frozenset({"-m"}))) < 2:
                return OWN
            case "archive":
                return self._archive(rest)
            case "config":
                return self._config(rest)
            case _ if verb in _READS:
                return OWN
            case _:
                return unclear(f"git {verb}")

    def shown(self, words: tuple[str, ...]) -> CodeMove:
        """Judge ``git show`` and ``git cat-file`` whose output becomes a file: of which commit it is."""
        tail = without_globals(words, _GLOBALS)
        if tail[:1] not in (("show",), ("cat-file",)):
            return OWN
        if {"-s", "--no-patch", "--stat", "--name-only", "--name-status", "-t", "-e"} & set(tail):
            return OWN
        named = arguments(tail[1:], frozenset({"--format", "--pretty"}))
        named = named[1:] if named[:1] in (["blob"], ["commit"], ["tree"], ["tag"]) and tail[0] == "cat-file" else named
        found = [
            self._of(word.partition(":")[0], f"git {tail[0]} {word}") for word in named if not word.startswith(":")
        ]
        return next((each for each in found if each.whose is not Whose.OWN), OWN)

    def _of(self, ref: str, what: str) -> CodeMove:
        if ref == "FETCH_HEAD":
            return CodeMove(self.fetched, what)
        bare = _bare(ref)
        if bare in self.set_to:
            return CodeMove(self.set_to[bare], what)
        if not self.home and ref.startswith(("origin/", "refs/remotes/")):
            return other(what)
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
        self._points(name, found.whose)
        return found

    def _points(self, name: str, whose: Whose) -> None:
        """Note that a branch or a tag of this name is now at a commit that is the run's own, or is not."""
        bare = _bare(name)
        if self.set_to.get(bare, Whose.OWN) is Whose.OWN:
            # What was once at another commit may be there still: a branch that exists is not made anew.
            self.set_to[bare] = whose

    def _fetch(self, rest: tuple[str, ...]) -> CodeMove:
        """Note what is fetched, which changes no file, as what ``FETCH_HEAD`` is."""
        named = arguments(rest, frozenset({"--depth", "--deepen", "-j", "--jobs", "-o", "--shallow-since", "--filter"}))
        where, refs = (named[0] if named else "origin"), named[1:]
        home = (where in ("origin", ".") and self.home) or whose_repository(where, self.attempt) is Whose.OWN
        sides = [ref.lstrip("+").partition(":")[0] for ref in refs]
        whose = [whose_ref(side, self.attempt, self.values) for side in sides] or [Whose.UNKNOWN]
        for ref, own in zip(refs, whose, strict=False):
            into = ref.partition(":")[2]
            if into and "*" not in into:
                self._points(into, own if home else Whose.OTHER)
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
        if not named or _FILE.fullmatch(named[0]):
            return OWN
        found = self._of(named[0], f"git reset {named[0]}")
        if found.whose is Whose.OWN or {"--hard", "--merge", "--keep"} & set(rest):
            return found
        # The files stay as they are, and the next checkout of a file, or reset, takes them from there.
        return unclear(f"git reset {named[0]}")

    def _pull(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(rest, frozenset({"--depth", "-s", "--strategy", "-X", "--jobs", "-j"}))
        if len(named) > 1:
            whose = [whose_ref(ref.partition(":")[0], self.attempt, self.values) for ref in named[1:]]
            if Whose.OTHER in whose:
                return other(f"git pull {' '.join(named)}")
        if named and named[0] != "origin" and whose_repository(named[0], self.attempt) is Whose.OTHER:
            return other(f"git pull {named[0]}")
        return unclear("git pull, which may bring a later commit")

    def _joined(self, verb: str, rest: tuple[str, ...]) -> CodeMove:
        if {"--abort", "--quit", "--skip"} & set(rest):
            return OWN
        named = arguments(
            rest, frozenset({"-m", "-s", "--strategy", "-X", "--strategy-option", "--onto", "-F", "--into-name"})
        )
        if not named:
            return unclear(f"git {verb}")
        found = [self._of(each, f"git {verb} {each}") for each in named]
        return next((each for each in found if each.whose is not Whose.OWN), OWN)

    def _worktree(self, rest: tuple[str, ...]) -> CodeMove:
        if rest[:1] != ("add",):
            return OWN
        made = option(rest[1:], "-b", "-B")
        named = arguments(rest[1:], frozenset({"-b", "-B", "--reason"}))
        if made is not None:
            return self._made(made, named[1:], "git worktree add")
        # Without a commit it is the branch of the folder's name, where there is one, and else the commit that is checked out.
        start = named[1] if len(named) > 1 else named[0].rstrip("/").rpartition("/")[2] if named else ""
        if len(named) > 1 or start in self.set_to:
            return self._of(start, f"git worktree add {start}")
        return OWN

    def _clone(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(
            rest,
            frozenset({"-b", "--branch", "--depth", "-o", "--origin", "--filter", "-c", "--config", "-j", "--jobs"})
            | {"--reference", "--template", "--revision", "--shallow-since", "-u", "--separate-git-dir"},
        )
        if not named:
            return OWN
        ref = option(rest, "-b", "--branch", "--revision")
        if named[0] in (".", "$GITHUB_WORKSPACE") or named[0].startswith(
            ("./", "/home/runner/work", "/github/workspace")
        ):
            return OWN if ref is None else self._of(ref, f"git clone --branch {ref}")
        whose = whose_repository(named[0], self.attempt)
        if whose is Whose.OWN:
            if ref is None:
                return unclear(f"git clone {named[0]} without a branch")
            return self._of(ref, f"git clone --branch {ref}")
        return CodeMove(whose, f"git clone {named[0]}")

    def _submodule(self, rest: tuple[str, ...]) -> CodeMove:
        if "--remote" in rest:
            return other("git submodule update --remote")
        verb = next((word for word in rest if not word.startswith("-")), "")
        if verb in ("", "init", "update", "status", "sync", "summary", "deinit", "absorbgitdirs"):
            return OWN
        return unclear(f"git submodule {verb}")

    def _branch(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(rest, frozenset({"-u", "--set-upstream-to", "--contains", "--merged", "--format", "--sort"}))
        asked = set(rest)
        if {"-d", "-D", "--delete", "-r", "-a", "--list", "-l", "--show-current"} & asked or not named:
            return OWN
        if {"-m", "-M", "--move", "-c", "-C", "--copy"} & asked:
            before = self._of(named[0], "").whose if len(named) > 1 else Whose.OWN
            self._points(named[-1], before)
        elif not {"-u", "--contains", "--merged", "--unset-upstream", "--edit-description"} & asked:
            self._points(named[0], self._of(named[1], "").whose if len(named) > 1 else Whose.OWN)
        return OWN

    def _remote(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(rest[1:], frozenset({"-t", "-m"}))
        match rest[:1]:
            case ("set-url" | "add",) if len(named) > 1 and named[0] == "origin":
                self.home = whose_repository(named[1], self.attempt) is Whose.OWN
            case ("rename",) if named[-1:] == ["origin"]:
                self.home = False
            case _:
                pass
        return OWN

    def _config(self, rest: tuple[str, ...]) -> CodeMove:
        """Judge what is set for later commands: another name for a command, or another address for ``origin``."""
        plain = arguments(rest, frozenset({"-f", "--file", "--type", "--default"}))
        named = next((word for word in plain if _SETTINGS.match(word)), None)
        if named is None or plain[-1] == named or {"--unset", "--unset-all"} & set(rest):
            return OWN
        name, value = named.lower(), plain[-1]
        if name == "remote.origin.url":
            self.home = whose_repository(value, self.attempt) is Whose.OWN
        elif not (_EACH_AS_ITSELF.fullmatch(value) if name == "remote.origin.fetch" else _only_otherwise(name, value)):
            return unclear(f"git config {named}")
        return OWN

    def _archive(self, rest: tuple[str, ...]) -> CodeMove:
        named = arguments(
            rest, frozenset({"-o", "--output", "--prefix", "--format", "--add-file", "--remote", "--exec"})
        )
        if option(rest, "--remote"):
            return other("git archive --remote")
        return self._of(named[0], f"git archive {named[0]}") if named else OWN


def _bare(ref: str) -> str:
    return re.sub(r"^(?:refs/)?(?:remotes/)?(?:origin/)?(?:refs/)?(?:heads/|tags/)?", "", ref)


def _only_otherwise(name: str, value: str) -> bool:
    """Return whether ``url.NEW.insteadOf OLD`` leads to the same place by another protocol, or is not of GitHub."""
    found = re.fullmatch(r"url\.(.*)\.(?:push)?insteadof", name)
    if found is None or "$" in value:
        return False
    old, new = _plain_address(value), _plain_address(found[1])
    server = old.partition("/")[0]
    return "." in server and (old == new or server != "github.com")


def _plain_address(address: str) -> str:
    return re.sub(r"^(?:\w+://)?(?:[^@/]*@)?", "", address.lower()).replace(":", "/").rstrip("/")
