"""List the ECR actions that a release needs, on which repository, in the order in which a run would meet them.

Sources: the permission sets that amazon-ecr-login and the ECR user guide document, and the calls that each client
makes. A push needs to read manifests too, for clients look them up first. Where one of the documented sets does without
an action, lacking it alone is no defect. The token action has no resource level: only ``*`` counts. Where the
repository's ARN is known neither from the run nor from the case, the resource is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.case import Case
from diagnosis.facts.workflow import UnparsableWorkflow, Workflow
from diagnosis.gates import Checkpoint
from diagnosis.names.arn import Arn
from diagnosis.names.arn_template import arn_template, filled_arn
from diagnosis.names.ecr_address import EcrAddress, is_repository_name
from diagnosis.names.partition import GLOBAL_SERVICES
from diagnosis.steps.expressions.text import holds
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.read_job import ReadJob, ReadStep, job_of_file, read_job, speaks_to_aws
from diagnosis.steps.stated_targets import Used, with_stated
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.release import Certainty, Need, NeedKind, StepGap
from diagnosis.verdicts.replay import RunFacts

PUSH_ACTIONS = (
    "BatchCheckLayerAvailability",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "PutImage",
)
PUSH_READS = ("BatchGetImage", "GetDownloadUrlForLayer")
PULL_ACTIONS = ("BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability")
_LESS_NEEDED = {
    # The ECR user guide's set for a push does without it; amazon-ecr-login's has it.
    (Purpose.PUSH, "GetDownloadUrlForLayer"): NeedKind.CUSTOMARY,
    # AWS's pull-only set does without it; older ones have it.
    (Purpose.PULL, "BatchCheckLayerAvailability"): NeedKind.TOLERATED,
}
_REGISTRY_WIDE = frozenset(
    {"GetAuthorizationToken", "DescribeRegistry", "GetRegistryPolicy", "PutRegistryPolicy", "DeleteRegistryPolicy"}
    | {"PutReplicationConfiguration", "GetRegistryScanningConfiguration", "PutRegistryScanningConfiguration"}
    | {"CreatePullThroughCacheRule", "DescribePullThroughCacheRules", "DeletePullThroughCacheRule"}
    | {"GetAccountSetting", "PutAccountSetting", "DescribeRegistries", "GetRegistryCatalogData"}
)
_TAG = re.compile(r":[^:{}]*(?:\$?\{[^}]*\}[^:{}]*)*$")
_READS = ("Describe", "List", "Get", "BatchGet", "BatchCheck", "Wait")


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known of account, region and repository where an operation does not say it."""

    region: str | None
    registry_id: str | None
    masked: str | None
    """The account of a registry whose host is masked: none where the run shows this one legibly, for then it is another."""
    role_account: str | None
    repository: str | None
    role_arn: Arn | None
    session_region: str | None = None
    """The region of the session's credentials, in which calls without a region of their own are made."""

    not_ours: frozenset[tuple[Purpose, str | None]] = frozenset()
    """The targets that are not legible and for which the one repository of the facts or the case does not stand."""

    def arn(self, address: EcrAddress | None, operation: Operation) -> str | None:
        """Return the exact ARN of the operation's repository."""
        call = operation.purpose is Purpose.CALL
        named = operation.target if call else None
        name = (address.repository if address else None) or (
            named if named and is_legible(named) and is_repository_name(named) else None
        )
        at_home = self.role_account if call and address is None else None
        registry_id = self.masked if address is not None and address.account is None else self.registry_id
        arn = AccountQuestion(
            role_arn=self.role_arn,
            region=(address.region if address else None) or _legible(operation.region) or self.region,
            registry_id=(address.account if address else None)
            or _legible(operation.registry_id)
            or at_home
            or registry_id,
            repository=name
            or (None if (operation.purpose, _image_of(operation.target)) in self.not_ours else self.repository),
        ).repository_arn
        return str(arn) if arn else None

    def public_arn(self, name: str | None) -> str | None:
        """Return the ARN of a public repository by its own name: it lies in the session's account, in no region."""
        role = self.role_arn
        if not name or role is None or not role.has_account or not is_repository_name(name):
            return None
        template = arn_template("ecr-public", f"repository/{name}", region="")
        return filled_arn(template, partition=role.partition, region=None, account=role.account)


def needs_for(
    workflow: Workflow | UnparsableWorkflow | None, job_name: str | None, facts: RunFacts, case: Case | None = None
) -> tuple[Need, ...]:
    """Return the needs of one job as the workflow file writes it; without a name, of its first job that releases.

    Empty without a file that can be read.
    """
    if not isinstance(workflow, Workflow):
        return ()
    named = (job_of_file(workflow, job_name),) if job_name is not None else workflow.jobs
    reads = (read_job(None, written, workflow, case=case) for written in named if written is not None)
    return next((needs for read in reads if (needs := needs_of(read, facts, case))), ())


def needs_of(read: ReadJob, facts: RunFacts, case: Case | None = None) -> tuple[Need, ...]:
    """Return the needs of one job, by the file and the log together, in the order in which a run would meet them.

    A step under a condition counts unless the condition is constantly false; ``because`` says that it is conditional.
    Images that are pushed elsewhere need nothing of ECR. CDK and Terraform act through roles or providers of their own
    and add nothing here.
    """
    if read.runs is False:
        return ()
    place = _place(read, facts, case or Case())
    speaks_ecr = read.releases
    counted = (step for step in read.steps if step.runs is not False)
    # What a step does again needs nothing more.
    used: Sequence[Used] = [(step, operation) for step in counted for operation in dict.fromkeys(step.operations)]
    if speaks_ecr and case is not None:
        used = with_stated(used, case.repository_uris, _image_of)
    registry = [operation for _, operation in used if _is_of_registry(operation, speaks_ecr=speaks_ecr)]
    place = replace(place, not_ours=_not_ours(registry, place.repository))
    found = [need for step, operation in used for need in _of_operation(step, operation, place, speaks_ecr=speaks_ecr)]
    services = {"ecr-public" if operation.public else "ecr" for operation in registry if _transfers(operation)}
    return _ordered(_with_tokens(found, services))


def _transfers(operation: Operation) -> bool:
    """Return whether it pushes or pulls, for which a client needs a token; nobody needs one to pull what is public."""
    return operation.purpose is Purpose.PUSH or (operation.purpose is Purpose.PULL and not operation.public)


def _is_of_registry(operation: Operation, *, speaks_ecr: bool) -> bool:
    """Return whether it acts on a repository of ECR."""
    if operation.purpose is Purpose.CALL:
        return (operation.action or "").partition(":")[2] not in _REGISTRY_WIDE
    if operation.purpose not in (Purpose.PUSH, Purpose.PULL) or operation.elsewhere:
        return False
    return speaks_ecr or EcrAddress.find(operation.target) is not None


def _not_ours(operations: Iterable[Operation], known: str | None) -> frozenset[tuple[Purpose, str | None]]:
    """Return the images for which the one known repository does not stand, since their own name is not legible.

    Of the pushes, of the pulls and of the calls it stands for one at most, and for none where another of them names it.
    """
    unread: dict[Purpose, dict[str | None, None]] = {}
    named: dict[Purpose, set[str]] = {}
    for operation in operations:
        name = _name_of(operation)
        if name is not None:
            named.setdefault(operation.purpose, set()).add(name)
        elif operation.target or operation.purpose is not Purpose.CALL:
            unread.setdefault(operation.purpose, {})[_image_of(operation.target)] = None
    return frozenset(
        (purpose, image)
        for purpose, images in unread.items()
        for image in list(images)[0 if known in named.get(purpose, ()) else 1 :]
    )


def _name_of(operation: Operation) -> str | None:
    """Return the name of the repository where the operation says it."""
    target = operation.target
    if operation.purpose is Purpose.CALL:
        return target if target and is_legible(target) and is_repository_name(target) else None
    address = EcrAddress.find(target)
    return address.repository if address else None


def _image_of(target: str | None) -> str | None:
    """Return a target without tag and digest, so that two tags of one image are one."""
    if target is None:
        return None
    folder, slash, last = target.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{re.sub(_TAG, '', last)}"


def is_never(condition: str | None) -> bool:
    """Return whether an ``if:`` is constantly false, whatever the run."""
    return holds(condition, {}) is False


def _place(read: ReadJob, facts: RunFacts, case: Case) -> _Place:
    """Return where the needs lie: by the facts, else by the case, else by the registry that the job's own role leads to."""
    role = (facts.role_arn.value if facts.role_arn else None) or case.role_arn or _role_of(read)
    account = AccountQuestion(role_arn=role).role_account
    registry = facts.registry.value if facts.registry else None
    home = EcrAddress.find(read.values.get("outputs.registry"))
    at_home = registry is None or registry.public or registry.account is not None
    region = (registry.region if registry else None) or (facts.region.value if facts.region else None) or case.region
    registry_id = (registry.account if registry else None) or case.registry_id or (account if at_home else None)
    shown = facts.registry is not None and (facts.registry.value.account or "") in facts.registry.found_in.text
    return _Place(
        region=region or (home.region if home else None),
        registry_id=registry_id,
        masked=case.registry_id if shown else registry_id,
        role_account=case.registry_id or account,
        repository=(facts.repository.value if facts.repository else None) or case.ecr_repository,
        role_arn=role,
        session_region=(facts.region.value if facts.region else None) or case.region or region,
    )


def _role_of(read: ReadJob) -> Arn | None:
    targets = (
        operation.target for step in read.steps for operation in step.operations if operation.purpose is Purpose.ASSUME
    )
    named = (Arn.parse(target) for target in targets if target and is_legible(target))
    return next((arn for arn in named if arn is not None), None)


def _of_operation(step: ReadStep, operation: Operation, place: _Place, *, speaks_ecr: bool) -> Iterator[Need]:
    address = EcrAddress.find(operation.target) if operation.purpose is not Purpose.CALL else None
    public = operation.public or (address is not None and address.public)
    if operation.purpose is Purpose.LOGIN:
        if (operation.action or "").startswith("ecr"):
            yield from _token(step, operation, public=public)
    elif operation.purpose is Purpose.CALL:
        yield _call(step, operation, place)
    elif operation.purpose is Purpose.SERVICE:
        yield _service(step, operation, place)
    elif (
        operation.purpose in (Purpose.PUSH, Purpose.PULL)
        and not operation.elsewhere
        and (address is not None or speaks_ecr)
    ):
        if operation.purpose is Purpose.PULL and public:
            return
        service = "ecr-public" if public else "ecr"
        # The first part of a public repository's path is the registry's alias, which no ARN holds.
        public_name = (address.repository or "").partition("/")[2] if address else None
        resource = place.public_arn(public_name) if public else place.arn(address, operation)
        pushes = operation.purpose is Purpose.PUSH
        reads = () if public else PUSH_READS
        for name in (*PUSH_ACTIONS, *reads) if pushes else PULL_ACTIONS:
            yield Need(
                f"{service}:{name}",
                resource,
                Checkpoint.REGISTRY_PUSH if pushes else Checkpoint.REGISTRY_PULL,
                _because(step, operation),
                step.name,
                kind=_LESS_NEEDED.get((operation.purpose, name), NeedKind.REQUIRED),
                source=operation.source,
            )


def _token(step: ReadStep, operation: Operation, *, public: bool) -> Iterator[Need]:
    because = _because(step, operation)
    service = "ecr-public" if public else "ecr"
    yield Need(f"{service}:GetAuthorizationToken", "*", Checkpoint.REGISTRY_AUTH, because, step.name)
    if public:
        yield Need("sts:GetServiceBearerToken", "*", Checkpoint.REGISTRY_AUTH, because, step.name)


def _call(step: ReadStep, operation: Operation, place: _Place) -> Need:
    service, _, name = (operation.action or "ecr:").partition(":")
    if name == "DescribeRepositories" and not operation.target:
        place = replace(place, repository="*")  # a call about all of them
    if name in _REGISTRY_WIDE:
        resource: str | None = "*"
    else:
        resource = place.arn(None, operation) if service == "ecr" else place.public_arn(_legible(operation.target))
    checkpoint = Checkpoint.REGISTRY_PULL if name.startswith(_READS) else Checkpoint.REGISTRY_PUSH
    because = _because(step, operation)
    return Need(f"{service}:{name}", resource, checkpoint, because, step.name, source=operation.source)


def _service(step: ReadStep, operation: Operation, place: _Place) -> Need:
    """Return the need of another service's action; its resource is None where a part of the ARN is not known."""
    role = place.role_arn
    partition = role.partition if role else AccountQuestion(region=place.session_region).partition
    account = role.account if role and role.has_account else None
    region = _legible(operation.region) or place.session_region
    return Need(
        operation.action or "",
        filled_arn(operation.resource, partition=partition, region=region, account=account),
        Checkpoint.SERVICE_AUTHORIZATION,
        _because(step, operation),
        step.name,
        context=(*operation.context, *_called_in(operation, region)),
        kind=NeedKind.TOLERATED if operation.tolerated else NeedKind.REQUIRED,
        source=operation.source,
    )


def _called_in(operation: Operation, region: str | None) -> tuple[tuple[str, str], ...]:
    """Return the region of a call that has no resource whose ARN would tell it."""
    service = (operation.action or "").partition(":")[0].lower()
    if operation.resource != "*" or region is None or service in GLOBAL_SERVICES:
        return ()
    return (("aws:RequestedRegion", region),)


def gaps_of(read: ReadJob) -> tuple[StepGap, ...]:
    """Return the steps of a job that run with its credentials and whose calls are not, or not all, known."""
    found: list[StepGap] = []
    begun = False
    for step in read.steps:
        begun = begun or any(speaks_to_aws(operation) for operation in step.operations)
        if not begun or step.runs is False or step.matched.is_post:
            continue
        own = step.matched.written
        if own is not None and own.unread:
            how = f"let {(own.uses or '')} be read (contents: read)"
            found.append(StepGap(step.name, own.uses or "", own.unread, how, may_push=True, job=read.name))
        found += [
            StepGap(
                step.name,
                operation.gap.what,
                operation.gap.why,
                operation.gap.how,
                Certainty.NOT_JUDGED if operation.purpose is Purpose.NOT_JUDGED else Certainty.OPAQUE,
                may_push=operation.gap.may_push,
                job=read.name,
                source=operation.source,
            )
            for operation in step.operations
            if operation.gap is not None
        ]
    return tuple(dict.fromkeys(found))


def _because(step: ReadStep, operation: Operation) -> str:
    verbs = {
        Purpose.LOGIN: "logs in to the registry",
        Purpose.PUSH: "pushes an image",
        Purpose.PULL: "reads an image",
        Purpose.SERVICE: f"calls {operation.action}",
        Purpose.CALL: f"calls {(operation.action or '').partition(':')[2]}",
    }
    told = ("" if operation.kind is StepKind.OTHER else operation.kind.value, operation.source)
    tool = f" ({', in '.join(part for part in told if part)})" if any(told) else ""
    text = f"step “{step.name}” {verbs.get(operation.purpose, 'runs')}{tool}"
    if step.condition and step.runs is None:
        skipped = "; it was skipped in this run" if step.conclusion == "skipped" else ""
        return f"{text}, if {' '.join(step.condition.split())[:200]}{skipped}"
    return text


def _with_tokens(needs: list[Need], services: Iterable[str]) -> list[Need]:
    """Add the need of a registry's token where no step asks for one by name: the first push or pull there needs it."""
    for service in sorted(services):
        if any(need.action == f"{service}:GetAuthorizationToken" for need in needs):
            continue
        transfers = (f"{service}:BatchCheckLayerAvailability", f"{service}:BatchGetImage")
        first = next((need for need in needs if need.action in transfers), None)
        if first is None:
            continue
        token = replace(
            first,
            action=f"{service}:GetAuthorizationToken",
            resource="*",
            checkpoint=Checkpoint.REGISTRY_AUTH,
            kind=NeedKind.REQUIRED,
        )
        bearer = [replace(token, action="sts:GetServiceBearerToken")] if service == "ecr-public" else []
        at = needs.index(first)
        needs = [*needs[:at], token, *bearer, *needs[at:]]
    return needs


def _ordered(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Return each need once, numbered as a run would meet them; the step that needs it most gives the reason.

    A need whose resource is not known stays beside those whose resource is: it may be another one.
    """
    seen: dict[tuple[str, str | None], Need] = {}
    for need in needs:
        known = seen.setdefault((need.action, need.resource), need)
        if _weight(need) > _weight(known):
            seen[need.action, need.resource] = need
    return tuple(replace(need, order=order) for order, need in enumerate(seen.values()))


def _weight(need: Need) -> tuple[bool, bool]:
    """Return the sort key that puts required before customary, and unconditional before conditional."""
    return need.kind is NeedKind.REQUIRED, ", if " not in need.because


def _legible(text: str | None) -> str | None:
    return text if text and is_legible(text) else None
