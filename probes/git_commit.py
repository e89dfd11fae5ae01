"""Read the files of another commit of the local repository through git: the base that a pull request is compared with.

Nothing of the repository's own configuration runs, whoever wrote it: only commands that read objects are used, no monitor,
pager or hook, no configuration of the user or the system, no object is fetched, and no variable of the environment that git
takes is passed on. Source: git's documentation of ``cat-file``, ``ls-tree``, ``merge-base`` and "Environment Variables".
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.logs.scrubbed_values import scrub_text
from diagnosis.visible_text import visible_line
from probes.checkout import NEVER_COMMITTED
from probes.programs import bytes_of, find_program
from probes.repository_tree import FOLDER, LARGEST_FILE, LONGEST_PATH, RepositoryTree

SECONDS = 30.0
MOST_LISTED = 32 * 1024 * 1024
"""Bytes of the list of a commit's files."""
_BATCH = 8 * 1024 * 1024
_MOST_LINKS = 5
_LEFT_OUT = b"S"
"""How git marks what a sparse checkout leaves out."""
_LACKING = -1
"""The size of an object that a partial clone does not have."""
_LINK, _SUBMODULE = "120000", "160000"
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NO_BRANCH = re.compile(r"[~^:\[?*\\]|@\{|^HEAD|^[0-9a-f]{7,64}$")
"""No remote has a branch of such a name, or it is a commit's."""
_ENTRY = re.compile(rb"([0-7]{6}) [a-z]+ ([0-9a-f]{40,64}) +(-|BAD|[0-9]+)\t([^\0]+)")
_SAFE = (
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.commitGraph=false"),
    # Who owns the folder matters only where something of it could run.
    *("-c", "safe.directory=*", "-c", "safe.bareRepository=explicit", "-c", "core.useReplaceRefs=false"),
    *("--no-pager", "--no-replace-objects", "--literal-pathspecs"),
)
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # Versions before 2.44 fetch what a partial clone lacks, unless no way of fetching is allowed.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_GRAFT_FILE": os.devnull,
    "LC_ALL": "C",
}
_BASE_OF_PULL_REQUEST = "GITHUB_BASE_REF"
_LONGEST_REF = 250


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    oid: str
    size: int


class CommitTree(RepositoryTree):
    """The files of one commit. Nothing raises."""

    not_whole = "fetch the commit with all its files (git fetch)"

    def __init__(self, root: Path, commit: str, entries: Mapping[str, _Entry], ref: str, note: str = "") -> None:
        """Take what :func:`commit_tree` and :func:`base_tree` found."""
        super().__init__()
        self._root = root
        self._entries = entries
        self.commit = commit
        """The commit's whole name."""
        self.ref = ref
        """The name by which it was found."""
        self.note = note
        """What is to be said of the choice of this commit; empty where nothing is."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all files, links and submodules, sorted."""
        return tuple(sorted(self._entries))

    @property
    def submodules(self) -> Mapping[str, str]:
        """The commits of other repositories that it holds, by path."""
        return {path: entry.oid for path, entry in self._entries.items() if entry.mode == _SUBMODULE}

    def not_as_in(self, folder: Path, paths: Iterable[str]) -> tuple[str, ...]:
        """Return which of these paths a folder does not hold as this commit does: changed, added or taken away there."""
        return tuple(path for path in paths if not self._is_as_in(folder, path))

    def _is_as_in(self, folder: Path, path: str) -> bool:
        entry = self._entries.get(path)
        if entry is None or entry.mode == _SUBMODULE:
            return entry is not None
        try:
            place = folder / path
            if entry.mode == _LINK:
                raw = os.fsencode(place.readlink())
            else:
                size = place.lstat().st_size
                # Line ends may be longer in a working folder; of a large file that is not looked at.
                if place.is_symlink() or size < entry.size or (size > LARGEST_FILE and size != entry.size):
                    return False
                raw = place.read_bytes()
        except (OSError, ValueError):
            return False
        # Names of objects, no secrets: git's own sums.
        made = hashlib.new("sha1" if len(entry.oid) == 40 else "sha256", usedforsecurity=False)
        made.update(b"blob %d\0" % len(raw) + raw)
        return made.hexdigest() == entry.oid

    def load(self, paths: Sequence[str], most: int = LARGEST_FILE) -> None:
        """Read several files with few calls of git, so that :meth:`text` has them."""
        wanted = [path for path in paths if (path, most) not in self._known]
        plain = [
            path for path in wanted if (entry := self._entries.get(path)) and _is_file(entry) and entry.size <= most
        ]
        while plain:
            batch: list[str] = []
            room = _BATCH
            while plain and (not batch or self._entries[plain[-1]].size <= room):
                room -= self._entries[plain[-1]].size
                batch.append(plain.pop())
            for path, raw in zip(batch, self._blobs([self._entries[path].oid for path in batch]), strict=True):
                self._known[path, most] = self._decoded(path, raw)

    def _text(self, path: str, most: int) -> Reading[str]:
        return self._of(path, path, most, _MOST_LINKS)

    def _of(self, path: str, asked: str, most: int, links: int) -> Reading[str]:
        what = self._what(asked)
        parts = path.split("/")
        if len(path) > LONGEST_PATH or "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
            return Unreadable(what, "it is no path within the repository", "read the file in the repository")
        entry = self._entries.get(path)
        if entry is None:
            return self._not_there(path, asked, most, links)
        if entry.mode == _SUBMODULE:
            return Unreadable(what, "it is a submodule, another repository", "read the file in that repository")
        if entry.mode == _LINK:
            return self._linked(path, entry, asked, most, links)
        if entry.size > most:
            return Unreadable(what, f"it is larger than {most // 1024} KB", "read the file in the repository")
        return self._decoded(asked, None if entry.size == _LACKING else self._blobs([entry.oid])[0])

    def _not_there(self, path: str, asked: str, most: int, links: int) -> Reading[str]:
        parts = path.split("/")
        for length in range(1, len(parts)):
            above = self._entries.get("/".join(parts[:length]))
            if above is not None and above.mode == _SUBMODULE:
                why = "it lies in a submodule, another repository"
                return Unreadable(self._what(asked), why, "read the file in that repository")
            if above is not None and above.mode == _LINK:
                target = self._target("/".join(parts[:length]), above)
                if target is None or links <= 0:
                    break
                return self._of("/".join((target, *parts[length:])), asked, most, links - 1)
        if any(name.startswith(f"{path}/") for name in self._entries):
            return Unreadable(self._what(asked), "it is no file", "read it in the repository")
        return Absent(self._what(asked))

    def _linked(self, path: str, entry: _Entry, asked: str, most: int, links: int) -> Reading[str]:
        target = self._target(path, entry)
        if target is None:
            why = "it is a link out of the repository"
            return Unreadable(self._what(asked), why, "read the file in the repository")
        if links <= 0:
            return Unreadable(self._what(asked), "its links lead in a circle", "read the file in the repository")
        return self._of(target, asked, most, links - 1)

    def _target(self, path: str, entry: _Entry) -> str | None:
        """Return where a link of the repository leads; None for a place outside of it."""
        raw = self._blobs([entry.oid])[0] if entry.size <= LONGEST_PATH else None
        if raw is None or raw.startswith(b"/"):
            return None
        steps = path.split("/")[:-1]
        for step in os.fsdecode(raw).split("/"):
            if step == "..":
                if not steps:
                    return None
                steps.pop()
            elif step not in ("", "."):
                steps.append(step)
        return "/".join(steps) or None

    def _decoded(self, path: str, raw: bytes | None) -> Reading[str]:
        what = self._what(path)
        if raw is None:
            return Unreadable(what, "git does not have it (a partial clone)", self.not_whole)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            return Unreadable(what, "it is no text", "read the file in the repository")
        return Known(scrub_text(text))

    def _what(self, path: str) -> str:
        return f"{visible_line(path[:LONGEST_PATH])} of commit {self.commit[:12]}"

    def _is_whole(self) -> bool:
        return True

    def _workflow_names(self) -> list[str] | None:
        inside = (path.removeprefix(f"{FOLDER}/") for path in self._entries if path.startswith(f"{FOLDER}/"))
        return [name for name in inside if "/" not in name]

    def _blobs(self, oids: Sequence[str]) -> list[bytes | None]:
        """Return the contents of these objects; None for one that git does not have."""
        most = sum(len(oid) + 40 for oid in oids) + _BATCH + LARGEST_FILE
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        answer = _git(self._root, ("cat-file", "--batch"), given=asked, most=most) if oids else None
        found: list[bytes | None] = []
        rest = answer[1] if answer is not None and answer[0] == 0 else b""
        for oid in oids:
            head, _, rest = rest.partition(b"\n")
            words = head.split()
            if len(words) != 3 or words[0] != oid.encode() or words[1] != b"blob":
                found.append(None)
                continue
            size = int(words[2])
            found.append(rest[:size] if len(rest) > size else None)
            rest = rest[size + 1 :]
        return found


def _is_file(entry: _Entry) -> bool:
    return entry.mode not in (_LINK, _SUBMODULE) and entry.size != _LACKING


def base_tree(root: Path, base: str = "", environ: Mapping[str, str] | None = None) -> CommitTree | Unreadable:
    """Return the files at the commit where the work in this folder left its base branch.

    ``base`` is a branch or another name of a commit; without one it is the base of the pull request that a job of GitHub
    Actions runs for. Where the history that would tell the common commit is not there, it is the base branch's newest commit
    that is here, and ``note`` says so.
    """
    what = "the base to compare with"
    environ = os.environ if environ is None else environ
    named = base or environ.get(_BASE_OF_PULL_REQUEST, "")
    if not named:
        return Unreadable(what, "no base is named, and this is no pull request's job", "name it: --base REF")
    refused = _refused(named, what) or _no_repository(root, what)
    if refused is not None:
        return refused
    names = (
        (named, f"refs/remotes/origin/{named.removeprefix('refs/heads/')}")
        if base
        else (f"refs/remotes/origin/{named}", f"refs/heads/{named}")
    )
    ref, commit = next(((name, oid) for name in names if (oid := _commit_of(root, name))), ("", None))
    if commit is None:
        return Unreadable(what, f"{visible_line(named)} is not in this clone", _fetch(named))
    head = _commit_of(root, "HEAD")
    if head is None:
        return Unreadable(what, "this clone has no commit checked out", "check the pull request out")
    note = ""
    answer = _git(root, ("merge-base", commit, head))
    common = answer[1].decode("ascii", "replace").strip() if answer is not None and answer[0] == 0 else ""
    if _OID.fullmatch(common):
        commit = common
    elif commit not in _parents(root, head):
        # The merge that GitHub makes of a pull request has the base as its parent, which a shallow clone knows as well.
        note = f"compared with the newest commit of {visible_line(named)} that is here: the history that tells where the work "
        note += f"left it is not in this clone ({_fetch(named)})"
    return commit_tree(root, commit, ref, note)


def commit_tree(root: Path, commit: str, ref: str = "", note: str = "") -> CommitTree | Unreadable:
    """Return the files of a commit by one of its names."""
    what = f"the files of {visible_line(ref or commit)[:_LONGEST_REF]}"
    refused = _refused(commit, what) or _no_repository(root, what)
    if refused is not None:
        return refused
    oid = _commit_of(root, commit)
    if oid is None:
        return Unreadable(what, f"{visible_line(commit)} is not in this clone", _fetch(commit))
    answer = _git(root, ("ls-tree", "-r", "-z", "-l", "--full-tree", oid), most=MOST_LISTED)
    if answer is None or answer[0] != 0:
        return Unreadable(
            what, "git cannot list them, or they are too many", "fetch the commit with all its files (git fetch)"
        )
    entries: dict[str, _Entry] = {}
    for line in answer[1].split(b"\0"):
        match = _ENTRY.fullmatch(line)
        if match is not None:
            size = int(match[3]) if match[3].isdigit() else _LACKING if match[3] == b"BAD" else 0
            entries[os.fsdecode(match[4])] = _Entry(match[1].decode(), match[2].decode(), size)
        elif line:
            return Unreadable(what, "git lists them in a form that is not understood", "see that git is up to date")
    return CommitTree(root, oid, entries, ref or commit, note)


def is_pull_request(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether this is a job of GitHub Actions that runs for a pull request, so that its base is known."""
    return bool((os.environ if environ is None else environ).get(_BASE_OF_PULL_REQUEST, ""))


def checked_out(root: Path) -> str | None:
    """Return the commit that is checked out in the clone that this folder is of; None where nothing was committed yet."""
    return _commit_of(root, "HEAD")


def proposed_paths(root: Path, named: Sequence[str] = ()) -> tuple[str, ...] | Unreadable:
    """Return the files that a working folder proposes, sorted: those of git's index that are there, and new ones.

    What git is told to leave out is none, unless it lies within one of the ``named`` paths; nor are other repositories inside,
    and new files in folders that tools fill. A file that a sparse checkout leaves out is one: it stands in the index.
    """
    what = "the files of the working tree"
    found: set[bytes] = set()
    tracked = _listed(root, ("ls-files", "-z", "-t", "--cached"))
    added = _listed(root, ("ls-files", "-z", "--others", "--exclude-standard"))
    wanted = _listed(root, ("ls-files", "-z", "--others", "--", *named)) if named else []
    if tracked is None or added is None or wanted is None:
        return Unreadable(what, "git cannot list them, or they are too many", "see that git reads this clone")
    for entry in tracked:
        tag, _, path = entry.partition(b" ")
        if tag == _LEFT_OUT or os.path.lexists(root / os.fsdecode(path)):
            found.add(path)
    found.update(path for path in (*added, *wanted) if not _is_of_a_tool(path))
    return tuple(sorted(os.fsdecode(path) for path in found if not path.endswith(b"/")))


def _is_of_a_tool(path: bytes) -> bool:
    return any(part.lower() in NEVER_COMMITTED for part in os.fsdecode(path).split("/")[:-1])


def _listed(root: Path, words: Sequence[str]) -> list[bytes] | None:
    answer = _git(root, words, most=MOST_LISTED)
    return [path for path in answer[1].split(b"\0") if path] if answer is not None and answer[0] == 0 else None


def submodules_of(root: Path) -> Mapping[str, str]:
    """Return the commits of other repositories that stand in a working folder, by path; none where git does not tell."""
    found = {}
    for line in _listed(root, ("ls-files", "-z", "--stage")) or ():
        head, _, path = line.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        if mode == _SUBMODULE.encode():
            found[os.fsdecode(path)] = rest.partition(b" ")[0].decode("ascii", "replace")
    return found


def _fetch(named: str) -> str:
    branch = named.removeprefix("refs/remotes/").removeprefix("origin/").removeprefix("refs/heads/")
    # A branch may be called anything, and this is a line to copy into a shell.
    shown = shlex.quote(visible_line(branch)[:_LONGEST_REF])
    if _NO_BRANCH.search(branch):
        return "name a branch or a commit that is here, or fetch the history: `fetch-depth: 0` at actions/checkout"
    return (
        "name a branch that is here, or fetch it: `fetch-depth: 0` at actions/checkout, or "
        f"git remote set-branches --add origin {shown} && git fetch --depth=1 origin {shown}"
    )


def _refused(name: str, what: str) -> Unreadable | None:
    if (
        name.startswith("-")
        or len(name) > _LONGEST_REF
        or not name.isprintable()
        or any(sign.isspace() for sign in name)
    ):
        return Unreadable(
            what, f"{visible_line(name)[:_LONGEST_REF]} is no name of a commit", "name a branch or a commit"
        )
    return None


def _no_repository(root: Path, what: str) -> Unreadable | None:
    if find_program("git") is None:
        return Unreadable(
            what, "git is not installed here", "install git, or run this where the repository is checked out by it"
        )
    answer = _git(root, ("rev-parse", "--is-inside-work-tree"))
    if answer is None or answer[0] != 0 or answer[1].strip() != b"true":
        return Unreadable(what, "this folder is no clone that git reads", "run this in a clone (actions/checkout)")
    return None


def _commit_of(root: Path, name: str) -> str | None:
    answer = _git(root, ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))
    said = answer[1].decode("ascii", "replace").strip() if answer is not None and answer[0] == 0 else ""
    return said if _OID.fullmatch(said) else None


def _parents(root: Path, commit: str) -> list[str]:
    """Return a commit's parents as the commit itself names them, also where a shallow clone does not have them."""
    answer = _git(root, ("cat-file", "commit", commit))
    head = answer[1].partition(b"\n\n")[0] if answer is not None and answer[0] == 0 else b""
    return [line[7:].decode("ascii", "replace") for line in head.split(b"\n") if line.startswith(b"parent ")]


def _git(
    root: Path, words: Sequence[str], *, given: bytes | None = None, most: int = 1_000_000
) -> tuple[int, bytes] | None:
    environ = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
    return bytes_of(
        "git",
        ("-C", str(root), *_SAFE, *words),
        seconds=SECONDS,
        environ={**environ, **_ENVIRONMENT},
        given=given,
        most=most,
    )
