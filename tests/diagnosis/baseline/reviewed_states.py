"""A state that a review looks at, sound as it stands, and states that are generated."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeVar

from arns import arn_of
from hypothesis import strategies as st

from diagnosis.baseline.state import (
    Acceptance,
    Baseline,
    RegistryState,
    ReleaseState,
    ReviewedState,
    RoleState,
    Use,
    WorkflowState,
)
from diagnosis.facts.account import EcrRepository, NamedPolicy, OidcProvider, Role
from diagnosis.facts.github_context import DeployableRefs, Environment, ProtectionRule, RefPolicy
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.language.document import write_document

T = TypeVar("T")
ACCOUNT, ISSUER = "111122223333", "token.actions.githubusercontent.com"
ROLE = arn_of(f"arn:aws:iam::{ACCOUNT}:role/release")
PROVIDER = arn_of(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")
ECR = arn_of(f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app")
WORKFLOW = ".github/workflows/release.yml"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
ACCEPTED = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
MAIN = "repo:octo-lab/shop:ref:refs/heads/main"
PUSH = ("ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage")


def document(*statements: dict[str, Any]) -> PolicyDocument:
    return write_document({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Any, resource: Any = str(ECR), **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def trust(*subjects: str) -> PolicyDocument:
    condition = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": list(subjects)}}
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": str(PROVIDER)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
    )


def role(trusts: PolicyDocument | None = None, **changes: Any) -> Role:
    facts: dict[str, Any] = {"max_session_seconds": 3600, "created_at": CREATED, **changes}
    return Role(ROLE, "release", trusts or trust(MAIN), **facts)


def role_state(**changes: Any) -> RoleState:
    facts: dict[str, Any] = {
        "role": Known(role()),
        "inline": Known((NamedPolicy("push", document(allow("ecr:GetAuthorizationToken", "*"), allow(list(PUSH)))),)),
        "attached": Known(()),
        "boundary": Absent("boundary"),
        "controls": Absent("organization"),
        **changes,
    }
    return RoleState(ROLE, **facts)


def workflow(**changes: Any) -> WorkflowState:
    needs = tuple(Use(action, str(ECR)) for action in sorted(PUSH))
    release = ReleaseState(ROLE, ("push",), ("id-token: write",), (Use("ecr:GetAuthorizationToken", "*"), *needs))
    facts: dict[str, Any] = {
        "sha256": "0" * 64,
        "triggers": ("push",),
        "may_present": ("ref:refs/heads/main",),
        "releases": (release,),
        **changes,
    }
    return WorkflowState(WORKFLOW, **facts)


def state(**changes: Any) -> ReviewedState:
    facts: dict[str, Any] = {
        "repository": Repository("octo-lab/shop", 1, 2, CREATED, "main", "https://github.com/octo-lab/shop"),
        "subject_form": Known(OidcCustomization()),
        "environments": Known(()),
        "workflows": Known((workflow(),)),
        "providers": ((PROVIDER, Known(OidcProvider(PROVIDER, ISSUER, ("sts.amazonaws.com",), CREATED))),),
        "roles": (role_state(),),
        "registries": (
            RegistryState(ECR, Known(EcrRepository(ECR, "app", "IMMUTABLE", created_at=CREATED)), Absent("policy")),
        ),
        **changes,
    }
    return ReviewedState(**facts)


def baseline(of: ReviewedState | None = None, **changes: Any) -> Baseline:
    facts: dict[str, Any] = {"at": ACCEPTED, "by": "alice", "rationale": "reviewed", **changes}
    return Baseline(Acceptance(**facts), of or state())


# ------------------------------------------------------------------------------------------------- generated

_WORDS = st.sampled_from(["a", "é", "[red]", "::error::", "x\ny", "wait: 5", "team/release", "main", "release/*"])
_NAMES = st.sampled_from(["push", "read [x]", "ünit", "a.b-c_d"])
_DOCUMENTS = st.one_of(
    st.builds(
        lambda actions, place: document(allow(actions, place)), st.lists(st.sampled_from(PUSH), min_size=1), _WORDS
    ),
    st.builds(trust, st.sampled_from([MAIN, "repo:octo-lab/*", "repo:octo-lab/shop:environment:a"])),
    st.sampled_from(["{}", "no json", '{"Statement": 1}', '{"Version": "2012-10-17", "Statement": []}']).map(
        read_document
    ),
)


def _reading(values: st.SearchStrategy[T], *, absent: bool = True) -> st.SearchStrategy[Reading[T]]:
    others: list[st.SearchStrategy[Any]] = [_WORDS.map(lambda why: Unreadable("part", why, "read it"))]
    others += [st.just(Absent("part"))] if absent else []
    return st.one_of(values.map(Known), *others)


def _listed(values: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(values, max_size=3).map(tuple)


def _unique(values: st.SearchStrategy[T], key: Any) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(values, max_size=3, unique_by=key).map(lambda found: tuple(sorted(found, key=key)))


_TEXTS = st.lists(_WORDS, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
_RELEASES = st.builds(
    ReleaseState,
    st.sampled_from([None, ROLE, arn_of(f"arn:aws:iam::{ACCOUNT}:role/team/other")]),
    _TEXTS,
    _TEXTS,
    st.lists(
        st.builds(Use, st.sampled_from(PUSH), st.sampled_from([None, "*", str(ECR)])), max_size=3, unique=True
    ).map(tuple),
    _TEXTS,
)
_WORKFLOWS = st.builds(
    WorkflowState,
    st.sampled_from([WORKFLOW, ".github/workflows/b.yml"]),
    st.just("0" * 64),
    _TEXTS,
    _TEXTS,
    _unique(_RELEASES, lambda each: str(each.role)),
)
_ENVIRONMENTS = st.builds(
    Environment,
    st.sampled_from(["production", "a [b]"]),
    st.sampled_from(list(DeployableRefs)),
    _reading(_listed(st.builds(RefPolicy, st.sampled_from(["main", "v*"]), st.sampled_from(["branch", "tag"])))),
    _listed(
        st.builds(
            ProtectionRule, st.sampled_from(["wait_timer", "required_reviewers"]), st.sampled_from([None, 5]), _TEXTS
        )
    ),
)
_INLINE = _unique(st.builds(NamedPolicy, _NAMES, _DOCUMENTS), lambda each: each.name)
_ATTACHED = _unique(
    st.builds(
        lambda name, text: NamedPolicy(name, text, arn_of(f"arn:aws:iam::aws:policy/{name}")),
        st.sampled_from(["A", "B"]),
        _DOCUMENTS,
    ),
    lambda each: each.name,
)
_BOUNDARIES = st.builds(
    lambda text: NamedPolicy("edge", text, arn_of(f"arn:aws:iam::{ACCOUNT}:policy/edge")), _DOCUMENTS
)
_ROLES = st.builds(
    RoleState,
    st.sampled_from([ROLE, arn_of(f"arn:aws:iam::{ACCOUNT}:role/team/other")]),
    _reading(st.builds(role, _DOCUMENTS)),
    _reading(_INLINE),
    _reading(_ATTACHED),
    _reading(_BOUNDARIES),
    _reading(_TEXTS),
).map(lambda found: found if not isinstance(found.role, Known) else _named(found))


def _named(found: RoleState) -> RoleState:
    tags = (("a", "b"), ("team", "x=y"))
    own = Role(found.arn, found.arn.name, found.role.value.trust_policy, 3600, created_at=CREATED, tags=tags)  # type: ignore[union-attr]
    return RoleState(found.arn, Known(own), found.inline, found.attached, found.boundary, found.controls)


_REGISTRIES = st.builds(
    RegistryState,
    st.just(ECR),
    _reading(st.sampled_from(["MUTABLE", "IMMUTABLE"]).map(lambda kind: EcrRepository(ECR, "app", kind))),
    _reading(_DOCUMENTS.map(lambda text: NamedPolicy("repository policy of app", text))),
)
STATES = st.builds(
    ReviewedState,
    st.builds(
        Repository,
        st.just("octo-lab/shop"),
        st.sampled_from([None, 1]),
        st.just(2),
        default_branch=st.sampled_from([None, "main"]),
    ),
    _reading(
        st.builds(
            OidcCustomization,
            st.booleans(),
            _TEXTS,
            st.sampled_from([None, True, False]),
            st.sampled_from([None, "repo:o@1/r@2"]),
        )
    ),
    _reading(_unique(_ENVIRONMENTS, lambda each: each.name)),
    _reading(_unique(_WORKFLOWS, lambda each: each.path)),
    _TEXTS,
    st.sampled_from(
        [(), ((PROVIDER, Absent("provider")),), ((PROVIDER, Known(OidcProvider(PROVIDER, ISSUER, ("a",), CREATED))),)]
    ),
    _unique(_ROLES, lambda each: str(each.arn)),
    _unique(_REGISTRIES, lambda each: str(each.arn)),
)
BASELINES = st.builds(
    Baseline,
    st.builds(Acceptance, st.just(ACCEPTED), _WORDS, _WORDS, st.sampled_from([None, date(2027, 1, 1)])),
    STATES,
)
