"""Tighten the policy of a repository that lets everybody in: its statements keep what they allow, within the account."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, EcrRepository
from diagnosis.facts.reading import Reading
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.open_repository import ASKED, admits_strangers, read_policies
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import Json, one_or_list, statements
from diagnosis.remedies.edits.opened_account import without_other_layers
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.offers.repository_policy import kept_settings
from diagnosis.remedies.rendering import EXISTING, template, terraform_resource, with_document
from diagnosis.steps.needs import PULL_ACTIONS, PUSH_ACTIONS
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_LOCKED_OUT = (
    "Whoever uses the repository from another account, or from one of these without a grant of their own, is locked out; who "
    "that is cannot be known from this run"
)


def bound_repositories(situation: Situation) -> Choice | None:
    """Offer policies that admit the repository's own account, and the role where that is of another one, in place of everybody."""
    problems, role = situation.of(Cause.REPOSITORY_OPEN), situation.run.role_arn
    if not problems or role is None:
        return None
    named = {problem.resource for problem in problems}
    edits = [
        (arn, before, after)
        for arn, before in read_policies(situation.account)
        if str(arn) in named and (after := _bounded(before, arn, _principals(arn, role, situation))) is not None
    ]
    if not edits:
        return None
    names = ", ".join(arn.resource_id for arn, _, _ in edits)
    own = situation.account.question.repository_arn
    remediation = Remediation(
        id="bound-repository-policy",
        causes=(Cause.REPOSITORY_OPEN,),
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        title=f"Tighten: bound the policy of {names} to known accounts",
        words=f"Change of the registry: the policy of {names} names the accounts that it is for, in place of everybody. The run "
        "passes without this change; closure needs it. Make it once those who pull from other accounts were asked.",
        owner=Owner.REGISTRY,
        verify=f"{rerun_words(situation.run)} Then pull from an account that is not named: ECR refuses it.",
        changes=tuple(
            Change(ChangeKind.REPLACE_REPOSITORY_POLICY, arn.resource_id if arn == own else arn, document=after)
            for arn, _, after in edits
        ),
        aws_cli="\n\n".join(_cli(arn, after) for arn, _, after in edits),
        terraform="\n\n".join(
            terraform_resource(
                "aws_ecr_repository_policy", arn.resource_id, {"repository": arn.resource_id}, {"policy": after}
            )
            for arn, _, after in edits
        ),
        cloudformation=template(
            [
                (
                    arn.resource_id,
                    "AWS::ECR::Repository",
                    {
                        "RepositoryName": arn.resource_id,
                        **kept_settings(_repository(situation.account, arn)),
                        "RepositoryPolicyText": after.tree,
                    },
                )
                for arn, _, after in edits
            ],
            f"{EXISTING} Only RepositoryPolicyText changes.",
        ),
        difference="\n".join(
            difference(before, after, f"repository policy of {arn.resource_id}") for arn, before, after in edits
        ),
        tightens=(_LOCKED_OUT,),
    )
    return (Offer(remediation),)


def _repository(account: AccountState, arn: Arn) -> Reading[EcrRepository]:
    return next((state.repository for state in account.repositories if state.arn == arn), account.repository)


def _principals(arn: Arn, role: Arn, situation: Situation) -> list[str]:
    """Return the principals of the accounts of the repository, the role, and the release's other roles that use it.

    An account hands the question to its roles' own policies: a role of the release to which these do not allow everything is
    named itself, so that it keeps what the repository's policy grants it.
    """
    users = [(role, situation.account)] + [
        (state.question.role_arn, state)
        for state in situation.beside
        if state.question.role_arn and arn in (state.question.repository_arn, *state.question.repositories)
    ]
    accounts = dict.fromkeys((arn.account, *(user.account for user, _ in users)))
    roots = [str(Arn(arn.partition, "iam", "", one, "root")) for one in accounts]
    own = tuple(need for need in situation.needs if need.resource == str(arn))
    # What the other roles need is not known here: whatever pushes and pulls.
    theirs = tuple(
        Need(f"ecr:{action}", str(arn), Checkpoint.REGISTRY_PUSH, "")
        for action in dict.fromkeys((*PUSH_ACTIONS, *PULL_ACTIONS))
    )
    return roots + [
        str(user)
        for user, state in users
        if user.account == arn.account and _lacks(own if user == role else theirs, state, situation)
    ]


def _lacks(needs: tuple[Need, ...], state: AccountState, situation: Situation) -> bool:
    """Return whether the role's own policies do not allow all of this."""
    judged = judge_needs(needs, without_other_layers(state, needs), situation.run.session_name)
    return any(item.entitlement is not Entitlement.ALLOWED for item in judged)


def _bounded(document: PolicyDocument, arn: Arn, accounts: list[str]) -> PolicyDocument | None:
    """Return the policy with accounts in the place of everybody; None where that does not shut strangers out."""
    if isinstance(document.policy, Unparsable):
        return None
    tree = document.editable()
    kept: list[Json] = []
    for statement in statements(tree):
        alone = write_document({**tree, "Statement": [statement]})
        if "Principal" in statement and any(admits_strangers(alone, arn, action) for action in ASKED):
            statement["Principal"] = {"AWS": one_or_list(accounts)}
        kept.append(statement)
    after = write_document({**tree, "Statement": kept})
    if after == document or any(admits_strangers(after, arn, action) for action in ASKED):
        return None
    return after


def _cli(arn: Arn, after: PolicyDocument) -> str:
    words = ["aws", "ecr", "set-repository-policy", "--registry-id", arn.account]
    words += ["--repository-name", arn.resource_id, "--region", arn.region]
    return with_document(words, "--policy-text", after, "repository-policy.json")
