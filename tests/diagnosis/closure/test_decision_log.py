"""The decision log: the entry is found once, hashed, and its clock is held against the runs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

from chain_builders import chain, minutes
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.closure.evidence.decision_log import judge_clock, judge_decision_log
from diagnosis.closure.evidence.log_entry import LogEntry, NoEntry, find_entry
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts, DecisionLog
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Verdict

COMMIT = "d" * 40
END = (chain()[-1].attempt.updated_at - minutes(0)) // timedelta(minutes=1)
"""The closing run of the chain ended then, in minutes."""


def log(text: str, **more: object) -> DecisionLog:
    digest = hashlib.sha256(text.encode()).hexdigest()
    url = f"https://github.com/octo-org/octo-repo/blob/{COMMIT}/log.md"
    made = DecisionLog("log.md", COMMIT, text, digest, url, minutes(60), minutes(90))
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def entry(clock: str) -> tuple[Case, ClosureFacts]:
    heading = f"## Entry: {clock} - release closed"
    text = f"# Log\n\n## Older\nx\n\n{heading}\nfirst\nsecond\n\n## Next\nno part\n"
    return Case(decision_log="log.md", decision_log_entry=heading), ClosureFacts(decision_log=Known(log(text)))


def clock_verdict(clock: str) -> tuple[Verdict, str]:
    case, facts = entry(clock)
    found = judge_clock(chain(), case, facts)
    assert found.sentence
    assert bool(found.next_step) == (found.verdict is not Verdict.PASS)
    return found.verdict, found.reason


def at(number: float, zone: int = 0) -> str:
    return f"{minutes(number) + timedelta(minutes=zone):%Y-%m-%d %H:%M}"


def test_the_entry_is_found_with_its_lines_and_their_digest():
    case, facts = entry("2026-03-02 10:31Z")
    found = judge_decision_log(case, facts)
    body = f"{case.decision_log_entry}\nfirst\nsecond\n\n"
    assert found.verdict is Verdict.PASS
    assert hashlib.sha256(body.encode()).hexdigest() in found.reason
    assert found.evidence[0].address.endswith("/log.md?plain=1#L6-L9")
    # Named by its time alone, as reports do.
    by_time = replace(case, decision_log_entry="2026-03-02 10:31Z")
    assert judge_decision_log(by_time, facts).verdict is Verdict.PASS


def test_only_one_entry_that_a_reader_sees_is_an_anchor():
    head = "## 2026-03-02 10:31 - closed"
    absent = find_entry(log("# Log\n## 2026-03-02 10:31PM - closed\n"), "2026-03-02 10:31")
    assert isinstance(absent, NoEntry)
    assert absent.absent
    for text in (f"{head}\na\n{head}\n", f"```\n{head}\n```\n", f"<!--\n{head}\n-->\n", f"~~~~\n```\n{head}\n"):
        found = find_entry(log(text), head)
        assert isinstance(found, NoEntry), text
        assert not found.absent
    fenced = find_entry(log(f"{head}\n```sh\n# no heading\n```\nend\n# Next\n"), head.replace(" ", "   "))
    assert isinstance(fenced, LogEntry)
    assert fenced.last_line == 5
    scrubbed = find_entry(log(head, sha256="0" * 64), head)
    assert isinstance(scrubbed, LogEntry)
    assert scrubbed.sha256 == ""


def test_what_was_not_read_or_not_named_is_unknown_and_what_is_not_there_fails():
    case = Case(decision_log="log.md", decision_log_entry="x")
    gap = Unreadable("the log", "GitHub refused", "ask for it", "contents: read")
    verdicts = [
        judge_decision_log(Case(), NOTHING_READ).verdict,
        judge_decision_log(case, ClosureFacts(decision_log=gap)).verdict,
        judge_decision_log(replace(case, decision_log_entry=None), ClosureFacts(decision_log=Known(log("x")))).verdict,
        judge_decision_log(case, ClosureFacts(decision_log=Known(log("## x\n")))).verdict,
        judge_decision_log(case, ClosureFacts(decision_log=Absent("log.md"))).verdict,
        judge_decision_log(case, ClosureFacts(decision_log=Known(log("y")))).verdict,
    ]
    assert verdicts == [Verdict.UNKNOWN] * 4 + [Verdict.FAIL] * 2


def test_a_clock_with_a_zone_is_a_moment():
    assert clock_verdict(at(END + 1) + "Z")[0] is Verdict.PASS
    assert clock_verdict(at(END + 1, 120) + "+02:00")[0] is Verdict.PASS
    assert clock_verdict(at(END - 5) + "Z")[0] is Verdict.FAIL
    assert clock_verdict(at(END + 1) + "+02:00")[0] is Verdict.FAIL
    # Later than the commit that holds it.
    assert clock_verdict(at(70) + " UTC")[0] is Verdict.FAIL
    assert clock_verdict("2025-03-02 10:31Z")[0] is Verdict.FAIL


def test_a_clock_without_a_zone_is_tried_in_all_and_the_reason_says_in_which():
    verdict, reason = clock_verdict(at(END + 1))
    assert verdict is Verdict.PASS
    assert "in UTC" in reason
    assert "contradicts" in reason
    verdict, reason = clock_verdict(at(END + 1, 9 * 60))
    assert verdict is Verdict.UNKNOWN
    assert "UTC+09:00 alone" in reason
    verdict, reason = clock_verdict("2025-03-02 10:31")
    assert verdict is Verdict.FAIL
    assert "in whichever zone" in reason
    assert clock_verdict("2026-03-02")[0] is Verdict.UNKNOWN
    assert clock_verdict("no time at all")[0] is Verdict.UNKNOWN
    assert clock_verdict(f"{at(END + 1)}Z of {at(2)}Z")[0] is Verdict.UNKNOWN


@settings(max_examples=examples(200))
@given(st.integers(-600_000, 600_000), st.sampled_from(("", "Z", "+05:30", " EST")))
def test_no_time_outside_of_the_chains_window_ever_passes(shift, zone):
    verdict, _ = clock_verdict(at(shift) + zone)
    offset = 330 if zone == "+05:30" else 0
    inside = END - 2 <= shift - offset <= 61
    assert (verdict is Verdict.PASS) <= inside
    if abs(shift) > 3 * 24 * 60:
        assert verdict is Verdict.FAIL


def test_an_entry_long_after_the_chain_need_not_be_about_it():
    case, facts = entry("2026-03-20 10:00Z")
    late = replace(facts.decision_log.value, committed_at=None, read_at=None)
    assert judge_clock(chain(), case, ClosureFacts(decision_log=Known(late))).verdict is Verdict.UNKNOWN
