"""The tokens that GitHub can mint, as shapes: which parts a token has, and in which claims each part stands.

The subject names the repository, in its classic form or with ids, and then the context: the environment, or ``pull_request``,
or the ref. ``ref`` holds the run's ref whatever the context; ``job_workflow_ref`` holds the file of the job's own workflow at the
run's own ref, or the file and ref of a called workflow, of whatever repository. Source: GitHub's OpenID Connect reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.callers.constraints import SESSION_NAME
from diagnosis.callers.github_names import (
    ANY_ACTOR,
    ANY_ENVIRONMENT,
    ANY_ID,
    ANY_OWNER,
    ANY_REPOSITORY,
    ANY_SESSION_NAME,
    ANY_TEXT,
    WorkflowFile,
)
from diagnosis.callers.search import Part, TokenShape
from diagnosis.claims.claim_set import TEMPLATE_CLAIMS, ContextKind, SubjectForm, is_github_cloud
from diagnosis.sets.words import OneOf, Within, Words

WORKFLOWS = "/.github/workflows/"


class WorkflowKind(StrEnum):
    """Whose file the job's workflow is."""

    OWN = "own"
    """A file of the repository, at the run's own ref."""
    CALLED = "called"
    """A reusable workflow that the job calls: any file of any repository, at any ref."""


@dataclass(frozen=True, slots=True)
class Party:
    """The repositories in whose name tokens are minted. A text stands for itself alone."""

    owner: Words | str
    name: Words | str
    owner_id: Words | str
    repository_id: Words | str


@dataclass(frozen=True, slots=True)
class TokenContext:
    """Where in its repository a job runs."""

    kind: ContextKind
    ref: Words
    """Full refs."""
    environment: Words | None = None


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes the shapes of one issuer's tokens, with the claims on which a policy depends."""

    issuer: str
    asked: frozenset[str]
    """The claims that any statement asks about."""
    audience: Words | str
    """What the caller requests."""

    @property
    def forms(self) -> tuple[SubjectForm, ...]:
        """The forms that subjects of this issuer can have."""
        return tuple(SubjectForm) if is_github_cloud(self.issuer) else (SubjectForm.CLASSIC,)

    @property
    def workflows(self) -> tuple[WorkflowKind, ...]:
        """The kinds of workflow that make a difference."""
        return tuple(WorkflowKind) if "job_workflow_ref" in self.asked else (WorkflowKind.OWN,)

    def shape(
        self, party: Party, form: SubjectForm, context: TokenContext, workflow: WorkflowKind = WorkflowKind.OWN
    ) -> TokenShape:
        """Return the tokens of a party in one form of subject, one context, and one kind of workflow."""
        own = ("job_workflow_ref",) if workflow is WorkflowKind.OWN and "job_workflow_ref" in self.asked else ()
        immutable = form is SubjectForm.IMMUTABLE
        parts = [
            Part(self.audience, ("aud",)),
            Part("repo:", ("sub",)),
            Part(party.owner, self._seen("sub", "repository", *own)),
            *((Part("@", ("sub",)), Part(party.owner_id, ("sub", "repository_owner_id"))) if immutable else ()),
            Part("/", self._seen("sub", "repository", *own)),
            Part(party.name, self._seen("sub", "repository", *own)),
            *((Part("@", ("sub",)), Part(party.repository_id, ("sub", "repository_id"))) if immutable else ()),
        ]
        if own:
            parts += [Part(WORKFLOWS, own), Part(WorkflowFile(), own), Part("@", own)]
        parts += self._context(context, own)
        if workflow is WorkflowKind.CALLED:
            parts += _called()
        ids = (("repository_owner_id", party.owner_id), ("repository_id", party.repository_id))
        beside = () if immutable else tuple(pair for pair in ids if pair[0] in self.asked)
        parts += [Part(words, (claim,)) for claim, words in beside]
        parts += [
            Part(words, (claim,), optional=claim == "enterprise_id")
            for claim, words in _FREE.items()
            if claim in self.asked
        ]
        return TokenShape(tuple(parts))

    def custom_shapes(self, party: Party) -> tuple[TokenShape, ...]:
        """Return tokens whose subject follows a template of the party's repository or organization.

        Such a subject is a list of ``claim:value``, the repository among them or not. Its values are taken as free, so that no
        subject that such a template can give is left out.
        """
        rest = OneOf(tuple(Within(start, ANY_TEXT) for start in _TEMPLATE_STARTS))
        owner, name = party.owner, party.name
        namings: tuple[tuple[Words | str, ...], ...] = (
            ("repo:", owner, "/", name, ":"),
            ("repo:", owner, "@", party.owner_id, "/", name, "@", party.repository_id, ":"),
        )
        begun = [(), *(naming for naming in namings[: len(self.forms)])]
        free = tuple(
            Part(words, (claim,), optional=claim in ("environment", "enterprise_id"))
            for claim, words in {**_OF_CLAIMS, **_FREE}.items()
            if claim in self.asked and (claim == SESSION_NAME or is_github_cloud(self.issuer))
        )
        return tuple(
            TokenShape(
                (
                    Part(self.audience, ("aud",)),
                    *(Part(words, ("sub",)) for words in beginning),
                    Part(rest, ("sub",)),
                    *free,
                )
            )
            for beginning in begun
        )

    def _seen(self, *claims: str) -> tuple[str, ...]:
        """Return the claims, without those that an enterprise server's tokens do not give to AWS."""
        return tuple(claim for claim in claims if claim in ("sub", "job_workflow_ref") or is_github_cloud(self.issuer))

    def _context(self, context: TokenContext, own: tuple[str, ...]) -> list[Part]:
        ref = self._seen("ref") + own
        if context.kind is ContextKind.REF:
            return [Part(":ref:", ("sub",)), Part(context.ref, ("sub", *ref))]
        if context.kind is ContextKind.PULL_REQUEST:
            parts = [Part(":pull_request", ("sub",))]
        else:
            named = context.environment or ANY_ENVIRONMENT
            parts = [
                Part(":environment:", ("sub",)),
                Part(named, ("sub", *self._seen("environment")), escaped=("sub",)),
            ]
        return [*parts, Part(context.ref, ref)] if ref else parts


_TEMPLATE_STARTS = (
    *(f"{key}:" for key in sorted(TEMPLATE_CLAIMS - {"context", "environment", "ref", "repo"})),
    "repo_property_",
    "repository_property_",
)
"""How a subject begins that follows a custom template: a claim's name, but for those that begin a default context."""

_FREE: dict[str, Words] = {
    "actor": ANY_ACTOR,
    "actor_id": ANY_ID,
    "enterprise_id": ANY_ID,
    "workflow": ANY_TEXT,
    SESSION_NAME: ANY_SESSION_NAME,
}
"""The claims that depend on no other part of a token."""

_OF_CLAIMS: dict[str, Words] = {
    "environment": ANY_TEXT,
    "job_workflow_ref": ANY_TEXT,
    "ref": ANY_TEXT,
    "repository": ANY_TEXT,
    "repository_id": ANY_ID,
    "repository_owner_id": ANY_ID,
}


def _called() -> list[Part]:
    """Return the parts of the reference of a called workflow."""
    claim = ("job_workflow_ref",)
    return [
        Part(ANY_OWNER, claim),
        Part("/", claim),
        Part(ANY_REPOSITORY, claim),
        Part(WORKFLOWS, claim),
        Part(WorkflowFile(), claim),
        Part("@", claim),
        Part(ANY_TEXT, claim),
    ]
