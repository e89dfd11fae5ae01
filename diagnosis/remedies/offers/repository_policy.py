"""Amend the repositories' policies: narrow the statement that denies, or admit the role of another account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.causes import Cause
from diagnosis.facts.account import EcrRepository
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.gates import Owner, Plane
from diagnosis.live.run_claims import session_of_role
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.quotas import REPOSITORY_POLICY_LIMIT
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.resource_edit import ResourceEdit, resource_edit
from diagnosis.remedies.offer import CANNOT_HELP, Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.rendering import EXISTING, template, terraform_resource, with_document
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def admit_role(situation: Situation) -> Choice | None:
    """Offer one new version of each repository's policy that stops the role, for the repositories' owner to make."""
    problems = situation.of(Cause.REPOSITORY_POLICY_DENY)
    role = situation.run.role_arn
    if not problems or role is None:
        return None
    edits = tuple(_edits(situation, role, needed_pairs(situation.needs, problems)))
    if not edits:
        return None
    actions = tuple(dict.fromkeys(action for problem in problems for action in problem.actions))
    remediation = Remediation(
        id="amend-repository-policy",
        causes=(Cause.REPOSITORY_POLICY_DENY,),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title=_title(edits),
        words=" ".join(_words(edit, str(role)) for edit in edits) + f" {CANNOT_HELP}",
        owner=Owner.REGISTRY,
        verify=f"{rerun_words(situation.run)} It proves registry authorization.",
        changes=tuple(edit.change for edit in edits),
        aws_cli="\n\n".join(_cli(edit, several=len(edits) > 1) for edit in edits),
        terraform="\n\n".join(
            terraform_resource(
                "aws_ecr_repository_policy", edit.name, {"repository": edit.name}, {"policy": edit.made.after}
            )
            for edit in edits
        ),
        cloudformation=template(
            [(edit.name, "AWS::ECR::Repository", _properties(edit)) for edit in edits],
            f"{EXISTING} Only RepositoryPolicyText changes.",
        ),
        difference="\n".join(
            difference(edit.made.before, edit.made.after, f"repository policy of {edit.name}") for edit in edits
        ),
        widens=tuple(text for edit in edits for text in _widens(edit, str(role))),
        warnings=tuple(
            f"The policy of {edit.name} would take {len(edit.made.after.text)} of {REPOSITORY_POLICY_LIMIT} characters: AWS "
            "refuses that."
            for edit in edits
            if len(edit.made.after.text) > REPOSITORY_POLICY_LIMIT
        ),
        actions=actions,
    )
    return (Offer(remediation),)


@dataclass(frozen=True, slots=True)
class _RepositoryEdit:
    """The policy of one repository, changed."""

    arn: Arn
    repository: Reading[EcrRepository]
    made: ResourceEdit
    of_question: bool
    """Whether it is the repository that the account was read for first."""
    across: bool
    """Whether it is in another account than the role."""

    @property
    def name(self) -> str:
        return self.arn.resource_id

    @property
    def change(self) -> Change:
        target = self.name if self.of_question else self.arn
        return Change(ChangeKind.REPLACE_REPOSITORY_POLICY, target, document=self.made.after)


def _edits(situation: Situation, role: Arn, pairs: tuple[tuple[str, str], ...]) -> Iterator[_RepositoryEdit]:
    account = situation.account
    own = account.question.repository_arn
    read = [(own, account.repository, account.repository_policy)] if own is not None else []
    read += [(state.arn, state.repository, state.policy) for state in account.repositories]
    session = session_of_role(role, situation.run.session_name)
    for arn, repository, policy in read:
        wanted = tuple(pair for pair in pairs if pair[1] in ("*", str(arn)))
        if isinstance(policy, Unreadable) or not any(place != "*" for _, place in wanted):
            continue
        across = role.account != arn.account
        before = policy.value.document if isinstance(policy, Known) else None
        made = resource_edit(before, wanted, role, session, must_admit=_always if across else _never)
        if made is not None:
            yield _RepositoryEdit(arn, repository, made, of_question=arn == own, across=across)


def _always(_: PolicyDocument | None) -> bool:
    """Across accounts the policy has to admit the role, whatever else it says."""
    return True


def _never(_: PolicyDocument | None) -> bool:
    return False


def _title(edits: tuple[_RepositoryEdit, ...]) -> str:
    across = any(edit.across for edit in edits)
    if len(edits) == 1:
        return "Admit the role in the repository policy" if across else "Amend the repository policy"
    return f"{'Admit the role in' if across else 'Amend'} the policies of {len(edits)} repositories"


def _cli(edit: _RepositoryEdit, *, several: bool) -> str:
    words = ["aws", "ecr", "set-repository-policy", "--registry-id", edit.arn.account]
    words += ["--repository-name", edit.name, "--region", edit.arn.region]
    file_name = f"repository-policy-{edit.name.replace('/', '-')}.json" if several else "repository-policy.json"
    return with_document(words, "--policy-text", edit.made.after, file_name)


def _properties(edit: _RepositoryEdit) -> dict[str, object]:
    return {
        "RepositoryName": edit.name,
        **kept_settings(edit.repository),
        "RepositoryPolicyText": edit.made.after.tree,
    }


def _widens(edit: _RepositoryEdit, role: str) -> tuple[str, ...]:
    if edit.across:
        return (f"{role} may use {len(edit.made.pairs)} actions on {edit.name}",)
    return tuple(f"the repository policy then denies no longer {text}" for text in edit.made.beyond)


def kept_settings(repository: Reading[EcrRepository]) -> dict[str, object]:
    """Return the repository's settings as they were read; without its encryption a template would replace it."""
    if not isinstance(repository, Known):
        return {}
    kept: dict[str, object] = {}
    if repository.value.tag_mutability in ("MUTABLE", "IMMUTABLE"):
        kept["ImageTagMutability"] = repository.value.tag_mutability
    if repository.value.kms_key:
        kept["EncryptionConfiguration"] = {"EncryptionType": "KMS", "KmsKey": repository.value.kms_key}
    return kept


def _words(edit: _RepositoryEdit, role: str) -> str:
    name, pairs = edit.name, edit.made.pairs
    if edit.across:
        return (
            f"The repository {name} is in another account than the role, so its policy must admit {role} for exactly "
            f"{len(pairs)} action{'s' if len(pairs) != 1 else ''}."
        )
    return (
        f"The policy of repository {name} stops this role. Amend that statement so that it leaves out exactly {role}, which "
        "stays denied whatever else the statement denies; everybody else stays as they are."
    )
