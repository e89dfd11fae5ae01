"""Which layers have to allow, for whom: the evaluation logic of one account and of two."""

from __future__ import annotations

import pytest

from diagnosis.policy import Layer, Layers, Outcome, Policy, Request, evaluate, parse_policy

HERE, THERE = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HERE}:role/release"
PATHED = f"arn:aws:iam::{HERE}:role/ci/release"
SESSION = f"arn:aws:sts::{HERE}:assumed-role/release/run-1"
OTHER_SESSION = f"arn:aws:sts::{HERE}:assumed-role/release/run-2"
USER = f"arn:aws:iam::{HERE}:user/bob"
FEDERATED_USER = f"arn:aws:sts::{HERE}:federated-user/bob"
ROOT = f"arn:aws:iam::{HERE}:root"
PROVIDER = f"arn:aws:iam::{HERE}:oidc-provider/token.actions.githubusercontent.com"
SERVICE = "ecs-tasks.amazonaws.com"
REPOSITORY = f"arn:aws:ecr:eu-west-2:{HERE}:repository/app"
ROLE_TO_ASSUME = f"arn:aws:iam::{HERE}:role/target"

ALLOWED, DENIED, SILENT = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY


def policy(*statements: dict[str, object]) -> Policy:
    parsed = parse_policy({"Version": "2012-10-17", "Statement": list(statements)})
    assert isinstance(parsed, Policy), parsed
    return parsed


def allow(action: str = "*", resource: str | None = "*", **more: object) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Allow", "Action": action, **more}
    return statement if resource is None else {**statement, "Resource": resource}


def deny(**more: object) -> dict[str, object]:
    return {**allow(), "Effect": "Deny", **more}


EVERYTHING, NOTHING = policy(allow()), policy()


def grant(principal: object) -> Policy:
    """A resource-based policy that allows one principal."""
    return policy(allow(resource=None, Principal=principal))


def push(principal: str = SESSION, owner: str = HERE, **context: tuple[str, ...]) -> Request:
    resource = REPOSITORY.replace(HERE, owner)
    return Request(principal, "ecr:PutImage", resource, owner, {f"k:{key}": value for key, value in context.items()})


def outcome(request: Request, **layers: object) -> Outcome:
    return evaluate(request, Layers(**layers)).outcome  # type: ignore[arg-type]  # the layers by name


# ------------------------------------------------------------------------------------------------------ one account


def test_nothing_allows_nothing() -> None:
    assert outcome(push()) is SILENT
    assert outcome(push(), identity=(NOTHING,)) is SILENT


def test_an_identity_policy_is_enough_in_the_own_account() -> None:
    assert outcome(push(), identity=(EVERYTHING,)) is ALLOWED
    assert outcome(push(), identity=(NOTHING, EVERYTHING), resource=NOTHING) is ALLOWED


@pytest.mark.parametrize(
    ("caller", "principal", "expected"),
    [
        (SESSION, {"AWS": SESSION}, ALLOWED),
        (SESSION, {"AWS": OTHER_SESSION}, SILENT),
        (SESSION, {"AWS": ROLE}, ALLOWED),
        (SESSION, {"AWS": PATHED}, ALLOWED),
        (SESSION, {"AWS": f"arn:aws:iam::{HERE}:role/releaser"}, SILENT),
        (SESSION, {"AWS": f"arn:aws-cn:iam::{HERE}:role/release"}, SILENT),
        (SESSION, {"AWS": f"arn:aws:iam::{HERE}:role/*"}, SILENT),
        (SESSION, {"AWS": "*"}, ALLOWED),
        (SESSION, "*", ALLOWED),
        (SESSION, {"AWS": ROOT}, SILENT),
        (SESSION, {"AWS": HERE}, SILENT),
        (SESSION, {"AWS": USER}, SILENT),
        (SESSION, {"Service": SERVICE}, SILENT),
        (SESSION, {"AWS": [USER, SESSION]}, ALLOWED),
        (ROLE, {"AWS": ROLE}, ALLOWED),
        (ROLE, {"AWS": PATHED}, SILENT),
        (USER, {"AWS": USER}, ALLOWED),
        (USER, {"AWS": USER.replace("bob", "Bob")}, SILENT),
        (FEDERATED_USER, {"AWS": FEDERATED_USER}, ALLOWED),
        (FEDERATED_USER, {"AWS": USER}, ALLOWED),
        # A user's name in a Principal is case-sensitive; role names are not distinguished by case.
        (FEDERATED_USER, {"AWS": USER.replace("bob", "Bob")}, SILENT),
        (SESSION, {"AWS": ROLE.replace("release", "Release")}, ALLOWED),
        (SERVICE, {"Service": SERVICE}, ALLOWED),
        (SERVICE, {"Service": ["ec2.amazonaws.com", SERVICE]}, ALLOWED),
        (SERVICE, {"Service": "*"}, SILENT),
        (SERVICE, {"AWS": ROOT}, SILENT),
        (SERVICE, "*", ALLOWED),
        ("*", "*", ALLOWED),
        ("*", {"AWS": ROOT}, SILENT),
    ],
)
def test_the_resource_policy_alone_in_the_own_account(caller: str, principal: object, expected: Outcome) -> None:
    assert outcome(push(caller), resource=grant(principal)) is expected


@pytest.mark.parametrize("principal", [{"AWS": ROOT}, {"AWS": HERE}])
def test_the_account_as_principal_only_delegates(principal: object) -> None:
    decision = evaluate(push(), Layers(resource=grant(principal)))
    assert decision.outcome is SILENT
    assert decision.because.layer is Layer.IDENTITY
    assert "names the account only" in decision.because.text
    assert outcome(push(), resource=grant(principal), identity=(EVERYTHING,)) is ALLOWED


@pytest.mark.parametrize(
    ("caller", "principal", "limited"),
    [
        (SESSION, {"AWS": ROLE}, True),
        (SESSION, {"AWS": SESSION}, False),
        (SESSION, "*", False),
        (ROLE, {"AWS": ROLE}, True),
        (USER, {"AWS": USER}, False),
        (FEDERATED_USER, {"AWS": USER}, True),
        (FEDERATED_USER, {"AWS": FEDERATED_USER}, False),
    ],
)
def test_boundary_and_session_policy_limit_what_a_role_is_granted_but_not_what_its_session_is(
    caller: str, principal: object, limited: bool
) -> None:
    expected = SILENT if limited else ALLOWED
    assert outcome(push(caller), resource=grant(principal), boundaries=(NOTHING,)) is expected
    assert outcome(push(caller), resource=grant(principal), session=NOTHING) is expected
    assert outcome(push(caller), resource=grant(principal), boundaries=(EVERYTHING,), session=EVERYTHING) is ALLOWED
    shut = policy(deny())
    assert outcome(push(caller), resource=grant(principal), boundaries=(shut,)) is DENIED
    assert outcome(push(caller), resource=grant(principal), session=shut) is DENIED


def test_boundary_and_session_policy_limit_identity_policies() -> None:
    identity = (EVERYTHING,)
    assert outcome(push(), identity=identity, boundaries=(NOTHING,)) is SILENT
    assert outcome(push(), identity=identity, session=NOTHING) is SILENT
    assert outcome(push(), identity=identity, boundaries=(policy(allow("ecr:Put*")),)) is ALLOWED
    assert outcome(push(), identity=(NOTHING,), boundaries=(EVERYTHING,), session=EVERYTHING) is SILENT
    assert outcome(push(), identity=identity, boundaries=()) is ALLOWED


def test_the_account_root_user_needs_no_identity_policy_but_obeys_organizations() -> None:
    assert outcome(push(ROOT)) is ALLOWED
    assert outcome(push(ROOT), scps=(("r-root", (NOTHING,)),)) is SILENT
    assert outcome(push(ROOT), resource=policy(deny(Principal="*"))) is DENIED


# ---------------------------------------------------------------------------------------------- roles and their trust


def assume(caller: str, action: str = "sts:AssumeRole", resource: str = ROLE_TO_ASSUME) -> Request:
    return Request(caller, action, resource)


@pytest.mark.parametrize(
    ("caller", "principal", "identity", "expected"),
    [
        (USER, {"AWS": USER}, NOTHING, ALLOWED),
        (USER, {"AWS": ROOT}, NOTHING, SILENT),
        (USER, {"AWS": ROOT}, EVERYTHING, ALLOWED),
        (USER, {"AWS": SESSION}, EVERYTHING, SILENT),
        (USER, {"AWS": f"arn:aws:iam::{THERE}:root"}, EVERYTHING, SILENT),
        (SESSION, {"AWS": ROLE}, NOTHING, ALLOWED),
        (SERVICE, {"Service": SERVICE}, NOTHING, ALLOWED),
    ],
)
def test_a_trust_policy_must_allow_in_any_case(
    caller: str, principal: object, identity: Policy, expected: Outcome
) -> None:
    assert outcome(assume(caller), resource=grant(principal), identity=(identity,)) is expected


def test_without_a_trust_policy_nobody_assumes_a_role() -> None:
    decision = evaluate(assume(USER), Layers(identity=(EVERYTHING,)))
    assert decision.outcome is SILENT
    assert decision.because.layer is Layer.RESOURCE
    assert decision.because.decisive == "Principal"
    assert "There is no trust policy" in decision.because.text


def test_a_kms_key_policy_must_allow_in_any_case() -> None:
    key = Request(USER, "kms:Decrypt", f"arn:aws:kms:eu-west-2:{HERE}:key/1")
    assert outcome(key, identity=(EVERYTHING,)) is SILENT
    assert outcome(key, identity=(EVERYTHING,), resource=grant({"AWS": ROOT})) is ALLOWED


WEB = "sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"Federated": PROVIDER}, ALLOWED),
        ({"Federated": [PROVIDER.replace("token", "x"), PROVIDER]}, ALLOWED),
        ({"Federated": "*"}, SILENT),
        ({"Federated": PROVIDER + "/"}, SILENT),
        ({"Federated": PROVIDER.replace("arn:aws:", "arn:aws-cn:")}, SILENT),
        ({"AWS": PROVIDER}, SILENT),
        ({"AWS": ROOT}, SILENT),
        ("*", ALLOWED),
        ({"AWS": "*"}, ALLOWED),
    ],
)
def test_a_web_identity_is_admitted_by_the_trust_policy_alone(principal: object, expected: Outcome) -> None:
    assert outcome(assume(PROVIDER, WEB), resource=grant(principal)) is expected


def test_a_provider_of_another_account_is_never_trusted() -> None:
    foreign = PROVIDER.replace(HERE, THERE)
    decision = evaluate(assume(foreign, WEB), Layers(resource=grant({"Federated": foreign})))
    assert decision.outcome is SILENT
    assert decision.because.decisive == "Principal"
    assert "its own account" in decision.because.text


def test_tag_session_is_a_question_of_its_own() -> None:
    trust = policy(allow(WEB, None, Principal={"Federated": PROVIDER}))
    assert outcome(assume(PROVIDER, WEB), resource=trust) is ALLOWED
    assert outcome(assume(PROVIDER, "sts:TagSession"), resource=trust) is SILENT


def test_get_caller_identity_is_always_allowed() -> None:
    request = Request(SESSION, "sts:GetCallerIdentity", "*")
    decision = evaluate(request, Layers(identity=(policy(deny()),)))
    assert decision.allowed
    assert "always" in decision.because.text


# ----------------------------------------------------------------------------------------------------- two accounts


@pytest.mark.parametrize(
    ("principal", "identity", "expected"),
    [
        ({"AWS": ROOT}, EVERYTHING, ALLOWED),
        ({"AWS": HERE}, EVERYTHING, ALLOWED),
        ({"AWS": ROLE}, EVERYTHING, ALLOWED),
        ({"AWS": SESSION}, EVERYTHING, ALLOWED),
        ("*", EVERYTHING, ALLOWED),
        ({"AWS": SESSION}, NOTHING, SILENT),
        ("*", NOTHING, SILENT),
        ({"AWS": THERE}, EVERYTHING, SILENT),
        (None, EVERYTHING, SILENT),
    ],
)
def test_across_accounts_both_sides_must_allow(principal: object, identity: Policy, expected: Outcome) -> None:
    resource = None if principal is None else grant(principal)
    assert outcome(push(owner=THERE), identity=(identity,), resource=resource) is expected


def test_across_accounts_boundary_and_session_policy_limit_everybody() -> None:
    layers = {"identity": (EVERYTHING,), "resource": grant({"AWS": SESSION})}
    assert outcome(push(owner=THERE), **layers, boundaries=(NOTHING,)) is SILENT
    assert outcome(push(owner=THERE), **layers, session=NOTHING) is SILENT
    assert outcome(push(owner=THERE), **layers, boundaries=(EVERYTHING,), session=EVERYTHING) is ALLOWED


def test_both_silent_sides_are_named() -> None:
    because = evaluate(push(owner=THERE), Layers()).because
    assert because.layer is Layer.RESOURCE
    assert "identity-based policies would have to allow it too" in because.text


def test_the_owner_is_read_off_the_arn_and_unknown_owners_count_as_strangers() -> None:
    request = Request(SESSION, "ecr:PutImage", REPOSITORY)
    assert outcome(request, identity=(EVERYTHING,)) is ALLOWED
    bucket = Request(SESSION, "s3:GetObject", "arn:aws:s3:::b/k")
    decision = evaluate(bucket, Layers(identity=(EVERYTHING,)))
    assert decision.outcome is SILENT
    assert any("owner" in note for note in decision.not_evaluated)


# ---------------------------------------------------------------------------------------------------- organizations


@pytest.mark.parametrize("layer", ["scps", "rcps"])
def test_every_level_must_allow(layer: str) -> None:
    identity = (EVERYTHING,)

    def at(*levels: tuple[Policy, ...]) -> Outcome:
        named = tuple((f"level-{number}", policies) for number, policies in enumerate(levels))
        return outcome(push(), identity=identity, **{layer: named})

    assert at() is ALLOWED
    assert at((EVERYTHING,), (EVERYTHING,)) is ALLOWED
    assert at((EVERYTHING,), (NOTHING, EVERYTHING)) is ALLOWED
    assert at((EVERYTHING,), (NOTHING,)) is SILENT
    assert at((NOTHING,), (EVERYTHING,)) is SILENT
    assert at((EVERYTHING,), ()) is SILENT
    assert at((EVERYTHING,), (EVERYTHING, policy(deny()))) is DENIED
    assert at((NOTHING,), (policy(deny()),)) is DENIED


def test_a_control_policy_grants_nothing_and_its_level_is_named() -> None:
    assert outcome(push(), scps=(("r-root", (EVERYTHING,)),), rcps=(("r-root", (EVERYTHING,)),)) is SILENT
    levels = (("r-root", (EVERYTHING,)), ("ou-build", (policy(allow("s3:*")),)))
    because = evaluate(push(), Layers(identity=(EVERYTHING,), scps=levels)).because
    assert (because.layer, because.level, because.decisive) == (Layer.SCP, "ou-build", "Action")
    assert because.path == "scps[1].policies[0].Statement[0]"
    assert "ou-build" in because.text


# ----------------------------------------------------------------------------------------------------- explicit denies


@pytest.mark.parametrize(
    ("layers", "layer", "path"),
    [
        ({"scps": (("root", (EVERYTHING, policy(deny(Sid="No")))),)}, Layer.SCP, "scps[0].policies[1].Statement[0]"),
        ({"rcps": (("root", (policy(deny(Sid="No")),)),)}, Layer.RCP, "rcps[0].policies[0].Statement[0]"),
        ({"resource": policy(deny(Sid="No", Principal="*"))}, Layer.RESOURCE, "resource_policy.Statement[0]"),
        ({"identity": (EVERYTHING, policy(deny(Sid="No")))}, Layer.IDENTITY, "identity_policies[1].Statement[0]"),
        ({"boundaries": (policy(allow(), deny(Sid="No")),)}, Layer.BOUNDARY, "permission_boundaries[0].Statement[1]"),
        ({"session": policy(deny(Sid="No"))}, Layer.SESSION, "session_policy.Statement[0]"),
    ],
)
def test_a_deny_in_any_layer_decides_and_is_named(layers: dict[str, object], layer: Layer, path: str) -> None:
    decision = evaluate(push(), Layers(**{"identity": (EVERYTHING,), **layers}))  # type: ignore[arg-type]  # by name
    assert decision.outcome is DENIED
    because = decision.because
    assert (because.layer, because.statement, because.decisive, because.path) == (layer, "No", "No", path)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([SESSION, ROLE, ROOT], ALLOWED),
        ([ROLE, ROOT], ALLOWED),
        ([ROLE], ALLOWED),
        ([USER], DENIED),
        ([THERE], DENIED),
        # The account has to be listed beside the one who is spared; it spares nobody else then.
        ([USER, ROOT], DENIED),
        ([f"arn:aws:iam::{HERE}:role/other", HERE], DENIED),
        ([f"arn:aws:iam::{THERE}:role/other", ROOT], ALLOWED),
    ],
)
def test_not_principal_with_deny(listed: list[str], expected: Outcome) -> None:
    shut = policy(deny(NotPrincipal={"AWS": listed}))
    decision = evaluate(push(), Layers(identity=(EVERYTHING,), resource=shut))
    assert decision.outcome is expected
    doubtful = expected is ALLOWED and not (ROOT in listed and ROLE in listed)
    assert any("NotPrincipal" in note for note in decision.not_evaluated) is doubtful
    assert outcome(push(), identity=(EVERYTHING,), resource=shut, boundaries=(EVERYTHING,)) is DENIED


def test_not_principal_with_allow_opens_to_all_others() -> None:
    others = policy(allow(resource=None, NotPrincipal={"AWS": USER}))
    assert outcome(push(), resource=others) is ALLOWED
    assert outcome(push(USER), resource=others) is SILENT
    # A name under another type than its own opens nothing, and shuts.
    assert outcome(push(SERVICE), resource=policy(allow(resource=None, Principal={"AWS": SERVICE}))) is SILENT
    assert outcome(push(SERVICE), resource=policy(deny(Principal={"AWS": SERVICE}))) is DENIED
    out_of_place = policy(allow(resource=None, NotPrincipal={"AWS": SERVICE}))
    assert outcome(push(SERVICE), resource=out_of_place) is SILENT


def test_an_action_without_resource_level_is_not_granted_by_a_resource_policy() -> None:
    login = Request(SESSION, "ecr:GetAuthorizationToken", "*", HERE, wildcard_only_action=True)
    assert outcome(login, resource=grant({"AWS": SESSION})) is SILENT
    assert outcome(login, identity=(policy(allow(resource="arn:aws:ecr:*:*:*")),)) is SILENT
    assert outcome(login, identity=(EVERYTHING,)) is ALLOWED


def test_statements_out_of_place_open_nothing() -> None:
    no_resource = policy(allow(resource=None))
    assert outcome(push(), identity=(no_resource,)) is SILENT
    no_principal = policy(allow())
    decision = evaluate(push(), Layers(resource=no_principal))
    assert decision.outcome is SILENT
    assert any("needs a Principal" in note for note in decision.not_evaluated)
    shut_without_resource = parse_policy({"Statement": {"Effect": "Deny", "Action": "*"}})
    assert isinstance(shut_without_resource, Policy)
    assert outcome(push(), identity=(EVERYTHING, shut_without_resource)) is DENIED
