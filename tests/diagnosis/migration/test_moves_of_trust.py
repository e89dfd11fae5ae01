"""What a rename, a transfer or immutable subjects do to a trust policy, and that each patch does what it says and no more."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from migration_worlds import (
    CLASSIC,
    IMMUTABLE,
    ISSUER,
    JWR,
    NEW,
    PROVIDER,
    REPOSITORY,
    SUB,
    UNREAD,
    WORKFLOW,
    admits,
    listing,
    opting_in,
    plan,
    renamed,
    statement,
    subjects_in,
    token,
    transferred,
    trust,
)
from thoroughness import examples, some

from diagnosis.callers.comparison import TrustComparison
from diagnosis.claims.claim_set import ContextKind, SubjectContext
from diagnosis.facts.runs import Repository
from diagnosis.migration import role_plan
from diagnosis.migration.effects import Effect
from diagnosis.migration.globs import matches, remainders
from diagnosis.migration.move import move_of
from diagnosis.migration.role_plan import trusts_github
from diagnosis.policy import read_document
from diagnosis.policy.language.tree import statements

REF = "ref:refs/heads/main"
MAIN = f"repo:acme/shop:{REF}"
OTHERS = "repo:acme/other:ref:refs/heads/main"
FILE = "acme/shop/.github/workflows/release.yml@refs/heads/main"


def effects(found):
    return {(effect.today_shown, effect.after_shown): effect.effect for effect in found.effects}


# ------------------------------------------------------------------------------------------------- what breaks


def test_an_exact_classic_subject_breaks_and_is_carried_over_in_two_steps():
    found = plan(listing(MAIN, OTHERS), opting_in())
    assert effects(found) == {((MAIN,), f"{NEW}:{REF}"): Effect.BREAKS}
    assert found.effects[0].statement == "Statement[0]"
    assert subjects_in(found.both) == [MAIN, OTHERS, f"{NEW}:{REF}"]
    assert subjects_in(found.after) == [OTHERS, f"{NEW}:{REF}"]


def test_what_github_presents_already_is_told_as_broken():
    found = plan(listing(MAIN), opting_in(IMMUTABLE))
    assert effects(found) == {((f"{NEW}:{REF}",), f"{NEW}:{REF}"): Effect.BROKEN}
    assert subjects_in(found.both) == [MAIN, f"{NEW}:{REF}"]


def test_where_the_form_was_not_read_both_subjects_of_today_are_told():
    (change,) = effects(plan(listing(MAIN), opting_in(UNREAD)))
    assert change[0] == (MAIN, f"{NEW}:{REF}")


@pytest.mark.parametrize(
    "document",
    [listing(f"{NEW}:{REF}"), listing(MAIN, f"{NEW}:{REF}"), listing("repo:acme*", operator="StringLike")],
)
def test_what_admits_the_subject_of_afterwards_stays_and_needs_no_patch(document):
    found = plan(document, opting_in())
    assert set(effects(found).values()) == {Effect.STAYS}
    assert found.both is None
    assert not found.breaks


def test_a_trust_that_speaks_of_others_is_no_concern():
    assert plan(listing(OTHERS), opting_in()) is None
    assert (
        plan(trust(statement({"StringEquals": {"accounts.google.com:sub": MAIN}})), opting_in(), workflow=None) is None
    )


def test_the_immutable_subject_of_the_old_name_breaks_with_a_rename():
    move = move_of(REPOSITORY, IMMUTABLE, name="store")
    found = plan(listing(f"{NEW}:{REF}"), move)
    assert effects(found) == {((f"{NEW}:{REF}",), f"repo:acme@123/store@456:{REF}"): Effect.BREAKS}
    assert subjects_in(found.after) == [f"repo:acme@123/store@456:{REF}"]


def test_an_enterprise_server_keeps_the_classic_form_through_a_rename():
    move = move_of(REPOSITORY, CLASSIC, issuer="github.acme.example/_services/token", name="store")
    assert move.prefix == "repo:acme/store"


def test_without_the_new_owners_id_nothing_is_guessed():
    found = plan(listing(MAIN), transferred(owner_id=None))
    assert set(effects(found).values()) == {Effect.UNKNOWN}
    assert found.both is None
    assert found.missing
    assert any("owner's id" in gap.what for gap in transferred(owner_id=None).missing)


# ------------------------------------------------------------------------------------------------- the patch


def test_a_pattern_that_others_use_stays_and_the_exact_subject_stands_beside_it():
    found = plan(listing("repo:acme/*", operator="StringLike"), opting_in())
    assert subjects_in(found.both) == ["repo:acme/*", f"{NEW}:{REF}"]
    assert found.after is None
    assert any("repo:acme/*" in note and "stays" in note for note in found.notes)


@pytest.mark.parametrize("rest", ["*", "ref:refs/heads/release/*", "environment:*", "ref:refs/tags/v?.*", "*prod*"])
def test_a_pattern_of_the_repositorys_own_keeps_its_reach(rest):
    found = plan(listing(f"repo:acme/shop:{rest}", operator="StringLike"), opting_in(), workflow=None)
    assert subjects_in(found.both) == [f"repo:acme/shop:{rest}", f"{NEW}:{rest}"]
    assert subjects_in(found.after) == [f"{NEW}:{rest}"]


def test_the_workflows_path_moves_with_the_name():
    found = plan(listing(MAIN, job_workflow_ref=FILE), renamed())
    moved = FILE.replace("acme/shop", "acme/store")
    asked = found.both.tree["Statement"][0]["Condition"]["StringEquals"]
    assert asked[JWR] == [FILE, moved]
    assert found.after.tree["Statement"][0]["Condition"]["StringEquals"][JWR] == moved


def test_another_repository_that_calls_a_renamed_workflow_is_carried_over():
    called = "acme/shop/.github/workflows/deploy.yml@refs/heads/main"
    found = plan(listing(OTHERS, job_workflow_ref=called), renamed(), workflow=None)
    assert [effect.effect for effect in found.effects] == [Effect.BREAKS]
    other = Repository("acme/other", 9, 123)
    context = SubjectContext(ContextKind.REF, "refs/heads/main")
    then = token(other, "repo:acme/other", context, job_workflow_ref=called.replace("shop", "store"))
    assert admits(found.both, then)
    assert not admits(listing(OTHERS, job_workflow_ref=called), then)


def test_another_owners_id_is_never_put_where_all_its_repositories_would_get_in():
    document = listing("repo:*:ref:refs/heads/main", operator="StringLike", repository_owner_id="123")
    found = plan(document, transferred())
    context = SubjectContext(ContextKind.REF, "refs/heads/main")
    assert admits(found.both, token(found.effects[0].move.after, "repo:initech@777/shop@456", context))
    stranger = Repository("initech/other", 9, 777)
    for prefix in ("repo:initech/other", "repo:initech@777/other@9"):
        assert not admits(found.both, token(stranger, prefix, context))


def test_a_deny_holds_back_the_subject_of_afterwards_as_well():
    document = trust(
        statement({"StringLike": {SUB: "repo:acme*"}}),
        statement({"StringLike": {SUB: "repo:acme/*:pull_request"}}, effect="Deny"),
    )
    found = plan(document, opting_in())
    request = token(REPOSITORY, NEW, SubjectContext(ContextKind.PULL_REQUEST))
    assert Effect.OPENS in effects(found).values()
    assert admits(document, request)
    assert not admits(found.both, request)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_an_exception_names_both(effect):
    except_for = statement({"StringNotEquals": {SUB: [MAIN, OTHERS]}}, effect=effect)
    document = trust(statement({"StringLike": {SUB: "repo:*"}}), except_for)
    found = plan(document, opting_in())
    if effect == "Deny":
        assert subjects_in(found.both, 1) == [MAIN, OTHERS, f"{NEW}:{REF}"]


def test_several_repositories_in_one_policy_are_carried_over_together():
    other = Repository("acme/other", 9, 123, REPOSITORY.created_at, "main")
    second = move_of(other, replace(CLASSIC, value=replace(CLASSIC.value, sub_claim_prefix="repo:acme/other")))
    found = plan(listing(MAIN, OTHERS), opting_in(), second)
    assert subjects_in(found.after) == [f"{NEW}:{REF}", f"repo:acme@123/other@9:{REF}"]


def test_a_policy_that_would_grow_beyond_the_limit_is_not_patched():
    many = [f"repo:acme/shop:ref:refs/heads/{'x' * 60}{number}" for number in range(60)]
    found = plan(listing(*many), opting_in())
    assert found.both is None
    assert found.breaks
    assert any("characters" in gap.why for gap in found.missing)


# ------------------------------------------------------------------------------------------------- generated

NAMES = ["acme/shop", "acme/shop-x", "acme/other", "acmex/shop", "initech/shop"]
RESTS = ["ref:refs/heads/main", "ref:refs/heads/release/1", "pull_request", "environment:prod", "*", "ref:*"]
LISTED = [f"repo:{name}:{rest}" for name in NAMES for rest in RESTS] + [
    f"{NEW}:{REF}",
    f"{NEW}:*",
    "repo:acme/*",
    "repo:acme/*:ref:refs/heads/main",
    "repo:*/shop:*",
    "repo:acme@123/*",
    "*",
]
REPOSITORIES = [
    *(Repository(name, 456 if name == "acme/shop" else 9, 123 if name.startswith("acme/") else 77) for name in NAMES),
    Repository("acme/store", 456, 123),
    Repository("initech/shop", 456, 777),
    # Others that have the name of afterwards until the move.
    Repository("acme/store", 9, 123),
    Repository("initech/shop", 9, 777),
    Repository("initech/store", 9, 777),
]
CONTEXTS = [
    SubjectContext(ContextKind.REF, "refs/heads/main"),
    SubjectContext(ContextKind.REF, "refs/heads/release/1"),
    SubjectContext(ContextKind.REF, "refs/heads/other"),
    SubjectContext(ContextKind.PULL_REQUEST),
    SubjectContext(ContextKind.ENVIRONMENT, "prod"),
]


def everybody():
    """Tokens of every repository, in both forms and every context, by its own workflow and by a shared one."""
    for repository, context in itertools.product(REPOSITORIES, CONTEXTS):
        number = f"repo:{repository.owner}@{repository.owner_id}/{repository.name}@{repository.id}"
        for prefix in (f"repo:{repository.full_name}", number):
            yield token(repository, prefix, context)
            yield token(
                repository, prefix, context, job_workflow_ref="acme/shop/.github/workflows/d.yml@refs/heads/main"
            )
            yield token(
                repository, prefix, context, job_workflow_ref="acme/store/.github/workflows/d.yml@refs/heads/main"
            )


EVERYBODY = list(everybody())


def generated(random_source):
    def one(effect):
        operator = random_source.choice(["StringLike", "StringLike", "StringEquals", "ForAnyValue:StringLike"])
        if effect == "Deny":
            operator = random_source.choice(["StringLike", "StringNotLike"])
        condition = {operator: {SUB: random_source.sample(LISTED, random_source.randint(1, 3))}}
        for claim, values in (
            ("job_workflow_ref", [FILE, "acme/shop/.github/workflows/d.yml@*", "acme/*"]),
            ("repository", ["acme/shop", "acme/*"]),
            ("repository_id", ["456"]),
            ("repository_owner_id", ["123"]),
            ("ref", ["refs/heads/main"]),
        ):
            if random_source.random() < 0.15:
                condition.setdefault("StringLike", {})[f"{ISSUER}:{claim}"] = random_source.choice(values)
        return statement(condition, effect=effect)

    allows = [one("Allow") for _ in range(random_source.randint(1, 3))]
    return trust(*allows, *([one("Deny")] if random_source.random() < 0.25 else []))


MOVES = [
    opting_in(),
    opting_in(IMMUTABLE),
    opting_in(UNREAD),
    renamed(),
    transferred(),
    move_of(REPOSITORY, IMMUTABLE, name="store"),
]


@pytest.fixture
def unproved(monkeypatch):
    """The translation by itself: the sets of callers are left out, since every token of a small world is asked instead."""
    monkeypatch.setattr(role_plan, "compare_trust", lambda *_, **__: TrustComparison())


@pytest.mark.usefixtures("unproved")
def test_no_step_shuts_out_or_lets_in_anybody_else_on_generated_policies():
    source = random.Random(20260715)  # noqa: S311 - a seed, no secret
    patched = 0
    for _ in range(examples(200)):
        document, move = generated(source), source.choice(MOVES)
        found = plan(document, move, workflow=source.choice([WORKFLOW, None]))
        if found is None or found.both is None:
            continue
        patched += 1
        ours = f"{move.prefix}:"
        for claims in EVERYBODY:
            before, during = admits(document, claims), admits(found.both, claims)
            called = move.renamed and (claims.get("job_workflow_ref") or "").startswith(f"{move.after.full_name}/")
            is_ours = claims.subject.startswith(ours) or claims.get("repository_id") == "456" or called
            if before != during:
                assert is_ours, (document.text, claims.subject, before, during)
            if before and not during:
                # A Deny that is carried over holds back subjects of afterwards, nobody of today's.
                assert not claims.subject.startswith(tuple(f"{naming.prefix}:" for naming in move.today))
            if found.after is not None and during and not admits(found.after, claims):
                old = claims.subject.startswith(tuple(f"{prefix}:" for prefix in move.old_prefixes))
                calls = move.renamed and (claims.get("job_workflow_ref") or "").startswith("acme/shop/")
                assert old or calls, (document.text, claims.subject)
            if found.after is not None and not during:
                assert not admits(found.after, claims)
        for effect in found.effects:
            if effect.effect is Effect.BREAKS and effect.token.caller:
                then = move.afterwards(effect.token.claims)
                assert admits(found.both, then)
                assert admits(found.after or found.both, then)
    assert patched > examples(200) // 4


@pytest.mark.usefixtures("unproved")
def test_a_patch_is_the_end_of_it():
    source = random.Random(7)  # noqa: S311 - a seed, no secret
    for _ in range(examples(150)):
        document, move = generated(source), source.choice(MOVES)
        found = plan(document, move)
        if found is not None and found.both is not None:
            again = plan(found.both, move)
            assert again is not None
            assert not again.breaks, document.text


@pytest.mark.parametrize("seed", range(4))
def test_the_rest_of_a_pattern_matches_what_the_pattern_does(seed):
    source = random.Random(seed)  # noqa: S311 - a seed, no secret
    for _ in range(examples(300)):
        pattern = "".join(source.choice("ab*?") for _ in range(source.randint(0, 6)))
        beginning = "".join(source.choice("ab") for _ in range(source.randint(0, 3)))
        rests = remainders(pattern, beginning)
        for length in range(4):
            for letters in itertools.product("ab", repeat=length):
                text = "".join(letters)
                assert matches(pattern, beginning + text) == any(matches(rest, text) for rest in rests)


def test_the_provider_of_an_enterprise_counts():
    document = read_document(listing(MAIN).text.replace(ISSUER, f"{ISSUER}/acme-inc"))
    found = plan(document, opting_in(), workflow=None)
    assert set(effects(found).values()) == {Effect.BREAKS}
    assert f"{NEW}:{REF}" in found.both.text
    assert not found.notes
    assert any("acme-inc" in note for note in plan(document, transferred(), workflow=None).notes)


def test_a_name_that_another_repository_may_have_until_the_move_is_not_put_in_place():
    document = trust(statement({"StringEquals": {f"{ISSUER}:repository": "acme/shop"}}))
    found = plan(document, renamed())
    squatter = Repository("acme/store", 9, 123)
    context = SubjectContext(ContextKind.REF, "refs/heads/main")
    assert not admits(found.both, token(squatter, "repo:acme@123/store@9", context))
    assert admits(found.both, token(found.effects[0].move.after, "repo:acme@123/store@456", context))
    assert any("a statement of its own" in note.lower() for note in found.notes)


def test_what_one_token_settles_is_not_told_as_open_by_another():
    found = plan(listing(MAIN, actor="hubot"), opting_in())
    assert [effect.effect for effect in found.effects] == [Effect.BREAKS]
    assert not found.missing


def test_letter_case_counts_only_where_the_operator_says_so():
    condition = {"StringEqualsIgnoreCase": {SUB: "repo:Acme/Shop:ref:refs/heads/main"}}
    found = plan(trust(statement(condition)), opting_in())
    assert subjects_in(found.after) == [f"{NEW}:{REF}"]
    assert plan(listing("repo:Acme/Shop:ref:refs/heads/main"), opting_in()) is None


def test_a_single_statement_object_is_edited_too():
    document = read_document(
        listing("repo:acme/shop:*", operator="StringLike").text.replace("[{", "{", 1).replace("}]}", "}}")
    )
    assert isinstance(document.tree["Statement"], dict)
    assert subjects_in(plan(document, opting_in()).after) == [f"{NEW}:*"]


def test_a_pin_on_the_owners_id_goes_along_in_a_statement_of_its_own_and_the_old_one_goes_in_step_two():
    found = plan(
        listing("repo:acme/shop:environment:*", operator="StringLike", repository_owner_id="123"), transferred()
    )
    (before, new) = found.both.tree["Statement"]
    moved = "repo:initech@777/shop@456:environment:*"
    assert (subjects_in(found.both, 0), subjects_in(found.both, 1)) == (["repo:acme/shop:environment:*"], [moved])
    assert before["Condition"]["StringEquals"][f"{ISSUER}:repository_owner_id"] == "123"
    assert new["Condition"]["StringEquals"][f"{ISSUER}:repository_owner_id"] == "777"
    assert found.after.tree["Statement"] == [new]


# ------------------------------------------------------------------------------------------------- a Deny

CALLED = "acme/shop/.github/workflows/d.yml@*"
DENIES = {
    "another repository": {"StringEquals": {SUB: OTHERS}},
    "pull requests of all": {"StringLike": {SUB: "repo:acme/*:pull_request"}},
    "an environment": {"StringEqualsIgnoreCase": {SUB: "repo:acme/shop:environment:PROD"}},
    "all but main": {"StringNotEquals": {SUB: [MAIN, OTHERS]}},
    "all but refs": {"StringNotLike": {SUB: ["repo:acme/shop:ref:*", "repo:acme/other:*"]}},
    "all but refs, of a set": {"ForAllValues:StringNotLike": {SUB: ["repo:acme/shop:ref:*", "repo:acme/other:*"]}},
    "refs, if there is a subject": {"StringLikeIfExists": {SUB: "repo:acme/shop:ref:refs/heads/release/*"}},
    "a workflow of the repository": {"StringLike": {JWR: CALLED}},
    "a workflow, for all but main": {"StringNotLike": {SUB: f"*:{REF}"}, "StringLike": {JWR: CALLED}},
    "any other workflow": {"StringNotLike": {JWR: "acme/shop/*"}},
}


@pytest.mark.parametrize("deny", some([*DENIES.values()], 2), ids=some([*DENIES], 2))
@pytest.mark.parametrize(
    ("move", "allowed"), [(opting_in(), "repo:acme/shop:*"), (renamed(), "repo:acme*")], ids=["opting in", "renamed"]
)
def test_beside_a_deny_nobody_gets_in_or_is_stopped_who_was_not_before(deny, move, allowed):
    document = trust(statement({"StringLike": {SUB: [allowed, "repo:acme/other:*"]}}), statement(deny, effect="Deny"))
    found = plan(document, move)
    assert not found.missing
    both = found.both or document
    for context, called in itertools.product(CONTEXTS, ("release.yml", "d.yml")):
        workflow = f"acme/shop/.github/workflows/{called}@refs/heads/main"
        today = token(REPOSITORY, "repo:acme/shop", context, job_workflow_ref=workflow)
        then = move.afterwards(today)
        is_in = admits(document, today)
        asked = [admits(both, today), admits(both, then), admits(found.after or both, then)]
        assert asked == [is_in, is_in, is_in], (context, called, both.text)
    own = (f"{move.before.full_name}/", f"{move.after.full_name}/")
    for claims in EVERYBODY[::7]:
        # Whoever calls the repository's workflow calls it by its new name afterwards.
        if claims.get("repository_id") == "9" and not (move.renamed and claims.get("job_workflow_ref").startswith(own)):
            assert admits(both, claims) == admits(document, claims), (claims.subject, both.text)


def test_a_deny_that_excepts_a_name_does_not_except_who_has_the_new_name_today():
    but_for = {"StringNotEquals": {f"{ISSUER}:repository": ["acme/shop", "acme/other"]}}
    for allowed, patched in (("repo:acme/shop:*", True), ("repo:acme*", False)):
        found = plan(trust(statement({"StringLike": {SUB: allowed}}), statement(but_for, effect="Deny")), renamed())
        assert (found.both is not None) is patched
        assert patched or "would admit somebody else: the branch main: repo:acme/store:" in found.missing[0].why


def test_who_slips_past_a_deny_by_a_workflow_that_no_known_job_calls_is_found():
    document = trust(
        statement({"StringLike": {SUB: "repo:acme@123/*"}}),
        statement({"StringLike": {SUB: "repo:acme/*", JWR: CALLED}}, effect="Deny"),
    )
    found = plan(document, opting_in())
    assert [effect.token.source for effect in found.effects if effect.effect is Effect.OPENS] == [
        "release, past a Deny"
    ]
    assert subjects_in(found.both, 1) == ["repo:acme/*", f"{NEW}:*"]


# ------------------------------------------------------------------------------------------------- beyond the usual


def test_an_unparsable_policy_is_a_gap_and_one_without_github_is_no_concern():
    broken = plan(read_document("{"), opting_in())
    assert broken.effects == ()
    assert "unparsable" in broken.missing[0].why
    assert plan(trust(statement({}, Principal={"Service": "ec2.amazonaws.com"})), opting_in()) is None
    assert (
        plan(trust(statement({}, Principal={"Federated": PROVIDER.replace(ISSUER, "gitlab.com")})), opting_in()) is None
    )


def test_whether_a_policy_trusts_github_is_read_off_its_text_where_it_cannot_be_parsed():
    for text, trusts in (("{", False), (f"{{ {ISSUER}", True), (listing(MAIN).text, True), (trust().text, False)):
        assert trusts_github(read_document(text), ISSUER) is trusts


def test_a_patch_beyond_the_quota_is_told_with_its_size():
    many = [f"repo:acme/shop:ref:refs/heads/{'x' * 40}{number}" for number in range(14)]
    found = plan(listing(*many), opting_in())
    assert found.both is not None
    assert any("the quota is 2048" in note for note in found.notes)


def test_a_search_that_was_given_up_proves_no_patch(monkeypatch):
    monkeypatch.setattr(role_plan, "compare_trust", lambda *_, **__: TrustComparison(undecided=("Too many.",)))
    found = plan(listing(MAIN), opting_in())
    assert found.both is None
    assert "it cannot be proved who gets in: Too many" in found.missing[-1].why


def test_a_pattern_that_no_listed_subject_names_in_full_is_shown_as_it_is_written():
    found = plan(listing("repo:acme/shop:environment:*", operator="StringLike"), opting_in())
    (effect,) = [each for each in found.effects if each.effect is Effect.BREAKS]
    assert effect.today_shown == ("repo:acme/shop:environment:*",)
    assert effect.after_shown == f"{NEW}:environment:*"
    without_id = plan(listing("repo:acme/shop:environment:*", operator="StringLike"), transferred(owner_id=None))
    assert [each.after_shown for each in without_id.effects if each.token.pattern] == [None]


def test_conditions_on_other_things_stay_as_they_are():
    other = {"Bool": {"aws:SecureTransport": "true"}, "StringNotEquals": {"aws:PrincipalTag/team": MAIN}}
    found = plan(trust(statement({**other, "StringEquals": {SUB: MAIN}})), opting_in())
    (one,) = statements(found.both.tree)
    assert one["Condition"] == {**other, "StringEquals": {SUB: [MAIN, f"{NEW}:{REF}"]}}


def test_the_repository_alone_as_a_subject_is_carried_over_too():
    keys = replace(CLASSIC.value, use_default=False, include_claim_keys=("repo",))
    move = move_of(REPOSITORY, replace(CLASSIC, value=keys))
    found = plan(listing("repo:acme/shop"), move)
    assert subjects_in(found.both) == ["repo:acme/shop", NEW]
    assert subjects_in(found.after) == [NEW]


def test_a_statement_that_aws_saves_no_longer_is_told_with_the_patch():
    old = statement({"StringEquals": {f"{ISSUER}:repository": "acme/other"}})
    found = plan(trust(statement({"StringEquals": {SUB: MAIN}}), old), opting_in())
    assert found.both is not None
    assert any("would refuse this one at Statement[1]" in note for note in found.notes)
    assert not any("would refuse" in note for note in plan(listing(MAIN), opting_in()).notes)
