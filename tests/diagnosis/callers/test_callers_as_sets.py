"""Who gets in, as a set: on small alphabets the answer is that of an enumeration of every token, both ways."""

from __future__ import annotations

import json
import random
from itertools import product

import pytest
from thoroughness import some

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.comparison import compare_trust
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.claims.claim_set import ClaimSet
from diagnosis.facts.runs import Repository
from diagnosis.names.arn import Arn
from diagnosis.policy import read_document
from diagnosis.trust.question import TrustOutcome, TrustPolicy, caller_of

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = Arn.iam("aws", "111122223333", "oidc-provider", ISSUER)
REPOSITORY = Repository("o/r", 2, 1, default_branch="m")
AUDIENCE = "sts.amazonaws.com"


def tokens():
    """Every token of a small world: two owners, three repositories each, few refs, in both forms, own and called workflows."""
    ids = {"o": "1", "ox": "3", "p": "4"}
    for owner, name in product(("o", "ox", "p"), ("r", "rx", "s")):
        number = {"r": "2", "rx": "5", "s": "6"}[name] if owner == "o" else {"r": "7", "rx": "8", "s": "9"}[name]
        prefixes = (f"repo:{owner}/{name}", f"repo:{owner}@{ids[owner]}/{name}@{number}")
        for prefix, (context, environment, ref) in product(prefixes, contexts()):
            own = f"{owner}/{name}/.github/workflows/w.yml@{ref}"
            for workflow, actor in product((own, "o/r/.github/workflows/w.yml@refs/heads/m"), ("u", "v")):
                claims = {
                    "aud": AUDIENCE,
                    "sub": f"{prefix}:{context}",
                    "repository": f"{owner}/{name}",
                    "repository_id": number,
                    "repository_owner_id": ids[owner],
                    "ref": ref,
                    "job_workflow_ref": workflow,
                    "actor": actor,
                }
                if environment:
                    claims["environment"] = environment
                yield ClaimSet(tuple(sorted(claims.items())), "")


def contexts():
    for ref in ("refs/heads/m", "refs/heads/m/x", "refs/heads/d", "refs/tags/m"):
        yield f"ref:{ref}", None, ref
    yield "pull_request", None, "refs/pull/1/merge"
    for name, ref in product(("e", "m"), ("refs/heads/m", "refs/heads/d")):
        yield f"environment:{name}", name, ref


TOKENS = tuple(tokens())
PIECES = {
    "sub": (
        "repo:o/r:ref:refs/heads/m",
        "repo:o/r:*",
        "repo:o*/r*",
        "repo:o/*",
        "repo:*/r:ref:refs/heads/m",
        "repo:o/r:environment:?",
        "repo:o@1/r@2:*",
        "repo:o@?/*:pull_request",
        "*:ref:refs/heads/m*",
        "repo:o/r?:*",
        "*",
        "repo:p/s:ref:refs/tags/m",
    ),
    "ref": ("refs/heads/m", "refs/heads/*", "refs/*/m", "refs/pull/*"),
    "repository": ("o/r", "o/*", "*x"),
    "environment": ("e", "?", "m"),
    "actor": ("u", "*"),
    "job_workflow_ref": ("o/r/.github/workflows/w.yml@refs/heads/m", "o/*", "*@refs/heads/d", "*/w.yml@*"),
    "repository_id": ("2", "7"),
    "repository_owner_id": ("1", "3"),
}
OPERATORS = (
    "StringEquals",
    "StringLike",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringLikeIfExists",
    "ForAllValues:StringLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringNotLike",
)


def statement(rng: random.Random, *, deny: bool) -> dict[str, object]:
    condition: dict[str, dict[str, object]] = {}
    for claim in rng.sample(sorted(PIECES), rng.randint(1, 3)):
        values = rng.sample(PIECES[claim], rng.randint(1, 2))
        values = [value.upper() if rng.random() < 0.05 else value for value in values]
        condition.setdefault(rng.choice(OPERATORS), {})[f"{ISSUER}:{claim}"] = values
    if rng.random() < 0.15:
        condition["Null"] = {f"{ISSUER}:environment": rng.choice(("true", "false"))}
    if rng.random() < 0.1:
        condition["IpAddress"] = {"aws:SourceIp": rng.choice(("10.0.0.0/8", "192.0.2.0/24"))}
    return {
        "Effect": "Deny" if deny else "Allow",
        "Principal": {"Federated": str(PROVIDER)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def policy(rng: random.Random) -> dict[str, object]:
    made = [statement(rng, deny=False) for _ in range(rng.randint(1, 3))]
    made += [statement(rng, deny=True) for _ in range(rng.choice((0, 0, 1)))]
    return {"Version": "2012-10-17", "Statement": made}


def changed(rng: random.Random, before: dict[str, object]) -> dict[str, object]:
    after = json.loads(json.dumps(before))
    if rng.random() < 0.4:
        return policy(rng)
    place = rng.randrange(len(after["Statement"]))
    kind = rng.random()
    if kind < 0.4:
        after["Statement"][place] = statement(rng, deny=after["Statement"][place]["Effect"] == "Deny")
    elif kind < 0.7:
        after["Statement"].append(statement(rng, deny=rng.random() < 0.3))
    elif len(after["Statement"]) > 1:
        del after["Statement"][place]
    return after


def outcomes(document):
    trust = TrustPolicy(document.policy)
    caller = caller_of(PROVIDER)
    return [trust.ask(token, caller).outcome for token in TOKENS]


@pytest.mark.parametrize("seed", some(range(300), 30))
def test_the_difference_of_two_policies_is_that_of_every_token(seed):
    rng = random.Random(seed)  # noqa: S311 - a seeded choice of test data
    before = policy(rng)
    old, new = (read_document(json.dumps(item)) for item in (before, changed(rng, before)))
    found = compare_trust(old, new, REPOSITORY)
    assert not found.undecided
    caller = caller_of(PROVIDER)
    sides = (
        (old, new, found.newly_admitted, outcomes(old), outcomes(new)),
        (new, old, found.no_longer_admitted, outcomes(new), outcomes(old)),
    )
    for refusing, admitting, classes, refused, admitted in sides:
        # Whatever the enumeration finds, the sets find.
        for token, without, within in zip(TOKENS, refused, admitted, strict=True):
            if within is TrustOutcome.ALLOWED and without is TrustOutcome.DENIED:
                assert classes, token.claims
                break
        # Whatever the sets find, the evaluator confirms on the witness.
        for item in classes:
            token = ClaimSet(item.claims, "")
            was = TrustPolicy(refusing.policy).ask(token, caller).outcome
            now = TrustPolicy(admitting.policy).ask(token, caller).outcome
            if item.certain:
                assert (was, now) == (TrustOutcome.DENIED, TrustOutcome.ALLOWED), item
            else:
                assert was is not TrustOutcome.ALLOWED, item
                assert now is not TrustOutcome.DENIED, item


@pytest.mark.parametrize("seed", some(range(120), 12))
def test_who_gets_in_is_what_every_token_says(seed):
    rng = random.Random(10_000 + seed)  # noqa: S311 - a seeded choice of test data
    document = read_document(json.dumps(policy(rng)))
    admission = who_gets_in(document, REPOSITORY)
    assert isinstance(admission, Admission)
    inside = {item.probe for item in admission.probes if item.outcome is TrustOutcome.ALLOWED}
    trust, caller = TrustPolicy(document.policy), caller_of(PROVIDER)
    for item in admission.probes:
        if item.outcome is TrustOutcome.ALLOWED:
            assert trust.ask(ClaimSet(item.claims, ""), caller).outcome is TrustOutcome.ALLOWED
    for token, outcome in zip(TOKENS, outcomes(document), strict=True):
        if outcome is TrustOutcome.ALLOWED:
            assert region_of(token) & inside or "caller-of-the-workflow" in inside or is_foreign_call(token), (
                token.claims
            )


def region_of(token: ClaimSet) -> set[str]:
    repository = token.get("repository") or ""
    owner, _, name = repository.partition("/")
    if owner == "o" and name == "r":
        return {
            "default-branch", "another-branch", "branch-by-pattern", "listed-branch", "tag", "tag-by-pattern", "listed-tag",
            "pull-request", "another-environment", "environment-by-pattern", "listed-environment", "classic-form", "immutable-form",
        }  # fmt: skip
    if owner == "o":
        return {"another-repository", "repository-name-begins-alike", "listed-repository"}
    return {"another-owner", "owner-name-begins-alike", "listed-owner", "listed-repository"}


def is_foreign_call(token: ClaimSet) -> bool:
    return not (token.get("job_workflow_ref") or "").startswith(f"{token.get('repository')}/")


@pytest.mark.parametrize(
    ("repository", "pattern", "probe", "subject"),
    [
        ("octo-org/octo-repo", "repo:o*/r*", "another-owner", "repo:o/r:pull_request"),
        (
            "octo-org/octo-repo",
            "repo:octo-org/*octo-repo",
            "another-repository",
            "repo:octo-org/a:environment:octo-repo",
        ),
        ("o/app", "repo:o/*:ref:refs/heads/main", "another-repository", "repo:o/a:ref:refs/heads/main"),
        ("o/app", "repo:?/app:*", "another-owner", "repo:x/app:pull_request"),
    ],
)
def test_a_star_crosses_every_boundary(repository, pattern, probe, subject):
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Federated": str(PROVIDER)},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {f"{ISSUER}:sub": pattern}},
            },
        }
    )
    admission = who_gets_in(read_document(text), Repository(repository, default_branch="main"))
    found = next(item for item in admission.probes if item.probe == probe)
    assert found.outcome is TrustOutcome.ALLOWED
    assert len(found.subject) == len(subject)
    assert found in admission.too_open


SPELLINGS = (
    "repo:",
    "o",
    "p",
    "/",
    "r",
    "s",
    "@1",
    "@2",
    ":",
    "ref:refs/heads/",
    "m",
    "d",
    "pull_request",
    "*",
    "*",
    "?",
)
OF_EACH_SUBJECT = tuple({token.get("sub"): token for token in TOKENS if not is_foreign_call(token)}.values())
"""Of policies that ask for the subject alone, one token of each subject tells as much as all."""


def subject_pattern(rng: random.Random) -> str:
    """A pattern near a subject: one that is listed with a piece replaced, or pieces put together at random."""
    if rng.random() < 0.6:
        listed = rng.choice(PIECES["sub"])
        at = rng.randrange(len(listed) + 1)
        return listed[:at] + rng.choice(SPELLINGS) + listed[at + rng.randrange(4) :]
    return "".join(rng.choice(SPELLINGS) for _ in range(rng.randint(1, 7)))


def of_subjects(rng: random.Random) -> str:
    made = []
    for effect in ("Allow", rng.choice(("Allow", "Allow", "Deny"))):
        operator = rng.choice(("StringLike", "StringLike", "StringEquals", "StringNotLike"))
        values = [subject_pattern(rng) for _ in range(rng.randint(1, 3))]
        made.append(
            {
                "Effect": effect,
                "Principal": {"Federated": str(PROVIDER)},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {operator: {f"{ISSUER}:sub": values}},
            }
        )
    return json.dumps({"Version": "2012-10-17", "Statement": made})


@pytest.mark.parametrize("ten", some(range(60), 60))
def test_the_difference_of_hundreds_of_subject_patterns_is_that_of_every_token(ten):
    caller = caller_of(PROVIDER)
    for seed in range(10 * ten, 10 * ten + 10):
        rng = random.Random(f"subjects {seed}")  # noqa: S311 - a seeded choice of test data
        old, new = read_document(of_subjects(rng)), read_document(of_subjects(rng))
        found = compare_trust(old, new, REPOSITORY)
        assert not found.undecided
        was, now = (
            [TrustPolicy(document.policy).ask(token, caller).decision.allowed for token in OF_EACH_SUBJECT]
            for document in (old, new)
        )
        for classes, without, within, refusing, admitting in (
            (found.newly_admitted, was, now, old, new),
            (found.no_longer_admitted, now, was, new, old),
        ):
            met = [
                token
                for token, before, after in zip(OF_EACH_SUBJECT, without, within, strict=True)
                if after and not before
            ]
            assert classes or not met, (seed, met[0].claims)
            for item in classes:
                token = ClaimSet(item.claims, "")
                assert not TrustPolicy(refusing.policy).ask(token, caller).decision.allowed, (seed, item)
                assert TrustPolicy(admitting.policy).ask(token, caller).decision.allowed, (seed, item)
