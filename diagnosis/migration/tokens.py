"""Gather the tokens that matter to a move: what the workflows and runs present, and what a trust policy names.

Every token is kept under today's names in the classic form; a :class:`~diagnosis.migration.move.Move` says what it becomes.
A token that a policy names carries the values that its statement asks for, so that it is admitted if any token is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product

from diagnosis.claims.claim_set import (
    AWS_CLAIM_KEYS,
    ClaimSet,
    ContextKind,
    SubjectContext,
    SubjectForm,
    finished,
    read_subject,
)
from diagnosis.claims.run_context import token_jobs
from diagnosis.claims.subject_claim import AWS_AUDIENCE, claims_of
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import Workflow, WorkflowJob
from diagnosis.migration.globs import matches, remainders
from diagnosis.migration.move import Move
from diagnosis.policy import Policy, Statement
from diagnosis.steps.variables import is_legible

MOST_IN_USE = 60
"""Tokens of one repository's runs and workflow files: a hundred runs on as many branches say no more than some."""
_MOST_NAMED = 400
"""Tokens that are made of one policy; a trust policy of 8,192 characters lists fewer values."""
_NOT_OF_BRANCHES = frozenset({"pull_request", "release"})
"""Triggers whose runs are on no branch. A called workflow runs on its caller's, pull_request_target on the default branch."""
_STANDS_FOR_ANY = "x"


@dataclass(frozen=True, slots=True)
class UsedToken:
    """A token that somebody presents, or that a trust policy names."""

    claims: ClaimSet
    """Under today's names, in the classic form."""
    source: str
    """Where it was met: a run, a job of a workflow file, a place in a trust policy."""
    pattern: str = ""
    """What follows the repository in a policy's pattern that was filled in: the token stands for all that it matches."""
    caller: bool = True
    """Whether the repository itself presents it; otherwise another one does, by one of its reusable workflows."""


def in_use(move: Move, workflows: Iterable[Workflow], runs: Iterable[Attempt]) -> tuple[UsedToken, ...]:
    """Return what a repository's workflows and recent runs present, each once, those of the workflow files first."""
    files = {workflow.path: workflow for workflow in workflows}
    found: dict[tuple[object, ...], UsedToken] = {}
    for workflow in files.values():
        for token in of_workflow(move, workflow):
            found.setdefault(_identity(token), token)
    for attempt in runs:
        ran = files.get(attempt.workflow_path.partition("@")[0])
        for token in of_run(move, attempt, ran) if ran else ():
            if len(found) >= MOST_IN_USE:
                return tuple(found.values())
            found.setdefault(_identity(token), token)
    return tuple(found.values())


def _identity(token: UsedToken) -> tuple[object, ...]:
    claims = token.claims
    return (claims.subject, claims.get("job_workflow_ref"), claims.get("ref"), claims.get("workflow"))


def of_run(move: Move, attempt: Attempt, workflow: Workflow) -> Iterator[UsedToken]:
    """Yield what the jobs of a run that take credentials present, by today's workflow file."""
    name = attempt.workflow_file_name
    for job in jobs_with_credentials(workflow):
        own = replace(attempt, repository=move.before)
        possible = claims_of(own, workflow=workflow, job=job, issuer=move.issuer, audience=_audience(job))
        for claims in possible.sets:
            if claims.subject_context is not None:
                yield _token(move, claims, f"run {attempt.run_id} of {name}, job {job.id}")


def of_workflow(move: Move, workflow: Workflow) -> Iterator[UsedToken]:
    """Yield what the jobs of a workflow file present when it runs on the default branch or for a pull request."""
    branch = move.before.default_branch
    triggers = frozenset(workflow.triggers)
    for job in jobs_with_credentials(workflow):
        where = f"{workflow.path.rpartition('/')[2]}, job {job.id}"
        if job.environment and "${{" not in job.environment:
            contexts = [SubjectContext(ContextKind.ENVIRONMENT, job.environment)]
        elif job.environment or job.uses:
            continue
        else:
            contexts = []
            if branch and triggers - _NOT_OF_BRANCHES:
                contexts.append(SubjectContext(ContextKind.REF, f"refs/heads/{branch}"))
            if "pull_request" in triggers:
                contexts.append(SubjectContext(ContextKind.PULL_REQUEST))
        for context in contexts:
            on_branch = context.kind is not ContextKind.PULL_REQUEST and branch and "pull_request" not in triggers
            ref = f"refs/heads/{branch}" if on_branch or context.kind is ContextKind.REF else None
            known = {"aud": _audience(job), **({"workflow": workflow.name} if workflow.name else {})}
            if ref:
                known |= {"ref": ref, "job_workflow_ref": f"{move.before.full_name}/{workflow.path}@{ref}"}
            yield _token(move, _claims(move, context, known), where)


def _audience(job: WorkflowJob) -> str:
    """Return the audience that the job's credentials step requests; the action's default where it names none to be read."""
    given = (step.input("audience") for step in job.all_steps if step.input("role-to-assume"))
    return next((value for value in given if value and is_legible(value)), AWS_AUDIENCE)


def jobs_with_credentials(workflow: Workflow) -> tuple[WorkflowJob, ...]:
    """Return the jobs that may take credentials; none where the file shows no sign of AWS or of a called workflow."""
    jobs = token_jobs(workflow)
    return () if jobs == workflow.jobs and not any(_speaks_of_aws(job) for job in jobs) else jobs


def _speaks_of_aws(job: WorkflowJob) -> bool:
    return bool(job.uses) or any(
        "aws" in (step.uses or "").lower() or "assume-role-with-web-identity" in (step.run or "")
        for step in job.all_steps
    )


def _token(move: Move, claims: ClaimSet, source: str, *, pattern: str = "") -> UsedToken:
    keys = move.template.keys
    shaped = claims if keys is None else replace(claims, template=keys)
    return UsedToken(move.named(shaped, move.classic), source, pattern)


def _claims(move: Move, context: SubjectContext, known: Mapping[str, str]) -> ClaimSet:
    """Return the claims of the repository in a context; what nothing tells is marked as not known."""
    before = move.before
    claims = {"aud": AWS_AUDIENCE, "repository": before.full_name, "repository_owner": before.owner, **known}
    for key, number in (("repository_id", before.id), ("repository_owner_id", before.owner_id)):
        if number is not None:
            claims[key] = str(number)
    unknown = set(AWS_CLAIM_KEYS) - set(claims) - {"environment"}
    if context.kind is not ContextKind.PULL_REQUEST:
        claims[context.kind.value] = context.value
    return finished(claims, unknown - set(claims), "", SubjectForm.CLASSIC, ("repo", "context"), move.classic, context)


def named_by(policy: Policy, move: Move, issuer: str, role: str) -> Iterator[UsedToken]:
    """Yield tokens of the repository, and of callers of its workflows, that the statements of a trust policy name."""
    yield from islice(_named(policy, move, issuer, role), _MOST_NAMED)


def _named(policy: Policy, move: Move, issuer: str, role: str) -> Iterator[UsedToken]:
    for statement in policy.statements:
        asked = dict(_asked(statement, issuer))
        pins = {key: values for key, values in asked.items() if key not in ("sub", "repository", "repository_id")}
        where = f"{role}, {statement.name}"
        for context, pattern in contexts_named(asked.get("sub", ()), move):
            for known in _pinned(pins):
                claims = _claims(move, context, {})
                joined = {**known, **{key: value for key, value in claims.claims if key != "aud"}}
                if context.kind is not ContextKind.ENVIRONMENT:
                    joined.pop("environment", None)  # a job with one has it in its subject
                whole = finished(
                    joined,
                    set(claims.unknown) - set(joined),
                    "",
                    claims.form,
                    claims.template,
                    claims.prefix,
                    claims.subject_context,
                )
                yield _token(move, whole, where, pattern=pattern)
        if move.renamed:
            yield from _callers(asked, move, where)


def _asked(statement: Statement, issuer: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each claim with the values that the statement compares it with, positively or not."""
    found: dict[str, list[str]] = {}
    for condition in statement.conditions:
        if condition.base is None or not condition.folded_key.startswith(f"{issuer.lower()}:"):
            continue
        claim = condition.folded_key.rpartition(":")[2]
        if claim == "sub" or (not condition.base.negated and condition.compares_strings):
            found.setdefault(claim, []).extend(condition.values)
    for claim, values in found.items():
        yield claim, tuple(values)


def presenting(move: Move, afterwards: Mapping[str, str], source: str) -> UsedToken | None:
    """Return the token of today that becomes one with these claims; None where its subject is in no form of GitHub's own."""
    read = read_subject(afterwards.get("sub", ""))
    if read is None or read.context is None:
        return None
    known = {key: value for key, value in afterwards.items() if key not in _OF_THE_REPOSITORY}
    renamed, called = f"{move.after.full_name}/", known.get("job_workflow_ref", "")
    if called.startswith(renamed):
        known["job_workflow_ref"] = f"{move.before.full_name}/{called[len(renamed) :]}"
    return _token(move, _claims(move, read.context, known), source)


_OF_THE_REPOSITORY = frozenset({"sub", "repository", "repository_id", "repository_owner", "repository_owner_id"})


def contexts_named(subjects: Iterable[str], move: Move) -> Iterator[tuple[SubjectContext, str]]:
    """Yield the contexts in which listed subjects name the repository, each with the pattern that was filled in, if any.

    One that leaves the whole context open is met by the default branch where it is the repository's own (``repo:O/R:*``),
    and names no context where others share it (``repo:O/*``).
    """
    found: dict[SubjectContext, str] = {}
    for subject in subjects:
        for prefix in (*move.old_prefixes, *((move.prefix,) if move.prefix else ())):
            for rest in remainders(subject, f"{prefix}:"):
                sample = _filled(rest)
                if rest.startswith(("*", "?")):
                    if not subject.startswith(f"{prefix}:"):
                        continue
                    on_default = f"ref:refs/heads/{move.before.default_branch or 'main'}"
                    sample = on_default if matches(rest, on_default) else f"ref:refs/heads/{sample}"
                read = read_subject(f"repo:o/r:{sample}")
                if read and read.context:
                    found.setdefault(_whole(read.context), rest if rest != sample else "")
    yield from found.items()


def _whole(context: SubjectContext) -> SubjectContext:
    """Return the context with a ref that GitHub could name: ``ref:*`` is met by a branch."""
    if context.kind is ContextKind.REF and not context.value.startswith("refs/"):
        return SubjectContext(ContextKind.REF, f"refs/heads/{context.value}")
    return context


def _pinned(pins: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Yield sets of values that meet a statement's other claims; a pattern is filled in."""
    keys = list(pins)
    filled = [[_filled(value) for value in pins[key]] or [""] for key in keys]
    for values in islice(product(*filled), 40):
        yield {key: value for key, value in zip(keys, values, strict=True) if value}


def _filled(value: str) -> str:
    return value.replace("*", _STANDS_FOR_ANY).replace("?", _STANDS_FOR_ANY)


def _callers(asked: Mapping[str, tuple[str, ...]], move: Move, where: str) -> Iterator[UsedToken]:
    """Yield tokens of other repositories that a statement admits by a workflow of this one."""
    own = f"{move.before.full_name}/"
    for value in asked.get("job_workflow_ref", ()):
        rests = remainders(value, own)
        if not rests or value.startswith("*"):
            continue
        pins = {key: values for key, values in asked.items() if key not in ("sub", "job_workflow_ref")}
        for subject in (*asked.get("sub", ()), "") if "sub" in asked else ("",):
            if "sub" in asked and not subject:
                continue
            sample = _filled(subject)
            if any(sample.startswith(f"{prefix}:") for prefix in (move.classic, *move.old_prefixes)):
                continue
            for known in islice(_pinned(pins), 4):
                claims = {"aud": AWS_AUDIENCE, **known, "job_workflow_ref": own + _filled(rests[0])}
                if sample:
                    claims["sub"] = sample
                unknown = tuple(sorted({*AWS_CLAIM_KEYS, *(() if sample else ("sub",))} - set(claims)))
                made = ClaimSet(tuple(sorted(claims.items())), "", unknown)
                yield UsedToken(made, f"{where}, called by {subject or 'any repository'}", caller=False)
