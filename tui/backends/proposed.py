"""Judge, on what a diagnosis has read, the account's documents for one run, and documents that the user proposes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from diagnosis.account_view.documents import DocumentKind
from diagnosis.account_view.sessions import session_views
from diagnosis.account_view.view import SessionView
from diagnosis.facts.case import Case
from diagnosis.policy import PolicyKind, Unparsable, read_document
from diagnosis.policy.language.faults import Fault
from diagnosis.policy.language.size_limits import OF_KINDS
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.visible_text import visible_line
from diagnosis.what_if.outcome import WhatIf, what_if
from diagnosis.what_if.proposal import Proposal, ProposalKind
from tui.atomic_write import PlaceTakenError, write_bytes_atomically
from tui.backend import BackendProblem, CancelHook, Progress, ProgressHook, ProposedDocument, RunKey, no_progress
from tui.backends.files_of_the_user import named_file, require_file
from tui.backends.github_side import stop_if
from tui.policy_file import read_policy_text

_KINDS = {
    DocumentKind.TRUST: (ProposalKind.TRUST, PolicyKind.TRUST),
    DocumentKind.INLINE: (ProposalKind.POLICY, PolicyKind.IDENTITY),
    DocumentKind.MANAGED: (ProposalKind.MANAGED, PolicyKind.IDENTITY),
    DocumentKind.BOUNDARY: (ProposalKind.BOUNDARY, PolicyKind.BOUNDARY),
    DocumentKind.REPOSITORY: (ProposalKind.REPOSITORY_POLICY, PolicyKind.RESOURCE),
}
NOT_READ = BackendProblem("The account was not read.", "Leave --no-live out.")


def views_of(
    shown: Diagnosis, run: RunKey, case: Case, progress: ProgressHook, cancelled: CancelHook
) -> tuple[SessionView, ...]:
    """Return what the account holds for each session of a run; nothing is asked again. Raises BackendProblem, Cancelled."""
    replay = next((each for each in shown.replays if each.attempt.key == run), None)
    if replay is None:
        raise BackendProblem("This run is not among those that were diagnosed.", "Choose a run of the timeline.")
    if shown.live is None:
        raise NOT_READ
    told = _told("judging the documents", progress, cancelled)
    return session_views(replay, shown.live.account, case, told)


def judged(
    shown: Diagnosis,
    case: Case,
    proposals: Sequence[Proposal],
    progress: ProgressHook = no_progress,
    cancelled: CancelHook = lambda: False,
) -> WhatIf:
    """Judge the proposals on what a diagnosis has read. Raises BackendProblem, Cancelled."""
    if shown.live is None:
        raise NOT_READ
    # A role in the case file is a fallback for what a run masks; where runs tell theirs, each is asked for its own.
    told = any(replay.facts.role_arn for replay in shown.replays)
    own = replace(case, role_arn=None) if told else case
    hook = _told("judging the runs", progress, cancelled)
    result = what_if(shown.replays, shown.live.account, own, proposals, hook)
    return replace(result, endpoints=shown.endpoints)


def proposal_of(document: ProposedDocument) -> Proposal:
    """Return the proposal that a document is. Raises BackendProblem for a text that is no policy, with its place."""
    if document.kind not in _KINDS:
        raise BackendProblem(f"What another {document.kind.value} would do is not judged.")
    kind, meant = _KINDS[document.kind]
    read = read_document(document.text, OF_KINDS[meant])
    if isinstance(read.policy, Unparsable) and read.policy.fault is not Fault.TOO_LONG:
        raise BackendProblem(f"The document is no {document.kind.value}: {read.policy.text}.")
    named = document.name if kind in (ProposalKind.POLICY, ProposalKind.MANAGED) else ""
    return Proposal(kind, read, document.file, named or None, document.role)


def opened_text(place: Path) -> str:
    """Return the text of a policy in a file. Raises BackendProblem for what cannot be read, or is no text."""
    whole = named_file(place).absolute()  # so that no name means standard input, from which the app reads its keys
    require_file(whole)
    return read_policy_text(whole).text


def saved_text(text: str, place: Path) -> Path:
    """Write a document to a new file and return its path. Raises BackendProblem; then nothing is written or changed."""
    whole = named_file(place)
    try:
        write_bytes_atomically(whole, f"{text.rstrip()}\n".encode(), over=False)
    except PlaceTakenError:
        raise BackendProblem(
            f"{visible_line(str(whole))} is there already.", "Give another name: nothing was replaced."
        ) from None
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or fault
        raise BackendProblem(f"{visible_line(str(whole))} cannot be written ({why}).", "Give another place.") from None
    return whole


def _told(what: str, progress: ProgressHook, cancelled: CancelHook) -> Callable[[int, int], None]:
    def told(done: int, total: int) -> None:
        stop_if(cancelled)
        progress(Progress(what, done, total))

    return told
