"""Amend the own policies of buckets, keys, secrets, queues and topics: leave the role out of a Deny, or admit it.

In the role's own account its own policies are enough, but for a key, whose policy has to allow in any case. A resource of
another account has to admit the role, whatever its service.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState, NamedPolicy, ResourcePolicy
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Plane
from diagnosis.live.entitlement import Entitlement, judge_needs
from diagnosis.live.layers import whole_document
from diagnosis.live.resource_layer import policy_holder
from diagnosis.live.run_claims import session_of_role
from diagnosis.names.arn import Arn
from diagnosis.names.partition import partition_of
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.quotas import BUCKET_POLICY_LIMIT, LARGEST_POLICY
from diagnosis.policy.language.strict_json import json_text
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.resource_edit import Pairs, ResourceEdit, resource_edit
from diagnosis.remedies.offer import CANNOT_HELP, Choice, Offer, Situation, contexts_of, needed_pairs, rerun_words
from diagnosis.remedies.rendering import (
    EXISTING,
    Resource,
    template,
    terraform_label,
    terraform_resource,
    with_document,
    with_file,
)
from diagnosis.verdicts.release import Need, NeedKind
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_WORDS = {"s3": "bucket", "kms": "key", "secretsmanager": "secret", "sqs": "queue", "sns": "topic"}
_NAMES_NO_RESOURCE = ("kms", "secretsmanager")
"""Services in whose policies ``*`` stands for the resource that the policy hangs on."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """The policy of one resource, changed."""

    known: ResourcePolicy
    arn: Arn
    made: ResourceEdit

    @property
    def actual(self) -> Arn:
        """The resource itself: the key behind an alias."""
        return Arn.parse(self.known.actual) or self.arn

    @property
    def words(self) -> str:
        return f"{_WORDS[self.arn.service]} {self.name}"

    @property
    def name(self) -> str:
        return self.arn.resource if self.arn.service in ("s3", "sqs", "sns") else self.arn.resource_id


def admit_role_to_resources(situation: Situation) -> Choice | None:
    """Offer one new version of each resource's policy that stops the role; None where none was read, or nothing helps."""
    problems = situation.of(Cause.RESOURCE_POLICY)
    role = situation.run.role_arn
    if not problems or role is None:
        return None
    edits = tuple(_edits(situation, role, needed_pairs(situation.needs, problems)))
    if not edits:
        return None
    shown = " and ".join(edit.words for edit in edits)
    remediation = Remediation(
        id="amend-resource-policies",
        causes=(Cause.RESOURCE_POLICY,),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title=f"Make room for the release in the policy of {shown}",
        words=" ".join(_words(edit, str(role)) for edit in edits) + f" {CANNOT_HELP}",
        owner=problems[0].owner,
        verify=f"{rerun_words(situation.run)} It proves service authorization.",
        changes=tuple(
            Change(ChangeKind.REPLACE_RESOURCE_POLICY, edit.known.arn, document=edit.made.after) for edit in edits
        ),
        aws_cli="\n\n".join(_cli(edit) for edit in edits),
        terraform="\n\n".join(_terraform(edit) for edit in edits),
        cloudformation=template([_resource(edit) for edit in edits], EXISTING),
        difference="\n".join(
            difference(edit.made.before, edit.made.after, f"policy of {edit.words}") for edit in edits
        ),
        widens=tuple(text for edit in edits for text in _widens(edit, str(role))),
        warnings=tuple(text for edit in edits for text in _warnings(edit)),
        actions=tuple(dict.fromkeys(action for problem in problems for action in problem.actions)),
    )
    return (Offer(remediation),)


def _edits(situation: Situation, role: Arn, pairs: Pairs) -> Iterator[_Edit]:
    session = session_of_role(role, situation.run.session_name)
    contexts = contexts_of(situation.needs)
    by_holder: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        holder = policy_holder(pair[1])
        if holder is not None:
            by_holder.setdefault(holder, []).append(pair)
    for known in situation.account.resource_policies:
        wanted, arn = tuple(by_holder.get(known.arn, ())), Arn.parse(known.arn)
        if not wanted or arn is None or isinstance(known.policy, Unreadable) or arn.service not in _WORDS:
            continue
        needs = tuple(
            replace(need, kind=NeedKind.REQUIRED) for need in situation.needs if (need.action, need.resource) in wanted
        )
        made = resource_edit(
            known.policy.value.document if isinstance(known.policy, Known) else None,
            wanted,
            role,
            session,
            must_admit=_Asking(situation, known, needs).is_stopped_by,
            place="*" if arn.service in _NAMES_NO_RESOURCE else None,
            contexts=contexts,
            within=known.arn if arn.service == "s3" else "",
        )
        if made is not None:
            yield _Edit(known, arn, made)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks what a resource's policy lets through, all else being open."""

    situation: Situation
    known: ResourcePolicy
    needs: tuple[Need, ...]

    def is_stopped_by(self, document: PolicyDocument | None) -> bool:
        """Return whether the role still lacks something under this policy."""
        account = self._account(document)
        judged = judge_needs(self.needs, account, self.situation.run.session_name)
        return any(item.entitlement is Entitlement.DENIED for item in judged)

    def _account(self, document: PolicyDocument | None) -> AccountState:
        account = self.situation.account
        policy = Known(NamedPolicy(self.known.arn, document)) if document is not None else Absent("its policy")
        return replace(
            account,
            inline_policies=Known((NamedPolicy("open", whole_document("Allow")),)),
            attached_policies=Known(()),
            boundary=Absent("permissions boundary"),
            scps=Absent("SCPs"),
            rcps=Absent("RCPs"),
            resource_policies=tuple(
                replace(item, policy=policy) if item.arn == self.known.arn else item
                for item in account.resource_policies
            ),
        )


def _words(edit: _Edit, role: str) -> str:
    said = []
    if edit.made.before is not None and not edit.made.admits:
        said.append(
            f"The policy of {edit.words} stops this role. Amend that statement so that it leaves out exactly {role}, which stays "
            "denied whatever else the statement denies; everybody else stays as they are."
        )
    if edit.made.admits:
        actions = ", ".join(dict.fromkeys(action for action, _ in edit.made.pairs))
        said.append(f"The policy of {edit.words} must admit {role} for exactly {actions}.")
    return " ".join(said)


def _widens(edit: _Edit, role: str) -> tuple[str, ...]:
    admitted = (f"{role} may use {len(edit.made.pairs)} actions on {edit.words}",) if edit.made.admits else ()
    return (*admitted, *(f"the policy of {edit.words} then lets through {text}" for text in edit.made.beyond))


def _warnings(edit: _Edit) -> Iterator[str]:
    length, limit = len(edit.made.after.text), BUCKET_POLICY_LIMIT if edit.arn.service == "s3" else LARGEST_POLICY
    if length > limit:
        yield f"The policy of {edit.words} would take {length} of {limit} characters: AWS refuses that."
    if edit.made.before is not None:
        yield f"The policy of {edit.words} was written on purpose, perhaps: ask who wrote it."


def _queue_url(arn: Arn) -> str:
    return f"https://sqs.{arn.region}.{partition_of(arn.region).domain}/{arn.account}/{arn.resource}"


def _cli(edit: _Edit) -> str:
    arn, after = edit.actual, edit.made.after
    at = ["--region", arn.region] if arn.region else []
    file_name = f"policy-of-{terraform_label(edit.name)}.json"
    match arn.service:
        case "s3":
            words, option = ["aws", "s3api", "put-bucket-policy", "--bucket", arn.resource], "--policy"
        case "kms":
            words = ["aws", "kms", "put-key-policy", "--key-id", str(arn), "--policy-name", "default", *at]
            option = "--policy"
        case "secretsmanager":
            words = ["aws", "secretsmanager", "put-resource-policy", "--secret-id", str(arn), *at]
            option = "--resource-policy"
        case "sns":
            words = ["aws", "sns", "set-topic-attributes", "--topic-arn", str(arn), "--attribute-name", "Policy", *at]
            option = "--attribute-value"
        case _:
            words = ["aws", "sqs", "set-queue-attributes", "--queue-url", _queue_url(arn), *at]
            return with_file(words, "--attributes", json_text({"Policy": after.text}, indent=2), file_name)
    return with_document(words, option, after, file_name)


def _terraform(edit: _Edit) -> str:
    arn = edit.actual
    kind, body = {
        "s3": ("aws_s3_bucket_policy", {"bucket": arn.resource}),
        "kms": ("aws_kms_key_policy", {"key_id": arn.resource_id}),
        "secretsmanager": ("aws_secretsmanager_secret_policy", {"secret_arn": str(arn)}),
        "sns": ("aws_sns_topic_policy", {"arn": str(arn)}),
        "sqs": ("aws_sqs_queue_policy", {"queue_url": _queue_url(arn) if arn.service == "sqs" else ""}),
    }[arn.service]
    return terraform_resource(kind, edit.name, body, {"policy": edit.made.after})


def _resource(edit: _Edit) -> Resource:
    arn, tree = edit.actual, edit.made.after.tree
    match arn.service:
        case "s3":
            return edit.name, "AWS::S3::BucketPolicy", {"Bucket": arn.resource, "PolicyDocument": tree}
        case "kms":
            return edit.name, "AWS::KMS::Key", {"KeyPolicy": tree}
        case "secretsmanager":
            properties: dict[str, object] = {"SecretId": str(arn), "ResourcePolicy": tree}
            return edit.name, "AWS::SecretsManager::ResourcePolicy", properties
        case "sns":
            return edit.name, "AWS::SNS::TopicPolicy", {"Topics": [str(arn)], "PolicyDocument": tree}
        case _:
            return edit.name, "AWS::SQS::QueuePolicy", {"Queues": [_queue_url(arn)], "PolicyDocument": tree}
