"""More ways in which a compliant chain can differ: those that turn a rule, and those that must turn none."""

from __future__ import annotations

from dataclasses import replace

from compliant_chain import (
    CLOSING,
    DIGEST,
    ENGINEER,
    EVENTS,
    FIRST,
    IMAGE,
    OTHER_DIGEST,
    PATH,
    REPOSITORY_ARN,
    SECOND,
    ComplyingRelease,
    event,
    minutes,
    session_arn,
)
from small_world import EIGHT, allow, policy
from test_closure_mutations import (
    CREDENTIALS,
    PUSH,
    Mutation,
    account,
    before,
    both,
    case,
    events,
    evidence,
    permissions,
    runs,
    step,
    text,
    told,
)

from diagnosis.facts.account import Image
from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict

BUILD_STEP = "      - name: Build and push\n"
SHOP = "shop/web"


def prints(line: str) -> Mutation:
    return runs(FIRST, SECOND, replace(CLOSING, prints=(("Evidence", line),)))


def sessions(opened: str, pushed: str) -> Mutation:
    """The closing run's session and the push, with the keys that CloudTrail shows of both."""
    keys = {"AssumeRoleWithWebIdentity": opened, "PutImage": pushed}
    seen = tuple(replace(each, session=keys.get(each.name, "") if each.at >= minutes(30) else "") for each in EVENTS)
    return lambda release: replace(release, events=seen)


def kept_for_long(*objects: str) -> Mutation:
    """The receipt copied to a bucket as well, with the objects that the role may write there."""
    allowed = allow("s3:PutObject", [f"arn:aws:s3:::acme-evidence/{each}" for each in objects])
    copy = "aws s3 cp receipt.json s3://acme-evidence/releases/v1.4.0/receipt.json"
    return both(
        before("      - name: Keep the evidence\n", step("Keep for long", copy)),
        permissions(policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, REPOSITORY_ARN), allowed)),
    )


def fetched(script: str) -> Mutation:
    """A step before the build that brings files."""
    return before(BUILD_STEP, step("Files", script))


def by_environment(filter_of_jq: str, verdict: str) -> Mutation:
    """The evidence written from variables of the environment, one of which is a constant."""
    named = text(
        "      - name: Evidence\n        env:\n", "      - name: Evidence\n        env:\n          VERDICT: PASS\n"
    )
    return both(
        evidence(f"jq -n '{filter_of_jq}' > receipt.json"), named, told(**({"verdict": verdict} if verdict else {}))
    )


OTHER_CODE = {
    name: ({"subject-names-the-code"}, change)
    for name, change in {
        "a file of another commit": fetched("git fetch origin dev\ngit show origin/dev:Dockerfile > Dockerfile"),
        "files of another machine": fetched("rsync -a build@files.example:/srv/site/ site/"),
        "a file of another machine": fetched("scp -r files.example:/srv/site site"),
        "files of an artifact in a registry": fetched("oras pull ghcr.io/acme/site:latest"),
        "a patch from elsewhere": fetched("curl -sSf https://files.example/fix.diff | patch -p1"),
        "a Dockerfile from elsewhere": text(
            f"docker build -t {IMAGE} .", f"curl -sSf https://files.example/D | docker build -t {IMAGE} -f - ."
        ),
    }.items()
}


def only_shown(line: str) -> Mutation:
    """A line that the log alone shows of the build's script."""
    return lambda release: replace(release, logged=release.workflow.replace(PUSH, f"{line}\n          {PUSH}"))


def stable_by_an_engineer(at: float) -> Mutation:
    """The image has another tag, which an engineer gave it."""
    image = Known(Image(DIGEST, ("v1.4.0", "stable"), minutes(31.5)))
    return both(account(image=image), events(event("PutImage", at, SHOP, ENGINEER, detail="stable")))


IDLE = replace(SECOND, number=9025, at=22, stops_at="Checkout", error="##[error]The operation was canceled.")
TURNED: dict[str, tuple[set[str], Mutation]] = {
    **OTHER_CODE,
    "another ref in the log alone": (
        {"subject-names-the-code"},
        only_shown("git fetch origin dev; git checkout dev"),
    ),
    "a key in the log alone": ({"no-static-credentials"}, only_shown("export AWS_SECRET_ACCESS_KEY=$OTHER")),
    "another tag of the image before the run's own": ({"no-side-channel"}, stable_by_an_engineer(31)),
    "later scripts begin with another": (
        {"no-override"},
        fetched('echo "BASH_ENV=$PWD/ci/begin.sh" >> "$GITHUB_ENV"'),
    ),
    "later scripts begin with another, by a group": (
        {"no-override"},
        fetched("{\n  echo 'SHELLOPTS=braceexpand'\n} >> $GITHUB_ENV"),
    ),
    "the evidence says that it failed": ({"evidence-consistent", "evidence-measured"}, told(result="FAILED")),
    "a constant by jq's env": ({"evidence-measured"}, by_environment("{verdict: env.VERDICT}", "PASS")),
    "a constant by jq's $ENV": ({"evidence-measured"}, by_environment("{verdict: $ENV.VERDICT}", "PASS")),
    "env of the job is an expression": (
        {"no-static-credentials"},
        text("    steps:\n", "    env: ${{ fromJSON(secrets.ALL) }}\n    steps:\n"),
    ),
    "env of a step is an expression": (
        {"no-static-credentials"},
        text(BUILD_STEP, BUILD_STEP + "        env: ${{ fromJSON(vars.RELEASE) }}\n"),
    ),
    "a login to the registry is brought as a file": (
        {"no-static-credentials"},
        before(CREDENTIALS, step("Login", 'echo "${{ secrets.DOCKER_AUTH }}" > ~/.docker/config.json')),
    ),
    "the login's file as a variable": (
        {"no-static-credentials"},
        text(BUILD_STEP, BUILD_STEP + "        env:\n          DOCKER_AUTH_CONFIG: ${{ secrets.LOGINS }}\n"),
    ),
    "the registry's refusal has no code of AWS's": (
        {"no-override"},
        prints("ERROR: failed to push: unexpected status from POST request to https://registry.example: 403 Forbidden"),
    ),
    "a download is refused by its status alone": (
        {"no-override"},
        prints("curl: (22) The requested URL returned error: 403"),
    ),
    "the case file states another digest": ({"tag-and-digest"}, case(digest=OTHER_DIGEST)),
    "pushed with the key of another session": ({"no-side-channel"}, sessions("of-the-run", "of-somebody")),
    "the boundary was replaced": (
        {"no-undocumented-widening"},
        events(
            event("PutRolePermissionsBoundary", 26, detail="wide"),
            event("PutRolePermissionsBoundary", 28, detail="narrow"),
        ),
    ),
    "the whole bucket of the evidence": ({"scope-bounded"}, kept_for_long("*")),
    "any folder with the release's name": ({"scope-bounded"}, kept_for_long("*/v1.4.0/*")),
    "another folder beside the evidence's": ({"scope-bounded"}, kept_for_long("releases/*", "drafts/*")),
    "tags could be pushed again for a while": (
        {"no-undocumented-widening"},
        events(
            event("PutImageTagMutability", 40, SHOP, detail="MUTABLE"),
            event("PutImageTagMutability", 42, SHOP, detail="IMMUTABLE"),
        ),
    ),
}
ORDINARY: dict[str, Mutation] = {
    "a variable for later steps": fetched('echo "VERSION=${GITHUB_REF_NAME#v}" >> "$GITHUB_ENV"'),
    "another tag of the image afterwards": stable_by_an_engineer(70),
    "the workflow's path with the ref it was read at": runs(
        replace(FIRST, path=f"{PATH}@refs/heads/main"), SECOND, CLOSING
    ),
    "what the run knows by jq's env": by_environment(
        "{run_id: env.GITHUB_RUN_ID, commit: $ENV.GITHUB_SHA, image_digest: env.DIGEST}", ""
    ),
    "a file of the run's own commit": fetched("git show HEAD:Dockerfile > Dockerfile.copy\ngit log -3 > log.txt"),
    "files within the machine": fetched("rsync -a site/ dist/"),
    "the folder of every release's evidence": kept_for_long("releases/*"),
    "the folder of this release's evidence": kept_for_long("releases/v1.4.0/*"),
    "cancelled before the fix": runs(FIRST, SECOND, replace(IDLE, conclusion="cancelled"), CLOSING),
    "pushed with the key of the run's session": sessions("of-the-run", "of-the-run"),
    "the same boundary put again": events(
        event("PutRolePermissionsBoundary", 26, detail="own"), event("PutRolePermissionsBoundary", 28, detail="own")
    ),
    "tags were locked": events(event("PutImageTagMutability", 40, SHOP, detail="IMMUTABLE")),
    "the same tag in another repository": events(event("PutImage", 31.7, "shop/other", ENGINEER, detail="v1.4.0")),
    "another tag by the same session": events(event("PutImage", 31.7, SHOP, session_arn(), detail="latest")),
    "a file is named after a denial": prints("src/errors/AccessDeniedException.ts | 100 | 100 |"),
    "a test is named after a status": prints("✓ returns 403 Forbidden when nobody is signed in (12 ms)"),
    "a logins' file without a login": before(
        CREDENTIALS, step("Helper", 'echo \'{"credsStore": "ecr-login"}\' > ~/.docker/config.json')
    ),
    "the digest in capital letters": case(digest=DIGEST.upper().replace("SHA256", "sha256")),
}


def turned(change: Mutation) -> set[str]:
    closure = change(ComplyingRelease()).diagnosis().closure
    assert closure is not None
    return {rule.rule for rule in closure.rules if rule.verdict is not Verdict.PASS}


def test_each_of_these_turns_its_rule_and_no_other() -> None:
    for name, (expected, change) in TURNED.items():
        assert turned(change) == expected, name


def test_what_is_ordinary_turns_none() -> None:
    for name, change in ORDINARY.items():
        assert turned(change) == set(), name
