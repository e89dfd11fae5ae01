"""One fault each, planted in a sound policy, by the rule that must find it."""

from __future__ import annotations

from typing import Any

from lint_documents import KEY, LOGIN, PROVIDER, PUSH, REPOSITORY, changed, policy, push, trust, trust_statement

Document = dict[str, Any]
AUD = {f"{KEY}:aud": "sts.amazonaws.com"}
SUB = f"{KEY}:sub"
MAIN = "repo:octo-org/shop:ref:refs/heads/main"
ROLE = "arn:aws:iam::123456789012:role/task"
AGE = "aws:MultiFactorAuthAge"
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/AB12"


def bounded(value: Any, operator: str = "StringEquals", key: str = SUB) -> Document:
    """A trust policy that bounds one key of the token, and the audience."""
    if operator == "StringEquals":
        return trust(StringEquals={**AUD, key: value})
    return trust(**{"StringEquals": AUD, operator: {key: value}})


def and_(operator: str, key: str, value: Any) -> Document:
    """A sound trust policy with one more condition."""
    sound = {"StringEquals": {**AUD, SUB: MAIN}}
    return trust(**{**sound, operator: {**sound.get(operator, {}), key: value}})


def federated(name: str) -> Document:
    """A sound trust policy whose provider is written otherwise."""
    return changed(trust(), "Statement", 0, "Principal", value={"Federated": name})


def second(principal: Any, **condition: Any) -> Document:
    """A sound trust policy with a second statement for another principal, under a condition if one is given."""
    more = {"Condition": condition} if condition else {}
    return policy(trust_statement(), {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


def trusting(issuer: str, **condition: Any) -> Document:
    """A trust policy of one Allow for another provider than GitHub's, under a condition if one is given."""
    made = {**trust_statement(), "Principal": {"Federated": PROVIDER.replace(KEY, issuer)}, "Condition": condition}
    return policy(made if condition else {name: value for name, value in made.items() if name != "Condition"})


def acting(action: Any) -> Document:
    """A sound trust policy with another action."""
    return changed(trust(), "Statement", 0, "Action", value=action)


def allow(action: Any, resource: Any = "*", **more: Any) -> Document:
    """A policy of one Allow."""
    return policy({"Effect": "Allow", "Action": action, "Resource": resource, **more})


def when(operator: str, key: str, value: Any, action: str = "ecr:PutImage") -> Document:
    """A policy of one Allow under one condition."""
    return allow(action, REPOSITORY, Condition={operator: {key: value}})


def put(*steps: str | int, value: Any) -> Document:
    """The sound push policy with another value somewhere."""
    return changed(push(), *steps, value=value)


def ecr(rest: str) -> Document:
    """The sound push policy on another ARN."""
    return push(f"arn:{rest}")


TOKEN = "".join(("gh", "p_", "0aB" * 12))
"""What looks like a token, put together here so that no scanner takes it for one."""
HOME = "arn:aws:s3:::home/${aws:username}/*"
_WITHOUT_PRINCIPAL = changed(trust(), "Statement", 0, "Principal", drop=True)

PLANTED: dict[str, list[Document]] = {
    "provider-control": [
        trust(StringEquals=AUD),
        policy({name: value for name, value in trust_statement().items() if name != "Condition"}),
        bounded("*", "StringLike"),
        bounded("**??", "StringLike", f"{KEY}:job_workflow_ref"),
        bounded("repo:evil/*", "StringNotLike"),
        bounded(MAIN, "StringNotEquals"),
        bounded(MAIN, "StringEqualsIfExists"),
        bounded("octo-org/shop", key=f"{KEY}:repository"),
        bounded("1001", key=f"{KEY}:repository_id"),
    ],
    "principal-anybody": [
        second("*"),
        second({"AWS": "*"}),
        second({"AWS": [ROLE, "*"]}),
        second("*", StringLike={"aws:PrincipalArn": "arn:aws:iam::*:role/*"}),
        second("*", StringNotEquals={"aws:PrincipalAccount": "210987654321"}),
        second("*", StringEquals={"aws:PrincipalTag/team": "shop"}),
        second("*", StringEquals={"aws:ResourceAccount": "123456789012"}),
        second("*", Bool={"aws:SecureTransport": "true"}),
        second({"AWS": "*"}, StringEquals={"sts:RoleSessionName": "release"}),
    ],
    "subject-unbounded": [
        *(
            trusting(issuer, **condition)
            for issuer in (EKS, "oidc.example.com")
            for condition in (
                {},
                {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}},
                {"StringLike": {f"{issuer}:sub": "*", f"{issuer}:aud": "sts.amazonaws.com"}},
            )
        ),
        trusting(EKS, StringLike={f"{EKS}:sub": "system:serviceaccount:*:*"}),
        trusting(EKS, StringLike={f"{EKS}:sub": "system:serviceaccount:*"}),
        trusting(EKS, StringLike={f"{EKS}:sub": ["system:serviceaccount:?*:?*"]}),
        trusting("gitlab.com", StringLike={"gitlab.com:sub": "project_path:*"}),
        trusting("gitlab.com", StringLike={"gitlab.com:sub": "project_path:*/*:ref_type:branch:ref:main"}),
        trusting("app.terraform.io", StringLike={"app.terraform.io:sub": "organization:*:project:*:*"}),
        changed(trusting(EKS), "Statement", 0, "Principal", value={"Federated": "accounts.google.com"}),
    ],
    "not-principal-allow": [
        changed(_WITHOUT_PRINCIPAL, "Statement", 0, "NotPrincipal", value={"AWS": "123456789012"}),
        changed(_WITHOUT_PRINCIPAL, "Statement", 0, "NotPrincipal", value={"Federated": PROVIDER}),
    ],
    "principal-missing": [_WITHOUT_PRINCIPAL],
    "principal-type": [changed(trust(), "Statement", 0, "Principal", value={"federated": PROVIDER})],
    "principal-form": [
        second({"Service": "ecs-tasks"}),
        second({"AWS": "arn:aws:iam::123456789012:role/*"}),
        second({"AWS": "AROAEXAMPLEID1234567"}),
        second({"AWS": ["123456789012", "12345"]}),
        second({"AWS": "arn:aws:iam::123456789012:group/ops"}),
        second({"AWS": "arn:aws:iam::12345:root"}),
        second({"AWS": "arn:aws:iam::123456789012:user/${aws:username}"}),
        federated(KEY),
    ],
    "provider-form": [
        federated(f"arn:aws:iam::123456789012:oidc-provider/https://{KEY}"),
        federated(f"{PROVIDER}/"),
        federated(f"arn:aws:iam::12345678901:oidc-provider/{KEY}"),
        federated("arn:aws:iam::123456789012:oidc-provider/Token.Actions.GitHubUserContent.com"),
    ],
    "resource-unwanted": [changed(trust(), "Statement", 0, "Resource", value="*")],
    "principal-action": [acting("sts:AssumeRole"), acting("sts:AssumeRoleWithSAML")],
    "trust-action": [
        acting("sts:AssumeRoleWithWebIdentities"),
        acting(["sts:AssumeRoleWithWebIdentity", "ecr:PutImage"]),
    ],
    "subject-any-owner": [
        bounded("repo:octo-*/shop:*", "StringLike"),
        bounded("repo:*", "StringLike"),
        bounded("repo:octo-org*", "StringLike"),
        bounded("*:ref:refs/heads/main", "StringLike"),
        bounded("repo:octo-org@*/shop@*:ref:refs/heads/main", "StringLike"),
    ],
    "wildcard-literal": [
        bounded("repo:octo-org/shop:*"),
        and_("StringNotEquals", f"{KEY}:ref", "refs/tags/*"),
        bounded("repo:octo-org/shop:*", "StringEqualsIgnoreCase"),
    ],
    "subject-form": [
        bounded("repo:octo-org/shop:refs/heads/main"),
        bounded("octo-org/shop:ref:refs/heads/main"),
        bounded("octo-org/shop:*", "StringLike"),
        bounded("repo:shop:*", "StringLike"),
        bounded("https://github.com/octo-org/shop"),
        bounded(f"{MAIN} "),
        bounded("repo:octo-org/shop:branch:main"),
        bounded("repo:octo-org/shop:ref:main"),
        bounded("repo:octo-org/shop:environment:"),
        bounded("repo:octo-org/shop%3Aref%3Arefs/heads/main"),
        bounded("Repo:octo-org/shop:ref:refs/heads/main"),
        bounded("repo:octo-org/shop:refs/heads/*", "StringLike"),
    ],
    "subject-without-context": [bounded("repo:octo-org/shop"), bounded("repo:octo-org@42/shop@1001")],
    "claim-form": [
        and_("StringEquals", f"{KEY}:ref", "main"),
        and_("StringEquals", f"{KEY}:job_workflow_ref", "release.yml"),
        and_("StringLike", f"{KEY}:repository_id", "shop*"),
        and_("StringEquals", f"{KEY}:repository", "shop"),
        trust(StringEquals={f"{KEY}:aud": "sts.amazonaws.com ", SUB: MAIN}),
        trust(StringEquals={f"{KEY}:aud": ["\tsts.amazonaws.com"], SUB: MAIN}),
    ],
    "audience-missing": [trust(StringEquals={SUB: MAIN})],
    "key-not-carried": [
        *(
            and_("StringEquals", f"{KEY}:{claim}", "x")
            for claim in (
                "iss",
                "workflow_ref",
                "repository_owner",
                "runner_environment",
                "event_name",
                "branch",
                "subject",
            )
        ),
        and_("StringEquals", "token.actions.githubuser.content.com:ref", "refs/heads/main"),
        and_("StringEquals", "gitlab.com:sub", "x"),
        and_("StringEquals", "sub", MAIN),
        and_("Bool", "aws:MultiFactorAuthPresent", "true"),
        and_("DateLessThan", "aws:TokenIssueTime", "2027-01-01T00:00:00Z"),
        and_("Null", f"{KEY}:iss", "false"),
    ],
    "key-without-effect": [
        and_("StringEqualsIfExists", f"{KEY}:workflow_ref", "x"),
        and_("StringNotEquals", f"{KEY}:runner_environment", "self-hosted"),
        and_("ForAllValues:StringEquals", f"{KEY}:iss", "https://x"),
    ],
    "if-exists-allow": [and_("StringEqualsIfExists", f"{KEY}:environment", "production")],
    "for-all-values-allow": [
        and_("ForAllValues:StringEquals", f"{KEY}:environment", "production"),
        when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1"),
    ],
    "set-operator-single": [
        and_("ForAnyValue:StringLike", f"{KEY}:ref", "refs/heads/*"),
        bounded([MAIN], "ForAnyValue:StringLike"),
        when("ForAnyValue:StringEquals", "aws:PrincipalOrgID", "o-1"),
    ],
    "key-form": [
        when("StringEquals", "ResourceTag", "x"),
        when("StringEquals", "aws:ResourceTag/", "x"),
        when("StringEquals", " aws:PrincipalOrgID", "x"),
    ],
    "key-unknown": [
        when("IpAddress", "aws:SourceIpp", "203.0.113.0/24"),
        when("StringEquals", "ecr:ResurceTag/team", "x"),
        when("StringEquals", "aws:PrincipelTag/team", "x"),
        when("StringEquals", "erc:ResourceTag/team", "x"),
    ],
    "key-undocumented": [when("StringEquals", "aws:Sunshine", "x"), when("StringEquals", "sunshine:Hours", "x")],
    "key-not-for-action": [when("StringEquals", "iam:PassedToService", "ecs.amazonaws.com")],
    "key-in-two-cases": [
        trust(StringEquals={**AUD, SUB: MAIN, f"{KEY}:SUB": MAIN}),
        trust(StringEquals={**AUD, SUB: MAIN, f"{KEY}:SUB": "repo:octo-org/shop:ref:refs/heads/dev"}),
        allow(
            "ecr:PutImage",
            REPOSITORY,
            Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:principalorgid": "o-1"}},
        ),
    ],
    "conditions-exclude": [
        trust(StringEquals={**AUD, SUB: MAIN}, StringLike={SUB: "repo:octo-org/other:*"}),
        trust(StringEquals=AUD, StringLike={SUB: "repo:octo-org/shop:*"}, StringNotLike={SUB: "repo:octo-org/*"}),
        trust(StringEquals={**AUD, SUB: MAIN}, StringNotEquals={SUB: MAIN}),
        allow(
            "ecr:PutImage", REPOSITORY, Condition={"NumericLessThan": {AGE: "300"}, "NumericGreaterThan": {AGE: "600"}}
        ),
        allow("ecr:PutImage", REPOSITORY, Condition={"Null": {AGE: "true"}, "NumericLessThan": {AGE: "300"}}),
    ],
    "operator-unknown": [
        when("StringIs", "aws:PrincipalTag/team", "x"),
        when("NullIfExists", "aws:PrincipalTag/team", "true"),
        when("ForSomeValues:StringEquals", "aws:PrincipalTag/team", "x"),
    ],
    "condition-value": [
        when("NumericLessThan", AGE, "soon"),
        when("Bool", "aws:SecureTransport", "yes"),
        when("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "office"]),
        when("DateGreaterThan", "aws:CurrentTime", "tomorrow"),
        when("ArnLike", "aws:PrincipalArn", "role/ops"),
        when("Null", "aws:PrincipalTag/team", "maybe"),
    ],
    "mfa-absent": [
        policy(
            {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
            }
        ),
        when("BoolIfExists", "aws:MultiFactorAuthPresent", "true"),
    ],
    "operator-type": [
        when("StringEquals", AGE, "300"),
        when("NumericEquals", "aws:PrincipalAccount", "123456789012"),
        when("StringEquals", "aws:SecureTransport", "true"),
        when("StringEquals", "aws:SourceIp", "203.0.113.7"),
        and_("NumericEquals", f"{KEY}:repository_id", "1001"),
    ],
    "value-not-text": [
        when("StringEquals", "aws:PrincipalAccount", 123456789012),
        and_("StringEquals", f"{KEY}:repository_id", 1001),
        when("StringEquals", "aws:PrincipalTag/admin", True),
    ],
    "wildcard-in-equals": [when("StringEquals", "aws:PrincipalTag/team", "shop-*")],
    "set-operator-missing": [when("StringEquals", "aws:TagKeys", ["team"], "ecr:TagResource")],
    "address-private": [when("IpAddress", "aws:SourceIp", "10.1.0.0/16")],
    "empty-list": [
        when("StringEquals", "aws:PrincipalTag/team", []),
        allow([], REPOSITORY),
        allow("ecr:PutImage", []),
        second({"AWS": []}),
    ],
    "empty-condition": [
        allow("ecr:PutImage", REPOSITORY, Condition={}),
        allow("ecr:PutImage", REPOSITORY, Condition={"StringEquals": {}}),
    ],
    "action-unknown": [
        allow("ecr:PutImages", REPOSITORY),
        allow(["ecr:PutImage", "ecr:BatchGetImages"], REPOSITORY),
        allow("ecr:PutSomething", REPOSITORY),
        allow("ecr:Pit*", REPOSITORY),
        allow("sts:PassRole", ROLE),
        allow("lambda:InvokeFuncton", "*"),
        policy({"Effect": "Deny", "Action": "ecr:DeletRepository", "Resource": "*"}),
    ],
    "service-unknown": [
        allow("ec:PutImage", REPOSITORY),
        allow("erc:PutImage", REPOSITORY),
        allow("ecr-publc:PutImage"),
    ],
    "service-undocumented": [allow("sunshine:Shine")],
    "action-undocumented": [allow("sqs:Sunshine"), allow("sqs:Sunshine*")],
    "action-form": [allow("ecr: PutImage", REPOSITORY), allow("PutImage", REPOSITORY), allow("*:PutImage", REPOSITORY)],
    "action-missing": [policy({"Effect": "Allow", "Resource": "*"})],
    "arn-resource": [
        ecr("aws:ecr:eu-west-1:123456789012:shop"),
        ecr("aws:ecr:eu-west-1:123456789012:repositroy/shop"),
        ecr("aws:ecr:eu-west-1:123456789012:image/shop"),
        ecr("aws:ecr:*:*:shop"),
        ecr("aws:erc:eu-west-1:123456789012:repository/shop"),
        push(f"{REPOSITORY}:latest"),
        push(f"{REPOSITORY}:*"),
        push(f"{REPOSITORY}@sha256:{'a' * 64}"),
        push(f"{REPOSITORY}/"),
        ecr("aws:ecr:eu-west-1:123456789012:repository/"),
        ecr("aws:ecr:eu-west-1:123456789012:repository//shop"),
        ecr("aws:ecr:eu-west-1:123456789012:repository/Shop"),
        ecr("aws:ecr:eu-west-1:123456789012:repository/shop, other"),
        ecr("aws:ecr:eu-west-1:123456789012:repository/*:latest"),
        ecr("aws:ecr:eu-west-1:123456789012:repository/123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop"),
    ],
    "arn-region": [
        ecr("aws:ecr:eu-west1:123456789012:repository/shop"),
        ecr("aws:ecr:eu-wset-1:123456789012:repository/shop"),
        ecr("aws:ecr::123456789012:repository/shop"),
        ecr("aws:ecr:123456789012:eu-west-1:repository/shop"),
        allow("sts:AssumeRole", "arn:aws:iam:us-east-1:123456789012:role/deploy"),
    ],
    "arn-account": [
        ecr("aws:ecr:eu-west-1::repository/shop"),
        ecr("aws:ecr:eu-west-1:12345678901:repository/shop"),
        ecr("aws:ecr:eu-west-1:ACCOUNT:repository/shop"),
        allow("s3:GetObject", "arn:aws:s3::123456789012:bucket/key"),
    ],
    "arn-partition": [
        ecr("aws-cn:ecr:eu-west-1:123456789012:repository/shop"),
        ecr("amazon:ecr:eu-west-1:123456789012:repository/shop"),
        ecr("aws:ecr:us-gov-west-1:123456789012:repository/shop"),
    ],
    "arn-undocumented": [allow("ssm:GetDocument", "arn:aws:ssm:eu-west-1::document/AWS-Run")],
    "resource-form": [push("repository/shop"), push([REPOSITORY, "shop"])],
    "resource-missing": [policy({"Effect": "Allow", "Action": "ecr:PutImage"})],
    "action-resource": [
        allow("s3:GetObject", "arn:aws:s3:::bucket"),
        allow("s3:ListBucket", "arn:aws:s3:::bucket/*"),
        allow("ecr:PutImage", "arn:aws:s3:::bucket"),
        allow("iam:GetRole", "arn:aws:iam::123456789012:user/x"),
    ],
    "action-resource-undocumented": [
        allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::bucket/*"),
        allow("sqs:SendMessage", "arn:aws:sns:eu-west-1:123456789012:orders"),
    ],
    "action-needs-star": [
        allow("ecr:GetAuthorizationToken", REPOSITORY),
        allow([*PUSH, "ecr:GetAuthorizationToken"], REPOSITORY),
        allow("ecr:getauthorizationtoken", "arn:aws:ecr:*:*:repository/*"),
        policy({"Effect": "Deny", "Action": "ecr:GetAuthorizationToken", "Resource": REPOSITORY}),
    ],
    "action-without-resource": [
        allow(["ecs:UpdateService", "ecs:ListClusters"], "arn:aws:ecs:eu-west-1:123456789012:service/a/b")
    ],
    "token-left-out": [allow("ecr:*", REPOSITORY)],
    "pass-role-any": [
        allow("iam:PassRole"),
        allow("iam:PassRole", "arn:aws:iam::123456789012:role/*"),
        allow("iam:passrole", "arn:aws:iam::*:*"),
        allow("iam:Pass*"),
    ],
    "pass-role-any-service": [allow("iam:PassRole", ROLE)],
    "self-escalation": [
        allow("iam:PutRolePolicy", ROLE),
        allow("iam:UpdateAssumeRolePolicy"),
        allow("iam:AttachRole*", ROLE),
        allow(["iam:GetRole", "iam:CreatePolicyVersion"]),
    ],
    "secret-in-policy": [
        changed(trust(), "Statement", 0, "Sid", value=TOKEN),
        changed(trust(), "Id", value=TOKEN),
        second({"AWS": "arn:aws:iam::210987654321:root"}, StringEquals={"sts:ExternalId": TOKEN}),
        second({"AWS": f"arn:aws:iam::210987654321:role/{TOKEN}"}),
        push(f"{REPOSITORY}-{TOKEN}"),
        push(Condition={"StringEquals": {f"aws:RequestTag/{TOKEN}": "x"}}),
    ],
    "service-allowed": [
        allow("ecr:*"),
        allow(["ecr:BatchGetImage", "s3:*"]),
        allow("ECR:**", "arn:aws:ecr:*:*:*"),
        policy(LOGIN, {"Effect": "Allow", "Action": "ecr:*", "Resource": "arn:aws:ecr:*:*:repository/*"}),
        allow("ecr:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        allow("lambda:*", Condition={"StringEquals": {"aws:ResourceAccount": "123456789012"}}),
        allow("sts:*"),
        allow(["ecr-public:*", "sts:GetServiceBearerToken"]),
    ],
    "everything-allowed": [allow("*"), allow("*:*")],
    "not-action-allow": [policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})],
    "not-resource-allow": [
        policy({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"})
    ],
    "version-missing": [changed(push(), "Version", drop=True)],
    "version-old": [changed(push(), "Version", value="2008-10-17")],
    "version-invalid": [changed(push(), "Version", value="2012-10-18"), changed(push(), "Version", value=20121017)],
    "variable-version": [
        {**allow("s3:GetObject", HOME), "Version": "2008-10-17"},
        changed(allow("s3:GetObject", HOME), "Version", drop=True),
    ],
    "variable-form": [
        allow("s3:GetObject", HOME.replace("}", "")),
        allow("s3:GetObject", HOME.replace(":username", " name")),
    ],
    "effect-invalid": [
        put("Statement", 0, "Effect", value="allow"),
        changed(push(), "Statement", 0, "Effect", drop=True),
    ],
    "element-unknown": [put("Statement", 0, "Effects", value="Allow"), put("Comment", value="x")],
    "element-conflict": [put("Statement", 0, "NotAction", value="s3:*")],
    "value-type": [
        put("Statement", 0, "Sid", value=7),
        put("Statement", 1, "Condition", value=[]),
        put("Statement", 1, "Condition", value={"StringEquals": {"aws:PrincipalOrgID": None}}),
    ],
    "statement-missing": [put("Statement", value=[]), changed(push(), "Statement", drop=True)],
    "sid-form": [put("Statement", 1, "Sid", value="push images")],
    "sid-duplicate": [policy({**LOGIN, "Sid": "A"}, {**push()["Statement"][1], "Sid": "A"})],
    "action-redundant": [
        allow(["ecr:PutImage", "ecr:putimage"], REPOSITORY),
        allow(["ecr:BatchGet*", "ecr:BatchGetImage"], REPOSITORY),
    ],
    "resource-redundant": [push([REPOSITORY, f"{REPOSITORY}*"]), push([REPOSITORY, REPOSITORY])],
    "value-redundant": [
        bounded(["repo:octo-org/*", "repo:octo-org/shop:*"], "StringLike"),
        bounded([MAIN, MAIN]),
    ],
    "statement-redundant": [
        policy(LOGIN, {**LOGIN, "Action": ["ecr:GetAuthorizationToken"]}),
        policy(LOGIN, {**LOGIN, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy(trust_statement(), trust_statement()),
    ],
}
