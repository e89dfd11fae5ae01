"""Cut the tokens that GitHub can mint into regions with names: who a caller is, seen from the repository that is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from diagnosis.callers.constraints import Rules
from diagnosis.callers.github_names import (
    ANY_BRANCH,
    ANY_ID,
    ANY_REF,
    ANY_REF_OF_PULL,
    ANY_REPOSITORY,
    ANY_TAG,
    HEADS,
    PULL_REF,
    TAGS,
    branch_apart_from,
    environment_apart_from,
    id_apart_from,
    is_repository_name,
    owner_apart_from,
    repository_apart_from,
    tag_apart_from,
    unspelled_branch,
    unspelled_tag,
)
from diagnosis.callers.search import TokenShape
from diagnosis.callers.shapes import Mint, Party, TokenContext, WorkflowKind
from diagnosis.claims.claim_set import ContextKind, SubjectForm, is_github_cloud, read_subject
from diagnosis.facts.runs import Repository
from diagnosis.policy import Statement
from diagnosis.sets.patterns import unspelled
from diagnosis.sets.words import Exactly, OneOf, Unspelled, Words

STAND_IN_IDS = ("1", "2")
"""Owner and repository id where neither the caller nor the policy tells them."""
CALLER = "caller-of-the-workflow"
FOREIGN_CALLER = "foreign-caller-of-the-workflow"
"""Strangers who call a listed workflow: whether they may is a setting of the repository that holds it."""
CUSTOM_SUBJECT = "custom-subject"
_WILD = frozenset("*?")


@dataclass(frozen=True, slots=True)
class Region:
    """A part of all tokens, with a name."""

    slug: str
    who: str
    """Who presents such tokens, as a noun phrase."""
    shapes: tuple[TokenShape, ...]
    harmful: bool = False
    """Whether a release role that admits one of them is too open."""
    own: bool = False
    """Whether it is what the role is meant for: the repository itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the Allow statements name in full."""

    owners: frozenset[str]
    repositories: frozenset[tuple[str, str]]
    refs: tuple[str, ...]
    """Full refs."""
    environments: tuple[str, ...]
    own_ids: tuple[str | None, str | None]
    """The owner's and the repository's id, by subjects or conditions on ids."""


def listed_in(rules: Rules, repository: Repository) -> Listed:
    """Return the names that the policies' Allow statements spell in full."""
    owners: set[str] = set()
    repositories: set[tuple[str, str]] = set()
    refs: dict[str, None] = {}
    environments: dict[str, None] = {}
    ids: list[str | None] = [None, None]
    for statement in _allows(rules):
        values = {claim: statement.listed(f"{rules.issuer}:{claim}") for claim in _LISTING}
        subjects = values["sub"]
        named = [_named(value.removeprefix("repo:")) for value in subjects if value.startswith("repo:")]
        named += [_named(value) for value in values["repository"]]
        # Who holds a workflow that others call is named by it, and no stranger.
        called = [_named("/".join(value.split("/")[:2])) for value in values["job_workflow_ref"]]
        for owner, name in (*named, *called):
            _add(owner, name, owners, repositories)
        contexts = [read.context for value in subjects if (read := read_subject(value)) and read.context]
        spelled = [item for item in contexts if not set(item.value) & _WILD]
        named_refs = [*(item.value for item in spelled if item.kind is ContextKind.REF), *values["ref"]]
        refs |= dict.fromkeys(ref for ref in named_refs if ref.startswith("refs/") and not set(ref) & _WILD)
        environments |= dict.fromkeys(item.value for item in spelled if item.kind is ContextKind.ENVIRONMENT)
        environments |= dict.fromkeys(value for value in values["environment"] if not set(value) & _WILD)
        for place, number in enumerate(_ids_in(values, named, repository)):
            ids[place] = ids[place] or number
    return Listed(frozenset(owners), frozenset(repositories), tuple(refs), tuple(environments), (ids[0], ids[1]))


_LISTING = (
    "sub",
    "repository",
    "job_workflow_ref",
    "ref",
    "environment",
    "repository_owner_id",
    "repository_id",
)


def _allows(rules: Rules) -> Iterator[Statement]:
    return (rule.statement for rule in rules.rules if rule.allows and rule.statement is not None)


def _ids_in(
    values: Mapping[str, tuple[str, ...]], named: list[tuple[str, str]], repository: Repository
) -> tuple[str | None, str | None]:
    """Return the repository's owner id and own id as a statement tells them; None where it tells none, or another's.

    A subject with ids tells them for the names in it. A condition on an id does so where the statement is about this
    repository alone, or about no repository by name.
    """
    own = repository.full_name.lower()
    for value in values["sub"]:
        read = read_subject(value)
        if read and read.repository.lower() == own and read.owner_id:
            return read.owner_id, read.repository_id
    if any(f"{owner}/{name}".lower() != own for owner, name in named if name):
        return None, None
    owner_id, repository_id = (
        next((value for value in values[claim] if value.isdigit()), None)
        for claim in ("repository_owner_id", "repository_id")
    )
    return owner_id, repository_id


def _named(text: str) -> tuple[str, str]:
    """Return owner and name without ids from ``OWNER[@ID]/NAME[@ID][:…]``; what is no plain name is left empty."""
    owner, _, rest = text.partition("/")
    owner, name = owner.partition("@")[0], rest.partition(":")[0].partition("@")[0]
    return ("" if set(owner) & _WILD else owner, "" if set(name) & _WILD or ":" in owner else name)


def _add(owner: str, name: str, owners: set[str], repositories: set[tuple[str, str]]) -> None:
    if owner:
        owners.add(owner)
        if is_repository_name(name):
            repositories.add((owner, name))


class Regions:
    """Makes the regions for one repository and one provider."""

    def __init__(self, rules: Rules, repository: Repository, audience: Words | str, own_audience: str) -> None:
        self._rules, self._repository = rules, repository
        self.listed = listed_in(rules, repository)
        self._others = Mint(rules.issuer, rules.claims, audience)
        self._owns = Mint(rules.issuer, rules.claims, own_audience)
        known = (repository.owner_id, repository.id)
        self._ids = tuple(
            str(number) if number is not None else told or stand_in
            for number, told, stand_in in zip(known, self.listed.own_ids, STAND_IN_IDS, strict=True)
        )
        self._own = Party(repository.owner, repository.name, self._ids[0], self._ids[1])
        self._default = f"{HEADS}{repository.default_branch or 'main'}"
        self._sign = unspelled(rules.patterns.characters | frozenset(repository.full_name))

    @property
    def ids_are_stand_ins(self) -> bool:
        """Whether the repository's id is made up for want of its own."""
        return is_github_cloud(self._rules.issuer) and self._repository.id is None and self.listed.own_ids[1] is None

    @property
    def own_ids(self) -> tuple[str, str]:
        """The owner's and the repository's id, or what stands for them."""
        return self._ids[0], self._ids[1]

    @property
    def forms(self) -> tuple[SubjectForm, ...]:
        """The forms that subjects of the issuer can have."""
        return self._owns.forms

    def of_admission(self) -> tuple[Region, ...]:
        """Return the regions by which it is told who gets in, the repository itself first, strangers last."""
        branch = self._repository.default_branch or "main"
        return (
            self._of_own("default-branch", f"the branch {branch}", _on(Exactly(self._default)), own=True),
            self._of_own("another-branch", "any other branch", _on(unspelled_branch(self._sign)), harmful=True),
            self._of_own("tag", "any tag", _on(unspelled_tag(self._sign)), harmful=True),
            self._of_own("pull-request", "a pull request within the repository", _PULL, harmful=True),
            self._of_own("fork-pull-request", "a pull request from a fork", _PULL, harmful=True),
            self._of_own("another-environment", "any other environment", self._elsewhere(), harmful=True),
            *self._strangers(),
            self._of_form(SubjectForm.CLASSIC, "the repository with its classic subject"),
            *self._of_ids(),
            *self._callers(),
            *self._by_pattern(),
            *self._named(),
            Region(
                CUSTOM_SUBJECT,
                "tokens whose subject follows a custom template",
                self._owns.custom_shapes(self._own),
                own=True,
            ),
        )

    def of_comparison(self) -> tuple[Region, ...]:
        """Return regions that together hold every token, those that are told first before those that hold the rest."""
        return (
            replace(
                self._of_own(
                    "default-branch", f"the branch {self._default.removeprefix(HEADS)}", _on(Exactly(self._default))
                ),
                own=True,
            ),
            *self._named(),
            self._of_own("another-branch", "any other branch", _on(unspelled_branch(self._sign))),
            self._of_own("tag", "any tag", _on(unspelled_tag(self._sign))),
            self._of_own("pull-request", "a pull request", _ANY_PULL),
            self._of_own("another-environment", "any other environment", self._elsewhere()),
            *self._by_pattern(),
            *self._strangers(),
            *(region for region in self._of_ids() if region.slug == "name-taken-over"),
            *self._made_anew(),
            *self._callers(),
            Region(
                CUSTOM_SUBJECT, "tokens whose subject follows a custom template", self._others.custom_shapes(_ANYBODY)
            ),
        )

    def everything(self) -> tuple[TokenShape, ...]:
        """Return the shapes that hold every token of every region. No other repository is named like this one in other letters."""
        own = self._own
        strangers = Party(owner_apart_from(frozenset({self._repository.owner})), ANY_REPOSITORY, ANY_ID, ANY_ID)
        siblings = replace(own, name=repository_apart_from(frozenset({self._repository.name})), repository_id=ANY_ID)
        parties = (own, siblings, strangers)
        shapes = self._shapes(self._others, parties, _EVERY_CONTEXT, self._others.workflows)
        if is_github_cloud(self._rules.issuer):
            renamed = replace(own, owner_id=ANY_ID, repository_id=ANY_ID)
            shapes += tuple(
                self._others.shape(renamed, SubjectForm.IMMUTABLE, context, workflow)
                for context in _EVERY_CONTEXT
                for workflow in self._others.workflows
            )
        return (*shapes, *self._others.custom_shapes(_ANYBODY))

    # ------------------------------------------------------------------------------------------------------ regions

    def _of_own(
        self, slug: str, who: str, context: TokenContext, *, harmful: bool = False, own: bool = False
    ) -> Region:
        mint = self._owns if own else self._others
        workflows = mint.workflows if own else (WorkflowKind.OWN,)
        return Region(slug, who, self._shapes(mint, (self._own,), (context,), workflows), harmful, own)

    def _of_form(self, form: SubjectForm, who: str) -> Region:
        shapes = tuple(
            self._owns.shape(self._own, form, context, workflow)
            for context in _EVERY_CONTEXT
            for workflow in self._owns.workflows
        )
        return Region(f"{form}-form", who, shapes, own=True)

    def _of_ids(self) -> Iterator[Region]:
        if not is_github_cloud(self._rules.issuer):
            return
        yield self._of_form(SubjectForm.IMMUTABLE, "the repository with its immutable subject")
        yield self._of_other_ids(
            "name-taken-over",
            "a stranger who took over the names, with other ids",
            self._somebody(self._own.owner, self._own.name),
            harmful=True,
        )

    def _of_other_ids(self, slug: str, who: str, party: Party, *, harmful: bool = False) -> Region:
        """Return a region of the repository's names with other ids, which only immutable subjects tell apart."""
        shapes = tuple(self._others.shape(party, SubjectForm.IMMUTABLE, context) for context in _EVERY_CONTEXT)
        return Region(slug, who, shapes, harmful)

    def _strangers(self) -> Iterator[Region]:
        owner, name = self._repository.owner, self._repository.name
        named = frozenset(item for where, item in self.listed.repositories if where.lower() == owner.lower()) | {name}
        owners = self.listed.owners | {owner}
        for slug, who, words in (
            ("another-repository", f"another repository of {owner}", repository_apart_from(named, begins_not=name)),
            (
                "repository-name-begins-alike",
                f"a repository whose name begins like {name}",
                repository_apart_from(named - {name}, begins=name),
            ),
        ):
            yield self._of_party(
                slug, who, replace(self._own, name=words, repository_id=self._other_id(1)), harmful=True
            )
        for slug, who, words in (
            ("another-owner", "a repository of anybody else", owner_apart_from(owners, begins_not=owner)),
            (
                "owner-name-begins-alike",
                f"an owner whose name begins like {owner}",
                owner_apart_from(owners - {owner}, begins=owner),
            ),
        ):
            yield self._of_party(slug, who, self._somebody(words, ANY_REPOSITORY), harmful=True)
        yield from self._named_parties()

    def _named_parties(self) -> Iterator[Region]:
        """Yield the repositories that the policy names in full, and the rest of the owners that it names."""
        owner, own = self._repository.owner.lower(), self._repository.full_name.lower()
        for where, name in sorted(self.listed.repositories):
            if f"{where}/{name}".lower() != own:
                yield self._of_party(
                    "listed-repository", f"the repository {where}/{name}", Party(where, name, ANY_ID, ANY_ID)
                )
        for where in sorted(self.listed.owners):
            if where.lower() != owner:
                names = frozenset(name for place, name in self.listed.repositories if place.lower() == where.lower())
                others = self._somebody(where, repository_apart_from(names))
                yield self._of_party("listed-owner", f"any repository of {where}", others)

    def _other_id(self, place: int) -> Words:
        """Return every id but that of the repository's owner (0) or of the repository (1)."""
        return id_apart_from(self._ids[place])

    def _somebody(self, owner: Words | str, name: Words | str) -> Party:
        """Return repositories of other owners, whose ids are others too."""
        return Party(owner, name, self._other_id(0), self._other_id(1))

    def _of_party(self, slug: str, who: str, party: Party, *, harmful: bool = False) -> Region:
        return Region(slug, who, self._shapes(self._others, (party,), _EVERY_CONTEXT, (WorkflowKind.OWN,)), harmful)

    def _callers(self) -> Iterator[Region]:
        """Yield those who get in by calling a reusable workflow that the policy names, from whatever branch or repository."""
        if WorkflowKind.CALLED not in self._others.workflows:
            return
        called = (WorkflowKind.CALLED,)
        siblings = replace(
            self._own, name=repository_apart_from(frozenset({self._repository.name})), repository_id=ANY_ID
        )
        inside = self._shapes(self._others, (self._own, siblings), _EVERY_CONTEXT, called)
        owner = self._repository.owner
        yield Region(CALLER, f"any run in {owner} that calls the listed reusable workflow", inside)
        strangers = self._somebody(owner_apart_from(frozenset({owner})), ANY_REPOSITORY)
        outside = self._shapes(self._others, (strangers,), _EVERY_CONTEXT, called)
        yield Region(FOREIGN_CALLER, "anybody else who may call the listed reusable workflow", outside, harmful=True)

    def _made_anew(self) -> Iterator[Region]:
        """Yield the owner's own repository of the same name, deleted and made anew."""
        if is_github_cloud(self._rules.issuer):
            party = replace(self._own, repository_id=self._other_id(1))
            yield self._of_other_ids("name-made-anew", "a repository of the same name that was made anew", party)

    def _by_pattern(self) -> Iterator[Region]:
        """Yield the branches, tags and environments that the policy does not name, and that a pattern may hold."""
        refs = self.listed.refs
        heads = frozenset(ref.removeprefix(HEADS) for ref in (*refs, self._default) if ref.startswith(HEADS))
        tags = frozenset(ref.removeprefix(TAGS) for ref in refs if ref.startswith(TAGS))
        yield self._of_own("branch-by-pattern", "branches that a pattern admits", _on(branch_apart_from(heads)))
        yield self._of_own("tag-by-pattern", "tags that a pattern admits", _on(tag_apart_from(tags)))
        named = frozenset(self.listed.environments)
        yield self._of_own(
            "environment-by-pattern", "environments that a pattern admits", _in(environment_apart_from(named))
        )

    def _elsewhere(self) -> TokenContext:
        """Return an environment that no policy means, on a ref that no policy means: what a listed ref opens is its own matter."""
        ref = OneOf((unspelled_branch(self._sign), unspelled_tag(self._sign)))
        return TokenContext(ContextKind.ENVIRONMENT, ref, Unspelled(self._sign))

    def _named(self) -> Iterator[Region]:
        """Yield each branch, tag and environment that the policy names in full."""
        for ref in self.listed.refs:
            if ref != self._default and ref.startswith((HEADS, TAGS)):
                kind, _, name = ref.removeprefix("refs/").partition("/")
                what = "branch" if kind == "heads" else "tag"
                yield self._of_own(f"listed-{what}", f"the {what} {name}", _on(Exactly(ref)))
        for name in self.listed.environments:
            yield self._of_own("listed-environment", f"the environment {name}", _in(Exactly(name)))

    def _shapes(
        self,
        mint: Mint,
        parties: Iterable[Party],
        contexts: Iterable[TokenContext],
        workflows: Iterable[WorkflowKind],
    ) -> tuple[TokenShape, ...]:
        kinds, places = tuple(workflows), tuple(contexts)
        return tuple(
            dict.fromkeys(
                mint.shape(party, form, context, kind)
                for party in parties
                for form in mint.forms
                for context in places
                for kind in kinds
            )
        )


def _on(ref: Words) -> TokenContext:
    return TokenContext(ContextKind.REF, ref)


def _in(environment: Words) -> TokenContext:
    return TokenContext(ContextKind.ENVIRONMENT, ANY_REF, environment)


_ANYBODY = Party(owner_apart_from(), ANY_REPOSITORY, ANY_ID, ANY_ID)
_PULL = TokenContext(ContextKind.PULL_REQUEST, PULL_REF)
_ANY_PULL = TokenContext(ContextKind.PULL_REQUEST, ANY_REF_OF_PULL)
_EVERY_CONTEXT = (
    _on(OneOf((ANY_BRANCH, ANY_TAG))),
    _ANY_PULL,
    TokenContext(ContextKind.ENVIRONMENT, ANY_REF),
)
