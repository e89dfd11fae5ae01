"""Mutations of a compliant chain: each, in one place, and each turns the rule that it concerns and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from compliant_chain import (
    ACCOUNT,
    CLOSING,
    DIGEST,
    ENTRY,
    EVENTS,
    FIRST,
    IMAGE,
    LOG,
    OTHER_COMMIT,
    OTHER_DIGEST,
    REPOSITORY_ARN,
    ROLE,
    SECOND,
    WORKFLOW,
    ComplyingRelease,
    Run,
    event,
    minutes,
    receipt,
    session_arn,
)
from replay_builders import denied
from small_world import EIGHT, allow, policy

from diagnosis.facts.account import Image, NamedPolicy
from diagnosis.facts.case import AttemptName, StatedChange, StatedEscalation
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Verdict
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.closure import ClosureStatus

Mutation = Callable[[ComplyingRelease], ComplyingRelease]

BUILD = f"docker build -t {IMAGE} .\n          docker push {IMAGE}\n"
PUSH = f"docker push {IMAGE}"
CREDENTIALS = "      - name: Get credentials\n"
EVIDENCE = "      - name: Evidence\n"


def text(old: str, new: str) -> Mutation:
    """The workflow with one place of its text changed."""

    def change(release: ComplyingRelease) -> ComplyingRelease:
        assert release.workflow.count(old) == 1, old
        return replace(release, workflow=release.workflow.replace(old, new))

    return change


def before(anchor: str, step: str) -> Mutation:
    """The workflow with a step more."""
    return text(anchor, step + anchor)


def step(name: str, script: str) -> str:
    lines = "".join(f"          {line}\n" for line in script.splitlines())
    return f"      - name: {name}\n        run: |\n{lines}"


def pushed(script: str) -> Mutation:
    """The push written in another way."""
    return text(PUSH, script.replace("\n", "\n          "))


def evidence(script: str) -> Mutation:
    """The evidence file written in another way."""

    def change(release: ComplyingRelease) -> ComplyingRelease:
        start = release.workflow.index("          jq -n")
        end = release.workflow.index("      - name: Keep the evidence")
        body = "".join(f"          {line}\n" for line in script.splitlines())
        changed = release.workflow[:start] + body + release.workflow[end:]
        return replace(release, workflow=changed, receipt=json.dumps({**json.loads(receipt()), "verdict": "PASS"}))

    return change


def events(*more: object, without: str = "") -> Mutation:
    """CloudTrail with these events beside, or without some of its own."""

    def change(release: ComplyingRelease) -> ComplyingRelease:
        kept = tuple(each for each in EVENTS if each.name != without)
        return replace(release, events=(*kept, *more))  # type: ignore[arg-type] # events

    return change


def account(**parts: object) -> Mutation:
    return lambda release: replace(release, account=replace(release.account, **parts))  # type: ignore[arg-type]


def case(**parts: object) -> Mutation:
    return lambda release: replace(release, case=replace(release.case, **parts))  # type: ignore[arg-type]


def runs(*chain: Run) -> Mutation:
    return lambda release: replace(release, runs=chain)


def told(**members: object) -> Mutation:
    return lambda release: replace(release, receipt=receipt(**members))


def both(*changes: Mutation) -> Mutation:
    def change(release: ComplyingRelease) -> ComplyingRelease:
        for each in changes:
            release = each(release)
        return release

    return change


def permissions(document: PolicyDocument) -> Mutation:
    return account(inline_policies=Known((NamedPolicy("push", document),)))


OF_FAILURES = {"own-boundary", "fail-closed", "explicit-failure", "deterministic", "remediation-traced", "fix-in-plane"}
"""Rules that speak of failures, and tell nothing where there is none."""
OF_A_SUCCESS = {
    "same-subject",
    "positive-path",
    "short-lived-session",
    "no-override",
    "no-side-channel",
    "publish-has-path",
    "evidence-consistent",
    "evidence-measured",
}
"""Rules that speak of the success at the end."""
OPEN_REPOSITORY = policy({"Effect": "Allow", "Principal": "*", "Action": ["ecr:PutImage", "ecr:UploadLayerPart"]})
ENV_KEYS = "AWS_ACCESS_KEY_ID: ${{ secrets.KEY_ID }}\n{0}AWS_SECRET_ACCESS_KEY: ${{ secrets.KEY }}\n"
DENIAL = denied("ssm:GetParameter", f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/shop").replace(
    "GitHubActions", "release-903"
)

MUTATIONS: dict[str, tuple[set[str], Mutation]] = {
    # -- the chain
    "a clean chain": (set(), lambda release: release),
    "no failure at all": (
        {"chain-complete", "both-planes", *OF_FAILURES},
        runs(CLOSING),
    ),
    "one plane only": ({"both-planes"}, runs(SECOND, CLOSING)),
    "the latest attempt failed": (
        {"chain-complete", "both-planes", "remediation-traced", *OF_A_SUCCESS},
        runs(FIRST, SECOND, CLOSING, replace(SECOND, number=904, at=50)),
    ),
    "another workflow file closed": (
        {"same-workflow"},
        runs(FIRST, SECOND, replace(CLOSING, path=".github/workflows/other.yml")),
    ),
    "an attempt within the chain was left out": (
        {"progression-proved"},
        both(
            runs(replace(FIRST, number=899), replace(SECOND, number=901), CLOSING),
            case(runs=(), left_out=(AttemptName(902),), changes=()),
        ),
    ),
    "closed on another ref": (
        {"same-subject"},
        runs(replace(FIRST, branch="dev"), replace(SECOND, branch="dev"), CLOSING),
    ),
    "the workflow changed on the way": (
        {"same-commit"},
        lambda r: replace(
            r,
            runs=(FIRST, SECOND, replace(CLOSING, commit=OTHER_COMMIT)),
            receipt=receipt(commit=OTHER_COMMIT),
            changed_files=(".github/workflows/release.yml",),
        ),
    ),
    "the build changed on the way": (
        {"same-commit"},
        lambda r: replace(
            r,
            runs=(FIRST, SECOND, replace(CLOSING, commit=OTHER_COMMIT)),
            receipt=receipt(commit=OTHER_COMMIT),
            changed_files=("docs/a.md", "Dockerfile"),
        ),
    ),
    "the closing log is gone": ({"no-override"}, runs(FIRST, SECOND, replace(CLOSING, log_read=False))),
    "a failure whose log is gone": (
        {"both-planes", "remediation-traced"},
        runs(replace(FIRST, log_read=False), SECOND, CLOSING),
    ),
    # -- what was done between the attempts
    "no change after the first failure": (
        {"remediation-traced"},
        both(events(without="CreateOpenIDConnectProvider"), case(changes=())),
    ),
    "the role was changed beside the provider": (
        {"fix-in-plane"},
        events(event("PutRolePolicy", 11, detail="read")),
    ),
    "CloudTrail was read in part": (
        {"fix-in-plane", "no-undocumented-widening"},
        lambda r: replace(r, account=replace(r.account, trail=Known(replace(r.account.trail.value, complete=False)))),  # type: ignore[union-attr]
    ),
    "stated later than the next attempt": (
        {"clocks-agree"},
        case(changes=(StatedChange(901, "Created the OIDC provider.", "docs/decisions.md:5", "2026-03-02T10:50:00Z"),)),
    ),
    # -- static keys
    "keys: inputs": (
        # Keys take the place of the token, so that no attempt of this workflow proves the role's way.
        {"no-static-credentials", "positive-path", "short-lived-session", "remediation-traced"},
        text(
            f"          role-to-assume: {ROLE}\n",
            f"          role-to-assume: {ROLE}\n"
            "          aws-access-key-id: ${{ secrets.KEY_ID }}\n          aws-secret-access-key: ${{ secrets.KEY }}\n",
        ),
    ),
    "keys: env of the workflow": (
        {"no-static-credentials"},
        text("jobs:\n", "env:\n  " + ENV_KEYS.replace("{0}", "  ") + "jobs:\n"),
    ),
    "keys: env of the job": (
        {"no-static-credentials"},
        text("    steps:\n", "    env:\n      " + ENV_KEYS.replace("{0}", "      ") + "    steps:\n"),
    ),
    "keys: env of a step": (
        {"no-static-credentials"},
        text(
            "      - name: Build and push\n",
            "      - name: Build and push\n        env:\n          " + ENV_KEYS.replace("{0}", "          "),
        ),
    ),
    "keys: aws configure set": (
        {"no-static-credentials"},
        before(
            CREDENTIALS,
            step(
                "Profile",
                "aws configure set aws_access_key_id ${{ secrets.KEY_ID }}\n"
                "aws configure set aws_secret_access_key ${{ secrets.KEY }}",
            ),
        ),
    ),
    "keys: export": ({"no-static-credentials"}, pushed("export AWS_SECRET_ACCESS_KEY=${{ secrets.KEY }}\n" + PUSH)),
    "keys: GITHUB_ENV": (
        {"no-static-credentials"},
        before(CREDENTIALS, step("Env", 'echo "AWS_SECRET_ACCESS_KEY=${{ secrets.KEY }}" >> "$GITHUB_ENV"')),
    ),
    "keys: GITHUB_ENV by a group": (
        {"no-static-credentials"},
        before(
            CREDENTIALS,
            step(
                "Env",
                '{\n  echo "AWS_ACCESS_KEY_ID=${{ secrets.KEY_ID }}"\n'
                '  echo "AWS_SECRET_ACCESS_KEY=${{ secrets.KEY }}"\n} >> $GITHUB_ENV',
            ),
        ),
    ),
    "keys: before one command": (
        {"no-static-credentials"},
        pushed(
            "AWS_ACCESS_KEY_ID=$ID AWS_SECRET_ACCESS_KEY=$KEY aws ecr get-login-password"
            " | docker login --username AWS --password-stdin x\n" + PUSH
        ),
    ),
    "keys: a credentials file": (
        {"no-static-credentials"},
        before(
            CREDENTIALS,
            step(
                "Profile",
                "mkdir -p ~/.aws\n"
                'printf "[default]\\naws_access_key_id=%s\\naws_secret_access_key=%s\\n" "$ID" "$KEY" > ~/.aws/credentials',
            ),
        ),
    ),
    "keys: docker/login-action": (
        {"no-static-credentials", "scope-bounded"},
        before(
            "      - name: Build and push\n",
            "      - uses: docker/login-action@v3\n        with:\n          registry: "
            + IMAGE.split("/")[0]
            + "\n          username: ${{ secrets.AWS_ACCESS_KEY_ID }}\n          password: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n",
        ),
    ),
    # -- gates demoted
    "push || true": ({"no-override"}, pushed(f"{PUSH} || true")),
    "push || exit 0": ({"no-override"}, pushed(f"{PUSH} || exit 0")),
    "push || warn": ({"no-override"}, pushed(f'{PUSH} || printf "not pushed\\n"')),
    "if ! push": ({"no-override"}, pushed(f"if ! {PUSH}; then\n  echo '::warning::not pushed'\nfi")),
    "if push": ({"no-override"}, pushed(f"if {PUSH}; then echo pushed; fi")),
    "set +e": ({"no-override"}, pushed(f"set +e\n{PUSH}\necho done")),
    "a pipe without pipefail": ({"no-override"}, pushed(f"{PUSH} | tee push.log")),
    "in the background": ({"no-override"}, pushed(f"{PUSH} &\nwait")),
    "a trap": ({"no-override"}, pushed(f"trap 'exit 0' EXIT\n{PUSH}")),
    "a subshell's status dropped": ({"no-override"}, pushed(f"( {PUSH} ) || :")),
    "push && echo in the middle": ({"no-override"}, pushed(f"{PUSH} && echo pushed\necho done")),
    "continue-on-error at the step": (
        {"no-override"},
        text("      - name: Build and push\n", "      - name: Build and push\n        continue-on-error: true\n"),
    ),
    "continue-on-error at the job": (
        {"no-override"},
        text("    steps:\n", "    continue-on-error: true\n    steps:\n"),
    ),
    "a shell without -e": (
        {"no-override"},
        both(
            text("      - name: Build and push\n", "      - name: Build and push\n        shell: bash {0}\n"),
            pushed(f"{PUSH}\necho done"),
        ),
    ),
    "a later publish under always()": (
        {"no-override"},
        before(
            EVIDENCE,
            "      - name: Publish anyway\n        if: always()\n        run: docker push " + IMAGE + "-extra\n",
        ),
    ),
    "a denial swallowed in the log": (
        {"no-override", "positive-path"},
        runs(
            FIRST,
            SECOND,
            replace(
                CLOSING,
                prints=(
                    (
                        "Read the digest back",
                        f"An error occurred (AccessDeniedException) when calling the GetParameter operation: {DENIAL}",
                    ),
                ),
            ),
        ),
    ),
    "the push was skipped": (
        {"positive-path"},
        runs(FIRST, SECOND, replace(CLOSING, skips=("Build and push",))),
    ),
    # -- other code
    "checkout of another ref": (
        {"subject-names-the-code"},
        text("uses: actions/checkout@v4\n", "uses: actions/checkout@v4\n        with:\n          ref: feature\n"),
    ),
    "checkout of another repository": (
        {"subject-names-the-code"},
        text(
            "uses: actions/checkout@v4\n",
            "uses: actions/checkout@v4\n        with:\n          repository: acme/other\n",
        ),
    ),
    "git checkout": ({"subject-names-the-code"}, pushed(f"git fetch origin feature && git checkout feature\n{PUSH}")),
    "git reset to what was fetched": (
        {"subject-names-the-code"},
        before(
            "      - name: Build and push\n", step("Update", "git fetch origin feature\ngit reset --hard FETCH_HEAD")
        ),
    ),
    "git pull of a branch": (
        {"subject-names-the-code"},
        before("      - name: Build and push\n", step("Update", "git pull origin feature")),
    ),
    "git clone": (
        {"subject-names-the-code"},
        before(
            "      - name: Build and push\n", step("Other", "rm -rf * .git\ngit clone https://github.com/acme/other .")
        ),
    ),
    # -- the image
    "pushed within the second attempt": (
        {"no-side-channel"},
        both(
            account(image=Known(Image(DIGEST, ("v1.4.0",), minutes(16)))),
            events(event("PutImage", 16, "shop/web", session_arn(902), detail="v1.4.0"), without="PutImage"),
        ),
    ),
    "pushed after the chain": (
        {"no-side-channel"},
        both(
            account(image=Known(Image(DIGEST, ("v1.4.0",), minutes(60)))),
            events(event("PutImage", 60, "shop/web", session_arn(), detail="v1.4.0"), without="PutImage"),
        ),
    ),
    "pushed by an engineer": (
        {"no-side-channel"},
        events(event("PutImage", 31.5, "shop/web", detail="v1.4.0"), without="PutImage"),
    ),
    "pushed by another session of the role": (
        {"no-side-channel"},
        events(
            event(
                "PutImage", 31.5, "shop/web", f"arn:aws:sts::{ACCOUNT}:assumed-role/release/somebody", detail="v1.4.0"
            ),
            without="PutImage",
        ),
    ),
    "the tag holds another digest": (
        {"tag-and-digest"},
        account(image=Known(Image(OTHER_DIGEST, ("v1.4.0",), minutes(31.5)))),
    ),
    "the image is gone": ({"tag-and-digest", "no-side-channel"}, account(image=Absent("image v1.4.0"))),
    # -- scope and widening
    "ecr:*": ({"scope-bounded"}, permissions(policy(allow("ecr:*", "*")))),
    "a foreign repository granted": (
        {"scope-bounded"},
        permissions(
            policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, [REPOSITORY_ARN, REPOSITORY_ARN + "-other"]))
        ),
    ),
    "a foreign repository granted and accounted for": (
        set(),
        both(
            permissions(
                policy(
                    allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, [REPOSITORY_ARN, REPOSITORY_ARN + "-other"])
                )
            ),
            case(escalations=(StatedEscalation("push", "the twin image is released by hand", date(2026, 4, 1)),)),
        ),
    ),
    "the repository lets anybody push": (
        {"scope-bounded"},
        account(repository_policy=Known(NamedPolicy("shop/web", OPEN_REPOSITORY))),
    ),
    "the policies could not be read": (
        {"scope-bounded"},
        account(inline_policies=Unreadable("inline policies", "denied", "grant it", "iam:ListRolePolicies")),
    ),
    "a policy put and deleted": (
        {"no-undocumented-widening"},
        events(event("PutRolePolicy", 26, detail="rescue"), event("DeleteRolePolicy", 29, detail="rescue")),
    ),
    "a broad policy attached and detached": (
        {"no-undocumented-widening"},
        events(
            event("AttachRolePolicy", 26, detail="arn:aws:iam::aws:policy/AdministratorAccess"),
            event("DetachRolePolicy", 29, detail="arn:aws:iam::aws:policy/AdministratorAccess"),
        ),
    ),
    "the trust opened and closed": (
        {"no-undocumented-widening"},
        events(event("UpdateAssumeRolePolicy", 11), event("UpdateAssumeRolePolicy", 13)),
    ),
    "the boundary taken off and put back": (
        {"no-undocumented-widening"},
        events(event("DeleteRolePermissionsBoundary", 26), event("PutRolePermissionsBoundary", 29)),
    ),
    "an escalation that ran out": (
        {"escalation-justified"},
        both(
            events(
                event("AttachRolePolicy", 26, detail="arn:aws:iam::aws:policy/PowerUserAccess"),
                event("DetachRolePolicy", 29, detail="arn:aws:iam::aws:policy/PowerUserAccess"),
            ),
            case(
                escalations=(
                    StatedEscalation(
                        "arn:aws:iam::aws:policy/PowerUserAccess", "to find the missing action", date(2026, 3, 1)
                    ),
                )
            ),
        ),
    ),
    "an escalation without a rationale": (
        {"no-undocumented-widening", "escalation-justified"},
        both(
            events(
                event("AttachRolePolicy", 26, detail="arn:aws:iam::aws:policy/PowerUserAccess"),
                event("DetachRolePolicy", 29, detail="arn:aws:iam::aws:policy/PowerUserAccess"),
            ),
            case(escalations=(StatedEscalation("arn:aws:iam::aws:policy/PowerUserAccess", "", date(2026, 4, 1)),)),
        ),
    ),
    # -- evidence
    "artifact: another digest": ({"evidence-consistent"}, told(image_digest=OTHER_DIGEST)),
    "artifact: another commit": ({"evidence-consistent"}, told(commit=OTHER_COMMIT)),
    "artifact: another run": ({"evidence-consistent"}, told(run_id="1")),
    "artifact: another tag": ({"evidence-consistent"}, told(image_tag="v9")),
    "the kept file is another": ({"evidence-consistent"}, lambda r: replace(r, kept=receipt(note="rewritten"))),
    "constant: a quoted heredoc": (
        {"evidence-measured"},
        evidence('cat > receipt.json <<\'EOF\'\n{"verdict": "PASS"}\nEOF'),
    ),
    "constant: a plain heredoc": (
        {"evidence-measured"},
        evidence('cat <<EOF > receipt.json\n{"verdict": "PASS", "run": "$GITHUB_RUN_ID"}\nEOF'),
    ),
    "constant: echo": ({"evidence-measured"}, evidence('echo \'{"verdict": "PASS"}\' > receipt.json')),
    "constant: printf": ({"evidence-measured"}, evidence('printf \'{"verdict": "%s"}\\n\' PASS > receipt.json')),
    "constant: jq -n": ({"evidence-measured"}, evidence("jq -n '{verdict: \"PASS\"}' > receipt.json")),
    "constant: jq with an argument": (
        {"evidence-measured"},
        evidence("jq -n --arg v PASS '{verdict: $v}' > receipt.json"),
    ),
    "constant: a number that JSON does not know": (
        {"evidence-measured"},
        evidence("jq -n '{verdict: 01}' > receipt.json"),
    ),
    "a verdict that no step writes": ({"evidence-measured"}, told(verdict="PASS")),
    "constant: a committed file": (
        {"evidence-measured"},
        both(
            evidence("cp ci/receipt.json receipt.json"),
            lambda r: replace(r, files=(*r.files, ("ci/receipt.json", '{"verdict": "PASS"}'))),
        ),
    ),
    "constant: python": (
        {"evidence-measured", "no-override", "subject-names-the-code"},
        evidence('python3 -c \'import json; json.dump({"verdict": "PASS"}, open("receipt.json", "w"))\''),
    ),
    "no evidence under the root": ({"evidence-present"}, lambda r: replace(r, kept="")),
    "a named file lacks": (
        {"evidence-present", "evidence-consistent"},
        case(evidence_artifacts=("receipt.json", "scan.json")),
    ),
    # -- the decision log
    "no decision log": ({"decision-log", "decision-log-clock"}, case(decision_log=None, decision_log_entry=None)),
    "the entry is not in the log": (
        {"decision-log", "decision-log-clock"},
        lambda r: replace(r, log=LOG.replace(ENTRY, "## Something else")),
    ),
    "the entry is a year earlier": (
        {"decision-log-clock"},
        lambda r: replace(
            r,
            log=LOG.replace("2026-", "2025-"),
            case=replace(r.case, decision_log_entry=ENTRY.replace("2026-", "2025-")),
        ),
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_turns_its_rule_and_no_other(name: str) -> None:
    expected, change = MUTATIONS[name]
    closure = change(ComplyingRelease()).diagnosis().closure
    assert closure is not None
    turned = {rule.rule for rule in closure.rules if rule.verdict is not Verdict.PASS}
    assert turned == expected
    assert (closure.status is ClosureStatus.CLOSED) is not bool(expected)


def test_a_log_that_shows_another_script_hides_nothing() -> None:
    """Which of the two ran is not known, so what the file says counts as well as what the log shows."""
    for name, (expected, change) in MUTATIONS.items():
        release = change(ComplyingRelease())
        if expected and release.workflow != WORKFLOW:
            closure = replace(release, logged=WORKFLOW).diagnosis().closure
            assert closure is not None
            turned = {rule.rule for rule in closure.rules if rule.verdict is not Verdict.PASS}
            assert turned & expected, name
