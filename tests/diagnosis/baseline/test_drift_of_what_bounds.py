"""What bounds a role or a repository: it is compared by what it does, where it came or went that is said, in whole sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from arns import arn_of
from reviewed_states import (
    ACCEPTED,
    ACCOUNT,
    CREATED,
    ECR,
    ISSUER,
    NOW,
    PROVIDER,
    PUSH,
    ROLE,
    allow,
    baseline,
    document,
    role,
    role_state,
    state,
)

from diagnosis.baseline.aws_changes import same_documents, same_registry_policies
from diagnosis.baseline.images import Runs
from diagnosis.baseline.review import Review, Seen, differences_of, review
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import RegistryState, ReviewedState
from diagnosis.baseline.taken import GitHubSide, state_of
from diagnosis.facts.account import AccountQuestion, AccountState, EcrRepository, NamedPolicy, OidcProvider, ScpLevel
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.role_usage import LastAccess, RoleUsage, Usage
from diagnosis.facts.runs import OidcCustomization
from diagnosis.findings.finding import Level
from diagnosis.policy import PolicyDocument, read_document

NOT_READ = Unreadable("part", "AccessDenied", "let the reader", "iam:GetRole")
EDGE = arn_of(f"arn:aws:iam::{ACCOUNT}:policy/edge")
BOUND = document(allow("*", "*"))
E, U, N = (each.value for each in (Level.ERROR, Level.UNKNOWN, Level.NOTE))


def changes(before: ReviewedState, now: ReviewedState) -> list[tuple[str, str, str]]:
    seen = Seen(now, (), NOT_READ, Usage(), Runs(Known(()), ACCEPTED), NOW)
    found = differences_of(seen, baseline(before))
    return [(each.rule.value, each.level.value, each.sentence) for each in found]


def bounded(text: PolicyDocument | None, arn: Any = EDGE) -> ReviewedState:
    held: Reading[NamedPolicy] = Absent("boundary") if text is None else Known(NamedPolicy("edge", text, arn))
    return state(roles=(role_state(boundary=held),))


SAME = "The permissions boundary of release is another text or policy, of the same reach."
OTHER = "The permissions boundary of release reaches further or less far than when the baseline was accepted."


@pytest.mark.parametrize(
    ("before", "now", "rule", "level", "sentence"),
    [
        (None, BOUND, "boundary-changed", E, "The role release has a permissions boundary now, and had none."),
        (BOUND, None, "boundary-changed", E, "The role release has no permissions boundary any more."),
        (BOUND, document(allow("*", "*", Sid="All")), "text-changed", N, SAME),
        (document(allow("ecr:*", "*")), BOUND, "boundary-changed", E, OTHER),
        (BOUND, document(allow("ecr:*", "*")), "boundary-changed", E, OTHER),
        (BOUND, read_document("no json"), "not-compared", U, ""),
    ],
)
def test_a_boundary(
    before: PolicyDocument | None, now: PolicyDocument | None, rule: str, level: str, sentence: str
) -> None:
    told = changes(bounded(before), bounded(now))
    assert any(each[:2] == (rule, level) and each[2].startswith(sentence) for each in told), told
    # In the other direction it is another change, and never none.
    assert changes(bounded(now), bounded(before))


def test_another_policy_of_the_same_text_is_told_as_a_note() -> None:
    moved = bounded(BOUND, arn_of(f"arn:aws:iam::{ACCOUNT}:policy/other"))
    assert changes(bounded(BOUND), moved) == [("text-changed", N, SAME)]


def owned(policy: Any = None, repository: Any = None) -> ReviewedState:
    held = Known(NamedPolicy("p", policy)) if isinstance(policy, PolicyDocument) else policy or Absent("policy")
    made = repository or Known(EcrRepository(ECR, "app", "IMMUTABLE", created_at=CREATED))
    return state(registries=(RegistryState(ECR, made, held),))


def encrypted(key: str) -> ReviewedState:
    return owned(repository=Known(EcrRepository(ECR, "app", "IMMUTABLE", key, created_at=CREATED)))


ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
OPEN, CLOSED = (document({"Effect": "Allow", "Principal": who, "Action": "ecr:*"}) for who in ("*", ROOT))
TURNED = document({"Action": "ecr:*", "Principal": "*", "Effect": "Allow"})
NAME = f"The ECR repository {ECR}"
MADE_WHEN = (
    f"Whether the ECR repository {ECR} is the one that was accepted is not known: the baseline does not tell when it was"
    " made."
)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (owned(), owned(OPEN), [("registry-policy-changed", E, f"{NAME} has a policy now, and had none.")]),
        (owned(OPEN), owned(), [("registry-policy-changed", E, f"{NAME} has no policy any more.")]),
        (owned(CLOSED), owned(OPEN), [("registry-policy-changed", E, f"{NAME} has a policy of other statements.")]),
        (owned(OPEN), owned(TURNED), []),
        (
            owned(OPEN),
            owned(replace(OPEN, text=f"{OPEN.text} ", tree=None)),
            [("registry-policy-changed", E, f"{NAME} has a policy of other statements.")],
        ),
        (owned(), owned(repository=Absent("r")), [("registry-changed", E, f"{NAME} is gone.")]),
        (owned(repository=Absent("r")), owned(repository=Absent("r")), []),
        (
            owned(repository=Absent("r")),
            owned(),
            [("registry-changed", E, f"{NAME} was absent when the baseline was accepted, and exists now.")],
        ),
        (
            encrypted("a"),
            owned(),
            [("registry-changed", E, f"{NAME} is encrypted with no key of its own; it was with a.")],
        ),
        (
            owned(repository=Known(EcrRepository(ECR, "app", "IMMUTABLE"))),
            owned(),
            [
                (
                    "not-compared",
                    U,
                    MADE_WHEN,
                )
            ],
        ),
        (
            state(registries=()),
            owned(),
            [("registry-changed", E, f"{NAME} is used by a release, and was not accepted.")],
        ),
        (owned(), state(registries=()), []),
    ],
)
def test_an_ecr_repository(before: ReviewedState, now: ReviewedState, told: list[tuple[str, str, str]]) -> None:
    assert changes(before, now) == told


def provided(reading: Reading[OidcProvider]) -> ReviewedState:
    return state(providers=((PROVIDER, reading),))


def test_a_provider_that_comes_and_goes() -> None:
    there, gone = state(), provided(Absent("provider"))
    name = f"The OIDC provider {PROVIDER}"
    assert changes(there, gone) == [("provider-changed", E, f"{name} is gone.")]
    came = f"{name} was absent when the baseline was accepted, and exists now."
    assert changes(gone, there) == [("provider-changed", E, came)]
    assert changes(gone, gone) == []
    assert [each[:2] for each in changes(there, provided(NOT_READ))] == [("not-compared", U)]
    # Of an account that has no role any more, or had none, the role is told and not its provider.
    assert [each[0] for each in changes(state(providers=(), roles=()), there)] == ["role-changed"]
    assert changes(state(providers=()), there) == [("provider-changed", E, f"{name} was not accepted.")]
    assert [each[:2] for each in changes(state(providers=()), provided(NOT_READ))] == [("not-compared", U)]
    assert [each[:2] for each in changes(there, state(providers=()))] == [("not-compared", U)]
    moved = provided(Known(OidcProvider(PROVIDER, f"{ISSUER}/other", ("sts.amazonaws.com",), CREATED)))
    assert changes(there, moved) == [("provider-changed", E, f"{name} admits other tokens.")]


def test_a_trust_is_compared_although_the_provider_was_not_read() -> None:
    wider = role(document({**role().trust_policy.tree["Statement"][0], "Condition": {}}))  # type: ignore[index]
    told = changes(provided(NOT_READ), replace(provided(NOT_READ), roles=(role_state(role=Known(wider)),)))
    assert ("trust-widened", E) in {each[:2] for each in told}


# ------------------------------------------------------------------------------------------------- taken and compared again


def _taken(account: AccountState) -> ReviewedState:
    github = GitHubSide(state().repository, Known(OidcCustomization()), Known(()), Known(()))
    return state_of(github, (), (account,))


def _level(text: PolicyDocument) -> tuple[ScpLevel, ...]:
    return (ScpLevel("r-root", (NamedPolicy("Full", text),)),)


ASKED = AccountState(AccountQuestion(ROLE), NOW, role=Known(role()), inline_policies=Known(()))


def test_control_policies_are_kept_as_digests_and_never_as_their_documents() -> None:
    facts: dict[str, Any] = {"scps": Known(_level(BOUND)), "rcps": Known(_level(OPEN))}
    one = _taken(replace(ASKED, **facts))
    (kept,) = (each.controls for each in one.roles)
    assert isinstance(kept, Known)
    assert [text.rpartition(": ")[0] for text in kept.value] == ["RCP Full on r-root", "SCP Full on r-root"]
    assert "Allow" not in str(kept.value)
    spaced = {"scps": Known(_level(read_document(f" {BOUND.text}")))}
    assert _taken(replace(ASKED, **{**facts, **spaced})).roles == one.roles
    for name, other in (("scps", _level(CLOSED)), ("rcps", _level(read_document("no json"))), ("rcps", ())):
        now = _taken(replace(ASKED, **{**facts, name: Known(other)}))
        assert ("control-policy-changed", E) in {each[:2] for each in changes(one, now)}, name
    for name in facts:
        unread = _taken(replace(ASKED, **{**facts, name: NOT_READ}))
        assert ("not-compared", U) in {each[:2] for each in changes(one, unread)}, name


# ------------------------------------------------------------------------------------------------- accepted as it stands


def test_only_the_very_documents_that_were_accepted_are_accepted() -> None:
    plain = role_state()
    assert same_documents(plain, plain)
    edge = Known(NamedPolicy("edge", BOUND, EDGE))
    assert same_documents(role_state(boundary=edge), role_state(boundary=edge))
    policy = Known((NamedPolicy("push", document(allow(list(PUSH), "*"))),))
    for other in (
        role_state(boundary=edge),
        role_state(boundary=NOT_READ),
        role_state(role=NOT_READ),
        role_state(role=Known(role(BOUND))),
        role_state(inline=policy),
        role_state(attached=policy),
        role_state(attached=NOT_READ),
    ):
        assert not same_documents(plain, other)
        assert not same_documents(other, plain)
        # What was not read is not the same as itself.
    assert not same_documents(role_state(boundary=NOT_READ), role_state(boundary=NOT_READ))


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        (owned(OPEN), owned(OPEN), True),
        (owned(), owned(), True),
        (owned(OPEN), owned(CLOSED), False),
        (owned(), owned(OPEN), False),
        (owned(NOT_READ), owned(NOT_READ), False),
        (state(registries=()), owned(), False),
    ],
)
def test_policies_of_repositories_as_they_were_accepted(before: ReviewedState, now: ReviewedState, same: bool) -> None:
    assert same_registry_policies(before, now) is same


# ------------------------------------------------------------------------------------------------- a role that no release uses


def _unused(usage: Usage, before: ReviewedState | None = None) -> tuple[str, str, tuple[str, ...]]:
    now = state(workflows=Known(()))
    found: Review = review(
        Seen(now, (), NOT_READ, usage, Runs(Known(()), ACCEPTED), NOW), baseline(before) if before else None
    )
    (finding,) = (each for each in found.findings if each.rule is DriftRule.ROLE_UNUSED)
    return finding.level.value, finding.sentence, finding.details


def test_a_role_that_no_release_uses_is_told_with_its_last_use() -> None:
    def used(services: Reading[tuple[LastAccess, ...]]) -> Usage:
        return Usage((RoleUsage(ROLE, services),))

    said = f"No workflow of octo-lab/shop assumes the role {ROLE}"
    assert _unused(Usage()) == (E, f"{said}.", ())
    unread = used(Unreadable("last accesses", "AccessDenied.", "ask"))
    why = "IAM's last-accessed information was not read: AccessDenied"
    assert _unused(unread) == (E, f"{said}.", (why,))
    never = used(Known((LastAccess("ecr", None),)))
    assert _unused(never) == (E, f"{said}.", ("IAM: not used within the tracking period",))
    lately = used(Known((LastAccess("ecr", NOW - timedelta(days=1)),)))
    level, sentence, details = _unused(lately, state())
    assert (level, details) == (U, ("IAM: last used at 2026-10-31T00:00:00Z",))
    assert sentence == f"{said}, and it was used since the baseline was accepted: somebody else uses it."
    # So it was when the baseline was accepted: that stands as it is.
    level, sentence, _ = _unused(lately, state(workflows=Known(())))
    assert (level, sentence) == (N, f"{said}, accepted on 2026-10-01.")
