"""Ask AWS's own tools, the policy simulator and Access Analyzer, the same questions.

Neither decides anything here. The simulator ignores a role's trust policy, so it is never asked about ``sts:Assume*``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from diagnosis.facts.account import SecondOpinion
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.json_members import JsonMembers
from probes.aws.read.readings import attempt, known
from probes.aws.session.access import AwsAccess
from probes.aws.session.operations import LIST_ANALYZERS, LIST_FINDINGS, SIMULATE_PRINCIPAL_POLICY, Operation

SIMULATOR, ANALYZER = "policy-simulator", "access-analyzer"
_TRUST_NOTE = "the simulator ignores trust policies"
_LIMITS = "without the repository's policy and without the session's context"


def read_second_opinions(
    aws: AwsAccess,
    role_arn: str,
    actions: Sequence[tuple[str, str]],
    resources: Sequence[str] = (),
    region: str | None = None,
) -> Reading[tuple[SecondOpinion, ...]]:
    """Read the simulator's opinion on each ``(action, resource)``, and the analyzer's findings on the resources.

    One source that cannot be asked gives one opinion that says ``unreadable`` and why; if neither can, ``Unreadable``.
    """
    asked = [pair for pair in actions if not pair[0].lower().startswith("sts:assume")]
    opinions = [
        SecondOpinion(SIMULATOR, action, "not-applicable", _TRUST_NOTE)
        for action, _ in actions
        if action.lower().startswith("sts:assume")
    ]
    sources: list[tuple[str, Operation, Callable[[], list[SecondOpinion]]]] = [
        (ANALYZER, LIST_FINDINGS, lambda: _findings(aws, resources, region))
    ]
    if asked:
        sources.insert(0, (SIMULATOR, SIMULATE_PRINCIPAL_POLICY, lambda: _simulated(aws, role_arn, asked, region)))
    unread: list[Unreadable] = []
    for source, operation, body in sources:
        reading = _attempt(aws, source, operation, body)
        if isinstance(reading, Known):
            opinions.extend(reading.value)
        elif isinstance(reading, Unreadable):
            unread.append(reading)
            opinions.append(SecondOpinion(source, "", "unreadable", f"{reading.why}; {reading.how}"))
    if len(unread) == len(sources):
        return unread[0]
    return known(tuple(opinions), SIMULATE_PRINCIPAL_POLICY if asked else LIST_FINDINGS, role_arn, aws.clock())


def _attempt(
    aws: AwsAccess, source: str, operation: Operation, body: Callable[[], list[SecondOpinion]]
) -> Reading[list[SecondOpinion]]:
    return attempt(f"opinion of the {source}", operation, aws, lambda: known(body(), operation, "", aws.clock()))


def _simulated(
    aws: AwsAccess, role_arn: str, actions: Sequence[tuple[str, str]], region: str | None
) -> list[SecondOpinion]:
    by_resource: dict[str, list[str]] = defaultdict(list)
    for action, resource in actions:
        by_resource[resource].append(action)
    found: list[SecondOpinion] = []
    for resource, names in by_resource.items():
        pages = aws.pages(
            SIMULATE_PRINCIPAL_POLICY,
            region=region,
            PolicySourceArn=role_arn,
            ActionNames=names,
            ResourceArns=[resource],
        )
        for result in (result for page in pages for result in page.objects("EvaluationResults")):
            note = f"on {resource}, {_layers(result)}"
            found.append(
                SecondOpinion(SIMULATOR, result.filled_text("EvalActionName"), result.filled_text("EvalDecision"), note)
            )
    return found


def _layers(result: JsonMembers) -> str:
    """Say which layers the simulator looked at, and which of them stands in the way."""
    organization, boundary = "OrganizationsDecisionDetail", "PermissionsBoundaryDecisionDetail"
    words = [_LIMITS]
    if result.has(organization):
        allowed = result.maybe_object(organization).maybe_flag("AllowedByOrganizations")
        words.append(f"service control policies {'allow' if allowed else 'do not allow'} it")
    if result.has(boundary):
        allowed = result.maybe_object(boundary).maybe_flag("AllowedByPermissionsBoundary")
        words.append(f"the permissions boundary {'allows' if allowed else 'does not allow'} it")
    return "; ".join(words)


def _findings(aws: AwsAccess, resources: Sequence[str], region: str | None) -> list[SecondOpinion]:
    """Read the findings of every analyzer of the region on these resources; none where there is no analyzer."""
    if not resources:
        return []
    analyzers = [
        entry.filled_text("arn")
        for page in aws.pages(LIST_ANALYZERS, region=region)
        for entry in page.objects("analyzers")
    ]
    found = []
    for arn in analyzers:
        pages = aws.pages(LIST_FINDINGS, region=region, analyzerArn=arn, filter={"resource": {"eq": list(resources)}})
        for finding in (finding for page in pages for finding in page.objects("findings")):
            says = f"{finding.filled_text('status')} {finding.filled_text('findingType')}"
            found.append(
                SecondOpinion(
                    ANALYZER, finding.filled_text("id"), says, f"on {finding.maybe_text('resource') or 'unknown'}"
                )
            )
    return found
