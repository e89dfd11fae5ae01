"""What the files leave open is unknown where the change touches it, never a pass: whose a policy is, which role, what it grants."""

from __future__ import annotations

from conform_change import (
    BASE,
    POLICY,
    PUSH,
    RELEASE,
    ROLE,
    TRUST,
    WORKFLOW,
    Files,
    conformance,
    of_rule,
    told,
    workflow,
)

from diagnosis.findings.finding import Level
from diagnosis.names.arn import Arn

_JOB = RELEASE[RELEASE.index("  release:") :]
_TWO = RELEASE + _JOB.replace("  release:", "  docs:").replace("role/release", "role/docs")
_LESS = BASE[POLICY].replace(f'"{PUSH[4]}",\n', "")


def _of_two_roles(policy: str) -> Files:
    own = {
        f"iam/{name}/{kind}.json": BASE[f"iam/{kind}.json"]
        for name in ("release", "docs")
        for kind in ("trust", "policy")
    }
    return {WORKFLOW: _TWO, **own, "iam/docs/policy.json": policy}


def test_whose_a_policy_is_decides_and_can_be_stated() -> None:
    base, head = _of_two_roles(BASE[POLICY]), _of_two_roles(_LESS)
    found = conformance(head, base)
    assert (told(found), told(found, Level.UNKNOWN)) == (set(), {"not-compared"})
    assert "--role iam/docs/policy.json=ARN" in of_rule(found, "not-compared").correction
    roles = {path: Arn.iam("aws", "111122223333", "role", path.split("/")[1]) for path in base if path != WORKFLOW}
    stated = conformance(head, base, roles=roles)
    assert (told(stated), told(stated, Level.UNKNOWN)) == ({"release-denied"}, set())
    assert "job “docs”" in of_rule(stated, "release-denied").sentence


def test_a_new_need_of_a_role_whose_grants_no_file_has_is_unknown() -> None:
    base = {WORKFLOW: RELEASE, TRUST: BASE[TRUST]}
    same = {**base, WORKFLOW: RELEASE.replace("name: push", "name: publish")}
    more = workflow("$R/app:$T", "$R/web:$T", base)
    assert told(conformance(same, base), Level.UNKNOWN) == set()
    assert told(conformance(more, base), Level.UNKNOWN) == {"not-compared"}
    assert told(
        conformance(workflow("$R/app:$T", "$R/web:$T", {WORKFLOW: RELEASE}), {WORKFLOW: RELEASE}), Level.UNKNOWN
    )


def test_a_new_subject_of_a_role_whose_trust_no_file_has_is_unknown() -> None:
    base = {WORKFLOW: RELEASE, POLICY: BASE[POLICY]}
    head = workflow("    runs-on", "    environment: production\n    runs-on", base)
    found = conformance(head, base)
    assert "environment:production" in of_rule(found, "not-compared").sentence
    assert (told(found), told(found, Level.UNKNOWN)) == (set(), {"not-compared"})


def test_a_policy_that_takes_away_is_unknown_where_no_workflow_tells_its_role() -> None:
    masked = RELEASE.replace(f'"{ROLE}"', "'${{ vars.ROLE }}'")
    base = {**BASE, WORKFLOW: masked}
    assert told(conformance(base, base), Level.UNKNOWN) == set()
    found = conformance({**base, POLICY: _LESS}, base)
    assert (told(found), told(found, Level.UNKNOWN)) == (set(), {"not-compared"})
