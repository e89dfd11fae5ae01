"""The rules about the attempts themselves: each turned by one small change of a chain that is closed, and the subjects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from chain_builders import (
    FIXES,
    account,
    attempt,
    chain,
    closed,
    event,
    failed,
    minutes,
    rule,
    session,
    success,
    workflow,
)
from compliant_chain import CLOSING, ComplyingRelease
from compliant_chain import FIRST as FIRST_RUN
from compliant_chain import OTHER_COMMIT as OTHER
from compliant_chain import SECOND as SECOND_RUN
from test_closure_rules import WHOLE_CASE, whole_account

from diagnosis.causes import Cause, Integrity
from diagnosis.closure import catalogue
from diagnosis.closure.judge import CONCERNS, RULES
from diagnosis.facts.case import Case, StatedChange, StatedEscalation
from diagnosis.facts.closure_facts import BetweenCommits, ClosureFacts
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.github_context import CommitsBetween, Relation
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.closure import Closure, ClosureStatus, SubjectState
from diagnosis.verdicts.replay import Fact, Replay

FIRST, SECOND, LAST = chain()
OTHER_COMMIT = "d" * 40


def whole(replays: tuple[Replay, ...] = (FIRST, SECOND, LAST), case: Case = WHOLE_CASE, **more: object) -> Closure:
    """The closure of a chain that is closed unless something is changed."""
    return closed(replays, whole_account(), case, **more)  # type: ignore[arg-type] # handed on


def turned(closure: Closure) -> dict[str, Verdict]:
    return {item.rule: item.verdict for item in closure.rules if item.verdict is not Verdict.PASS}


def test_the_catalogue_is_whole_and_each_finding_concerns_a_rule() -> None:
    records = [value for value in vars(catalogue).values() if isinstance(value, catalogue.RuleRecord)]
    assert [record.id for record, _ in RULES] == list(dict.fromkeys(record.id for record, _ in RULES))
    assert {record.id for record in records} == {record.id for record, _ in RULES}
    assert set(CONCERNS) == set(Integrity)
    for record in records:
        assert record.sentence.endswith(".")
        assert record.next_step.endswith(".")
    closure = whole()
    assert [item.rule for item in closure.rules] == [record.id for record, _ in RULES]
    assert all(item.sentence and not item.next_step for item in closure.rules)
    assert (closure.status, closure.next_steps) == (ClosureStatus.CLOSED, ())


def test_the_page_of_closure_has_every_rule() -> None:
    page = (Path(__file__).parents[3] / "docs/closure.md").read_text()
    for record, _ in RULES:
        state = "non-compliant" if record.breach else "unproven"
        assert f"| `{record.id}` | {record.sentence} | {state} |" in page, record.id


def test_another_environment_is_another_subject() -> None:
    replays = tuple(with_attempt(each, environment=name) for each, name in zip(chain(), "aab", strict=True))
    closure = closed(replays, account(*FIXES))
    assert rule(closure, "same-subject").verdict is Verdict.FAIL
    assert [item.subject for item in closure.subjects] == ["environment a", "environment b"]
    assert {item.state for item in closure.subjects} == {SubjectState.NOT_PROVEN}


def with_attempt(replay: Replay, **fields: object) -> Replay:
    return replace(replay, attempt=replace(replay.attempt, **fields))  # type: ignore[arg-type] # fields by name


def test_each_change_turns_its_rule_and_only_it() -> None:
    """Each entry: what was changed in a closed chain, the rule that turns, and to what."""
    digest = Fact("sha256:" + "d" * 64, Evidence(EvidenceKind.LOG_LINE, "digest: sha256:dd"))
    between = success(4, 6)
    unnamed = replace(
        SECOND,
        gates=tuple(replace(gate, cause=None, evidence=()) for gate in SECOND.gates),
    )
    changes = (
        ((with_attempt(FIRST, updated_at=minutes(11)), SECOND, LAST), "progression-proved", Verdict.UNKNOWN),
        ((FIRST, replace(SECOND, facts=replace(SECOND.facts, digest=digest)), LAST), "fail-closed", Verdict.FAIL),
        ((FIRST, unnamed, LAST), "explicit-failure", Verdict.UNKNOWN),
        ((FIRST, between, SECOND, LAST), "publish-has-path", Verdict.FAIL),
        ((FIRST, with_attempt(SECOND, head_sha=OTHER_COMMIT), LAST), "same-commit", Verdict.UNKNOWN),
    )
    for replays, slug, verdict in changes:
        closure = whole(replays)
        assert turned(closure) == {slug: verdict}
        assert closure.status is ClosureStatus.UNPROVEN
        assert closure.next_steps == (rule(closure, slug).next_step,)


@pytest.mark.parametrize(
    ("at", "clock"),
    [("2026-03-02T10:30:00Z", "after"), ("2026-03-03 03:00", "after"), ("2026-03-01 09:00PM", "before")],
)
def test_a_stated_time_that_no_clock_can_mean_turns_the_clocks(at: str, clock: str) -> None:
    """Without a zone only what contradicts in every zone contradicts."""
    case = replace(WHOLE_CASE, changes=(StatedChange(1, "Created the provider.", "log.md:10", at),))
    closure = whole(case=case)
    assert turned(closure) == {"clocks-agree": Verdict.FAIL}
    assert clock in rule(closure, "clocks-agree").reason
    loose = replace(WHOLE_CASE, changes=(StatedChange(1, "Created it.", "log.md:10", "2026-03-02 11:42AM"),))
    assert "1 of them without a zone" in rule(whole(case=loose), "clocks-agree").reason


def test_a_cancelled_attempt_is_not_the_next_one_of_a_stated_change() -> None:
    cancelled = Replay(attempt(9, 3, "cancelled"), SECOND.gates, None)
    stated = replace(WHOLE_CASE, changes=(StatedChange(1, "Created it.", "log.md:10", minutes(6).isoformat()),))
    assert rule(whole((FIRST, cancelled, SECOND, LAST), stated), "clocks-agree").verdict is Verdict.PASS


def test_trying_again_and_again_is_no_explicit_failure() -> None:
    again = tuple(failed(number, 3 * number, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT) for number in range(1, 4))
    fixes = (event("CreateOpenIDConnectProvider", 11, "provider"),)
    assert "met the same refusal" in rule(closed((*again, success(4, 20)), account(*fixes)), "explicit-failure").reason
    two = closed((*again[:2], success(4, 20)), account(*fixes))
    assert rule(two, "explicit-failure").verdict is Verdict.PASS


def test_the_same_words_have_one_verdict() -> None:
    first = failed(1, 0, Gate.ROLE_ASSUMPTION, Cause.SUBJECT_NOT_ADMITTED)
    second = failed(2, 10, Gate.ROLE_ASSUMPTION, Cause.ROLE_ABSENT)
    found = closed((first, second, LAST), account())
    assert rule(found, "deterministic").verdict is Verdict.FAIL


def test_the_session_is_opened_by_web_identity() -> None:
    fixes = FIXES
    shown = rule(closed(chain(), account(*fixes, session(20.5))), "short-lived-session")
    assert (shown.verdict, shown.reason) == (
        Verdict.PASS,
        "CloudTrail shows the session being opened by web identity.",
    )
    # Sessions of others are seen, and none in the closing run's time: its credentials came from elsewhere.
    assert rule(closed(chain(), account(*fixes, session(0.5))), "short-lived-session").verdict is Verdict.UNKNOWN
    vague = replace(LAST, gates=tuple(replace(gate, verdict=Verdict.UNKNOWN) for gate in LAST.gates))
    assert rule(closed((FIRST, SECOND, vague), account()), "short-lived-session").verdict is Verdict.UNKNOWN


# -- commits


def build(context: str, *more: WorkflowStep) -> object:
    return workflow(WorkflowStep("Build", None, f"docker build -t shop {context}"), *more)


def test_no_attempt_between_the_first_failure_and_the_success_is_left_out() -> None:
    def found(*runs: Attempt, **more: object) -> dict[str, Verdict]:
        return turned(whole(facts=ClosureFacts(neighbours=Known(runs), **more)))  # type: ignore[arg-type] # fields by name

    assert found(attempt(9, 5)) == {"progression-proved": Verdict.UNKNOWN}
    assert found(attempt(9, 5, "timed_out")) == {"progression-proved": Verdict.UNKNOWN}
    assert found(attempt(9, 5, "success")) == {"publish-has-path": Verdict.UNKNOWN}
    for beside in (
        attempt(9, -5),
        attempt(9, 25),
        attempt(9, 5, branch="x"),
        attempt(9, 5, "cancelled"),
        attempt(9, 5, None),
    ):
        assert found(beside) == {}
    assert found(attempt(9, 5), elsewhere=frozenset({9})) == {}
    # Of a run that was started again the list shows the last attempt alone; one that is still running may yet do anything.
    again = replace(attempt(9, -60), attempt=2, started_at=minutes(5))
    assert found(again) == {"progression-proved": Verdict.UNKNOWN}
    assert found(replace(again, conclusion="success")) == {"publish-has-path": Verdict.UNKNOWN}
    assert found(replace(again, started_at=minutes(40))) == {}
    assert found(replace(attempt(9, 5, "cancelled"), attempt=2)) == {"progression-proved": Verdict.UNKNOWN}
    assert found(replace(attempt(9, 5, None), status="in_progress")) == {"progression-proved": Verdict.UNKNOWN}
    assert found(replace(attempt(9, 5, None), status="queued")) == {}
    unread = Unreadable("the workflow's other runs", "GitHub refused", "try again")
    missing = turned(whole(facts=ClosureFacts(neighbours=unread)))
    assert missing == dict.fromkeys(("progression-proved", "publish-has-path"), Verdict.UNKNOWN)
    # An attempt of the same run lies between as much as another run does; what came before the first began another chain.
    assert turned(whole((FIRST, with_attempt(SECOND, attempt=2), LAST))) == {"progression-proved": Verdict.UNKNOWN}
    assert turned(whole((with_attempt(FIRST, attempt=2), SECOND, LAST))) == {}


def commit_rule(files: tuple[str, ...], file: object, **found: object) -> Verdict:
    between: Reading[CommitsBetween] = Known(CommitsBetween(OTHER_COMMIT, Relation.AHEAD, files=files))
    if found:
        between = found.get("found") or Known(replace(between.value, **found))  # type: ignore[assignment, arg-type]
    commits = (BetweenCommits("c" * 40, OTHER_COMMIT, between),)
    replays = (FIRST, with_attempt(SECOND, head_sha=OTHER_COMMIT), with_attempt(LAST, head_sha=OTHER_COMMIT))
    closure = closed(replays, whole_account(), WHOLE_CASE, file, ClosureFacts(commits=commits))  # type: ignore[arg-type]
    return rule(closure, "same-commit").verdict


def test_another_commit_passes_where_its_files_cannot_touch_the_release() -> None:
    apart, in_python = ("docs/guide.md", "README.md"), {"shell": "python"}
    for context in ("app", "--push --file=app/Dockerfile app", "-f app/Dockerfile --platform linux/arm64 app"):
        assert commit_rule(apart, build(context)) is Verdict.PASS, context
    for file in (
        build("."),
        build("docs"),
        build("${{ inputs.context }}"),
        build("app 'docs"),
        build("app docs"),
        build("--more app"),
        build("app", WorkflowStep("Own", "./act", None)),
        build("app", WorkflowStep("Pages", None, "jq build book.json")),
        build("https://example.org/repo.git"),
        workflow(),
        build("app", WorkflowStep("Copy", None, "cat README.md")),
        build("app", WorkflowStep("Copy", None, "./release.sh")),
        build("app", WorkflowStep("Copy", None, "aws s3 sync . s3://bucket")),
        build("app", WorkflowStep("Copy", None, "set -e; ./release.sh")),
        build("app", WorkflowStep("Copy", None, 'echo "$(./release.sh)" && true')),
        build("app", WorkflowStep("Copy", None, "docker run -v /:/w tool")),
        build("app", WorkflowStep("Copy", None, 'aws s3 sync "$GITHUB_WORKSPACE" s3://bucket')),
        build("app", WorkflowStep("Copy", None, "set x", **in_python)),
        build("app", WorkflowStep("Copy", "actions/github-script@v7", None, inputs=(("script", "read()"),))),
        build("app", WorkflowStep("Other", "octo-org/anything@v1", None)),
        build("app", WorkflowStep("Other", "docker/build-push-action@v6", None)),
    ):
        assert commit_rule(apart, file) is Verdict.UNKNOWN, file
    for name in ("app/README.md", "src/main.py", ".github/workflows/release.md", "Dockerfile", "requirements.txt"):
        assert commit_rule((*apart, name), build("app")) is Verdict.UNKNOWN, name


@pytest.mark.parametrize(
    ("dockerfile", "verdict"),
    [
        ("FROM scratch\nCOPY site /site\n", Verdict.PASS),
        (
            "# syntax=docker/dockerfile:1\nFROM a AS b\nCOPY src .\nRUN make \\\n  all\nFROM b\nCOPY --from=b /x /x\n",
            Verdict.PASS,
        ),
        ("# Whatever it is made from copies.\nFROM a\nRUN make\n", Verdict.UNKNOWN),
        ("FROM node:20-onbuild\nCOPY site /site\n", Verdict.UNKNOWN),
        ("# syntax=example/frontend\nFROM scratch\nCOPY site /site\n", Verdict.UNKNOWN),
        ('FROM a\nCOPY --chown=1:1 ["src", "lib/", "/app/"]\nRUN --mount=type=cache,target=/x make\n', Verdict.PASS),
        ("FROM scratch\nCOPY . /site\n", Verdict.UNKNOWN),
        ("FROM scratch\nCOPY docs /site\n", Verdict.UNKNOWN),
        ("FROM scratch\nADD site docs/*.md /site/\n", Verdict.UNKNOWN),
        ("FROM scratch\nCOPY $SOURCE /site\n", Verdict.UNKNOWN),
        ("FROM scratch\nRUN --mount=type=bind,target=/x make\n", Verdict.UNKNOWN),
        ("FROM scratch\nONBUILD COPY . /site\n", Verdict.UNKNOWN),
        ("FROM scratch\nCOPY <<E /a\ntext\nE\n", Verdict.UNKNOWN),
        ("# escape=`\nFROM scratch\nCOPY site /site\n", Verdict.UNKNOWN),
        ("FROM scratch\nIMPORT . /site\n", Verdict.UNKNOWN),
        ('FROM scratch\nCOPY ["site", "/site/"\n', Verdict.UNKNOWN),
    ],
)
def test_a_page_within_the_context_is_apart_where_the_dockerfile_copies_other_folders(
    dockerfile: str, verdict: Verdict
) -> None:
    first, second, closing = FIRST_RUN, SECOND_RUN, CLOSING
    release = ComplyingRelease(
        runs=(replace(first, commit=OTHER), second, closing), files=(("Dockerfile", dockerfile),)
    )
    found = release.diagnosis().closure
    assert found is not None
    assert rule(found, "same-commit").verdict is verdict


def test_a_difference_that_is_not_named_whole_is_not_known() -> None:
    file = build("app")
    assert commit_rule(tuple(f"docs/{number}.md" for number in range(300)), file) is Verdict.UNKNOWN
    assert commit_rule((), file) is Verdict.UNKNOWN
    assert commit_rule(("docs/a.md",), file, relation=Relation.DIVERGED) is Verdict.UNKNOWN
    assert commit_rule((), file, relation=Relation.IDENTICAL) is Verdict.PASS
    for unread in (Unreadable("commits", "denied", "grant it"), Absent("commit")):
        assert commit_rule((), file, found=unread) is Verdict.UNKNOWN


# -- escalations


@pytest.mark.parametrize(
    ("escalation", "verdict"),
    [
        (StatedEscalation("Push", "ticket 7", date(2026, 4, 1)), Verdict.PASS),
        (StatedEscalation("Push", "", date(2026, 4, 1)), Verdict.FAIL),
        (StatedEscalation("Push", "  ", date(2026, 4, 1)), Verdict.FAIL),
        (StatedEscalation("Push", "ticket 7", None), Verdict.FAIL),
        (StatedEscalation("Push", "ticket 7", date(2026, 3, 1)), Verdict.FAIL),
    ],
)
def test_an_escalation_needs_a_rationale_and_an_expiry(escalation: StatedEscalation, verdict: Verdict) -> None:
    closure = whole(case=replace(WHOLE_CASE, escalations=(escalation,)))
    assert rule(closure, "escalation-justified").verdict is verdict
    assert set(turned(closure)) == (set() if verdict is Verdict.PASS else {"escalation-justified"})
    assert closure.status is (ClosureStatus.CLOSED if verdict is Verdict.PASS else ClosureStatus.NON_COMPLIANT)
    if verdict is Verdict.FAIL:
        assert "To become compliant:" in closure.sentence


# -- subjects


def test_each_subject_is_told_by_itself() -> None:
    on_dev = failed(1, 0, Gate.OIDC_TRUST, Cause.OIDC_PROVIDER_ABSENT, branch="dev")
    closure = whole((on_dev, SECOND, LAST))
    assert [(item.subject, item.state) for item in closure.subjects] == [
        ("refs/heads/dev", SubjectState.NOT_PROVEN),
        ("refs/heads/main", SubjectState.CLOSED),
    ]
    assert closure.status is ClosureStatus.UNPROVEN
    assert "closed for refs/heads/main, not proven for refs/heads/dev" in closure.sentence


def test_no_subject_is_closed_by_a_success_that_proves_nothing() -> None:
    def states(replays: tuple[Replay, ...], **more: object) -> list[SubjectState]:
        return [item.state for item in whole(replays, **more).subjects]

    unproved = replace(LAST, gates=tuple(replace(gate, verdict=Verdict.UNKNOWN) for gate in LAST.gates))
    keyed = WorkflowStep("Deploy", None, "aws s3 ls", env=(("AWS_SECRET_ACCESS_KEY", "${{ secrets.KEY }}"),))
    assert states((FIRST, SECOND, LAST)) == [SubjectState.CLOSED]
    for replays in ((FIRST, SECOND), (LAST,), (FIRST, SECOND, unproved), (failed(1, 0, None), LAST)):
        assert states(replays) == [SubjectState.NOT_PROVEN]
    assert states((FIRST, SECOND, LAST), file=workflow(keyed)) == [SubjectState.NOT_PROVEN]
    cancelled = attempt(9, 3, "cancelled")
    assert states((Replay(cancelled, SECOND.gates, None), FIRST, SECOND, LAST)) == [SubjectState.CLOSED]
