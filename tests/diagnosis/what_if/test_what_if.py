"""Proposed documents judged against past runs: what passes, what fails, what they open and close."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from made_attempts import with_workflow
from seeded_defects import DEFECTS, broken
from small_world import EIGHT, HOME, ISSUER, World, allow, policy, sound_world, trust, two_role_world

from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import GATES, Gate, Verdict
from diagnosis.policy import expand_actions, read_document, write_document
from diagnosis.policy.language.tree import statements
from diagnosis.what_if.admitted import Admitted
from diagnosis.what_if.outcome import WhatIf, what_if
from diagnosis.what_if.proposal import Proposal, ProposalKind

NEEDED = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, HOME.repository_arn))


def judged(world: World, *proposals: Proposal) -> WhatIf:
    replays = replays_of((world.run,), world.case)
    account = replace(world.account, question=question_of(replays[0], world.case))
    return what_if(replays, account, world.case, proposals)


def after(result: WhatIf, gate: Gate) -> Verdict:
    assessment = result.runs[0].after
    assert assessment is not None
    return assessment.at(gate).verdict


def defect(name: str) -> World:
    return broken([item for item in DEFECTS if item.name == name])


def test_what_is_proposed_as_it_is_changes_nothing() -> None:
    world = sound_world()
    assert isinstance(world.account.role, Known)
    result = judged(world, Proposal(ProposalKind.TRUST, world.account.role.value.trust_policy))
    assert result.verdict is Verdict.PASS
    assert result.opens.nothing
    assert result.closes.nothing


def test_a_trust_policy_that_admits_the_run_opens_its_gate_and_names_the_caller() -> None:
    result = judged(defect("another ref is trusted"), Proposal(ProposalKind.TRUST, trust()))
    assert after(result, Gate.ROLE_ASSUMPTION) is Verdict.PASS
    assert result.verdict is Verdict.PASS
    assert result.opens.callers == ("the branch release: repo:octo-org/octo-repo:ref:refs/heads/release",)
    assert result.closes.callers == ("the branch main: repo:octo-org/octo-repo:ref:refs/heads/main",)


def test_a_trust_policy_that_admits_everybody_says_who_gets_in() -> None:
    open_to_all = trust("repo:*", "StringLike")
    result = judged(sound_world(), Proposal(ProposalKind.TRUST, open_to_all))
    assert result.verdict is Verdict.FAIL
    assert any(caller.startswith("a repository of anybody else") for caller in result.opens.callers)


def test_a_trust_policy_that_shuts_the_run_out_fails_at_its_gate_only() -> None:
    result = judged(sound_world(), Proposal(ProposalKind.TRUST, trust("repo:octo-org/octo-repo:ref:refs/heads/main")))
    assert [after(result, gate).value for gate in GATES] == ["pass", "fail", "pass", "pass"]
    assert result.closes.callers == ("the branch release: repo:octo-org/octo-repo:ref:refs/heads/release",)


def test_a_policy_with_exactly_the_need_grants_nothing_beyond() -> None:
    result = judged(defect("no push"), Proposal(ProposalKind.POLICY, NEEDED))
    assert result.verdict is Verdict.PASS
    assert result.proposals[0].place == "in place of the inline policy release"
    assert {pair.partition(" ")[0] for pair in result.opens.needed} == {"ecr:PutImage", "ecr:InitiateLayerUpload"}
    assert result.opens.beyond == ()


def test_a_wildcard_policy_opens_registry_authorization_and_fails_least_privilege() -> None:
    result = judged(defect("no push"), Proposal(ProposalKind.POLICY, policy(allow("ecr:*", "*"))))
    assert after(result, Gate.REGISTRY_AUTHORIZATION) is Verdict.PASS
    assert after(result, Gate.LEAST_PRIVILEGE) is Verdict.FAIL
    assert any("ecr:SetRepositoryPolicy" in text and HOME.repository_arn in text for text in result.opens.beyond)
    # What is needed on the release's repository alone is new on all others.
    assert any("ecr:PutImage" in text and HOME.repository_arn not in text for text in result.opens.beyond)
    assert result.closes.nothing


def test_another_services_unbounded_grant_is_beyond_the_need() -> None:
    document = policy(*statements(NEEDED.editable()), allow("s3:*", "*"))
    result = judged(sound_world(), Proposal(ProposalKind.POLICY, document))
    assert any("s3" in text for text in result.opens.beyond)


def test_what_other_users_of_the_role_lose_is_told_with_an_example() -> None:
    others = allow("s3:GetObject", ["arn:aws:s3:::octo-state/*", "arn:aws:s3:::octo-logs/*"])
    world = sound_world().with_policy(policy(*statements(NEEDED.editable()), others))
    narrower = policy(*statements(NEEDED.editable()), allow("s3:GetObject", "arn:aws:s3:::octo-state/*"))
    result = judged(world, Proposal(ProposalKind.POLICY, narrower))
    assert result.closes.beyond == ("s3:GetObject on arn:aws:s3:::octo-logs/x",)
    assert result.opens.nothing
    denied = policy(*statements(NEEDED.editable()), others, {"Effect": "Deny", "NotAction": "ecr:*", "Resource": "*"})
    (lost,) = judged(world, Proposal(ProposalKind.POLICY, denied)).closes.beyond
    assert lost.startswith("s3:GetObject on arn:aws:s3:::octo-")


def listed(admitted: Admitted) -> dict[str, tuple[str, ...]]:
    return {item.service: item.actions for item in admitted.actions}


def test_every_action_that_is_granted_or_lost_is_listed_whatever_its_service() -> None:
    wider = policy(*statements(NEEDED.editable()), allow(["s3:*", "ecs:UpdateService"], "*"))
    opened = judged(sound_world(), Proposal(ProposalKind.POLICY, wider))
    assert listed(opened.opens) == {"s3": expand_actions(["s3:*"]), "ecs": ("ecs:UpdateService",)}
    assert opened.opens.action_count == len(expand_actions(["s3:*"])) + 1
    assert opened.closes.nothing
    closed = judged(sound_world().with_policy(wider), Proposal(ProposalKind.POLICY, NEEDED))
    assert listed(closed.closes) == listed(opened.opens)
    whole = judged(sound_world(), Proposal(ProposalKind.POLICY, policy(allow("*", "*"))))
    every = {action for item in whole.opens.actions for action in item.actions}
    held = set(EIGHT) | {"ecr:GetAuthorizationToken", "sts:GetCallerIdentity"}
    assert set(expand_actions(["*:*"])) - every <= held
    assert {"lambda:UpdateFunctionCode", "iam:PassRole", "ecr:DeleteRepository"} <= every


def test_a_condition_stands_beside_the_actions_that_it_bounds() -> None:
    tagged = {**allow("s3:GetObject", "*"), "Condition": {"StringEquals": {"aws:ResourceTag/team": "web"}}}
    opened = judged(sound_world(), Proposal(ProposalKind.POLICY, policy(*statements(NEEDED.editable()), tagged))).opens
    (item,) = opened.actions
    assert (item.service, item.actions) == ("s3", ("s3:GetObject",))
    assert "aws:ResourceTag/team" in item.conditions[0]


def test_the_known_uses_that_would_be_denied_are_told_by_step() -> None:
    less = policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT[1:], HOME.repository_arn))
    result = judged(sound_world(), Proposal(ProposalKind.POLICY, less))
    assert [(need.action, need.resource) for need in result.newly_denied] == [(EIGHT[0], HOME.repository_arn)]
    assert result.newly_denied[0].step == "Push"
    back = judged(sound_world().with_policy(less), Proposal(ProposalKind.POLICY, NEEDED))
    assert back.newly_denied == ()
    assert [need.action for need in back.newly_allowed] == [EIGHT[0]]


def test_a_policy_by_another_name_stands_beside_the_present_one() -> None:
    extra = policy(allow("ecr:PutImage", HOME.repository_arn))
    result = judged(sound_world(), Proposal(ProposalKind.POLICY, extra, policy_name="extra"))
    assert result.verdict is Verdict.PASS
    assert "as a new inline policy extra" in result.proposals[0].place


def test_a_boundary_that_leaves_out_the_push_closes_it() -> None:
    result = judged(sound_world(), Proposal(ProposalKind.BOUNDARY, policy(allow("ecr:Get*", "*"))))
    assert after(result, Gate.REGISTRY_AUTHORIZATION) is Verdict.FAIL
    assert f"ecr:PutImage on {HOME.repository_arn}" in result.closes.needed


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_a_repository_policy_for_everybody_names_the_strangers(principal: object) -> None:
    document = policy({"Effect": "Allow", "Principal": principal, "Action": "ecr:BatchGetImage"})
    result = judged(sound_world(), Proposal(ProposalKind.REPOSITORY_POLICY, document))
    assert f"anybody of any account: ecr:BatchGetImage on {HOME.repository_arn}" in result.opens.callers


def test_a_repository_policy_for_one_other_account_names_no_stranger() -> None:
    document = policy(
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "ecr:BatchGetImage"}
    )
    result = judged(sound_world(), Proposal(ProposalKind.REPOSITORY_POLICY, document))
    assert result.opens.callers == ()


def test_two_documents_are_judged_together() -> None:
    world = broken([item for item in DEFECTS if item.name in ("another ref is trusted", "no push")])
    alone = judged(world, Proposal(ProposalKind.TRUST, trust()))
    both = judged(world, Proposal(ProposalKind.TRUST, trust()), Proposal(ProposalKind.POLICY, NEEDED))
    assert alone.verdict is Verdict.FAIL
    assert both.verdict is Verdict.PASS


def test_what_aws_would_refuse_cannot_pass() -> None:
    with_resource = trust().editable()
    with_resource["Statement"][0]["Resource"] = "*"
    result = judged(sound_world(), Proposal(ProposalKind.TRUST, write_document(with_resource)))
    assert result.refused
    assert result.verdict is Verdict.FAIL


def test_a_document_that_is_too_long_is_refused() -> None:
    many = [f"repo:octo-org/octo-repo:ref:refs/heads/branch-{number:04}" for number in range(200)]
    result = judged(
        sound_world(), Proposal(ProposalKind.TRUST, trust([*many, "repo:octo-org/octo-repo:ref:refs/heads/release"]))
    )
    assert "characters where AWS takes 8192" in " ".join(result.refused)


def test_inline_policies_share_their_limit() -> None:
    statements = [allow("s3:GetObject", f"arn:aws:s3:::bucket/{number:05}{'x' * 60}/*") for number in range(80)]
    world = sound_world()
    assert isinstance(world.account.inline_policies, Known)
    filled = (*world.account.inline_policies.value, NamedPolicy("reports", policy(*statements)))
    result = judged(world.with_account(inline_policies=Known(filled)), Proposal(ProposalKind.POLICY, NEEDED))
    assert "characters where AWS takes 10240" in " ".join(result.refused)


@pytest.mark.parametrize("part", ["role", "inline_policies", "scps", "repository_policy"])
def test_an_unread_layer_never_gives_a_pass(part: str) -> None:
    denied = Unreadable(part, "access was denied", "grant it")
    world = sound_world().with_account(**{part: denied})
    result = judged(world, Proposal(ProposalKind.TRUST, trust()), Proposal(ProposalKind.POLICY, NEEDED))
    assert result.verdict is Verdict.UNKNOWN
    assert part in {item.what for item in result.missing}


def test_a_run_of_another_role_is_not_judged() -> None:
    world = two_role_world()
    plain = sound_world().with_inputs(("role-to-assume", HOME.role_arn.replace("release", "other")))
    other = with_workflow(replace(world.attempt, run_id=2), plain.workflow)
    replays = replays_of((world.run, other), world.case)
    account = world.asked(question_of(replays[0], world.case, replays))
    result = what_if(replays, account, world.case, [Proposal(ProposalKind.TRUST, trust())])
    assert result.runs[0].verdict is Verdict.PASS
    assert result.runs[1].after is None
    assert "role/other" in result.runs[1].why_not
    assert result.verdict is Verdict.UNKNOWN


branches = st.lists(st.sampled_from(["main", "dev", "release", "hotfix"]), min_size=1, max_size=4, unique=True)


@settings(max_examples=12, deadline=None)
@given(branches, branches)
def test_what_opens_one_way_closes_the_other(old: list[str], new: list[str]) -> None:
    def listing(names: list[str]) -> str:
        return trust([f"repo:octo-org/octo-repo:ref:refs/heads/{name}" for name in names])

    there = judged(sound_world().with_trust(listing(old)), Proposal(ProposalKind.TRUST, listing(new)))
    back = judged(sound_world().with_trust(listing(new)), Proposal(ProposalKind.TRUST, listing(old)))
    assert set(there.opens.callers) == set(back.closes.callers)
    expected = {f"repo:octo-org/octo-repo:ref:refs/heads/{name}" for name in set(new) - set(old)}
    assert {caller[caller.index("repo:") :] for caller in there.opens.callers} == expected


def test_the_issuer_of_the_question_is_the_one_that_is_asked() -> None:
    other_issuer = read_document(trust().text.replace(ISSUER, "token.example.com"))
    result = judged(sound_world(), Proposal(ProposalKind.TRUST, other_issuer))
    assert after(result, Gate.ROLE_ASSUMPTION) is Verdict.FAIL


def test_a_trust_policy_that_aws_would_refuse_to_save_is_a_fault_of_the_proposal() -> None:
    document = read_document(trust("*", "StringLike").text)
    result = judged(sound_world(), Proposal(ProposalKind.TRUST, document))
    assert result.verdict is Verdict.FAIL
    assert any("neither sub nor job_workflow_ref" in reason for reason in result.refused)
    assert result.refused[0].startswith("Statement[0].Condition.StringLike.")


def test_a_fault_that_aws_takes_is_told_beside_the_judgement_and_refuses_nothing() -> None:
    needed = policy(allow("ecr:GetAuthorizationToken", "*"), allow([*EIGHT, "ecr:PutImages"], HOME.repository_arn))
    [placed] = judged(sound_world(), Proposal(ProposalKind.POLICY, needed)).proposals
    assert placed.refused_because == ()
    assert [finding.rule.value for finding in placed.findings] == ["action-unknown"]


def test_a_managed_policy_is_judged_in_its_place_and_aws_s_own_cannot_be_changed() -> None:
    def attached(account: str, *more: NamedPolicy) -> World:
        arn = arn_of(f"arn:aws:iam::{account}:policy/push")
        named = NamedPolicy("push", NEEDED, arn)
        return sound_world().with_account(inline_policies=Known(()), attached_policies=Known((named, *more)))

    reading = policy(allow("ecr:GetAuthorizationToken", "*"))
    other = NamedPolicy("logs", policy(allow("logs:PutLogEvents", "*")))
    for name in (None, "push"):
        lost = judged(attached("123456789012", other), Proposal(ProposalKind.MANAGED, reading, policy_name=name))
        assert after(lost, Gate.REGISTRY_AUTHORIZATION) is Verdict.FAIL
        assert lost.proposals[0].place == "in place of the managed policy push"
        assert not lost.refused
    own = judged(attached("aws"), Proposal(ProposalKind.MANAGED, reading))
    assert "AWS's own" in own.refused[0]
    namesake = NamedPolicy("push", NEEDED, arn_of("arn:aws:iam::123456789012:policy/push"))
    beside = attached("aws", namesake)
    for named, found in (("push", False), (str(namesake.arn), True)):
        result = judged(beside, Proposal(ProposalKind.MANAGED, reading, policy_name=named))
        assert (result.proposals[0].judged, result.refused) == (found, ())
    nowhere = judged(attached("123456789012"), Proposal(ProposalKind.MANAGED, reading, policy_name="absent"))
    assert "it is not judged" in nowhere.proposals[0].place
    assert nowhere.closes.nothing
    assert nowhere.verdict is Verdict.UNKNOWN, "a document without a place proves nothing"
    assert (nowhere.nothing, own.nothing) == ("nobody and nothing in what could be compared", "nobody and nothing")
