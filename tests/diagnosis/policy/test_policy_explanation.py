"""The reason: the nearest statement, the first element that did not match, met and wanted, in one sentence."""

from __future__ import annotations

import pytest

from diagnosis.policy import ConditionResult, Decision, Layer, Layers, Policy, Request, evaluate, parse_policy
from diagnosis.policy.evaluation.nearest import difference, likeness, nearest

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
SUB, AUD = f"{ISSUER}:sub", f"{ISSUER}:aud"


def trust(*subjects: str, operator: str = "StringEquals", sid: str = "") -> dict[str, object]:
    condition: dict[str, dict[str, object]] = {"StringEquals": {AUD: "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[SUB] = list(subjects)
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def presented(subject: str, *statements: dict[str, object], audience: str = "sts.amazonaws.com") -> Decision:
    policy = parse_policy({"Version": "2012-10-17", "Statement": list(statements)})
    assert isinstance(policy, Policy), policy
    request = Request(
        PROVIDER,
        "sts:AssumeRoleWithWebIdentity",
        "arn:aws:iam::111122223333:role/release",
        context={SUB: (subject,), AUD: (audience,)},
    )
    return evaluate(request, Layers(resource=policy))


def test_the_nearest_subject_is_named_with_the_part_that_differs() -> None:
    decision = presented(
        "repo:octo/app:ref:refs/heads/migrate-dev",
        trust("repo:octo/app:environment:prod", "repo:octo/app:ref:refs/heads/dev", "repo:octo/lib:ref:refs/heads/dev"),
    )
    miss = decision.near_misses[0]
    assert miss.element == "Condition"
    assert (miss.key, miss.operator) == (SUB, "StringEquals")
    assert miss.met == ("repo:octo/app:ref:refs/heads/migrate-dev",)
    assert miss.result is ConditionResult.FAILED
    assert miss.difference == "ref:refs/heads/dev wanted, ref:refs/heads/migrate-dev met"
    assert miss.difference in decision.because.text
    assert decision.because.decisive == SUB
    assert "trust policy" in decision.because.text


@pytest.mark.parametrize(
    ("met", "wanted", "operator", "expected"),
    [
        ("repo:o/r:ref:refs/heads/a", "repo:o/r:pull_request", None, "pull_request wanted, ref:refs/heads/a met"),
        (
            "repo:o@1/r@2:ref:refs/heads/a",
            "repo:o/r:ref:refs/heads/a",
            None,
            (
                "repo:o/r wanted, repo:o@1/r@2 met; "
                "the request's subject is of the immutable form, the policy's value of the classic one"
            ),
        ),
        (
            "repo:o@1/r@2:pull_request",
            "repo:*:pull_request_",
            None,
            "repo:*:pull_request_ wanted, repo:o@1/r@2:pull_request met",
        ),
        ("refs/heads/main", "refs/heads/dev", None, "dev wanted, main met"),
        ("abc", "xyz", None, "xyz wanted, abc met"),
        ("abc", "ABC", None, "ABC wanted, abc met; they differ in letter case only"),
        ("a", "a ", None, "'a ' wanted, a met; the policy's value has white space at its end or beginning"),
        (
            "repo:o/r:ref:refs/heads/a",
            "repo:o/r:*",
            "StringEquals",
            "* wanted, ref:refs/heads/a met; StringEquals takes * and ? literally, StringLike would read them as wildcards",
        ),
        ("", "x", None, "x wanted, '' met"),
    ],
)
def test_differences_in_words(met: str, wanted: str, operator: str | None, expected: str) -> None:
    assert difference(met, wanted, operator) == expected


def test_nearest_prefers_what_begins_and_ends_alike() -> None:
    assert nearest("refs/heads/main", ["x", "refs/tags/main", "refs/heads/maim"]) == "refs/heads/maim"
    assert nearest("x", []) is None
    assert likeness("same", "same") == 1
    assert likeness("", "x") == 0


def test_the_statement_with_the_fewest_mismatches_is_nearest() -> None:
    far = {**trust("repo:octo/app:ref:refs/heads/main", sid="Far"), "Action": "sts:AssumeRole"}
    foreign = {**trust("repo:octo/app:ref:refs/heads/main", sid="Foreign"), "Principal": {"Federated": PROVIDER + "x"}}
    close = trust("repo:octo/app:ref:refs/heads/dev", sid="Close")
    decision = presented("repo:octo/app:ref:refs/heads/main", far, foreign, close)
    assert [miss.statement for miss in decision.near_misses] == ["Close", "Foreign", "Far"]
    assert [miss.element for miss in decision.near_misses] == ["Condition", "Principal", "Action"]
    assert decision.because.statement == "Close"
    assert decision.because.path == "resource_policy.Statement[2]"


def test_a_statement_that_fails_twice_is_further_off_than_one_that_fails_once() -> None:
    twice = trust("repo:octo/other:ref:refs/heads/main", sid="Twice")
    once = trust("repo:octo/app:ref:refs/heads/main", sid="Once")
    decision = presented("repo:octo/app:ref:refs/heads/main", twice, once, audience="elsewhere")
    assert decision.because.statement == "Once"
    assert decision.because.decisive == AUD
    assert decision.near_misses[0].also == ()
    assert decision.near_misses[1].also == (SUB,)
    alone = presented("repo:octo/app:ref:refs/heads/main", twice, audience="elsewhere")
    assert alone.because.text.endswith(f" It does not match on {SUB} either.")


def test_an_absent_key_is_told_from_a_wrong_value() -> None:
    statement = trust("repo:octo/app:*", operator="StringLike")
    statement["Condition"] = {"StringEquals": {f"{ISSUER}:environment": "prod"}}
    decision = presented("repo:octo/app:ref:refs/heads/main", statement)
    miss = decision.near_misses[0]
    assert miss.result is ConditionResult.KEY_ABSENT
    assert miss.met == ()
    assert "does not carry that key" in decision.because.text


def test_a_pattern_that_was_avoided_is_quoted_for_negated_operators() -> None:
    statement = trust("repo:octo/app:*", operator="StringNotLike")
    decision = presented("repo:octo/app:ref:refs/heads/main", statement)
    assert "StringNotLike repo:octo/app:*" in decision.because.text
    assert decision.near_misses[0].difference == ""


def push(statement: dict[str, object], resource: str = "repository/app", *, only: bool = False) -> Decision:
    policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    assert isinstance(policy, Policy), policy
    arn = "*" if only else f"arn:aws:ecr:eu-west-2:111122223333:{resource}"
    session = "arn:aws:sts::111122223333:assumed-role/release/run"
    action = "ecr:GetAuthorizationToken" if only else "ecr:PutImage"
    return evaluate(
        Request(session, action, arn, "111122223333", wildcard_only_action=only), Layers(identity=(policy,))
    )


def test_a_resource_mismatch_quotes_both_arns() -> None:
    granted = "arn:aws:ecr:eu-west-2:111122223333:repository/web"
    decision = push({"Sid": "Push", "Effect": "Allow", "Action": "ecr:*", "Resource": granted})
    assert decision.because.decisive == "Resource"
    assert decision.because.layer is Layer.IDENTITY
    assert granted in decision.because.text
    assert "repository/app" in decision.because.text
    assert "Statement Push of the identity-based policies" in decision.because.text


REPOSITORY = "arn:aws:ecr:eu-west-2:111122223333:repository/app"


@pytest.mark.parametrize(
    ("shut", "words"),
    [
        ({"NotAction": "ecr:Get*"}, "because its NotAction (ecr:Get*) does not spare the action;"),
        ({"Action": "*", "NotResource": REPOSITORY + "s"}, f"because its NotResource ({REPOSITORY}s) does not spare"),
        (
            {"Action": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}},
            "because aws:PrincipalOrgID StringNotEquals o-1 holds (the request does not carry that key);",
        ),
        ({"Action": "*"}, f"explicitly denies ecr:PutImage on {REPOSITORY}; no Allow can overrule it"),
    ],
)
def test_a_deny_says_what_makes_it_apply(shut: dict[str, object], words: str) -> None:
    assert (
        words in push({"Effect": "Deny", **({} if "NotResource" in shut else {"Resource": "*"}), **shut}).because.text
    )


@pytest.mark.parametrize(
    ("opened", "words"),
    [
        ({"Resource": "app"}, "(it is no ARN, so it matches nothing)"),
        (
            {"Resource": REPOSITORY + "/${aws:PrincipalTag/t}"},
            "it holds a variable, which has no value in this request",
        ),
    ],
)
def test_a_resource_that_cannot_match_says_why(opened: dict[str, object], words: str) -> None:
    assert words in push({"Effect": "Allow", "Action": "*", **opened}).because.text


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"Principal": {"AWS": PROVIDER}}, "a provider belongs under Federated"),
        ({"Principal": {"Federated": PROVIDER[:-3] + "*"}}, "* and ? are no wildcards"),
        ({"Principal": {"AWS": "AROAEXAMPLEID12345678"}}, "the id of a role or user that has been deleted"),
        ({"Condition": {"StringLike": {f"https://{SUB}": "*"}}}, f"does not carry that key; it carries {SUB}."),
    ],
)
def test_a_slip_in_a_trust_policy_is_named(part: dict[str, object], words: str) -> None:
    statement = {**trust("repo:o/r:*", operator="StringLike"), **part}
    assert words in presented("repo:o/r:pull_request", statement).because.text


def test_an_action_without_resource_level_says_so() -> None:
    granted = "arn:aws:ecr:eu-west-2:111122223333:repository/app"
    decision = push({"Effect": "Allow", "Action": "ecr:*", "Resource": granted}, only=True)
    assert decision.because.decisive == "Resource"
    assert "has no resource level, so only Resource * counts" in decision.because.text


@pytest.mark.parametrize(
    ("statement", "decisive", "words"),
    [
        ({"NotAction": "ecr:Put*", "Resource": "*"}, "Action", "by its NotAction"),
        ({"Action": "*", "NotResource": "arn:aws:ecr:*"}, "Resource", "by its NotResource"),
        ({"Action": "ecr:BatchGetImage", "Resource": "*"}, "Action", "allows ecr:BatchGetImage"),
        ({"Action": "*"}, "Resource", "has no Resource"),
    ],
)
def test_each_element_has_its_sentence(statement: dict[str, object], decisive: str, words: str) -> None:
    decision = push({"Effect": "Allow", **statement})
    assert decision.because.decisive == decisive
    assert words in decision.because.text


def test_an_unresolved_variable_is_pointed_out() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    policy = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
        }
    )
    assert isinstance(policy, Policy)
    caller = "arn:aws:iam::111122223333:user/u"

    def text(**context: tuple[str, ...]) -> str:
        keys = {f"aws:{name}Tag/team": values for name, values in context.items()}
        return evaluate(Request(caller, "s:Act", "*", None, keys), Layers(identity=(policy,))).because.text

    assert "has no value in this request" in text(Resource=("a",))
    assert "b wanted, a met" in text(Resource=("a",), Principal=("b",))


def test_a_list_under_a_plain_operator_is_explained_and_left_open() -> None:
    condition = {"StringEquals": {"aws:TagKeys": "team"}}
    policy = parse_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}})
    assert isinstance(policy, Policy)
    context = {"aws:TagKeys": ("team", "env")}
    decision = evaluate(
        Request("arn:aws:iam::111122223333:user/u", "s:Act", "*", None, context), Layers(identity=(policy,))
    )
    assert "only a set operator" in decision.because.text
    assert "needs a set operator" in decision.not_evaluated[0]


def test_values_that_cannot_be_compared_are_left_open() -> None:
    condition = {"NumericLessThan": {"k:v": "5"}}
    policy = parse_policy({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}})
    assert isinstance(policy, Policy)
    request = Request("arn:aws:iam::111122223333:user/u", "s:Act", "*", None, {"k:v": ("many",)})
    assert "cannot compare" in evaluate(request, Layers(identity=(policy,))).not_evaluated[0]


def test_an_allowed_request_names_what_opened_it() -> None:
    decision = presented("repo:octo/app:ref:refs/heads/main", trust("repo:octo/app:ref:refs/heads/main", sid="Main"))
    assert decision.allowed
    because = decision.because
    assert (because.layer, because.statement, because.decisive) == (Layer.RESOURCE, "Main", "Main")
    assert decision.near_misses == ()
    assert decision.not_evaluated == ()
    assert decision.decided_by is not None
    assert decision.decided_by.path == because.path == "resource_policy.Statement[0]"


def test_long_foreign_values_are_cut_in_sentences_but_kept_in_values() -> None:
    subject = "repo:octo/app:ref:refs/heads/" + "x" * 2000
    decision = presented(subject, trust("repo:octo/app:ref:refs/heads/main"))
    assert decision.near_misses[0].met == (subject,)
    assert len(decision.because.text) < 3000


def test_of_many_conditions_the_first_few_are_told_and_how_many_more_hold() -> None:
    condition = {"StringEquals": {f"aws:PrincipalTag/{sign}": "x" for sign in "abcdef"}}
    policy = parse_policy(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition},
        }
    )
    assert isinstance(policy, Policy)
    request = Request(
        "arn:aws:sts::111122223333:assumed-role/release/x",
        "s3:GetObject",
        "arn:aws:s3:::a/b",
        context={f"aws:PrincipalTag/{sign}": ("x",) for sign in "abcdef"},
    )
    assert "more conditions hold" in evaluate(request, Layers(identity=(policy,))).because.text


@pytest.mark.parametrize(
    ("principal", "statement", "words"),
    [
        (
            "arn:aws:iam::111122223333:root",
            {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
            "an account root user cannot assume roles",
        ),
        (
            PROVIDER,
            {"Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRoleWithWebIdentity"},
            "whether an account's ARN stands for its identity providers is not documented",
        ),
    ],
)
def test_what_is_not_documented_is_said(principal: str, statement: dict[str, object], words: str) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": statement})
    assert isinstance(policy, Policy)
    action = str(statement["Action"])
    request = Request(principal, action, "arn:aws:iam::111122223333:role/release")
    assert any(words in text for text in evaluate(request, Layers(resource=policy)).not_evaluated)
