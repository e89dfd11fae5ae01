"""Find out why a trust policy refuses a token: which Allow statement was meant for it, and what of it the token does not meet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ClaimSet, ContextKind, is_github_issuer, read_subject
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, Statement
from diagnosis.trust.faults import Fault, faults_of
from diagnosis.trust.question import Caller
from diagnosis.trust.subject_faults import repository_of

_MOST_STATEMENTS = 40
"""Trust policies are short (8,192 characters at most): a longer list is foreign junk and is not searched whole."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one claim set is refused."""

    faults: tuple[Fault, ...]
    """What the nearest Allow statement wants and the token does not meet, the first met first."""
    statement: str
    """The JSON path of that statement: ``Statement[2]``."""

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes, each once."""
        return tuple(dict.fromkeys(cause for fault in self.faults for cause in fault.causes))


def why_refused(policy: Policy, claims: ClaimSet, caller: Caller) -> Refusal | None:
    """Return what keeps a claim set out that no Allow statement admits; None where no Allow statement is for GitHub's tokens."""
    best: tuple[float, Refusal] | None = None
    for statement in policy.allows[:_MOST_STATEMENTS]:
        if not is_for_github(statement, caller):
            continue
        faults = faults_of(policy, statement, claims, caller)
        cost = sum(_price(fault, statement, claims, caller) for fault in faults)
        if faults and (best is None or cost < best[0]):
            best = (cost, Refusal(faults, statement.path))
    return best[1] if best else None


def is_for_github(statement: Statement, caller: Caller) -> bool:
    """Return whether a statement was written with GitHub's tokens in mind, rightly or with a slip.

    What names another issuer, a service or an account, and asks for no claim of GitHub's, is somebody else's door: it refuses
    the run by design, and nothing in it is to be corrected.
    """
    names = statement.principal_names
    if statement.principals is None or statement.not_principal or "*" in names:
        return True
    issuer = caller.issuer.lower()
    arns = [Arn.parse(name) for name in names]
    if any(arn is not None and is_github_issuer(arn.resource_id) for arn in arns):
        return True
    written = " ".join((*names, *(condition.folded_key for condition in statement.conditions))).lower()
    if "github" in written or issuer in written:
        return True
    return any(value.lower().startswith("repo:") for condition in statement.conditions for value in condition.values)


def _price(fault: Fault, statement: Statement, claims: ClaimSet, caller: Caller) -> float:
    """Return how far the element is from what the run meets: much where the statement was hardly meant for this run."""
    ours = lists_repository(statement, claims, caller)
    if fault.cause is Cause.PRINCIPAL_WRONG:
        names = " ".join(statement.principal_names).lower()
        return 1.5 if ours or caller.issuer.lower() in names or "oidc-provider" in names else 5.0
    if fault.cause is Cause.TRUST_ACTION:
        actions = "" if statement.actions.negated else " ".join(statement.actions.patterns).lower()
        return 1.5 if ours or "webidentity" in actions else 5.0
    if fault.cause is Cause.SUBJECT_NOT_ADMITTED:
        return 2.0 if ours else 3.5
    if names_another_repository(fault):
        return 3.5
    if fault.causes == (Cause.SUBJECT_SHAPE,):
        # A statement that lists this very shape with another value is nearer.
        return 2.5
    if fault.cause is Cause.ISSUER_DIFFERS:
        # What its conditions would ask of this run is not known.
        return 3.0
    if fault.cause is Cause.TRUST_CONDITION:
        return 4.0
    return (0.5 if fault.cause in _SLIPS else 1.0) * len(fault.causes)


_SLIPS = frozenset({Cause.CONDITION_KEY_NOT_CARRIED, Cause.SUBJECT_TYPO})


_REPOSITORY_CLAIMS = frozenset({"repository", "repository_id", "repository_owner_id"})


def names_another_repository(fault: Fault) -> bool:
    """Return whether the fault is a pin on the repository or its owner that the run does not meet: the statement is another's."""
    return fault.cause is Cause.CLAIM_PIN and fault.key.lower().rpartition(":")[2] in _REPOSITORY_CLAIMS


def lists_repository(statement: Statement, claims: ClaimSet, caller: Caller) -> bool:
    """Return whether the statement lists a subject of the run's repository, in whatever form and letter case."""
    own = repository_of(claims).lower().replace("/", "")
    listed = " ".join(statement.listed(caller.key("sub"))).lower()
    return bool(own) and own in re.sub(r"@\d+|/", "", listed)


def exact_refs(subjects: Iterable[str]) -> tuple[str, ...]:
    """Return the refs that listed subjects name in full, in their order; a text that no ref can have is none."""
    contexts = [read.context for read in map(read_subject, subjects) if read and read.context]
    refs = (context.value for context in contexts if context.kind is ContextKind.REF)
    return tuple(dict.fromkeys(ref for ref in refs if is_ref(ref)))


_REF = re.compile(r"refs/(?:heads|tags)/[^\x00-\x20\x7f~^:?*\[\\]+")


def is_ref(text: str) -> bool:
    """Return whether a branch or a tag may have this full name, by Git's rules for names of refs."""
    parts = text.split("/")
    return (
        _REF.fullmatch(text) is not None
        and not any(not part or part.startswith(".") or part.endswith((".", ".lock")) for part in parts)
        and ".." not in text
        and "@{" not in text
        and not any(sign.isspace() or not sign.isprintable() for sign in text)
    )
