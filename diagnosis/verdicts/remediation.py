"""A remediation as a value: one bounded change as text to review and run elsewhere, and its effect on the model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.causes import Cause
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument


class ChangeKind(StrEnum):
    """The bounded changes that planescope can propose and model."""

    CREATE_PROVIDER = "create-provider"
    ADD_AUDIENCE = "add-audience"
    REPLACE_TRUST_POLICY = "replace-trust-policy"
    PUT_INLINE_POLICY = "put-inline-policy"
    DELETE_INLINE_POLICY = "delete-inline-policy"
    REPLACE_ATTACHED_POLICY = "replace-attached-policy"
    """Without a document: the policy is detached from the role."""
    ATTACH_POLICY = "attach-policy"
    """A new managed policy, made and attached to the role."""
    REPLACE_BOUNDARY = "replace-boundary"
    REPLACE_REPOSITORY_POLICY = "replace-repository-policy"
    """Of the repository that was asked for, by its name; of a further one, by its ARN."""
    REPLACE_RESOURCE_POLICY = "replace-resource-policy"
    """Of a bucket, a key, a secret, a queue or a topic."""
    REPLACE_SERVICE_CONTROL_POLICY = "replace-service-control-policy"
    REPLACE_RESOURCE_CONTROL_POLICY = "replace-resource-control-policy"
    CREATE_REPOSITORY = "create-repository"
    DISPATCH_ON_REF = "dispatch-on-ref"
    """Changes nothing in the account: the next run presents another, already admitted subject."""
    EDIT_WORKFLOW = "edit-workflow"
    OUTSIDE = "outside"
    """A change that is another owner's and is not modelled (an endpoint policy, a key)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One effect of a remediation on the model of the account or on the next run; applied in memory only."""

    kind: ChangeKind
    target: Arn | str
    """The ARN of a provider, role, managed policy or repository; the name of an inline policy; a ref or input."""
    document: PolicyDocument | None = None
    """The new document, where one changes."""
    values: tuple[str, ...] = ()
    """Audiences, refs, actions: what the kind needs."""
    job: str = ""
    """For an edit of the workflow: the id of the job whose steps change; empty where only one can be meant."""


@dataclass(frozen=True, slots=True)
class Remediation:
    """One bounded change, as text to review and run elsewhere; planescope never makes it."""

    id: str
    causes: tuple[Cause, ...]
    """Every cause that this one change removes: changes to one document are merged."""
    plane: Plane
    checkpoint: Checkpoint | None
    """The first checkpoint that it opens."""
    title: str
    words: str
    owner: Owner
    verify: str
    """How to prove it: the rerun of the same workflow, and what it would and would not prove."""
    changes: tuple[Change, ...]
    aws_cli: str = ""
    terraform: str = ""
    cloudformation: str = ""
    difference: str = ""
    """A readable (unified) difference against the live document, where one changes."""
    widens: tuple[str, ...] = ()
    """What the change admits or grants that was not before; empty for one that widens nothing."""
    tightens: tuple[str, ...] = ()
    """What the change takes away and whom it may lock out; empty for one that opens. It is last in a path: the run passes
    without it, closure needs it."""
    warnings: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """What one owner has to do on a path: the remediations that are theirs, put together."""

    owner: Owner
    remediations: tuple[str, ...]
    """Ids, in gate order."""
    aws_cli: str = ""
    terraform: str = ""
    cloudformation: str = ""
    """One template with every resource; empty where nothing of the account changes."""
