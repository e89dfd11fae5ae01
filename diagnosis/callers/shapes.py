"""The tokens that GitHub can mint, as shapes: which parts a token has, and in which claims each part stands.

The subject names the repository, in its classic form or with ids, and then the context: the environment, or ``pull_request``,
or the ref. ``ref`` holds the run's ref whatever the context; ``job_workflow_ref`` holds the file of the job's own workflow at the
run's own ref, or the file and ref of a called workflow, of whatever repository. Source: GitHub's OpenID Connect reference.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.callers.constraints import SESSION_NAME
from diagnosis.callers.search import Part, TokenShape
from diagnosis.claims.claim_set import TEMPLATE_CLAIMS, ContextKind, SubjectForm, is_github_cloud
from diagnosis.sets.words import Name, OneOf, State, Unspelled, Within, Words

WORKFLOWS = "/.github/workflows/"
HEADS, TAGS = "refs/heads/", "refs/tags/"


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


def _is_login(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "-_")


def _is_login_start(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _is_repository(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "-_.")


def _is_printable(sign: str) -> bool:
    return unicodedata.category(sign)[0] != "C"


def _is_digit(sign: str) -> bool:
    return sign in "0123456789"


def _is_digit_but_zero(sign: str) -> bool:
    return sign in "123456789"


def _is_session(sign: str) -> bool:
    return sign.isascii() and (sign.isalnum() or sign in "_+=,.@-")


def _is_any_login(sign: str) -> bool:
    return _is_login(sign) or sign in "[]"


_REF_SIGNS = frozenset("/.@{a")
_OF_REFS = frozenset(" ~^:?*[\\\x7f")


@dataclass(frozen=True, slots=True)
class RefName:
    """Names of branches and tags, by the rules of ``git check-ref-format``, but for some; letter case matters."""

    apart_from: frozenset[str] = frozenset()

    def begin(self) -> State:
        """Return the state before the first character."""
        return ("", "/")

    def step(self, state: State, character: str) -> State | None:
        """Go on unless git refuses the name; the last character decides what may follow."""
        so_far, last = state if isinstance(state, tuple) else (None, "/")
        if character in _OF_REFS or not _is_printable(character):
            return None
        if (character in ("/", ".") and last in ("/", ".")) or (character == "{" and last == "@"):
            return None
        now = None if so_far is None else so_far + character
        kept = now if now is not None and any(word.startswith(now) for word in self.apart_from) else None
        return (kept, character if character in ("/", ".", "@") else "")

    def ends(self, state: State) -> bool:
        """Return whether the name may end here."""
        so_far, last = state if isinstance(state, tuple) else (None, "/")
        return last not in ("/", ".") and so_far not in self.apart_from

    def signs(self, state: State) -> frozenset[str]:
        """Return how the names that are left out go on, and the characters of which git forbids some places."""
        so_far = state[0] if isinstance(state, tuple) else None
        if so_far is None:
            return _REF_SIGNS
        at = len(so_far)
        return _REF_SIGNS | {word[at] for word in self.apart_from if len(word) > at and word.startswith(so_far)}


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """Names of workflow files: ``.yml`` or ``.yaml``, without a slash."""

    _ENDINGS = (".yml", ".yaml")

    def begin(self) -> State:
        """Return the part of an ending that was read, and whether anything stands before it."""
        return ("", False)

    def step(self, state: State, character: str) -> State | None:
        """Keep the longest part of an ending that was read."""
        read, named = state if isinstance(state, tuple) else ("", False)
        if character in "/@:" or not _is_printable(character):
            return None
        now = read + character
        while now and not any(ending.startswith(now) for ending in self._ENDINGS):
            now = now[1:]
        return (now, named or not now)

    def ends(self, state: State) -> bool:
        """Return whether an ending was read whole, after a name."""
        return isinstance(state, tuple) and state[0] in self._ENDINGS and state[1]

    def signs(self, _state: State) -> frozenset[str]:
        """Return the characters of the endings."""
        return frozenset("".join(self._ENDINGS))


ANY_OWNER = Name(_is_login, _is_login_start, also=frozenset("a"))
ANY_REPOSITORY = Name(_is_repository, also=frozenset("a"))
ANY_ID = Name(_is_digit, _is_digit_but_zero, also=frozenset("1"))
ANY_TEXT = Name(_is_printable, also=frozenset("a"))
ANY_ENVIRONMENT = ANY_TEXT
ANY_BRANCH = Within(HEADS, RefName())
ANY_TAG = Within(TAGS, RefName())
PULL_REF = Within("refs/pull/", ANY_ID, "/merge")
ANY_REF = OneOf((ANY_BRANCH, ANY_TAG, PULL_REF))


def owner_apart_from(names: frozenset[str] = frozenset(), *, begins: str = "", begins_not: str = "") -> Words:
    """Return every owner but those of these names, in whatever letter case."""
    return Name(_is_login, _is_login_start, _folded(names), begins.lower(), begins_not.lower(), frozenset("a"))


def repository_apart_from(names: frozenset[str] = frozenset(), *, begins: str = "", begins_not: str = "") -> Words:
    """Return every name of a repository but these, in whatever letter case."""
    return Name(_is_repository, None, _folded(names), begins.lower(), begins_not.lower(), frozenset("a"))


def id_apart_from(number: str) -> Words:
    """Return every id but this."""
    return Name(_is_digit, _is_digit_but_zero, frozenset((number,)), also=frozenset("1"))


def environment_apart_from(names: frozenset[str]) -> Words:
    """Return every environment but these. GitHub does not tell letter case apart in their names."""
    return Name(_is_printable, None, _folded(names), also=frozenset("a"))


def branch_apart_from(names: frozenset[str]) -> Words:
    """Return every full ref of a branch but these names."""
    return Within(HEADS, RefName(names))


def tag_apart_from(names: frozenset[str]) -> Words:
    """Return every full ref of a tag but these names."""
    return Within(TAGS, RefName(names))


def unspelled_branch(sign: str) -> Words:
    """Return branches whose name no policy means."""
    return Within(HEADS, Unspelled(sign))


def unspelled_tag(sign: str) -> Words:
    """Return tags whose name no policy means."""
    return Within(TAGS, Unspelled(sign))


def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


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


_FREE: dict[str, Words] = {
    "actor": Name(_is_any_login, _is_login_start, also=frozenset("a")),
    "actor_id": ANY_ID,
    "enterprise_id": ANY_ID,
    "workflow": ANY_TEXT,
    SESSION_NAME: Name(_is_session, also=frozenset("a")),
}


_TEMPLATE_STARTS = (
    *(f"{key}:" for key in sorted(TEMPLATE_CLAIMS - {"context", "environment", "ref", "repo"})),
    "repo_property_",
    "repository_property_",
)
"""How a subject begins that follows a custom template: a claim's name, but for those that begin a default context."""

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
