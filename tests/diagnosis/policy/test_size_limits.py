"""A document that AWS could not hold is given no meaning, with its size and the limit; one at the limit is judged."""

from __future__ import annotations

import json

import pytest

from diagnosis.lint.lint import LintReport, lint
from diagnosis.policy import Policy, PolicyKind, Unparsable, read_document
from diagnosis.policy.evaluation.rows import Row, RowFault, read_row
from diagnosis.policy.language import size_limits
from diagnosis.policy.language.faults import Fault
from diagnosis.policy.language.quotas import size
from diagnosis.policy.language.size_limits import OF_KINDS, SizeLimit

LIMITS = [each for each in vars(size_limits).values() if isinstance(each, SizeLimit)]
_BODY = {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": "arn:aws:ecr:eu-west-1:111122223333:repository/"}


def of_size(characters: int) -> str:
    """A policy of exactly so many characters and bytes, without white space."""
    bare = json.dumps({"Version": "2012-10-17", "Statement": []}, separators=(",", ":"))
    one = json.dumps(_BODY, separators=(",", ":"))
    count, rest = divmod(characters - len(bare) - len(one), len(one) + 1)
    assert count >= 0
    last = json.dumps({**_BODY, "Resource": _BODY["Resource"] + "x" * rest}, separators=(",", ":"))
    text = bare.replace("[]", f"[{','.join([one] * count + [last])}]")
    assert len(text) == size(text) == characters
    return text


def test_every_kind_of_policy_has_a_limit() -> None:
    assert set(OF_KINDS) == set(PolicyKind)
    assert {limit.of: limit.most for limit in LIMITS} == {
        "a trust policy": 8_192,
        "the inline policies of a role": 10_240,
        "a managed policy": 6_144,
        "a session policy": 2_048,
        "a service control policy": 10_240,
        "a resource control policy": 5_120,
        "a repository policy": 10_240,
        "a bucket policy": 20_480,
        "a key policy": 32_768,
        "the policy of a secret": 20_480,
        "the policy of a queue": 8_192,
        "a resource-based policy": 32_768,
        "any policy": 524_288,
    }


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.of)
def test_a_document_at_the_limit_is_read_and_one_beyond_it_is_not(limit: SizeLimit) -> None:
    assert isinstance(read_document(of_size(limit.most), limit).policy, Policy)
    beyond = read_document(of_size(limit.most + 1), limit)
    assert isinstance(beyond.policy, Unparsable)
    assert beyond.policy.fault is Fault.TOO_LONG
    assert beyond.policy.text == (
        f"it has {limit.most + 1} {limit.unit}, AWS's limit for {limit.of} is {limit.most}: "
        "AWS cannot hold this document, so it was not judged"
    )
    assert beyond.tree == {}


def test_white_space_counts_where_aws_counts_it() -> None:
    text = of_size(4_000).replace('":"', '" :\n\t "')
    assert len(text) > 4_096
    assert isinstance(read_document(text, size_limits.TRUST).policy, Policy)
    padded = of_size(10_000) + " " * 241
    assert isinstance(read_document(padded, size_limits.INLINE).policy, Policy)
    assert isinstance(read_document(padded, size_limits.REPOSITORY).policy, Unparsable)


def test_letters_of_several_bytes_count_as_such_in_a_bucket_policy() -> None:
    text = of_size(20_000).replace("x", "é").replace("repository/", "é" * 11)
    assert len(text) == 20_000
    assert isinstance(read_document(text, size_limits.BUCKET).policy, Unparsable)


_REQUEST = {"principal": "arn:aws:iam::111122223333:role/a", "action": "ecr:PutImage", "resource": "*"}
_AT = {
    PolicyKind.IDENTITY: lambda document: {"identity_policies": [document]},
    PolicyKind.RESOURCE: lambda document: {"identity_policies": [], "resource_policy": document},
    PolicyKind.BOUNDARY: lambda document: {"identity_policies": [], "permission_boundaries": [document]},
    PolicyKind.SESSION: lambda document: {"identity_policies": [], "session_policy": document},
    PolicyKind.SCP: lambda document: {"identity_policies": [], "scps": [{"level": "r", "policies": [document]}]},
    PolicyKind.RCP: lambda document: {"identity_policies": [], "rcps": [{"level": "r", "policies": [document]}]},
}


@pytest.mark.parametrize("kind", _AT, ids=str)
def test_a_row_with_a_document_over_the_limit_is_not_decided(kind: PolicyKind) -> None:
    limit = OF_KINDS[kind]
    for write in (json.loads, str):
        for more, read in ((0, Row), (1, RowFault)):
            row = {"id": 1, "request": _REQUEST, **_AT[kind](write(of_size(limit.most + more)))}
            answer = read_row(json.dumps(row))
            assert isinstance(answer, read), (kind, more)
            if isinstance(answer, RowFault):
                assert f"AWS's limit for {limit.of} is {limit.most}" in answer.error


@pytest.mark.parametrize("kind", [kind for kind in PolicyKind if kind is not PolicyKind.RESOURCE], ids=str)
def test_lint_tells_the_size_and_searches_no_further(kind: PolicyKind) -> None:
    open_to_all = json.loads(of_size(OF_KINDS[kind].most))
    open_to_all["Statement"][-1]["Action"] = "ecr:NoSuchAction"
    report = lint(json.dumps(open_to_all), kind)
    assert isinstance(report, LintReport)
    told = {str(finding.rule) for finding in report.findings}
    assert "size" in told
    assert "action-unknown" not in told


def test_what_no_policy_may_be_is_not_even_linted() -> None:
    assert isinstance(lint(of_size(524_289), PolicyKind.IDENTITY), Unparsable)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.of)
def test_white_space_is_not_counted_up_to_the_length_of_the_longest(limit: SizeLimit) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [_BODY]})
    longest = f"{text}{' ' * (524_288 - len(text))}"
    assert limit.refusal(f"{longest} ") is not None
    assert (limit.refusal(longest) is None) == (limit.count is size)
