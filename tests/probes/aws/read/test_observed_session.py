"""What the last green session did, as CloudTrail tells it: found by its access key, which is kept nowhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aws_endpoint
import pytest
from arns import arn_of
from aws_endpoint import Endpoint, Fault
from aws_worlds import ACCOUNT, NOON, QUESTION, REGION, ROLE_ARN
from further_worlds import ASKED, Time, event, read

from diagnosis.facts.account import AccountQuestion
from diagnosis.facts.green_run import GreenJob, GreenRun
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.trail import ObservedSession
from probes.ledger import Ledger

KEYS = ("ASIAGREENGREENGREEN1", "ASIAGREENGREENGREEN2", "ASIAOTHEROTHEROTHER1")
SUBJECT = "repo:o/r:ref:refs/heads/main"
DEPLOY_ARN = f"arn:aws:iam::{ACCOUNT}:role/Deploy"
TASK = f"arn:aws:iam::{ACCOUNT}:role/task"
GREEN = replace(
    ASKED,
    green_since=NOON - timedelta(minutes=58),
    green_until=NOON - timedelta(minutes=20),
    session_name="GitHubActions",
)


def opened(key: str, minute: int, role: str = ROLE_ARN, name: str = "GitHubActions", **more: Any) -> dict[str, Any]:
    return event(
        "AssumeRoleWithWebIdentity",
        minute,
        "sts",
        eventID=f"opened-{minute}",
        requestParameters={"roleArn": role, "roleSessionName": name},
        responseElements={
            "subjectFromWebIdentityToken": SUBJECT,
            "credentials": {"accessKeyId": key, "sessionToken": "IQoJsecret"},
        },
        **more,
    )


def made(key: str, name: str, minute: int, source: str, region: str = REGION, **record: Any) -> dict[str, Any]:
    identity = {"type": "AssumedRole", "accessKeyId": key}
    return {
        "key": key,
        "region": region,
        **event(name, minute, source, userIdentity=identity, awsRegion=region, recipientAccountId=ACCOUNT, **record),
    }


SESSIONS = [
    opened(KEYS[0], 4),
    opened(KEYS[2], 5, role=f"arn:aws:iam::{ACCOUNT}:role/Other"),
    opened("ASIANAMEDOTHERWISE01", 6, name="nightly"),
    opened("ASIAREFUSEDREFUSED01", 7, errorCode="AccessDenied"),
]
CALLS = [
    made(KEYS[0], "GetAuthorizationToken", 8, "ecr"),
    made(KEYS[0], "PutImage", 10, "ecr", requestParameters={"repositoryName": "shop/api", "imageManifest": "{}"}),
    made(
        KEYS[0],
        "RegisterTaskDefinition",
        11,
        "ecs",
        requestParameters={"family": "web", "taskRoleArn": TASK, "environment": "database-password"},
    ),
    made(KEYS[0], "UpdateService", 12, "ecs", requestParameters={"service": "web", "cluster": "main"}),
    made(KEYS[0], "PutMetricStream9", 13, "monitoring"),
    made(KEYS[0], "GetRole", 14, "iam", region="us-east-1", errorCode="AccessDenied"),
    made(KEYS[2], "DeleteCluster", 15, "ecs"),
]


def history(
    sessions: list[dict[str, Any]], calls: list[dict[str, Any]], page: int = 50
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        (attribute,) = asked["LookupAttributes"]
        value = attribute["AttributeValue"]
        if attribute["AttributeKey"] == "EventName":
            chosen = [entry for entry in sessions if f'"{value}"' in entry["CloudTrailEvent"]]
        else:
            assert attribute["AttributeKey"] == "AccessKeyId"
            # One history for all regions of the test: each holds the same events, which are told once.
            chosen = [entry for entry in calls if entry["key"] == value]
        start = int(asked.get("NextToken", 0))
        rest = {"NextToken": str(start + page)} if len(chosen) > start + page else {}
        return {"Events": chosen[start : start + page], **rest}

    return answer


def observed(
    world: Endpoint, monkeypatch: pytest.MonkeyPatch, question: AccountQuestion = GREEN, **kwargs: Any
) -> Reading[ObservedSession]:
    return read(world, monkeypatch, question, **kwargs).observed


def value_of(reading: Reading[ObservedSession]) -> ObservedSession:
    assert isinstance(reading, Known), reading
    return reading.value


@pytest.fixture
def green(surrounded: Endpoint) -> Endpoint:
    surrounded.scripts["cloudtrail:LookupEvents"] = history(SESSIONS, CALLS)
    return surrounded


def test_the_calls_of_the_session_are_told_by_their_actions(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    found = value_of(observed(green, monkeypatch))
    repository, service = str(QUESTION.repository_arn), f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web"
    assert [(call.action, call.resources, call.error_code) for call in found.calls] == [
        ("ecr:GetAuthorizationToken", ("*",), None),
        ("ecr:PutImage", (repository,), None),
        ("ecs:RegisterTaskDefinition", (), None),
        ("iam:PassRole", (TASK,), None),
        ("ecs:UpdateService", (service,), None),
        ("iam:GetRole", (), "AccessDenied"),
    ]
    assert found.calls[3].context == (("iam:PassedToService", "ecs-tasks.amazonaws.com"),)
    assert found.unknown == ("monitoring:PutMetricStream9",)
    assert (found.sessions, found.subjects, found.role) == (1, (SUBJECT,), ROLE_ARN)
    assert found.regions == (REGION, "us-east-1")
    assert found.complete


def test_the_key_of_the_session_is_kept_nowhere(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    ledgers: list[Ledger] = []

    def kept(clock: Callable[[], datetime]) -> Ledger:
        ledgers.append(Ledger(clock))
        return ledgers[-1]

    monkeypatch.setattr(aws_endpoint, "Ledger", kept)
    state = read(green, monkeypatch, GREEN)
    text = repr(state) + repr([ledger.entries() for ledger in ledgers])
    assert "AccessKeyId of a session" in text
    assert [word for word in (*KEYS, "IQoJsecret", "database-password") if word in text] == []
    # Nor where CloudTrail refuses, whatever it quotes.
    for fault in (
        Fault(status=403, body=json.dumps({"__type": "AccessDeniedException", "message": KEYS[0]}).encode()),
    ):
        green.faults["cloudtrail:LookupEvents"] = fault
        assert KEYS[0] not in repr(observed(green, monkeypatch))


def test_a_denied_history_names_the_permission(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    green.faults["cloudtrail:LookupEvents"] = Fault(status=403)
    reading = observed(green, monkeypatch)
    assert isinstance(reading, Unreadable)
    assert reading.permission == "cloudtrail:LookupEvents"


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(reset=True), Fault(body=b"{}"), Fault(body=b'{"Events": 3}'), Fault(body=b"x")]
)
def test_what_is_no_history_makes_it_unreadable(green: Endpoint, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    green.faults["cloudtrail:LookupEvents"] = fault
    reading = observed(green, monkeypatch)
    assert isinstance(reading, Unreadable)
    assert reading.why
    assert reading.how


def test_without_a_green_run_nothing_is_looked_up(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = observed(green, monkeypatch, ASKED)
    assert isinstance(reading, Unreadable)
    old = replace(GREEN, green_since=NOON - timedelta(days=100), green_until=NOON - timedelta(days=99))
    reading = observed(green, monkeypatch, old)
    assert isinstance(reading, Unreadable)
    assert "90 days" in reading.why


def test_where_no_session_was_opened_that_is_known(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    green.scripts["cloudtrail:LookupEvents"] = history(SESSIONS[1:], CALLS)
    assert isinstance(observed(green, monkeypatch), Absent)


def test_events_that_cannot_be_read_make_it_incomplete(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"key": KEYS[0], "EventId": "x", "CloudTrailEvent": "{"}
    green.scripts["cloudtrail:LookupEvents"] = history(SESSIONS, [*CALLS, broken])
    found = value_of(observed(green, monkeypatch))
    assert not found.complete
    assert len(found.calls) == 6


def test_an_endless_history_is_cut_and_said(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [
        made(KEYS[0], "PutImage", 0, "ecr", eventID=f"e{number}", requestParameters={"repositoryName": "shop/api"})
        for number in range(900)
    ]
    green.scripts["cloudtrail:LookupEvents"] = history(SESSIONS, many)
    pause = Time()
    found = value_of(observed(green, monkeypatch, pause=pause))
    assert not found.complete
    assert len(found.calls) == 300
    assert min(pause.slept) >= 0.5
    sessions = [opened(f"ASIAMANYMANYMANY{number:04}", number) for number in range(9)]
    green.scripts["cloudtrail:LookupEvents"] = history(sessions, CALLS)
    found = value_of(observed(green, monkeypatch))
    assert (found.sessions, found.complete) == (4, False)


def test_each_role_of_the_release_has_its_own_session(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    green.scripts["cloudtrail:LookupEvents"] = history([*SESSIONS, opened(KEYS[1], 9, role=DEPLOY_ARN)], [
        *CALLS, made(KEYS[1], "DescribeServices", 20, "ecs")
    ])  # fmt: skip
    deploy = AccountQuestion(
        role_arn=arn_of(DEPLOY_ARN), region=REGION, green_since=GREEN.green_since, green_until=GREEN.green_until
    )
    idle = AccountQuestion(role_arn=arn_of(f"arn:aws:iam::{ACCOUNT}:role/Idle"), region=REGION)
    state = read(green, monkeypatch, replace(GREEN, beside=(deploy, idle)))
    first, second = value_of(state.observed), value_of(state.beside[0].observed)
    assert Counter(call.action for call in second.calls) == {"ecs:DescribeServices": 1}
    assert "ecs:DescribeServices" not in {call.action for call in first.calls}
    assert isinstance(state.beside[1].observed, Unreadable)


def test_sessions_are_told_apart_by_the_jobs_time_and_by_what_they_present(
    green: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = GreenJob("Release", NOON - timedelta(minutes=57), NOON - timedelta(minutes=40))
    run = GreenRun(41, 41, 1, "a" * 40, "refs/heads/main", "push", jobs=(job,))
    late = opened(KEYS[1], 33)
    later_calls = [*CALLS, made(KEYS[1], "DeleteCluster", 34, "ecs")]
    green.scripts["cloudtrail:LookupEvents"] = history([*SESSIONS, late], later_calls)
    found = value_of(observed(green, monkeypatch))
    assert [item.at for item in found.opened] == [NOON - timedelta(minutes=27), NOON - timedelta(minutes=56)]
    assert {call.action: call.session for call in found.calls}["ecs:DeleteCluster"] == 0
    assert {call.action: call.session for call in found.calls}["ecr:PutImage"] == 1
    found = value_of(observed(green, monkeypatch, replace(GREEN, green_run=run)))
    assert [item.at for item in found.opened] == [NOON - timedelta(minutes=56)]
    assert "ecs:DeleteCluster" not in {call.action for call in found.calls}
    other = json.loads(late["CloudTrailEvent"])
    other["responseElements"]["subjectFromWebIdentityToken"] = "repo:o/r:environment:nightly"
    late["CloudTrailEvent"] = json.dumps(other)
    assert value_of(observed(green, monkeypatch)).sessions == 2
    settled = value_of(observed(green, monkeypatch, replace(GREEN, subjects=(SUBJECT,))))
    assert settled.subjects == (SUBJECT,)
    # Where none presents what was expected, the expectation is wrong: all count.
    assert value_of(observed(green, monkeypatch, replace(GREEN, subjects=("repo:o/r:pull_request",)))).sessions == 2


def test_what_happened_just_now_may_not_stand_in_the_history_yet(
    green: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = value_of(observed(green, monkeypatch, replace(GREEN, green_until=NOON - timedelta(minutes=10))))
    assert not found.complete


def test_why_no_green_run_is_known_is_the_reason(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    question = replace(GREEN, green_since=None, no_green_run="GitHub lists no run of release.yml that succeeded")
    beside = replace(GREEN, role_arn=arn_of(DEPLOY_ARN))
    reading = observed(green, monkeypatch, replace(question, beside=(beside,)))
    assert isinstance(reading, Unreadable)
    assert "release.yml" in reading.why


def test_the_policies_of_what_only_cloudtrail_names_are_read(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/observed"
    refused = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/refused"
    calls = [
        *CALLS,
        made(KEYS[0], "DescribeKey", 15, "kms", resources=[{"ARN": key, "accountId": ACCOUNT}]),
        made(KEYS[0], "DescribeKey", 16, "kms", resources=[{"ARN": refused}], errorCode="AccessDenied"),
        made(KEYS[0], "PutImage", 17, "ecr", requestParameters={"repositoryName": "shop/other"}),
        made(KEYS[0], "PutImage", 18, "ecr", requestParameters={"repositoryName": "x", "registryId": "210987654321"}),
    ]
    green.scripts["cloudtrail:LookupEvents"] = history(SESSIONS, calls)
    state = read(green, monkeypatch, GREEN)
    assert [item.arn for item in state.resource_policies] == [key]
    named = {str(item.arn) for item in state.repositories}
    assert f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/shop/other" in named
    assert f"arn:aws:ecr:{REGION}:210987654321:repository/x" in named
    assert str(QUESTION.repository_arn) not in named


def odd(number: int, **record: Any) -> dict[str, Any]:
    name, source = record.pop("name", "PutImage"), record.pop("source", "ecr")
    return made(KEYS[0], name, 20, source, eventID=f"odd-{number}", **record)


def test_odd_events_hide_no_other_and_claim_no_resource(green: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/"
    read_ones = [
        odd(1, requestParameters=["shop/api"]),
        odd(2, requestParameters={"repositoryName": {"x": 1}}),
        odd(3, resources=repository),
        odd(4, resources=[{"ARN": repository + "x" * 9_000}]),
        odd(5, resources=[7, {"ARN": ["x"]}, {"ARN": "arn:aws:s3:::other"}]),
        odd(6, source="\x1b]0;x\x07" * 90, name="Y" * 9_000),
        odd(7, source="iam:*,ecr", name="PutImage*"),
    ]
    unread = ["", "[]", '{"a":' * 20_000, '{"eventTime": ' + "9" * 6_000 + "}", '{"eventName": "PutImage"}']
    unread.append('{"eventTime": "9999-99-99T00:00:00Z", "eventName": "PutImage"}')
    texts = [{"key": KEYS[0], "EventId": f"text-{place}", "CloudTrailEvent": text} for place, text in enumerate(unread)]
    green.scripts["cloudtrail:LookupEvents"] = history(SESSIONS, [*read_ones, *texts, *CALLS])
    found = value_of(observed(green, monkeypatch))
    plain = [call for call in found.calls if call.at.minute != 20]
    assert len(plain) == 6, "those that the session made are all there"
    assert [(call.action, call.resources) for call in found.calls if call.at.minute == 20] == [("ecr:PutImage", ())] * 5
    assert len(found.unknown) == 3
    assert all(len(word) <= 300 for word in found.unknown)
    assert not found.complete
