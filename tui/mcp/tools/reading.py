"""The tools that read a repository and an account: diagnose, what_if, migrate. They ask through the backends of the commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from diagnosis.account_view.documents import DocumentKind
from diagnosis.documents import diagnosis as diagnosis_document
from diagnosis.documents.exit_code import UNKNOWN
from diagnosis.documents.json_values import Object
from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.evidence import Origin
from diagnosis.names.arn import Arn
from diagnosis.what_if.proposal import ProposalKind
from tui.backend import BackendProblem, Cancelled, ProposedDocument, RunQuery
from tui.mcp import schemas
from tui.mcp.fix import FIX, FORMATS, fix_object, without_patches
from tui.mcp.foreign_text import Marking
from tui.mcp.result import Answer
from tui.mcp.sources import place_of
from tui.mcp.telling import told_of_diagnosis, told_of_migration, told_of_what_if
from tui.mcp.tools import inputs
from tui.mcp.tools.codes import of_verdict, with_credentials
from tui.mcp.tools.tool import Call, Tool
from tui.mcp.wildcards import wildcards_of
from tui.policy_file import policy_text

if TYPE_CHECKING:
    # Only names: what reads and judges is imported when a tool is called, not when a session begins.
    from diagnosis.migration.plan import Migration
    from diagnosis.verdicts.diagnosis import Diagnosis
    from tui.backends.repository import RepositoryBackend

_SECONDS = 300.0
_DIAGNOSIS = Marking(slugs=frozenset({"id", "remediations", "rule", "finding", "origin"}), known=frozenset(Origin))
_one_demo = threading.Lock()
"""The embedded account is one in a process."""


@contextmanager
def _backend(call: Call) -> Iterator[tuple[RepositoryBackend, tuple[int, ...]]]:
    """Yield the backend that the arguments name, and the runs; it is closed afterwards."""
    demo = call.arguments.get("demo")
    if demo is not None:
        if call.arguments.get("runs") or call.text("repository"):
            raise BackendProblem("`demo` brings its own repository and runs.", "Leave `runs` and `repository` out.")
        with _alone(call):
            backend = call.sources.demo(str(demo["stage"]), str(demo.get("incident", "release")))
            try:
                yield backend, ()
            finally:
                backend.close()
        return
    named, ids = call.sources.runs_named(call.texts("runs"))
    given = call.text("repository") or None
    if named and given and named.lower() != given.lower():
        raise BackendProblem(
            "The addresses of the runs name another repository than `repository`.", "Leave `repository` out."
        )
    case = call.sources.case(place_of(call.sources.root, call.text("case")) if call.text("case") else None)
    backend = call.sources.repository(named or given, call.text("workflow"), call.text("branch"), case)
    try:
        yield backend, ids or (case.runs if not given else ())
    finally:
        backend.close()


@contextmanager
def _alone(call: Call) -> Iterator[None]:
    while not _one_demo.acquire(timeout=0.1):
        if call.cancelled():
            raise Cancelled
    try:
        yield
    finally:
        _one_demo.release()


def _diagnosed(call: Call, backend: RepositoryBackend, ids: tuple[int, ...]) -> Diagnosis:
    """Return the diagnosis of the runs, else around the newest red run; of the demo, of its chain."""
    progress, cancelled = call.progress, call.cancelled
    if ids:
        return backend.diagnose_runs(ids, progress=progress, cancelled=cancelled)
    if call.arguments.get("demo") is not None:
        return backend.diagnose(None, subject=None, progress=progress, cancelled=cancelled)
    page = backend.list_runs(RunQuery(status="failure"), 1, cancelled=cancelled, progress=progress)
    if not page.rows:
        raise BackendProblem("The repository has no red run.", "Name `runs` to diagnose others.", UNKNOWN)
    newest = page.rows[0].key
    return backend.diagnose(newest, subject=newest, progress=progress, cancelled=cancelled)


def _diagnose(call: Call) -> Answer:
    with _backend(call) as (backend, ids):
        diagnosis = _diagnosed(call, backend, ids)
    fix = fix_object(diagnosis, call.text("patch") or "aws_cli")
    document = without_patches(diagnosis_document.document(diagnosis))
    problem = diagnosis.live.account.credentials_problem if diagnosis.live else None
    return Answer(
        told_of_diagnosis(diagnosis, fix, call.marker),
        with_credentials(exit_code(diagnosis), problem),
        call.marker,
        _DIAGNOSIS.of_document(_ordered(document), schemas.published("diagnosis-1")),
        _DIAGNOSIS.of_document(fix, FIX),
        "planescope://schemas/diagnosis-1",
    )


def _ordered(document: Object) -> Object:
    """Return the document with what an agent reads first before the long parts."""
    return {
        name: document[name]
        for name in (
            *(each for each in SECTIONS if each in document),
            *(each for each in document if each not in SECTIONS),
        )
    }


SECTIONS = (
    "schema",
    "title",
    "subject_run",
    "forecast",
    "unknown",
    "outcome",
    "remediations",
    "after_fix",
    "closure",
    "live",
    "attempts",
    "history",
    "drift",
    "anchors",
    "endpoints",
    "moment",
    "made_at",
)
_FIRST = ("schema", "title", "subject_run", "endpoints", "forecast", "unknown")


def _what_if(call: Call) -> Answer:
    from diagnosis.documents import what_if as what_if_document
    from tui.backends.proposed import proposal_of

    proposed = [_proposed(call, given) for given in call.arguments["documents"]]
    proposals = [proposal_of(each) for each in proposed]
    with _backend(call) as (backend, ids):
        diagnosis = _diagnosed(call, backend, ids)
        known = {str(replay_role) for replay_role in _roles(diagnosis)}
        for proposal in proposals:
            if proposal.role is not None and str(proposal.role) not in known:
                raise BackendProblem(
                    "No run assumes the role that a document names.",
                    "Name a role that the runs assume, or none.",
                )
        result = backend.what_if(diagnosis, proposed, progress=call.progress, cancelled=call.cancelled)
    problem = diagnosis.live.account.credentials_problem if diagnosis.live else None
    return Answer(
        told_of_what_if(result, call.marker),
        with_credentials(of_verdict(result.verdict), problem),
        call.marker,
        Marking().of_document(what_if_document.document(result), schemas.published("what-if-1")),
        schema="planescope://schemas/what-if-1",
    )


def _roles(diagnosis: Diagnosis) -> list[Arn]:
    if diagnosis.live is None:
        return []
    question = diagnosis.live.account.question
    return [arn for each in (question, *question.beside) if (arn := each.role_arn) is not None]


_PROPOSED = {
    ProposalKind.TRUST.value: DocumentKind.TRUST,
    ProposalKind.POLICY.value: DocumentKind.INLINE,
    ProposalKind.MANAGED.value: DocumentKind.MANAGED,
    ProposalKind.BOUNDARY.value: DocumentKind.BOUNDARY,
    ProposalKind.REPOSITORY_POLICY.value: DocumentKind.REPOSITORY,
}


def _proposed(call: Call, given: dict[str, str]) -> ProposedDocument:
    text, file = inputs.given_text(call, "text", given)
    role = Arn.parse(given["role"]) if given.get("role") else None
    if given.get("role") and (role is None or not role.is_role):
        raise BackendProblem("`role` is no role ARN.")
    return ProposedDocument(_PROPOSED[given["kind"]], policy_text(text), given.get("name", ""), role, file)


def _migrate(call: Call) -> Answer:
    plan = call.sources.migration(
        call.texts("repositories"),
        call.text("rename") or None,
        call.text("transfer") or None,
        call.texts("roles"),
        call.progress,
        call.cancelled,
    )
    document, withheld = _without_wildcards(plan)
    return Answer(
        (*told_of_migration(plan, call.marker), *withheld),
        with_credentials(of_verdict(plan.verdict), plan.credentials_problem),
        call.marker,
        Marking().of_document(
            _patches_first(document, call.text("patch") or FORMATS[0]), schemas.published("migration-1")
        ),
        schema="planescope://schemas/migration-1",
    )


def _patches_first(document: Object, form: str) -> Object:
    """Return the plan with its patches in one form, and before what is only told of the repositories."""
    others = set(FORMATS) - {form}
    roles = document["roles"]
    for role in roles if isinstance(roles, list) else ():
        steps = role["steps"] if isinstance(role, dict) else []
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, dict):
                for name in others & set(step):
                    del step[name]
    first = ("schema", "verdict", "roles")
    return {name: document[name] for name in (*first, *(each for each in document if each not in first))}


def _without_wildcards(plan: Migration) -> tuple[Object, tuple[str, ...]]:
    """Return the plan's document without a patch that would grant by a wildcard of its own, and what is said of it."""
    from diagnosis.documents import migration as migration_document

    document = migration_document.document(plan)
    held: list[str] = []
    told = document["roles"]
    for role, shown in zip(plan.roles, told if isinstance(told, list) else (), strict=True):
        pairs = [step for number in (1, 2) if (step := migration_document.step_of(role, number))]
        if isinstance(shown, dict) and any(any(wildcards_of(after, (before,))) for before, after in pairs):
            shown["steps"] = []
            held.append(
                "The patch of a role is withheld: it would grant by a wildcard that its trust policy does not hold."
            )
    return document, tuple(held)


_OF_RUNS: Object = {
    "runs": inputs.RUNS,
    "repository": inputs.REPOSITORY,
    "workflow": inputs.name("Only runs of this workflow file (release.yml)."),
    "branch": inputs.name("Only runs of this branch."),
    "case": inputs.CASE,
    "demo": inputs.DEMO,
}
_FORM: Object = {
    "enum": list(FORMATS),
    "default": FORMATS[0],
    "description": "The form of each patch, beside its difference.",
}
_PART: Object = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,100}$"}


TOOLS = (
    Tool(
        "diagnose",
        "Why a release failed, what a rerun would meet, the proved fix",
        "Diagnoses GitHub Actions runs that release to AWS: which gate stopped them, whether it would today, what else a"
        " rerun would meet, and the proved patches with whom and what they newly admit and take away. Reads GitHub and AWS with the"
        " server's credentials, changes nothing. A patch is text for a person to review.",
        {
            **_OF_RUNS,
            "patch": _FORM,
        },
        _diagnose,
        sections=SECTIONS[1:],
        default_sections=_FIRST,
        seconds=_SECONDS,
        asks_others=True,
    ),
    Tool(
        "what_if",
        "What proposed policies would do",
        "Judges proposed documents in memory against past runs and today's account: which gate each run would pass, and whom and"
        " what they would newly admit or no longer. Changes nothing.",
        {
            **_OF_RUNS,
            "documents": {
                "type": "array",
                "minItems": 1,
                "maxItems": 5,
                "items": {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {
                        "kind": {"enum": list(_PROPOSED)},
                        "text": inputs.text("The document as JSON."),
                        "file": inputs.file("The document's file"),
                        "name": inputs.name("Which inline or managed policy it replaces or makes."),
                        "role": inputs.name("ARN of the role, where the runs assume several."),
                    },
                    "additionalProperties": False,
                },
            },
        },
        _what_if,
        ("documents",),
        sections=(
            "verdict",
            "endpoints",
            "proposals",
            "newly_admitted",
            "no_longer_admitted",
            "newly_denied",
            "newly_allowed",
            "unknown",
            "runs",
        ),
        seconds=_SECONDS,
        asks_others=True,
    ),
    Tool(
        "migrate",
        "What immutable subjects, a rename or a transfer break",
        "Plans a repository's move to immutable subjects, another name or owner: the subjects before and after, the trust policies"
        " that break, and the patch in two proved steps. Reads GitHub and AWS, changes nothing.",
        {
            "repositories": {"type": "array", "items": inputs.REPOSITORY, "maxItems": 10},
            "rename": {**_PART, "description": "The new name of the one repository."},
            "transfer": {**_PART, "description": "The new owner."},
            "roles": {"type": "array", "items": inputs.name("A role's ARN."), "maxItems": 20},
            "patch": _FORM,
        },
        _migrate,
        sections=("verdict", "roles", "endpoints", "repositories", "roles_looked_at", "unknown"),
        seconds=_SECONDS,
        asks_others=True,
    ),
)
"""The tools that read."""
