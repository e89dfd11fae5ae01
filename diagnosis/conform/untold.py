"""Find what a change touches of that which may let somebody in, or grant something, and of which nothing is read.

Resources that are no IAM document and still admit or grant (an attachment to a user, a permission of a function, a share); and
files in forms that are not read: programs that make infrastructure, scripts that call AWS to change policies, documents under
names that are none of a document's. What was not touched is not told: it is as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from diagnosis.conform.units import Unit, Units
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.verdicts.conform_rule import ConformRule

_PLAN = (
    "Judge the plan instead, which tells what is there as well (terraform show -json), or the template that is made of it; else "
    "review it by hand."
)
_READ = frozenset(
    {
        *("aws_iam_role", "aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"),
        *("aws_iam_role_policy_attachment", "aws_iam_role_policy_attachments_exclusive", "aws_iam_policy_document"),
        *("aws_iam_openid_connect_provider", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"),
        *("AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider"),
    }
)
"""Types that are read as what they are."""
_SERVICES = ("iam", "sso", "ssoadmin", "identitystore", "ram", "rolesanywhere", "lakeformation", "verifiedpermissions")
"""Services whose resources admit or grant, whatever they are."""
_STARTS = (
    *(f"{of}_{service}_" for of in ("aws", "awscc") for service in _SERVICES),
    *(f"AWS::{service}::" for service in ("IAM", "SSO", "IdentityStore", "RAM", "RolesAnywhere", "LakeFormation")),
    *("AWS::VerifiedPermissions::", "AWS::CloudFormation::StackSet", "AWS::CloudFormation::CustomResource", "Custom::"),
    "github_actions_",
)
_ENDS = (
    *("_permission", "_permissions", "_grant", "_grants", "_bucket_acl", "_access_entry", "_access_policy_association"),
    *(
        "_pod_identity_association",
        "_function_url",
        "_access_block",
        "_membership",
        "_memberships",
        "_user_association",
    ),
    *("_policy_attachment", "_sharing", "_authorization", "_delegated_administrator", "Permission"),
    *("::Lambda::Url", "::AccessEntry", "::PodIdentityAssociation", "_launch_permission"),
)
_WITH_POLICY = frozenset({"policy", "policy_document", "access_policies", "inline_policy"})
_OPENING = frozenset(
    {"acl", "AccessControl", "PublicAccessBlockConfiguration", "PubliclyAccessible", "FunctionUrlConfig"}
)
_HOLDING = ("_access_block", "_exclusive", "organizations_policy_attachment")
"""What holds others back by being there."""
_OF_DEPLOYED = re.compile(
    r"aws-cdk-lib|@aws-cdk/|\baws_cdk\b|\bawscdk\b|Amazon\.CDK|\bcdktf\b|@pulumi/|\bpulumi_\w|com\.pulumi|\bPulumi\.\w|pulumi/pulumi"
    r"|\btroposphere\b|\.sst/|\bsst\.aws\b|@serverless/typescript|\.services\.k8s\.aws/|aws\.(?:crossplane\.io|upbound\.io)"
    r"|\.aws\.(?:m\.)?(?:crossplane|upbound)\.io|\beksctl\.io/|\btype: [\"']?aws:\w+[:/]",
    re.MULTILINE,
)
_PROGRAM_FILES = re.compile(
    r"serverless\.(?:ya?ml|json|[jt]s|[cm]js)|sst\.config\.\w+|Pulumi(?:\.[\w-]+)?\.ya?ml|cdk(?:tf)?(?:\.context)?\.json"
    r"|terragrunt\.hcl|samconfig\.\w+"
)
_ROOTS = re.compile(r"Pulumi\.ya?ml|cdk(?:tf)?\.json|sst\.config\.\w+|serverless\.\w+")
_CALLS = re.compile(
    r"\baws (?:--[\w-]{1,30}[ =][\w.:/$-]{1,80} )?(?:iam|sso-admin|ram|lakeformation)\s"
    r"|(?i:client|resource)\([\"']iam[\"']|client-iam\b|\bIAMClient\b|service/iam\b|\biam_(?:role|policy|managed_policy|user|group)\b"
)
_CHANGES = re.compile(
    r"\b(?:put|attach|set|update|add|create|delete|detach|remove)[_-]?(?:assume[_-]?)?(?:role|user|group|key|bucket|repository|resource"
    r"|secret|registry|queue|topic|function|managed|inline|entity)[_-]?(?:policy|permissions?[_-]?boundary)"
    r"|\b(?:add-permission|create-grant|create-access-key)\b",
    re.IGNORECASE,
)
_OF_AWS = re.compile(r"\b(?:aws|boto3|botocore|iam)\b", re.IGNORECASE)
_POLICY = re.compile(r"[\"']?Effect[\"']?\s*[:=]\s*[\"']?(?:Allow|Deny)\b")
_OF_AWS_ITSELF = "::aws:policy/"
"""In the ARN of a managed policy of AWS."""
_ACTION = re.compile(r"[\"']?(?:Not)?(?:Action|Principal|Resource)[\"']?\s*[:=]")
_PROSE = (
    ".md",
    ".mdx",
    ".rst",
    ".adoc",
    ".html",
    ".htm",
    ".css",
    ".svg",
    ".lock",
    ".ipynb",
    ".sum",
    ".po",
    ".csv",
    ".log",
)
_MANIFESTS = re.compile(r"package\.json|requirements[\w-]*\.txt|pyproject\.toml|go\.mod|pom\.xml|Pipfile|\w+\.csproj")
_TESTS = frozenset({"tests", "__tests__", "spec", "testdata", "fixtures"})
_TESTS_OF_SOURCES = "src/test/"
"""A folder that is only called ``test`` may be of an environment of that name."""
_OF_TESTS = re.compile(r"test_\w+\.py|[\w.-]+[._](?:test|spec)\.\w+", re.ASCII)
_JSON_OF_TERRAFORM = (".tf.json", ".tofu.json")
_MEDIA = (
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".bmp", ".tif", ".tiff", ".psd", ".icns"),
    *(".woff", ".woff2", ".ttf", ".otf", ".eot", ".pdf", ".mp3", ".mp4", ".wav", ".ogg", ".webm", ".mov"),
    *(".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".tar", ".jar", ".war", ".whl", ".nupkg"),
    *(
        ".class",
        ".pyc",
        ".so",
        ".dylib",
        ".dll",
        ".exe",
        ".wasm",
        ".parquet",
        ".sqlite",
        ".db",
        ".npy",
        ".xlsx",
        ".docx",
    ),
)
SUBMODULE = "Subproject commit "
"""How the commit of a submodule is written in place of a text."""


_PROGRAMS = (
    ".ts",
    ".tsx",
    ".js",
    ".mjs",
    ".cjs",
    ".py",
    ".go",
    ".java",
    ".kt",
    ".scala",
    ".cs",
    ".fs",
    ".vb",
    ".json",
    ".yaml",
    ".yml",
)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _is_test(path: str) -> bool:
    """Return whether a file is a test, or is there for tests; what infrastructure is made of is none, wherever it stands."""
    if _PROGRAM_FILES.fullmatch(_base(path)) or path.lower().endswith(_JSON_OF_TERRAFORM):
        return False
    inside = bool(_TESTS & set(path.split("/")[:-1])) or f"/{_TESTS_OF_SOURCES}" in f"/{path}"
    return inside or _OF_TESTS.fullmatch(_base(path)) is not None


def is_silent(path: str) -> bool:
    """Return whether a file that cannot be read makes no infrastructure, by its name: prose, a picture, an archive, a test."""
    return path.lower().endswith((*_PROSE, *_MEDIA)) or _is_test(path)


def is_root_of_program(path: str) -> bool:
    """Return whether a file says that infrastructure is programmed in its folder."""
    return _ROOTS.fullmatch(_base(path)) is not None


def is_of_program(path: str) -> bool:
    """Return whether a file may be part of a program."""
    return path.endswith(_PROGRAMS)


def untold_resources(before: Units, after: Units) -> Iterator[Finding]:
    """Yield the resources that may admit or grant, are not read as such, and are not as they were."""
    known = {before.rests_on([unit]) for unit in before.every if _may_grant(unit)}
    for unit in after.every:
        if _may_grant(unit) and after.rests_on([unit]) not in known:
            said = f"{unit.kind} {unit.name[-1]} is new or changed: it may let others in or grant something, and is not read."
            yield _finding(Place(unit.file, unit.line, member=".".join(unit.name)), said, _PLAN)
    owned = {unit.name: before.rests_on([unit.owner]) for unit in before.every if unit.owner is not None}
    for unit in after.every:
        if unit.owner is not None and unit.name in owned and after.rests_on([unit.owner]) != owned[unit.name]:
            said = f"What {unit.kind} {unit.name[-1]} is attached to rests on a value that is another one now, and is not settled."
            yield _finding(Place(unit.file, unit.line, member=".".join(unit.name)), said, _PLAN)
    left = {unit.name for unit in after.every}
    for unit in before.every:
        if unit.kind.endswith(_HOLDING) and unit.name not in left:
            said = f"{unit.kind} {unit.name[-1]} is taken away: what it held back is held back no longer."
            yield _finding(Place(unit.file, unit.line, member=".".join(unit.name)), said, _PLAN)


def _may_grant(unit: Unit) -> bool:
    if unit.kind in ("local", "var", "variable", "output", "argument", "data", "value", "module"):
        return False
    if unit.name[0] != "Resources" and len(unit.name) != 2:
        return False
    if unit.members & _OPENING or any(map(_calls_for_grants, unit.words)):
        return True
    grants = unit.kind.startswith(_STARTS) or (unit.kind.startswith("awscc_") and bool(unit.members & _WITH_POLICY))
    grants = grants or (unit.kind.startswith(("aws", "AWS")) and unit.kind.endswith(_ENDS))
    if unit.kind in _READ or not grants:
        return False
    return not unit.members & _WITH_POLICY or unit.kind.startswith("awscc_")


def untold_files(
    before: Mapping[str, str], after: Mapping[str, str], program: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield the changed files, by their texts on both sides, that may define what is granted in a form that is not read.

    ``program`` are the texts of the files among which infrastructure may be programmed, changed or not.
    """
    gone = {" ".join(text.split()) for path, text in before.items() if path not in after}
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, ""), after.get(path, "")
        if " ".join(old.split()) == " ".join(new.split()) or " ".join(new.split()) in gone:
            continue
        if not new and "Deny" not in old and "oundary" not in old:
            # What is taken away grants nothing any more.
            continue
        if why := _why(path, old, new):
            yield _finding(Place(path, _first_changed(old, new)), f"{path} is changed: {why}.", _PLAN)
    parts = _parts_of(program or {})
    for path in sorted(after.keys() & parts):
        old, new = before.get(path, ""), after.get(path, "")
        if old.split() != new.split() and not _why(path, old, new):
            said = (
                f"{path} is changed: it is part of a program that makes infrastructure, and no program is run or read."
            )
            yield _finding(Place(path, _first_changed(old, new)), said, _PLAN)


def _why(path: str, old: str, new: str) -> str:
    """Return why a changed file may define what is granted, as a clause; empty where it does not."""
    name = path.lower()
    if new.startswith(SUBMODULE):
        return "it is a submodule, and what the other repository holds at its new commit is not read"
    if name.endswith(_PROSE) or _is_test(path):
        return ""
    if _PROGRAM_FILES.fullmatch(_base(path)) or name.endswith(_JSON_OF_TERRAFORM):
        return "infrastructure is made of it, and it is in a form that is not read"
    texts = [old, new]
    if _MANIFESTS.fullmatch(_base(path)):
        texts = ["\n".join(set(texts[0].splitlines()) ^ set(texts[1].splitlines()))]
    for text in texts:
        if _OF_DEPLOYED.search(text):
            return "infrastructure is made of it, and it is in a form that is not read"
        if _MANIFESTS.fullmatch(_base(path)):
            continue
        if _POLICY.search(text) and _ACTION.search(text):
            return "it holds a policy in a form that is not read"
        if _calls_for_grants(text) or _OF_AWS_ITSELF in text:
            return "it may change what AWS grants, and it is in a form that is not read"
    return ""


def _calls_for_grants(text: str) -> bool:
    return bool(_CALLS.search(text) or (_OF_AWS.search(text) and _CHANGES.search(text)))


def _parts_of(program: Mapping[str, str]) -> set[str]:
    """Return the files of programs that make infrastructure: those that say so, and those that they name in turn."""
    roots = [path.rpartition("/")[0] for path in program if is_root_of_program(path)]
    if not roots:
        return set()
    inside = {
        path: text
        for path, text in program.items()
        if any(not root or path.startswith(f"{root}/") for root in roots) and not _is_test(path)
    }
    found = {path for path, text in inside.items() if _OF_DEPLOYED.search(text)}
    pending = list(found)
    while pending:
        quoted = set(re.findall(r"[\"'<]([\w@./-]{1,200})[\"'>]", inside[path := pending.pop()]))
        quoted |= set(re.findall(r"^\s*(?:from|import|using)\s+([\w./]{1,200})", inside[path], re.MULTILINE))
        said = {each.replace(".", "/").rpartition("/")[2] for each in quoted} | {
            each.rpartition("/")[2] for each in quoted
        }
        for other in inside.keys() - found:
            base = _base(other)
            if base in said or base.partition(".")[0] in said:
                found.add(other)
                pending.append(other)
    return found


def _first_changed(old: str, new: str) -> int:
    known = set(old.splitlines())
    return next((at for at, line in enumerate(new.splitlines(), 1) if line not in known), 1)


def _finding(place: Place, sentence: str, correction: str) -> Finding:
    return Finding(ConformRule.NOT_READ, Level.UNKNOWN, place, sentence, correction)
