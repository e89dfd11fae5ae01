"""Make the tokens that a trust policy is asked about: a bounded list, from the repository's own to a stranger's.

Whoever runs a workflow chooses its branch, its environment and its name. So each probe is tried with the values that the
policy lists for those, and in both forms of the subject; the most that gets in counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from diagnosis.claims.claim_set import (
    AWS_CLAIM_KEYS,
    DEFAULT_TEMPLATE,
    ClaimSet,
    ContextKind,
    SubjectContext,
    SubjectForm,
    finished,
    is_github_cloud,
    read_subject,
)
from diagnosis.facts.runs import Repository
from diagnosis.policy import Policy
from diagnosis.trust.question import Caller

NOBODY = "planescope-probe"
"""A name that no policy lists on purpose; what admits it admits any name."""
_STRANGER_IDS = ("900000000001", "900000000002")
_MOST_CONTEXTS = 8
STAND_IN_IDS = ("1", "2")
"""Owner and repository id where neither the caller nor the policy tells them."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One kind of caller, with every token that such a caller could present."""

    slug: str
    who: str
    """Who that is, as a noun phrase."""
    tokens: tuple[ClaimSet, ...]
    harmful: bool
    """Whether a release role that admits it is too open."""


@dataclass(frozen=True, slots=True)
class _Owner:
    """A repository in whose name tokens are made."""

    owner: str
    name: str
    owner_id: str | None
    repository_id: str | None


def probes_for(policy: Policy, repository: Repository, caller: Caller, audience: str) -> tuple[Probe, ...]:
    """Return every probe for a repository; ids that are not known are taken from the policy's own subjects."""
    listed = _Listed(policy, caller)
    own = _own(repository, listed)
    branch = repository.default_branch or "main"
    make = _Maker(listed, caller, audience)
    on = SubjectContext(ContextKind.REF, f"refs/heads/{branch}")
    pull = SubjectContext(ContextKind.PULL_REQUEST)
    stranger = replace(own, owner=NOBODY, owner_id=_STRANGER_IDS[0], repository_id=_STRANGER_IDS[1])
    sibling = replace(own, name=NOBODY, repository_id=_STRANGER_IDS[1])
    found = [
        Probe("default-branch", f"the branch {branch}", make.tokens(own, [on]), False),
        Probe("another-branch", "any other branch", make.tokens(own, [_ref(f"refs/heads/{NOBODY}")]), True),
        Probe("tag", "any tag", make.tokens(own, [_ref(f"refs/tags/{NOBODY}")]), True),
        Probe("pull-request", "a pull request within the repository", make.tokens(own, [pull]), True),
        Probe("fork-pull-request", "a pull request from a fork", make.tokens(own, [pull]), True),
        Probe(
            "another-environment",
            "any other environment",
            make.tokens(own, [SubjectContext(ContextKind.ENVIRONMENT, NOBODY)]),
            True,
        ),
        Probe("another-repository", f"another repository of {own.owner}", make.every(sibling, on), True),
        Probe(
            "repository-name-begins-alike",
            f"a repository whose name begins like {own.name}",
            make.every(replace(sibling, name=f"{own.name}-{NOBODY}"), on),
            True,
        ),
        Probe("another-owner", "a repository of anybody else", make.every(stranger, on), True),
        Probe(
            "owner-name-begins-alike",
            f"an owner whose name begins like {own.owner}",
            make.every(replace(stranger, owner=f"{own.owner}-{NOBODY}"), on),
            True,
        ),
        Probe(
            "classic-form", "the repository with its classic subject", make.form(own, on, SubjectForm.CLASSIC), False
        ),
    ]
    if is_github_cloud(caller.issuer):
        again = replace(own, owner_id=_STRANGER_IDS[0], repository_id=_STRANGER_IDS[1])
        found += [
            Probe(
                "immutable-form",
                "the repository with its immutable subject",
                make.form(own, on, SubjectForm.IMMUTABLE),
                False,
            ),
            Probe(
                "name-taken-over",
                "a stranger who took over the names, with other ids",
                make.form(again, on, SubjectForm.IMMUTABLE),
                True,
            ),
        ]
        if listed.values("job_workflow_ref"):
            found.append(
                Probe(
                    "caller-of-the-workflow",
                    "anybody who may call the listed reusable workflow",
                    make.every(stranger, on, calling=True),
                    False,
                )
            )
    return tuple(found)


def has_stand_in_ids(policy: Policy, repository: Repository, caller: Caller) -> bool:
    """Return whether the probes carry ids that are made up for want of the repository's own."""
    own = _own(repository, _Listed(policy, caller))
    return is_github_cloud(caller.issuer) and own.repository_id == STAND_IN_IDS[1] and repository.id is None


class _Listed:
    """What the policy's Allow statements list for each claim."""

    def __init__(self, policy: Policy, caller: Caller) -> None:
        self._statements = policy.allows
        self._caller = caller

    def values(self, claim: str) -> tuple[str, ...]:
        """Return values that a token could carry; a pattern stands for one value that it matches."""
        found = (value for item in self._statements for value in item.listed(self._caller.key(claim)))
        return tuple(dict.fromkeys(_sample(value) for value in found))

    def contexts(self) -> Iterator[SubjectContext]:
        """Yield the contexts that the policy lists, for whatever repository."""
        for subject in self.values("sub"):
            read = read_subject(subject)
            if read and read.context:
                yield read.context
        for ref in self.values("ref"):
            yield _ref(ref)
        for environment in self.values("environment"):
            yield SubjectContext(ContextKind.ENVIRONMENT, environment)


class _Maker:
    """Makes tokens in the name of a repository."""

    def __init__(self, listed: _Listed, caller: Caller, audience: str) -> None:
        self._listed = listed
        # The job's author chooses the audience too; what the provider lists is asked elsewhere.
        asked = listed.values("aud")
        self._audience = audience if audience in asked or not asked else asked[0]
        self._forms = tuple(SubjectForm) if is_github_cloud(caller.issuer) else (SubjectForm.CLASSIC,)

    def tokens(
        self,
        owner: _Owner,
        contexts: list[SubjectContext],
        *,
        calling: bool = False,
        forms: tuple[SubjectForm, ...] = (),
    ) -> tuple[ClaimSet, ...]:
        """Make tokens in these contexts, in every form for which the ids are known."""
        return tuple(
            self._token(owner, context, form, workflow, calling)
            for form in forms or self._forms
            if form is SubjectForm.CLASSIC or (owner.owner_id and owner.repository_id)
            for context in contexts
            for workflow in (self._listed.values("workflow")[:1] or (NOBODY,))
        )

    def every(self, owner: _Owner, usual: SubjectContext, *, calling: bool = False) -> tuple[ClaimSet, ...]:
        """Make tokens in the usual context and in every one that the policy lists: the owner there chooses freely."""
        contexts = dict.fromkeys([usual, *self._listed.contexts()])
        return self.tokens(owner, list(contexts)[:_MOST_CONTEXTS], calling=calling)

    def form(self, owner: _Owner, context: SubjectContext, form: SubjectForm) -> tuple[ClaimSet, ...]:
        """Make tokens of one form, in the usual context and in every listed one."""
        contexts = dict.fromkeys([context, *self._listed.contexts()])
        return self.tokens(owner, list(contexts)[:_MOST_CONTEXTS], forms=(form,))

    def _token(
        self, owner: _Owner, context: SubjectContext, form: SubjectForm, workflow: str, calling: bool
    ) -> ClaimSet:
        claims = {
            "aud": self._audience,
            "repository": f"{owner.owner}/{owner.name}",
            "repository_owner": owner.owner,
            "workflow": workflow,
        }
        ids = {"repository_owner_id": owner.owner_id, "repository_id": owner.repository_id}
        claims |= {key: value for key, value in ids.items() if value}
        if context.kind is not ContextKind.PULL_REQUEST:
            claims[context.kind.value] = context.value
        else:
            pulls = [ref for ref in self._listed.values("ref") if ref.startswith("refs/pull/")]
            claims["ref"] = next(iter(pulls), "refs/pull/1/merge")
        if context.kind is ContextKind.ENVIRONMENT:
            # A job in an environment runs on some ref, and its author chooses it. A listed environment is tried on a
            # listed ref; any other one on any branch or tag, since what a listed ref opens is no matter of environments.
            refs = self._listed.values("ref")
            tried = [ref for ref in refs if context.value != NOBODY or ref == f"refs/tags/{NOBODY}"]
            claims["ref"] = next(iter(tried), f"refs/heads/{NOBODY}")
        if calling:
            claims["job_workflow_ref"] = self._listed.values("job_workflow_ref")[0]
        prefix = f"repo:{owner.owner}/{owner.name}"
        if form is SubjectForm.IMMUTABLE:
            prefix = f"repo:{owner.owner}@{owner.owner_id}/{owner.name}@{owner.repository_id}"
        unknown = (set(AWS_CLAIM_KEYS) - set(claims)) - {"environment"}
        return finished(claims, unknown, "", form, DEFAULT_TEMPLATE, prefix, context)


def _own(repository: Repository, listed: _Listed) -> _Owner:
    """Return the repository with its ids: given, else as the policy's own subjects or id conditions tell them."""
    owner_id = str(repository.owner_id) if repository.owner_id is not None else None
    repository_id = str(repository.id) if repository.id is not None else None
    for subject in listed.values("sub"):
        read = read_subject(subject)
        if read and read.repository.lower() == repository.full_name.lower() and read.owner_id:
            owner_id, repository_id = owner_id or read.owner_id, repository_id or read.repository_id
    owner_id = owner_id or next(iter(listed.values("repository_owner_id")), None)
    repository_id = repository_id or next(iter(listed.values("repository_id")), None)
    return _Owner(repository.owner, repository.name, owner_id or STAND_IN_IDS[0], repository_id or STAND_IN_IDS[1])


def _ref(ref: str) -> SubjectContext:
    return SubjectContext(ContextKind.REF, ref)


def _sample(pattern: str) -> str:
    """Return one value that a pattern matches: wildcards replaced by a name that nobody lists."""
    return pattern.replace("*", NOBODY).replace("?", "x")
