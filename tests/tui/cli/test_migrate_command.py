"""`planescope migrate` over the wire: a loopback GitHub, and moto in AWS's place behind the guard."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import Any

import boto3
import jsonschema
import pytest
from botocore.session import Session
from click.testing import CliRunner, Result
from synthetic_recordings import WORKFLOW_PATH, Shape, synthetic_recording

from probes.aws.session.access import AwsAccess
from probes.embedded.github.server import GitHubServer
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger
from probes.recording.format import RecordedAnswer, RecordedFile, Recording
from tui.cli.main import planescope

ACCOUNT, KEY = "111122223333", "token.actions.githubusercontent.com"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/release"
CLASSIC = "repo:example/widgets:ref:refs/heads/main"
IMMUTABLE = "repo:example@1001/widgets@2002:ref:refs/heads/main"
OWNER = RecordedAnswer(path="/users/initech", answer={"login": "Initech", "id": 777, "type": "Organization"})


def recording(prefix: str = "repo:example/widgets", workflow: str | None = None) -> Recording:
    made = synthetic_recording(Shape(runs=3, jobs=1, log_bytes=2_000))
    told = {"use_default": True, "use_immutable_subject": False, "sub_claim_prefix": prefix}
    files = made.files
    if workflow is not None:
        files = tuple(RecordedFile(file.path, file.commit, workflow.encode()) for file in files)
    return replace(made, oidc_customization=told, answers=(OWNER,), files=files)


def trust(*subjects: str, operator: str = "StringEquals", **claims: str) -> str:
    condition: dict[str, dict[str, Any]] = {"StringEquals": {f"{KEY}:{name}": value for name, value in claims.items()}}
    condition.setdefault(operator, {})[f"{KEY}:sub"] = list(subjects)
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: block for operator, block in condition.items() if block},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EC2 = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


class Account:
    """One account in moto, to which every session of the command is turned, and what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._aws = InProcessAws(ACCOUNT)
        self.ledgers: list[Ledger] = []
        real = AwsAccess.__init__

        def turned(access: AwsAccess, **options: Any) -> None:
            real(access, **options, prepare=self._aws.answer_for)
            self.ledgers.append(options["ledger"])

        monkeypatch.setattr(AwsAccess, "__init__", turned)
        session = Session()
        self._aws.answer_for(session)
        made = boto3.Session(botocore_session=session, aws_access_key_id="a", aws_secret_access_key="b")
        self.iam = made.client("iam", region_name="eu-west-1")
        for role in self.iam.list_roles()["Roles"]:
            self.iam.delete_role(RoleName=role["RoleName"])

    def role(self, name: str, text: str) -> None:
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=text)

    @property
    def calls(self) -> list[str]:
        """What AWS was asked, in order."""
        entries = (entry for ledger in self.ledgers for entry in ledger.entries())
        return [f"{entry.service}:{entry.operation}" for entry in entries if entry.service in ("iam", "sts")]

    @property
    def asked_of_github(self) -> int:
        return sum(entry.service == "github" for ledger in self.ledgers for entry in ledger.entries())


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return Account(monkeypatch)


def migrate(*words: str, github: Recording | None = None) -> Result:
    with GitHubServer(github or recording()) as server:
        command = ["migrate", "--repo", "example/widgets", "--no-cache", "--github-url", server.url, *words]
        result = CliRunner().invoke(planescope, command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def planned(*words: str, github: Recording | None = None) -> tuple[int, dict[str, Any]]:
    result = migrate("--json", *words, github=github)
    document: dict[str, Any] = json.loads(result.stdout)
    schema = json.loads(CliRunner().invoke(planescope, ["schema", "migration"]).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    return result.exit_code, document


def listed(step: dict[str, Any]) -> list[str]:
    found = step["trust_policy"]["Statement"][0]["Condition"]["StringEquals"][f"{KEY}:sub"]
    return found if isinstance(found, list) else [found]


def test_what_breaks_and_both_steps_are_planned_with_one_listing_of_the_roles(account: Account) -> None:
    account.role("release", trust(CLASSIC))
    account.role("machine", EC2)
    account.role("others", trust("repo:example/other:ref:refs/heads/main"))
    code, plan = planned()
    assert code == 1
    (role,) = plan["roles"]
    assert (role["role"], role["breaks"], plan["roles_looked_at"]) == (ROLE, True, 2)
    assert [(effect["effect"], effect["afterwards"]) for effect in role["effects"]] == [("breaks", IMMUTABLE)]
    first, second = role["steps"]
    assert (listed(first), listed(second)) == ([CLASSIC, IMMUTABLE], [IMMUTABLE])
    for step in role["steps"]:
        assert step["aws_cli"].startswith("cat > trust.json")
        assert 'resource "aws_iam_role"' in step["terraform"]
        assert "AWS::IAM::Role" in step["cloudformation"]
        assert IMMUTABLE in step["difference"]
    assert account.calls == ["iam:ListRoles"]


def test_a_repository_that_moved_already_is_told_as_broken(account: Account) -> None:
    account.role("release", trust(CLASSIC))
    code, plan = planned(github=recording("repo:example@1001/widgets@2002"))
    assert code == 1
    assert plan["roles"][0]["effects"][0]["effect"] == "broken"


def test_nothing_breaks_where_the_immutable_subject_is_listed(account: Account) -> None:
    account.role("release", trust(CLASSIC, IMMUTABLE))
    code, plan = planned()
    assert (code, plan["verdict"]) == (0, "pass")
    assert plan["roles"][0]["steps"] == []
    assert "Nothing breaks" in migrate().stdout


def test_a_transfer_carries_the_new_owners_name_as_github_spells_it_and_its_id(account: Account) -> None:
    account.role("release", trust(CLASSIC, repository_owner_id="1001"))
    code, plan = planned("--after", "transfer=initech", "--after", "rename=gadgets")
    assert code == 1
    assert plan["repositories"][0]["afterwards"] == "Initech/gadgets"
    moved = "repo:Initech@777/gadgets@2002:ref:refs/heads/main"
    assert listed(plan["roles"][0]["steps"][1]) == [moved]
    owner = plan["roles"][0]["steps"][1]["trust_policy"]["Statement"][0]["Condition"]["StringEquals"]
    assert owner[f"{KEY}:repository_owner_id"] == "777"


def test_an_owner_that_does_not_exist_leaves_unknown_with_the_way_to_obtain_it(account: Account) -> None:
    account.role("release", trust(CLASSIC))
    code, plan = planned("--after", "transfer=nobody-here")
    assert code == 3
    assert any("owner" in gap["what"] and gap["how"] for gap in plan["unknown"])
    assert plan["roles"][0]["steps"] == []


VARIABLE = """on: push
permissions: {id-token: write}
jobs:
  publish:
    runs-on: ubuntu-latest
    environment: ENV
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "ROLE_INPUT", aws-region: eu-west-1}
"""


def test_an_environment_of_the_workflow_is_a_subject_in_use(account: Account) -> None:
    account.role("release", trust("repo:example/*", operator="StringLike"))
    text = VARIABLE.replace("ENV", "prod").replace("ROLE_INPUT", ROLE)
    _, plan = planned(github=recording(workflow=text))
    subject = "repo:example@1001/widgets@2002:environment:prod"
    assert subject in [change["afterwards"] for change in plan["repositories"][0]["subjects"]]
    document = json.dumps(plan["roles"][0]["steps"][0]["trust_policy"])
    assert subject in document
    assert "repo:example/*" in document
    assert any("repo:example/*" in note for note in plan["roles"][0]["notes"])


def test_a_role_that_nothing_tells_remains_unknown(account: Account) -> None:
    text = VARIABLE.replace("ENV", "prod").replace("ROLE_INPUT", "${{ vars.ROLE }}")
    code, plan = planned(github=recording(workflow=text))
    assert code == 3
    assert any("which role release.yml, job publish" in gap["what"] for gap in plan["unknown"])
    assert plan["repositories"][0]["assumes"] == [
        {"workflow": WORKFLOW_PATH, "job": "publish", "role": None, "written": "${{ vars.ROLE }}"}
    ]


def test_a_role_of_another_account_is_not_guessed(account: Account) -> None:
    other = "arn:aws:iam::444455556666:role/release"
    text = VARIABLE.replace("ENV", "prod").replace("ROLE_INPUT", other)
    code, plan = planned(github=recording(workflow=text))
    assert code == 3
    assert any(other in gap["what"] for gap in plan["unknown"])
    assert "iam:GetRole" not in account.calls


def test_a_named_role_is_read_alone(account: Account) -> None:
    account.role("release", trust(CLASSIC))
    code, plan = planned("--role", ROLE)
    assert (code, plan["roles_looked_at"]) == (1, 1)
    assert account.calls == ["sts:GetCallerIdentity", "iam:GetRole"]


def test_several_repositories_cost_one_listing_and_one_of_them_may_be_missing(account: Account) -> None:
    account.role("release", trust(CLASSIC))
    code, plan = planned("--repo", "example/gone")
    assert code == 1
    assert account.calls == ["iam:ListRoles"]
    assert any("example/gone" in gap["what"] for gap in plan["unknown"])


def test_a_repository_costs_few_requests(account: Account) -> None:
    account.role("release", trust(CLASSIC))
    planned()
    # The repository, its subjects, its workflows and their one file, its runs.
    assert account.asked_of_github == 5


def test_github_alone_tells_the_subjects_without_asking_aws(account: Account) -> None:
    code, plan = planned("--no-live")
    assert code == 3
    assert account.calls == []
    assert [change["afterwards"] for change in plan["repositories"][0]["subjects"]] == [IMMUTABLE]


def test_without_credentials_the_code_says_so(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    result = migrate()
    assert result.exit_code == 4
    assert IMMUTABLE in result.stdout
    assert account.calls == []


def test_a_listing_that_cannot_be_had_leaves_unknown(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    account.role("release", trust("repo:example/*", operator="StringLike"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(InProcessAws, "answer_for", lambda *_: None)
        monkeypatch.setattr(account, "_aws", InProcessAws(ACCOUNT))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        code, plan = planned()
    assert code == 3
    assert any("roles that trust GitHub" in gap["what"] for gap in plan["unknown"])


@pytest.mark.parametrize(
    "words",
    [
        ("--after", "rename="),
        ("--after", "rename=a/b"),
        ("--after", "delete=x"),
        ("--after", "rename=x", "--after", "rename=y"),
        ("--after", "rename=x", "--repo", "example/other"),
        ("--role", "nonsense"),
        ("--repo", "nonsense"),
    ],
)
def test_bad_input_is_refused_before_anything_is_asked(words: tuple[str, ...], account: Account) -> None:
    result = migrate(*words)
    assert result.exit_code == 2
    assert account.calls == []
    assert "Traceback" not in result.output


@pytest.mark.parametrize("shown", ["document", "terraform", "cloudformation", "cli", "difference"])
def test_each_rendering_is_shown_as_it_is_to_be_copied(shown: str, account: Account) -> None:
    account.role("release", trust(CLASSIC))
    result = migrate("--show", shown)
    assert result.exit_code == 1
    assert "Step 1" in result.stdout
    assert "Step 2" in result.stdout
    assert IMMUTABLE in result.stdout


def test_foreign_text_reaches_no_terminal_raw(account: Account) -> None:
    account.role("release", trust(f"{CLASSIC}\x1b[31m", "repo:example/widgets:environment:\x1b[2J[red]"))
    result = migrate()
    assert "\x1b[2J" not in result.stdout
