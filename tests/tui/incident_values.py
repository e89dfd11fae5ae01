"""The three stages of the incident as hand-made values, in our own words: what screens are tested with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from diagnosis.account import AccountQuestion, AccountState
from diagnosis.evidence import Evidence, EvidenceKind, Origin
from diagnosis.gates import Checkpoint, Gate, Owner, Plane, Verdict
from diagnosis.reading import Known
from diagnosis.runs import Attempt, Job, Repository, Step
from diagnosis.verdicts import (
    Assessment,
    Change,
    ChangeKind,
    Closure,
    ClosureStatus,
    Diagnosis,
    Fact,
    Finding,
    GateVerdict,
    IntegrityFinding,
    Missing,
    Need,
    Path,
    Problem,
    Remediation,
    Replay,
    RuleVerdict,
    RunFacts,
)

REPOSITORY = "EsosaOrumwese/fraud-detection-system"
ACCOUNT = "230372904534"
ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/GitHubAction-AssumeRoleWithAction"
ECR = f"arn:aws:ecr:eu-west-2:{ACCOUNT}:repository/fraud-platform-dev-min"
SHA = "799d398a7daf34857cf363c9a1a629c40ec25d5e"
DAY = datetime(2026, 2, 13, tzinfo=UTC)
RUN_IDS = (21985402789, 21985472266, 21985500168)
STARTED = (
    timedelta(hours=11, minutes=36, seconds=26),
    timedelta(hours=11, minutes=38, seconds=58),
    timedelta(hours=11, minutes=40, seconds=2),
)
TOKEN_ACTION = "ecr:GetAuthorizationToken"
PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
LAST_ACTION = "ecr:DescribeImages"

_STOPS = (
    "Could not assume role with OIDC: No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
    f"User: arn:aws:sts::{ACCOUNT}:assumed-role/GitHubAction-AssumeRoleWithAction/GitHubActions is not authorized to perform: "
    "ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action",
)


def moment_of(run: int) -> datetime:
    """When run 1, 2 or 3 started."""
    return DAY + STARTED[run - 1]


def log_of(run: int, *, lines: int = 0) -> str:
    """A job log in GitHub's form, with the proving line at 24; ``lines`` pads its end."""
    start = moment_of(run)
    words = [
        "Current runner version: '2.331.0'",
        "##[group]Runner Image",
        "Image: ubuntu-24.04",
        "##[endgroup]",
        "##[group]GITHUB_TOKEN Permissions",
        "Contents: read",
        "##[endgroup]",
        "Secret source: Actions",
        "Prepare workflow directory",
        "##[group]Run actions/checkout@v4",
        "with:",
        f"  repository: {REPOSITORY}",
        "##[endgroup]",
        f"Checking out {SHA}",
        "##[group]Run aws-actions/configure-aws-credentials@v4",
        "with:",
        f"  role-to-assume: {ROLE}",
        "  aws-region: eu-west-2",
        "  audience: sts.amazonaws.com",
        "##[endgroup]",
        "Assuming role with OIDC",
        "##[group]Run aws-actions/amazon-ecr-login@v2" if run == 2 else "Retry 11 of 12",
        "Logging in to the registry" if run == 2 else "Assuming role with OIDC",
        f"##[error]{_STOPS[run - 1]}" if run < 3 else f"Pushed git-{SHA}",
        "Post job cleanup.",
        "Cleaning up orphan processes",
        *(f"padding {number}" for number in range(lines)),
    ]
    return "\ufeff" + "".join(
        f"{(start + timedelta(seconds=index)).strftime('%Y-%m-%dT%H:%M:%S')}.1234567Z {word}\n"
        for index, word in enumerate(words)
    )


def proof_of(run: int) -> Evidence:
    """The proving line of run 1 or 2."""
    return Evidence(
        EvidenceKind.LOG_LINE,
        _STOPS[run - 1],
        address=f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}/job/6341{run}#step:4:24",
        origin=Origin.RECONSTRUCTED,
        at=moment_of(run) + timedelta(seconds=23),
        line=24,
        before=("Retry 11 of 12", "Assuming role with OIDC")
        if run == 1
        else ("##[group]Run amazon-ecr-login", "Logging in to the registry"),
        after=("Post job cleanup.", "Cleaning up orphan processes"),
    )


def attempt_of(run: int, *, title: str = "", branch: str = "", **more: object) -> Attempt:
    """One of the three recorded attempts."""
    start = moment_of(run)
    seconds = (81, 18, 64)[run - 1]
    conclusion = "success" if run == 3 else "failure"
    job = Job(
        id=63410 + run,
        name="Build and push immutable platform image",
        status="completed",
        conclusion=conclusion,
        started_at=start,
        completed_at=start + timedelta(seconds=seconds),
        html_url=f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}/job/{63410 + run}",
        steps=(
            Step(1, "Checkout", "completed", "success"),
            Step(4, "Configure AWS credentials via OIDC", "completed", conclusion),
        ),
        log=Known(log_of(run)),
        log_origin=Origin.RECONSTRUCTED,
    )
    values: dict[str, object] = {
        "repository": Repository(REPOSITORY),
        "run_id": RUN_IDS[run - 1],
        "attempt": 1,
        "run_number": run,
        "workflow_name": "dev-min-m1-packaging",
        "workflow_path": ".github/workflows/dev_min_m1_packaging.yml",
        "event": "workflow_dispatch",
        "head_branch": branch or ("migrate-dev" if run == 1 else "dev"),
        "head_sha": SHA,
        "status": "completed",
        "conclusion": conclusion,
        "title": title or "dev-min-m1-packaging",
        "actor": "EsosaOrumwese",
        "created_at": start,
        "started_at": start,
        "updated_at": start + timedelta(seconds=seconds),
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}",
        "jobs": Known((job,)),
        "reconstructed": ("times inside the log", "log lines other than the error sentence"),
    }
    return Attempt(**{**values, **more})  # type: ignore[arg-type]  # a table of defaults, checked by the tests that use it


def _blocked(gate: Gate, by: Gate) -> GateVerdict:
    return GateVerdict(gate, Verdict.BLOCKED, f"Not reached: {by.label} failed first.")


def _passed(gate: Gate, reason: str, *evidence: Evidence) -> GateVerdict:
    return GateVerdict(gate, Verdict.PASS, reason, evidence=evidence)


def replay_of(run: int, attempt: Attempt | None = None) -> Replay:
    """The attempt with its verdicts."""
    attempt = attempt or attempt_of(run)
    if run == 3:
        step = Evidence(EvidenceKind.STEP, "Push immutable image: success", attempt.html_url, Origin.RECORDED)
        gates = tuple(_passed(gate, f"The run went through {gate.label}.", step) for gate in Gate)
        return Replay(attempt, gates, None, facts=_facts(run), needs=NEEDS)
    proof = proof_of(run)
    if run == 1:
        finding = Finding(
            Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST, "oidc-provider-absent",
            sentence="The account that was asked has no provider for GitHub's issuer, so no token of any run can be exchanged.",
            evidence=proof,
        )  # fmt: skip
        failed = GateVerdict(
            Gate.OIDC_TRUST, Verdict.FAIL, "The account had no OIDC provider for GitHub's issuer, so STS refused the token.",
            Checkpoint.OIDC_TRUST, "oidc-provider-absent", evidence=(proof,),
        )  # fmt: skip
        rest = tuple(_blocked(gate, Gate.OIDC_TRUST) for gate in list(Gate)[1:])
        return Replay(attempt, (failed, *rest), finding, facts=_facts(run), needs=NEEDS, retries=11)
    finding = Finding(
        Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, "get-authorization-token", action=TOKEN_ACTION,
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/GitHubAction-AssumeRoleWithAction/GitHubActions", resource="*",
        sentence="The role was assumed, but it may not ask ECR for a login.", evidence=proof,
    )  # fmt: skip
    gates = (
        _passed(Gate.OIDC_TRUST, "The token was exchanged.", _step("Configure AWS credentials via OIDC", attempt)),
        _passed(Gate.ROLE_ASSUMPTION, "The log names the assumed role.", _step("Configure AWS credentials via OIDC", attempt)),
        GateVerdict(
            Gate.REGISTRY_AUTHORIZATION, Verdict.FAIL, "No identity-based policy of the role allowed ecr:GetAuthorizationToken on *.",
            Checkpoint.REGISTRY_AUTH, "get-authorization-token", actions=(TOKEN_ACTION,), evidence=(proof,),
        ),
        _blocked(Gate.LEAST_PRIVILEGE, Gate.REGISTRY_AUTHORIZATION),
    )  # fmt: skip
    return Replay(attempt, gates, finding, facts=_facts(run), needs=NEEDS)


def _step(name: str, attempt: Attempt) -> Evidence:
    return Evidence(EvidenceKind.STEP, f"{name}: success", attempt.html_url, Origin.RECORDED)


def _facts(run: int) -> RunFacts:
    line = Evidence(EvidenceKind.LOG_LINE, "with: role-to-assume", None, Origin.RECONSTRUCTED, line=17)
    return RunFacts(
        role_arn=Fact(ROLE, line),
        region=Fact("eu-west-2", line),
        audience=Fact("sts.amazonaws.com", line),
        repository=Fact("fraud-platform-dev-min", line),
        tag=Fact(f"git-{SHA}", line) if run == 3 else None,
    )


NEEDS = (
    Need(TOKEN_ACTION, "*", Checkpoint.REGISTRY_AUTH, "Login to ECR", order=0),
    *(
        Need(action, ECR, Checkpoint.REGISTRY_PUSH, "Push immutable image", order=number)
        for number, action in enumerate(PUSH_ACTIONS, 1)
    ),
    Need(LAST_ACTION, ECR, Checkpoint.REGISTRY_PULL, "Resolve immutable image digest", order=8),
)


def _call(operation: str, words: str, stage: int) -> Evidence:
    return Evidence(EvidenceKind.API_CALL, words, operation, Origin.LIVE, at=read_at(stage))


def read_at(stage: int) -> datetime:
    """When the account was read at a stage."""
    return moment_of(stage) + timedelta(minutes=1, seconds=35)


SCP_GAP = Missing(
    "service control policies",
    "organizations:ListPoliciesForTarget was denied to the reading identity",
    "ask the organization's administrators, or read with a role of the management account",
    "organizations:ListPoliciesForTarget",
)


def live_of(stage: int, branch: str) -> Assessment:
    """Today's verdicts at a stage, for a run on a branch."""
    subject = f"repo:{REPOSITORY}:ref:refs/heads/{branch}"
    admitted = branch in ("main", "dev")
    no_provider = stage == 1
    no_actions = stage < 3
    gates = (
        GateVerdict(
            Gate.OIDC_TRUST, Verdict.FAIL, f"The account {ACCOUNT} has no OIDC provider for {ISSUER}.",
            Checkpoint.OIDC_TRUST, "oidc-provider-absent",
            evidence=(_call("iam:ListOpenIDConnectProviders", "0 providers", stage),),
        ) if no_provider else _passed(
            Gate.OIDC_TRUST, "The provider exists and lists the audience sts.amazonaws.com.",
            _call("iam:GetOpenIDConnectProvider", f"{PROVIDER}: audiences sts.amazonaws.com", stage),
        ),
        _passed(Gate.ROLE_ASSUMPTION, f"The trust policy admits {subject}.", _trust(stage)) if admitted else GateVerdict(
            Gate.ROLE_ASSUMPTION, Verdict.FAIL,
            f"The trust policy admits main and dev; this run presents {subject}.",
            Checkpoint.ROLE_ASSUMPTION, "subject-not-admitted", evidence=(_trust(stage),),
        ),
        GateVerdict(
            Gate.REGISTRY_AUTHORIZATION, Verdict.FAIL, "The role has no policy at all, so none of the nine needed actions is allowed.",
            Checkpoint.REGISTRY_AUTH, "get-authorization-token", actions=(TOKEN_ACTION, *PUSH_ACTIONS, LAST_ACTION),
            evidence=(_call("iam:ListRolePolicies", "0 inline policies", stage), _call("iam:ListAttachedRolePolicies", "0 attached policies", stage)),
        ) if no_actions else _passed(
            Gate.REGISTRY_AUTHORIZATION, "GitHubActionsEcrPushDevMin allows all nine needed actions.",
            _call("iam:GetRolePolicy", "GitHubActionsEcrPushDevMin, 2 statements", stage),
        ),
        GateVerdict(
            Gate.LEAST_PRIVILEGE, Verdict.UNKNOWN, "Nothing is granted beyond the need, but the service control policies could not be read.",
            missing=(SCP_GAP,),
        ) if stage == 1 else _passed(Gate.LEAST_PRIVILEGE, "Nothing is granted beyond what this release needs."),
    )  # fmt: skip
    return Assessment(
        gates,
        problems_of(stage, branch),
        (subject,),
        NEEDS,
        AccountState(AccountQuestion(role_arn=ROLE), read_at=read_at(stage)),
    )


def _trust(stage: int) -> Evidence:
    return Evidence(
        EvidenceKind.POLICY, f'"{ISSUER}:sub": ["repo:{REPOSITORY}:ref:refs/heads/main", "repo:{REPOSITORY}:ref:refs/heads/dev"]',
        "Statement[0].Condition.StringEquals", Origin.LIVE, at=read_at(stage),
    )  # fmt: skip


def problems_of(stage: int, branch: str) -> tuple[Problem, ...]:
    """What still fails at a stage, in the order of reruns."""
    problems = []
    if stage == 1:
        problems.append(Problem(
            Checkpoint.OIDC_TRUST, Plane.AUTHENTICATION, "oidc-provider-absent", f"The account has no OIDC provider for {ISSUER}.",
            evidence=(_call("iam:ListOpenIDConnectProviders", "0 providers", stage),),
        ))  # fmt: skip
    if branch not in ("main", "dev"):
        problems.append(Problem(
            Checkpoint.ROLE_ASSUMPTION, Plane.AUTHENTICATION, "subject-not-admitted",
            f"The trust policy admits main and dev; this run presents ref:refs/heads/{branch}.", resource=ROLE, evidence=(_trust(stage),),
        ))  # fmt: skip
    if stage < 3:
        problems += [
            Problem(
                Checkpoint.REGISTRY_AUTH,
                Plane.AUTHORIZATION,
                "get-authorization-token",
                "No policy allows the login.",
                (TOKEN_ACTION,),
                "*",
            ),
            Problem(
                Checkpoint.REGISTRY_PUSH,
                Plane.AUTHORIZATION,
                "push-scope",
                "No policy allows the seven actions of the push.",
                PUSH_ACTIONS,
                ECR,
            ),
            Problem(
                Checkpoint.REGISTRY_PULL,
                Plane.AUTHORIZATION,
                "pull-scope",
                "No policy allows the read of the digest step.",
                (LAST_ACTION,),
                ECR,
            ),
        ]
    return tuple(problems)


def paths_of(stage: int, branch: str) -> tuple[Path, ...]:
    """The remediation paths at a stage."""
    if stage == 3:
        return ()
    provider = (PROVIDER_CHANGE,) if stage == 1 else ()
    after = tuple(_passed(gate, f"{gate.label} passes on the changed model.") for gate in Gate)
    admitted = Path(
        "Dispatch on dev, which the trust policy already admits"
        if branch == "migrate-dev"
        else "Grant the nine actions",
        (*provider, *((DISPATCH_CHANGE,) if branch == "migrate-dev" else ()), POLICY_CHANGE),
        after,
        proves="A rerun on dev would pass all four gates with the same workflow and the same commit.",
        does_not_prove="That a run on migrate-dev can release: its subject stays refused."
        if branch == "migrate-dev"
        else "",
    )
    if branch != "migrate-dev":
        return (admitted,)
    widened = Path(
        "Admit migrate-dev in the trust policy",
        (*provider, TRUST_CHANGE, POLICY_CHANGE),
        after,
        newly_admitted=(f"repo:{REPOSITORY}:ref:refs/heads/migrate-dev",),
        proves="A rerun of run 1 itself, on its own ref, would pass all four gates.",
    )
    return admitted, widened


PROVIDER_CHANGE = Remediation(
    "create-provider", ("oidc-provider-absent",), Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST,
    "Create the OIDC provider for GitHub's issuer",
    "Create one IAM OIDC provider for token.actions.githubusercontent.com with the audience sts.amazonaws.com, in a stack that no teardown owns.",
    Owner.CLOUD_SECURITY,
    "Run the same workflow again: the step Configure AWS credentials via OIDC must pass or fail for another reason.",
    (Change(ChangeKind.CREATE_PROVIDER, PROVIDER, values=("sts.amazonaws.com",)),),
    aws_cli=f"aws iam create-open-id-connect-provider \\\n  --url https://{ISSUER} \\\n  --client-id-list sts.amazonaws.com",
    terraform='resource "aws_iam_openid_connect_provider" "github" {\n'
    f'  url            = "https://{ISSUER}"\n  client_id_list = ["sts.amazonaws.com"]\n}}',
)  # fmt: skip
DISPATCH_CHANGE = Remediation(
    "dispatch-on-ref", ("subject-not-admitted",), Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION,
    "Dispatch the next run on dev",
    "The trust policy already admits refs/heads/dev. Dispatch the same workflow there; nothing is widened.",
    Owner.RELEASE_ENGINEERING,
    "The next run presents the subject of dev.",
    (Change(ChangeKind.DISPATCH_ON_REF, "dev"),),
    aws_cli="gh workflow run dev_min_m1_packaging.yml --ref dev",
)  # fmt: skip
TRUST_CHANGE = Remediation(
    "admit-ref", ("subject-not-admitted",), Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION,
    "Admit exactly refs/heads/migrate-dev",
    "Add this one subject to the trust policy's condition; no pattern.",
    Owner.CLOUD_SECURITY,
    "Run the same workflow again on migrate-dev.",
    (Change(ChangeKind.REPLACE_TRUST_POLICY, ROLE, document="{}"),),
    aws_cli="aws iam update-assume-role-policy \\\n  --role-name GitHubAction-AssumeRoleWithAction \\\n  --policy-document file://trust.json",
    difference=f'--- trust policy, live\n+++ trust policy, proposed\n@@\n   "repo:{REPOSITORY}:ref:refs/heads/main",\n'
    f'-  "repo:{REPOSITORY}:ref:refs/heads/dev"\n+  "repo:{REPOSITORY}:ref:refs/heads/dev",\n+  "repo:{REPOSITORY}:ref:refs/heads/migrate-dev"',
    widens=(f"repo:{REPOSITORY}:ref:refs/heads/migrate-dev may assume the role",),
)  # fmt: skip
POLICY_CHANGE = Remediation(
    "put-ecr-policy", ("get-authorization-token", "push-scope", "pull-scope"), Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH,
    "Grant the nine actions that this release needs",
    "One inline policy: ecr:GetAuthorizationToken on *, eight actions on the repository's ARN.",
    Owner.CLOUD_SECURITY,
    "Run the same workflow again: login, push and digest steps must pass.",
    (Change(ChangeKind.PUT_INLINE_POLICY, "GitHubActionsEcrPushDevMin", document="{}"),),
    aws_cli="aws iam put-role-policy \\\n  --role-name GitHubAction-AssumeRoleWithAction \\\n  --policy-name GitHubActionsEcrPushDevMin \\\n"
    "  --policy-document file://ecr-push.json",
    terraform='resource "aws_iam_role_policy" "ecr_push" {\n  name = "GitHubActionsEcrPushDevMin"\n  role = "GitHubAction-AssumeRoleWithAction"\n'
    "  policy = data.aws_iam_policy_document.ecr_push.json\n}",
    cloudformation="Type: AWS::IAM::RolePolicy\nProperties:\n  RoleName: GitHubAction-AssumeRoleWithAction",
    actions=(TOKEN_ACTION, *PUSH_ACTIONS, LAST_ACTION),
)  # fmt: skip


def closure_of(stage: int) -> Closure:
    """How the chain stands at a stage."""
    same_ref = RuleVerdict(
        "same-ref", "The closing run proves the failing run's subject", Verdict.FAIL if stage > 1 else Verdict.UNKNOWN,
        "Run 1 ran on migrate-dev, the later runs on dev: another subject is proved." if stage > 1 else "There is no later run yet.",
    )  # fmt: skip
    rules = (
        RuleVerdict("same-workflow", "One workflow in all attempts", Verdict.PASS, "All attempts ran dev_min_m1_packaging.yml."),
        RuleVerdict("same-commit", "One commit in all attempts", Verdict.PASS, f"All attempts ran {SHA[:12]}."),
        same_ref,
        RuleVerdict("all-gates", "The last attempt passed every gate", Verdict.PASS if stage == 3 else Verdict.FAIL,
                    "Run 3 passed all four." if stage == 3 else "The last attempt failed."),
    )  # fmt: skip
    if stage < 3:
        return Closure(ClosureStatus.OPEN, "The last attempt failed, so the chain is open.", rules)
    finding = IntegrityFinding(
        "ref-changed-in-chain", "The closing run proves the subject of dev, not that of migrate-dev."
    )
    return Closure(ClosureStatus.UNPROVEN, "Run 3 succeeded, but on another ref than run 1.", rules, (finding,))


def diagnosis_of(stage: int, subject: int | None = None) -> Diagnosis:
    """The whole diagnosis at a stage, judged for a run (1 to 3)."""
    replays = tuple(replay_of(run) for run in range(1, stage + 1))
    chosen = replays[(subject or stage) - 1]
    branch = chosen.attempt.head_branch or ""
    live = live_of(stage, branch)
    return Diagnosis(
        REPOSITORY,
        replays,
        chosen,
        live,
        forecast=live.problems,
        paths=paths_of(stage, branch),
        closure=closure_of(stage),
        unknown=(SCP_GAP,) if stage == 1 else (),
        made_at=read_at(stage),
        moment=f"Stage {stage} of 3",
    )
