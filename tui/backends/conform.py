"""Read both sides of a change, the working tree and the base branch, and judge it. Nobody is asked but git."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from diagnosis.conform.judge import Change, Side, Unread, judged
from diagnosis.conform.releases import NextRun
from diagnosis.conform.untold import SUBMODULE, is_of_program, is_root_of_program, is_silent
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.facts.uses import own_path
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow, WorkflowFile
from diagnosis.iac.files import LARGEST_PLAN, MOST_FILES, may_hold
from diagnosis.iac.proposal import Given
from diagnosis.iac.read import read_files
from diagnosis.names.arn import Arn
from diagnosis.next_run.attempt import next_attempt
from diagnosis.next_run.starts import Start, starts_of
from diagnosis.verdicts.conformance import Conformance
from diagnosis.visible_text import visible_line
from probes.checkout import Checkout
from probes.git_commit import CommitTree, base_tree, checked_out, is_pull_request, proposed_paths, submodules_of
from probes.programs import find_program
from probes.repository_tree import FOLDER, RepositoryTree
from probes.workflow_file import workflow_file
from tui.backend import BackendProblem, CancelHook, Progress, ProgressHook
from tui.backends.github_side import stop_if

MOST_STARTS = 24
"""Of one workflow; that there are more is told."""
LARGEST_OTHER = 2 * 1024 * 1024
"""Bytes of a changed file in which a document may stand in a form that is not read; that one is larger is told."""
_SUBJECT = re.compile(
    r"repo:(?P<owner>[A-Za-z0-9_.-]{1,100})(?:@(?P<owner_id>\d{1,20}))?/"
    r"(?P<name>[A-Za-z0-9_.-]{1,100})(?:@(?P<id>\d{1,20}))?:"
)
_KEPT_ELSEWHERE = "version https://git-lfs.github.com/spec/"
"""How a file begins that only names another one. Source: the specification of Git LFS."""
_DEFAULTS = ("origin/HEAD", "origin/main", "origin/master")


@dataclass(frozen=True, slots=True)
class ConformOptions:
    """What was asked for."""

    repository: Repository
    at: datetime
    folder: Path
    paths: tuple[str, ...] = ()
    """Files and folders, from the root of the repository, whose documents are judged; all of it where none is named."""
    base: str | None = None
    """The name of the base; None for the one that the clone knows."""
    case: Case = field(default_factory=Case)
    case_file: str = ""
    roles: Mapping[str, Arn] = field(default_factory=dict)
    given: Given = field(default_factory=Given)
    everything: bool = False


def judge(options: ConformOptions, progress: ProgressHook, cancelled: CancelHook) -> Conformance:
    """Judge the change. Raises BackendProblem, Cancelled."""
    progress(Progress("reading the base branch", 0, 4))
    old = _base(options)
    progress(Progress("reading the working tree", 1, 4))
    submodules = submodules_of(options.folder)
    paths = tuple(path for path in _proposed(options) if path not in submodules)
    files = Checkout(options.folder, next(filter(is_workflow, paths), ""))
    changed = _changed(old, options.folder, paths)
    after = documents_in(files, paths, options, changed)
    stop_if(cancelled)
    before = documents_in(old, old.paths, options, changed) if old is not None else Texts()
    stop_if(cancelled)
    progress(Progress("reading the releases", 2, 4))
    after, before = (
        _with_submodules(each, own, options)
        for each, own in ((after, submodules), (before, old.submodules if old is not None else {}))
    )
    form = subject_form((*before.texts.values(), *after.texts.values()), options.repository)
    base = side_of(old, old.paths, before, options, form) if old is not None else None
    head = _with_changed(side_of(files, paths, after, options, form), old, options.folder)
    stop_if(cancelled)
    progress(Progress("judging the change", 3, 4))
    change = Change(
        repository=options.repository,
        head=head,
        at=options.at,
        base=base,
        base_name=f"{_short(old.ref)} ({old.commit[:10]})" if old is not None else "",
        case=options.case,
        case_file=options.case_file,
        roles=options.roles,
        everything=options.everything,
    )
    found = judged(change)
    said = [old.note] if old is not None and old.note else []
    stated = [options.case_file] if options.case_file in paths else []
    if old is not None and old.not_as_in(options.folder, stated):
        said.append(
            f"{visible_line(options.case_file)} is part of this change: what it states is to be reviewed as well."
        )
    if old is not None and old.commit == checked_out(options.folder):
        said.append(f"{_short(old.ref)} is what is checked out: only what is not committed yet is compared with it.")
    return replace(found, notes=(*said, *found.notes))


def _base(options: ConformOptions) -> CommitTree | None:
    """Return the files of the base; None where nothing was committed yet. Raises BackendProblem."""
    names = (options.base,) if options.base else () if is_pull_request() else _DEFAULTS
    found = [base_tree(options.folder, name) for name in names] or [base_tree(options.folder)]
    tree = next((each for each in found if isinstance(each, CommitTree)), None)
    if tree is not None:
        return tree
    first = found[0]
    if find_program("git") is not None and checked_out(options.folder) is None:
        return None
    if options.base is None and not is_pull_request():
        raise BackendProblem(
            "There is nothing to compare with: the default branch is not known.", "Name the base: --base main."
        )
    why, how = (first.why, first.how) if isinstance(first, Unreadable) else ("it is not there", "name it: --base REF")
    raise BackendProblem(f"The base could not be read: {why}.", f"{how[:1].upper()}{how[1:]}.")


def top_of(folder: Path) -> Path:
    """Return the working tree in which a folder lies. Raises BackendProblem where it lies in none."""
    whole = folder.absolute()
    found = next((each for each in (whole, *whole.parents) if (each / ".git").exists()), None)
    if found is None:
        raise BackendProblem(
            "This folder is no clone of a repository.", "Run it in the clone whose change is to be judged."
        )
    return found


def _proposed(options: ConformOptions) -> tuple[str, ...]:
    """Return the files of the working tree. Raises BackendProblem."""
    listed = proposed_paths(options.folder, options.paths)
    if isinstance(listed, Unreadable):
        raise BackendProblem(
            f"The files of the working tree cannot be listed: {listed.why}.",
            f"{listed.how[:1].upper()}{listed.how[1:]}.",
        )
    return listed


def _changed(base: CommitTree | None, folder: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the files that hold no document in a form that is read, and that are not as on the base."""
    both = {*paths, *(base.paths if base is not None else ())}
    asked = sorted(path for path in both if not may_hold(path) and not is_workflow(path))
    return base.not_as_in(folder, asked) if base is not None else tuple(asked)


def _with_changed(head: Side, base: CommitTree | None, folder: Path) -> Side:
    """Return a side with which of its unread files are not as on the base: what neither side can tell may differ."""
    if base is None:
        return head
    changed = (bool(base.not_as_in(folder, each.among or (each.file,))) for each in head.unread)
    return replace(
        head, unread=tuple(replace(each, is_changed=moved) for each, moved in zip(head.unread, changed, strict=True))
    )


def _with_submodules(texts: Texts, submodules: Mapping[str, str], options: ConformOptions) -> Texts:
    """Return the texts with the commits of submodules, as git writes them in a difference."""
    told = {path: f"{SUBMODULE}{oid}\n" for path, oid in submodules.items() if _is_within(path, options.paths)}
    return replace(texts, others={**texts.others, **told})


def _short(ref: str) -> str:
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


@dataclass(frozen=True, slots=True)
class Texts:
    """The files of one side that may hold documents."""

    texts: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    """Files that hold no document in a form that is read, and that the change touches."""
    program: Mapping[str, str] = field(default_factory=dict)
    """Files among which infrastructure may be programmed."""


def documents_in(
    files: RepositoryTree, paths: Sequence[str], options: ConformOptions, changed: Sequence[str] = ()
) -> Texts:
    """Return the texts of the files that may hold documents, and those that could not be read.

    ``changed``: other files that the change touches, by their paths on either side.
    """
    texts: dict[str, str] = {}
    unread: list[Unread] = []
    wanted = [path for path in paths if may_hold(path) and _is_within(path, options.paths)]
    if wanted[MOST_FILES:]:
        why = f"no more than {MOST_FILES} files are read"
        beyond = tuple(wanted[MOST_FILES:])
        unread.append(Unread(wanted[MOST_FILES], why, "name the folders that hold documents", among=beyond))
    if isinstance(files, CommitTree):
        files.load(wanted[:MOST_FILES], LARGEST_PLAN)
    for path in wanted[:MOST_FILES]:
        # Large files that hold no document are passed over by who reads documents, and so are no gap.
        text = files.text(path, LARGEST_PLAN)
        if isinstance(text, Known) and text.value.startswith(_KEPT_ELSEWHERE):
            unread.append(
                Unread(path, "git LFS keeps it outside of the repository", "commit it as a file of the repository")
            )
        elif isinstance(text, Known):
            texts[path] = text.value
        elif not isinstance(text, Absent):
            unread.append(Unread(path, text.why, text.how))
    there = set(paths)
    changed = [path for path in changed if path in there and _is_within(path, options.paths)]
    if isinstance(files, CommitTree):
        files.load(changed[:MOST_FILES], LARGEST_OTHER)
    others: dict[str, str] = {}
    for path in changed[:MOST_FILES]:
        text = files.text(path, LARGEST_OTHER)
        if isinstance(text, Known):
            others[path] = text.value
        elif isinstance(text, Unreadable) and not is_silent(path):
            unread.append(Unread(path, text.why, text.how))
    if changed[MOST_FILES:]:
        why = f"more than {MOST_FILES} files are changed, and no more are read"
        unread.append(Unread(changed[MOST_FILES], why, "name the folders that hold documents"))
    inside = _program(files, paths) if changed and not options.paths else ()
    if moved := sorted({*inside[MOST_FILES:]} & {*changed}):
        why = f"no more than {MOST_FILES} files of the program around it are read"
        unread.append(Unread(moved[0], why, "review it by hand"))
    program = {
        path: text.value for path in inside[:MOST_FILES] if isinstance(text := files.text(path, LARGEST_OTHER), Known)
    }
    return Texts(texts, tuple(unread), others, program)


def _program(files: RepositoryTree, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the files among which infrastructure may be programmed; none where no file says that it is."""
    folders = [path.rpartition("/")[0] for path in paths if is_root_of_program(path)]
    if not folders or isinstance(files, CommitTree):
        return ()
    return tuple(path for path in paths if is_of_program(path) and any(_is_within(path, (each,)) for each in folders))


def subject_form(texts: Iterable[str], repository: Repository) -> Reading[OidcCustomization]:
    """Return how GitHub's subjects name the repository: as the documents do, since releases pass by them today.

    Where they name it in both forms, either is possible.
    """
    found = [match for text in texts for match in _SUBJECT.finditer(text)]
    own = [match for match in found if f"{match['owner']}/{match['name']}".lower() == repository.full_name.lower()]
    prefixes = {match.group().rstrip(":") for match in own if match["owner_id"] and match["id"]}
    has_classic = any(not match["owner_id"] and not match["id"] for match in own)
    if len(prefixes) == 1 and not has_classic:
        return Known(OidcCustomization(sub_claim_prefix=next(iter(prefixes))))
    if prefixes:
        return Known(OidcCustomization())
    return Known(OidcCustomization(sub_claim_prefix=f"repo:{repository.full_name}"))


def side_of(
    files: RepositoryTree,
    paths: Sequence[str],
    documents: Texts,
    options: ConformOptions,
    form: Reading[OidcCustomization],
) -> Side:
    """Return one side: its documents, and what its workflows would run next."""
    unread = list(documents.unread)
    runs: list[NextRun] = []
    known: list[tuple[str, Known[WorkflowFile], Workflow]] = []
    workflows = list(filter(is_workflow, paths))
    if isinstance(files, CommitTree):
        files.load(workflows)
    for path in workflows:
        file = workflow_file(files.text(path), path)
        if not isinstance(file, Known):
            why = "it is not there" if isinstance(file, Absent) else file.why
            unread.append(Unread(path, why, "" if isinstance(file, Absent) else file.how))
            continue
        parsed = file.value.parsed
        if isinstance(parsed, UnparsableWorkflow):
            unread.append(Unread(path, parsed.why, "", parsed.line))
            continue
        known.append((path, file, parsed))
    called = {own_path(job.uses) for _, _, parsed in known for job in parsed.jobs}
    for path, file, parsed in known:
        starts = _starts(parsed, options.repository.default_branch, is_called=path in called)
        for start in starts[:MOST_STARTS]:
            attempt = next_attempt(start, path, file, options.repository, form, options.at)
            # Who else uses a role is no question of a change: what is granted beyond need is compared as sets.
            runs.append(NextRun(path, start, files.added_to(attempt, others=False)))
        if (more := len(starts) - MOST_STARTS) > 0:
            why = f"it is started in {more} more ways than the {MOST_STARTS} that are judged"
            unread.append(Unread(path, why, "name fewer triggers and filters in one file"))
    own = {path: file.value.text for path, file, _ in known}
    return Side(
        read_files(documents.texts, options.given),
        tuple(runs),
        tuple(unread),
        {**documents.others, **own, **documents.texts},
        documents.program,
    )


def is_workflow(path: str) -> bool:
    """Return whether GitHub takes a file for a workflow."""
    folder, _, name = path.rpartition("/")
    return folder == FOLDER and name.lower().endswith((".yml", ".yaml"))


def _is_within(path: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(path == each or path.startswith(f"{each}/") or each in ("", ".") for each in wanted)


def _starts(workflow: Workflow, default_branch: str | None, *, is_called: bool) -> Sequence[Start]:
    """Return how a workflow is started; one that workflows of this repository call alone is judged with those."""
    found = starts_of(workflow, default_branch)
    if not found and workflow.triggers and not is_called:
        return (Start(workflow.triggers[0], None, "called by another repository"),)
    return found
