"""What the sections say, and how a page is laid out, without a screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from closure_shown import ANCHORS, chain
from hypothesis import given, settings
from hypothesis import strategies as st
from incident_live import SCP_GAP
from incident_values import diagnosis_of, replay_of
from textual.content import Content
from words_shown import words_of

from diagnosis.causes import Cause
from diagnosis.documents.closure import LACKING_WORDS
from diagnosis.facts.endpoints import endpoints_of
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Annotation
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.chronology import Drift, DriftKind
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import Finding
from tui.foreign_text import foreign
from tui.widgets.base import signs
from tui.widgets.base.blocks import GAP, bullet, code, field, layout, paragraph
from tui.widgets.detail import (
    section_closure,
    section_evidence,
    section_forecast,
    section_remediation,
    section_unknown,
)
from tui.widgets.detail.evidence_blocks import evidence_blocks
from tui.widgets.detail.selection import RemediationForm, Selection
from tui.widgets.summary.answers import remaining, still_broken
from tui.widgets.summary.summary import summary_lines
from tui.widgets.timeline.columns import Cell, columns_of


def view_of(
    diagnosis: Diagnosis, column: int = 0, row: int = 0, path: int = 0, form: RemediationForm = RemediationForm.AWS_CLI
) -> Selection:
    """The view of a cell."""
    return Selection(diagnosis, columns_of(diagnosis, path)[column], Cell(column, row), path, form)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_many_problems_of_one_place_are_one_item_of_the_summary(width: int) -> None:
    first = diagnosis_of(1).forecast[0]
    service = Problem(
        Checkpoint.SERVICE_AUTHORIZATION, Plane.AUTHORIZATION, Cause.SERVICE_ACTION, "", actions=("s3:GetObject",)
    )
    many = tuple(replace(service, resource=str(n), actions=(f"s3:Get{n}",)) for n in range(9))
    last = replace(service, checkpoint=Checkpoint.LEAST_PRIVILEGE, actions=())
    items = [item.plain for item in remaining(replace(diagnosis_of(1), forecast=(first, *many, last)))]
    assert items[0] == "unchanged:"
    assert items[2] == "→ 9× service-authorization s3:Get0, s3:Get1 and 7 more"
    assert items[3].startswith("→ least-privilege")
    short = summary_lines(replace(diagnosis_of(1), forecast=(first, *many, last)), 0, width, 8)
    said = "\n".join(line.plain for line in short)
    assert "→ 9× service-authorization" in said
    # Two of them stand each for itself.
    few = remaining(replace(diagnosis_of(1), forecast=(first, *many[:2])))
    assert [item.plain.split()[:2] for item in few[2:]] == [["→", "service-authorization"]] * 2


def test_a_failing_cell_names_reason_cause_place_owner_and_proof() -> None:
    text = words_of(section_evidence.blocks_of(view_of(diagnosis_of(1))))
    for words in ("no OIDC provider", "oidc-provider-absent at oidc-trust", "cloud security / IAM"):
        assert words in text
    for words in ("Log line 24", "reconstructed", "Retry 11 of 12", "Post job cleanup.", "https://github.com/"):
        assert words in text


def test_what_a_run_would_meet_today_names_whom_it_was_asked_of() -> None:
    asked = replace(diagnosis_of(1), endpoints=endpoints_of("https://ghe.example.com", ["http://127.0.0.1:5000"]))
    text = words_of(section_evidence.blocks_of(view_of(asked, 1, 4)))
    assert "https://ghe.example.com was asked in github.com's place" in text
    assert "http://127.0.0.1:5000 was asked in AWS's place" in text
    assert "'s place" not in words_of(section_evidence.blocks_of(view_of(diagnosis_of(1), 1, 4)))


def test_a_blocked_cell_leads_to_the_line_that_proves_what_blocked_it() -> None:
    view = view_of(diagnosis_of(1), 0, 2)
    assert view.verdict is not None
    assert view.verdict.verdict is Verdict.BLOCKED
    assert view.log_line == view_of(diagnosis_of(1), 0, 0).log_line
    assert view.log_line is not None
    text = words_of(section_evidence.blocks_of(view))
    assert "Blocked by   OIDC trust, which this proves:" in text
    assert "No OpenIDConnect provider found" in text


def test_a_blocked_cell_says_which_gate_blocks_it_and_claims_no_owner() -> None:
    text = words_of(section_evidence.blocks_of(view_of(diagnosis_of(1), row=1)))
    assert "Not reached: OIDC trust failed first." in text
    assert "Owner" not in text


def test_an_unknown_cell_names_what_is_missing_why_and_how() -> None:
    text = words_of(section_evidence.blocks_of(view_of(diagnosis_of(1), column=1, row=3)))
    for words in (SCP_GAP.what, SCP_GAP.why, SCP_GAP.how, "organizations:ListPoliciesForTarget"):
        assert words in text


def test_candidates_come_with_the_read_that_tells_them_apart() -> None:
    diagnosis = diagnosis_of(1)
    replay = diagnosis.replays[0]
    verdict = replace(replay.gates[0], cause=None, candidates=(Cause.OIDC_PROVIDER_ABSENT, Cause.ROLE_ACCOUNT_WRONG))
    changed = replace(replay, gates=(verdict, *replay.gates[1:]))
    text = words_of(section_evidence.blocks_of(view_of(replace(diagnosis, replays=(changed,), subject=changed))))
    for cause in verdict.candidates:
        assert f"{cause}: {cause.sentence}" in text
    assert Cause.OIDC_PROVIDER_ABSENT.tell_apart in text


def test_now_says_in_words_what_its_sign_stands_for() -> None:
    trust, (first, *_) = Gate.OIDC_TRUST, diagnosis_of(2).replays
    kinds = {
        DriftKind.MENDED_SINCE: "▲ OIDC trust failed in #1 and passes today.",
        DriftKind.BROKEN_SINCE: "▼ OIDC trust passed in",
    }
    for kind, said in kinds.items():
        drift = Drift(kind, first.attempt.run_id, first.attempt.attempt, "It changed.", trust)
        view = view_of(replace(diagnosis_of(2, subject=1), drift=(drift,)), column=2)
        assert said in words_of(section_evidence.blocks_of(view))
        assert said not in words_of(section_evidence.blocks_of(replace(view, cell=replace(view.cell, row=1))))
    assert "◆ NOW, forecast and fix" in words_of(section_evidence.blocks_of(view_of(diagnosis_of(1), column=0, row=4)))
    three = diagnosis_of(3)
    assert three.live is not None
    live = replace(three.live, gates=tuple(replace(gate, verdict=Verdict.FAIL) for gate in three.live.gates))
    broken = replace(three, live=live)
    assert "✘ fails at OIDC trust" in still_broken(broken, brief=True).plain


def test_a_failure_that_is_no_gate_is_named_by_its_plane() -> None:
    diagnosis = diagnosis_of(1)
    finding = Finding(Plane.REGISTRY_STATE, None, Cause.TAG_IMMUTABLE, sentence="The tag exists and cannot be moved.")
    replay = replace(
        replay_of(1), stopped_by=finding, gates=tuple(replace(g, verdict=Verdict.PASS) for g in replay_of(1).gates)
    )
    changed = replace(diagnosis, replays=(replay,), subject=replay)
    assert "REGISTRY STATE" in summary_lines(changed, 0, 80, 8)[0].plain
    assert "tag-immutable" in words_of(section_evidence.blocks_of(view_of(changed, row=4)))


def test_the_outcome_of_a_run_names_what_was_reconstructed() -> None:
    text = words_of(section_evidence.blocks_of(view_of(diagnosis_of(1), row=4)))
    assert "Reconstructed, not part of the public record" in text
    assert "times inside the log" in text
    assert "This release needs 9 actions" in text


def test_the_outcome_of_a_run_names_failed_steps_and_annotations_or_why_there_are_none() -> None:
    diagnosis = diagnosis_of(1)
    replay = diagnosis.replays[0]
    note = Annotation("failure", "Could not assume role", "OIDC", "release.yml", 7)
    job = replace(replay.attempt.jobs.value[0], annotations=Known((note,)))
    for jobs, words in (
        (
            Known((job,)),
            ("step 4: Configure AWS credentials via OIDC", "failure: OIDC: Could not assume role (release.yml:7)"),
        ),
        (Unreadable("jobs", "the token may not", "give it rights"), ("the token may not", "give it rights")),
        (Absent("jobs of a run that never started"), ("jobs of a run that never started",)),
    ):
        changed = replace(replay, attempt=replace(replay.attempt, jobs=jobs))
        text = words_of(
            section_evidence.blocks_of(view_of(replace(diagnosis, replays=(changed,), subject=changed), row=4))
        )
        for word in words:
            assert word in text


def test_remediation_puts_the_proof_before_the_changes_and_the_chosen_gate_is_marked() -> None:
    text = words_of(section_remediation.blocks_of(view_of(diagnosis_of(1), row=1)))
    assert text.index("all four gates") < text.index("Create the OIDC provider")
    assert "Dispatch the next run on dev  ◂ chosen gate" in text
    assert "nothing beyond the need" in text
    assert "its subject stays refused" in text


def test_a_widening_path_lists_what_it_admits() -> None:
    text = words_of(section_remediation.blocks_of(view_of(diagnosis_of(1), path=1, form=RemediationForm.DIFFERENCE)))
    assert "1 beyond the need" in text
    assert "refs/heads/migrate-dev may assume the role" in text
    assert '+  "repo:EsosaOrumwese' in text
    assert "There is no Difference form of this change." in text


def test_a_path_that_does_not_open_everything_shows_each_gate_and_what_is_still_in_the_way() -> None:
    diagnosis = diagnosis_of(1)
    path = diagnosis.paths[0]
    gates = (*path.gates[:3], replace(path.gates[3], verdict=Verdict.UNKNOWN))
    still = (Problem(None, Plane.REGISTRY_STATE, Cause.TAG_IMMUTABLE, "The tag cannot be moved."),)
    text = words_of(
        section_remediation.blocks_of(view_of(replace(diagnosis, paths=(replace(path, gates=gates, still=still),))))
    )
    assert "? unknown Least privilege" in text
    assert "✔ all four gates" not in text
    assert "Still in the way after these changes" in text
    assert "The tag cannot be moved." in text


@pytest.mark.parametrize(("change", "words"), [
    ({"live": None, "paths": (), "forecast": ()}, "The live side was not read"),
    ({"paths": ()}, "No bounded change is known"),
])  # fmt: skip
def test_without_a_path_the_reason_is_said(change: dict[str, object], words: str) -> None:
    assert words in words_of(section_remediation.blocks_of(view_of(replace(diagnosis_of(1), **change))))


def test_the_forecast_is_numbered_in_the_order_of_reruns_with_all_actions() -> None:
    text = words_of(section_forecast.blocks_of(view_of(diagnosis_of(1))))
    places = [
        text.index(words)
        for words in ("1 oidc-trust", "2 role-assumption", "3 registry-auth", "4 registry-push", "5 registry-pull")
    ]
    assert places == sorted(places)
    for action in ("ecr:GetAuthorizationToken", "ecr:UploadLayerPart", "ecr:DescribeImages"):
        assert action in text


def test_the_forecast_of_a_healthy_account_is_a_pass_and_of_an_unread_one_is_not() -> None:
    assert "would pass every gate now" in words_of(section_forecast.blocks_of(view_of(diagnosis_of(3))))
    unread = replace(diagnosis_of(1), live=None, forecast=())
    assert "nothing can be foretold" in words_of(section_forecast.blocks_of(view_of(unread)))
    doubtful = replace(diagnosis_of(1), forecast=())
    assert "pass" not in words_of(section_forecast.blocks_of(view_of(doubtful)))


@pytest.mark.parametrize("status", ClosureStatus)
def test_closure_shows_what_lacks_first_each_with_its_next_step(status: ClosureStatus) -> None:
    diagnosis = replace(diagnosis_of(3), closure=chain(status), anchors=ANCHORS)
    blocks = section_closure.blocks_of(view_of(diagnosis))
    text = words_of(blocks)
    order = [
        status.value, "So it stands", "refs/heads/first", "refs/heads/second", LACKING_WORDS[status], "Title 5", "Step 5.",
        "Title 3", "Step 3.", "Nothing closed it.", "Title 2", "Step 2.", "Title 4", "Step 4.", "gate-demoted",
        "ref-laundering", "Proved, 2 of 6 rules", "rule-1", "Reason 1", "rule-6",
    ]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.count("Nothing closed it.") == 1, "one reason is told once"
    assert text.count("Reason 5") == 1, "a finding does not repeat its rule"
    assert "Title 5  rule-5  breach" in text
    assert "Another ref was checked out." in text
    assert "turned the rule rule-3" in text
    assert "Asks 5." in text
    assert ("Asks 3." in text) == (status is not ClosureStatus.OPEN)
    assert "Asks 1." not in text
    assert "docs/5.md" in text
    assert "1 verified, 1 stated, 1 unverifiable" in text
    for width in (60, 78, 158):
        assert all(line.cell_length <= width and "\x1b" not in line.plain for line in layout(blocks, width))


def test_a_chain_that_was_not_judged_says_so() -> None:
    assert "not judged" in words_of(section_closure.blocks_of(view_of(replace(diagnosis_of(3), closure=None))))


def test_the_evidence_of_an_outcome_ends_with_the_anchors_of_the_chain() -> None:
    diagnosis = replace(diagnosis_of(3), anchors=ANCHORS)
    text = words_of(section_evidence.blocks_of(view_of(diagnosis, row=4)))
    told = text[text.index("Anchors of the chain") :]
    places = [told.index(word) for word in ("? unverifiable", "– stated", "✔ verified")]
    assert places == sorted(places)
    for words in ("s3://b/e.json", "Access was denied.", "sha256:abab", "https://github.com/o/r/actions/runs/1"):
        assert words in told
    assert "Anchors" not in words_of(section_evidence.blocks_of(view_of(diagnosis, row=1)))


def test_unknown_lists_each_gap_once_and_says_when_there_is_none() -> None:
    text = words_of(section_unknown.blocks_of(view_of(diagnosis_of(1))))
    assert text.count(SCP_GAP.why) == 1
    assert "Nothing was left unread." in words_of(section_unknown.blocks_of(view_of(diagnosis_of(3))))


@pytest.mark.parametrize("origin", list(Origin))
def test_every_origin_is_said_in_words(origin: Origin) -> None:
    piece = Evidence(EvidenceKind.STATED, "words", None, origin)
    assert signs.ORIGIN_WORDS[origin] in words_of(evidence_blocks([piece]))


def test_every_verdict_has_a_sign_and_a_word() -> None:
    marks = {signs.verdict_mark(verdict).plain for verdict in Verdict}
    assert marks == {"✔ pass", "✘ fail", "◌ blocked", "? unknown"}


@pytest.mark.parametrize(("status", "conclusion", "sign"), [
    ("completed", "success", "✔"), ("completed", "failure", "✘"), ("completed", "cancelled", "⊘"), ("in_progress", None, "…"),
    ("completed", None, "?"), ("completed", "something new", "?"), ("completed", "action_required", "!"),
])  # fmt: skip
def test_every_conclusion_has_a_sign(status: str, conclusion: str | None, sign: str) -> None:
    assert signs.conclusion_sign(status, conclusion)[0] == sign


@settings(deadline=None)
@given(st.lists(st.text(max_size=120), max_size=6), st.integers(20, 120))
def test_no_line_of_a_page_is_wider_than_the_page_and_no_letter_is_lost(words: list[str], width: int) -> None:
    lines = layout([paragraph(foreign(text), indent=2) for text in words], width)
    assert all(line.cell_length <= width for line in lines)
    wanted = ["".join(foreign(text).plain.split()) for text in words]
    assert "".join("".join(line.plain.split()) for line in lines) == "".join(wanted)
    fields = layout([field("Label", foreign(text)) for text in words], width)
    assert all(line.cell_length <= width for line in fields)


def test_long_words_are_folded_and_hang_under_the_value() -> None:
    arn = "arn:aws:iam::230372904534:role/" + "x" * 60
    lines = [line.plain for line in layout([field("Role", foreign(arn))], 50)]
    assert len(lines) > 1
    assert lines[0].startswith("Role ")
    assert all(line.startswith(" " * 13) for line in lines[1:])
    assert "".join(line[13:] for line in lines) == arn


def test_a_continued_line_of_code_is_marked() -> None:
    lines = [line.plain.rstrip() for line in layout(code(Content("aws iam one two three four\nnext")), 20)]
    assert lines == ["▎ aws iam one two", "▎ ↪ three four", "▎ next"]


def test_gaps_and_bullets() -> None:
    assert [line.plain for line in layout([GAP, bullet("one two", indent=2)], 8)] == ["", "  • one", "    two"]


def test_gates_keep_their_order_everywhere() -> None:
    assert [gate.order for gate in Gate] == [0, 1, 2, 3, 4]
