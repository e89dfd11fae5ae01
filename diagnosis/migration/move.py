"""A repository as it is today and as it will be named: what its tokens carry before and after.

A rename or a transfer moves a repository on github.com to the immutable form of its subject; so does opting in. The
repository keeps its id; a transfer gives it another owner, with another id. Claims that are made of names change with them:
``sub``, ``repository``, ``repository_owner``, and the path in ``job_workflow_ref``, which never carries ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagnosis.claims.claim_set import GITHUB_ISSUER, ClaimSet, SubjectForm, finished, is_github_cloud, read_prefix
from diagnosis.claims.naming import Naming, Template, immutable_prefix, namings_of, stated_prefix, template_of
from diagnosis.facts.reading import Reading
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.verdicts.gate_verdict import Missing

_OF_A_WORKFLOW = ("job_workflow_ref", "workflow_ref")
"""The claims that name a workflow's file by its repository."""


@dataclass(frozen=True, slots=True)
class Move:
    """One repository before and after."""

    before: Repository
    after: Repository
    """The same id under the new name; the owner's id is None where it could not be read."""
    today: tuple[Naming, ...]
    """How its subjects may begin today, the likelier first."""
    prefix: str
    """How they begin afterwards, without a colon at the end; empty where the new owner's id is not known."""
    template: Template
    issuer: str = GITHUB_ISSUER
    """Of GitHub's tokens, without scheme and without an enterprise's own path."""
    missing: tuple[Missing, ...] = ()

    @property
    def renamed(self) -> bool:
        """Whether the repository gets another name or owner."""
        return self.before.full_name != self.after.full_name

    @property
    def classic(self) -> str:
        """The repository's part of a subject in the classic form, by today's name."""
        return f"repo:{self.before.full_name}"

    @property
    def old_prefixes(self) -> tuple[str, ...]:
        """Every way in which a policy may name the repository today, but for the one that stays."""
        known = (self.classic, immutable_prefix(self.before), *(naming.prefix for naming in self.today))
        return tuple(dict.fromkeys(prefix for prefix in known if prefix and prefix != self.prefix))

    def named(self, claims: ClaimSet, prefix: str) -> ClaimSet:
        """Return the same claims with a subject that begins like this."""
        read = read_prefix(prefix)
        form = read.form if read else SubjectForm.CLASSIC
        return finished(
            dict(claims.claims), claims.unknown, claims.why, form, claims.template, prefix, claims.subject_context
        )

    def afterwards(self, claims: ClaimSet) -> ClaimSet:
        """Return what the same job presents afterwards."""
        known, unknown = dict(claims.claims), set(claims.unknown)
        known |= {"repository": self.after.full_name, "repository_owner": self.after.owner}
        if self.before.owner != self.after.owner:
            # The new owner may belong to another enterprise, or to none.
            known.pop("enterprise_id", None)
            unknown.add("enterprise_id")
        if self.after.owner_id is None:
            known.pop("repository_owner_id", None)
            unknown.add("repository_owner_id")
        else:
            known["repository_owner_id"] = str(self.after.owner_id)
            unknown.discard("repository_owner_id")
        moved = replace(claims, claims=tuple(sorted(known.items())), unknown=tuple(sorted(unknown)))
        return self.named(self.calling_afterwards(moved), self.prefix)

    def calling_afterwards(self, claims: ClaimSet) -> ClaimSet:
        """Return the claims with the repository's workflows under their new name: another repository may call them."""
        known = dict(claims.claims)
        for key in _OF_A_WORKFLOW:
            if key in known:
                known[key] = self.workflow_afterwards(known[key])
        return replace(claims, claims=tuple(sorted(known.items())))

    def workflow_afterwards(self, path: str) -> str:
        """Return ``O/R/.github/…@ref`` under the new name; other repositories' workflows stay as they are."""
        own = f"{self.before.full_name}/"
        return f"{self.after.full_name}/{path[len(own) :]}" if path.lower().startswith(own.lower()) else path


def move_of(
    repository: Repository,
    customization: Reading[OidcCustomization],
    *,
    issuer: str = GITHUB_ISSUER,
    name: str | None = None,
    owner: str | None = None,
    owner_id: int | None = None,
) -> Move:
    """Return what becomes of a repository: renamed to ``name``, transferred to ``owner`` with ``owner_id``, or neither.

    Without either it keeps its names and its subjects are immutable, by opting in or already.
    """
    today, missing = namings_of(repository, customization, issuer)
    template, _, template_missing = template_of(customization, repository.owner)
    after = repository
    if name or owner:
        after = replace(
            repository,
            full_name=f"{owner or repository.owner}/{name or repository.name}",
            owner_id=owner_id if owner else repository.owner_id,
        )
    if not is_github_cloud(issuer):
        prefix = f"repo:{after.full_name}"
    else:
        stated = stated_prefix(customization)
        keeps = after == repository and "@" in stated
        prefix = stated if keeps else immutable_prefix(after)
    gaps = [*missing, *template_missing]
    if not prefix:
        what = "the new owner's id" if owner else "the repository's ids"
        how = f"GET /users/{owner}" if owner else f"GET /repos/{repository.full_name}"
        gaps.append(Missing(what, "it was not read, and the immutable subject carries it", f"{how}: its member `id`"))
    return Move(repository, after, today, prefix, template, issuer, tuple(gaps))
