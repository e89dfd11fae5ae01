"""What a packet quotes of a policy, which digests stand for what it leaves out, and that no account id is in any text of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date

import pytest
from compliant_chain import ACCOUNT, ROLE, ComplyingRelease
from small_world import allow, policy

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import packet
from diagnosis.documents.packet.statements import LONGEST_VALUE, MOST_VALUES
from diagnosis.documents.redaction import MASK, leaks
from diagnosis.facts.account import NamedPolicy
from diagnosis.facts.case import Case, StatedChange, StatedEscalation, StatedException
from diagnosis.facts.evidence import EvidenceKind
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate
from diagnosis.verdicts.anchor import Anchor, AnchorKind, AnchorState
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.packet.pages import pages_of


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return ComplyingRelease().diagnosis()


def test_the_statements_that_decide_are_quoted_and_no_policy_is(diagnosis: Diagnosis) -> None:
    made = packet(diagnosis, Case())
    trust, *registry = made.quotes
    assert (trust.gate, trust.policy) == (Gate.ROLE_ASSUMPTION, "trust policy of role release")
    assert "Effect: Allow" in trust.lines
    assert any(row.startswith("Condition: StringEquals token.actions") for row in trust.lines)
    assert registry
    assert all(quote.gate is Gate.REGISTRY_AUTHORIZATION for quote in registry)
    assert all(len(row) < (MOST_VALUES + 1) * (LONGEST_VALUE + 3) for quote in made.quotes for row in quote.lines)
    assert leaks(pages_of(made)) == ()


def test_a_long_statement_is_cut_and_a_place_that_may_be_anothers_is_not_quoted() -> None:
    release = ComplyingRelease()
    held = release.account.inline_policies
    assert isinstance(held, Known)
    wide = policy(allow([f"ecr:Get{number}*" for number in range(40)] + ["ecr:*"], "*" + "x" * 900))
    account = replace(release.account, inline_policies=Known((NamedPolicy("wide", wide), *held.value)))
    made = packet(replace(release, account=account).diagnosis(), Case())
    assert leaks(pages_of(made)) == ()
    assert all(not row.endswith("x" * (LONGEST_VALUE + 1)) for quote in made.quotes for row in quote.lines)
    unread = Unreadable("attached policies", "AccessDenied", "grant iam:ListAttachedRolePolicies")
    partly = replace(release, account=replace(release.account, attached_policies=unread)).diagnosis()
    assert {quote.gate for quote in packet(partly, Case()).quotes} <= {Gate.ROLE_ASSUMPTION}


def test_what_is_left_out_can_be_told_by_its_digest(diagnosis: Diagnosis) -> None:
    assert diagnosis.live is not None
    role = diagnosis.live.account.role
    assert isinstance(role, Known)
    text = json.dumps(role.value.trust_policy.tree, sort_keys=True, separators=(",", ":"))
    plain = {item.name: item for item in packet(diagnosis, Case(), mask_accounts=False).withheld}
    found = {item.name: item for item in packet(diagnosis, Case()).withheld}
    name = "trust policy of role release"
    assert plain[name].sha256 == hashlib.sha256(text.encode()).hexdigest()
    masked = text.replace(ACCOUNT, MASK)
    assert masked != text
    assert found[name].sha256 == hashlib.sha256(masked.encode()).hexdigest()
    assert "asterisks" in found[name].why
    assert "asterisks" not in plain[name].why
    assert "inline policy push of role release" in found
    assert sum(item.startswith("log of job release (run 90") for item in found) == 3
    assert any(item.startswith(".github/workflows/release.yml at commit") for item in found)


def test_a_line_of_the_workflow_is_linked_at_the_commit_that_ran(diagnosis: Diagnosis) -> None:
    made = packet(diagnosis, Case())
    assert made.closure is not None
    proofs = [
        proof for rule in made.closure.rules for proof in rule.evidence if proof.kind is EvidenceKind.WORKFLOW_FILE
    ]
    assert proofs
    start = f"https://github.com/acme/shop/blob/{made.attempts[-1].commit}/.github/workflows/release.yml"
    assert all(proof.address.startswith(start) for proof in proofs)
    assert f'href="{start}' in pages_of(made)["packet.html"]


def test_what_the_case_states_beyond_the_rules_stands_with_its_reason_and_end(diagnosis: Diagnosis) -> None:
    case = Case(
        escalations=(StatedEscalation("PowerUserAccess"), StatedEscalation("ecr:*", "A test.", date(2026, 3, 9))),
        exceptions=(StatedException(f"arn:aws:iam::{ACCOUNT}:root", "Break glass.", date(2026, 4, 1)),),
    )
    made = packet(diagnosis, case)
    assert [(item.kind.value, item.rationale, item.expires) for item in made.exceptions] == [
        ("escalation", "", ""),
        ("escalation", "A test.", "2026-03-09"),
        ("second door", "Break glass.", "2026-04-01"),
    ]
    for name in ("packet.md", "packet.html"):
        page = pages_of(made)[name]
        assert "none stated" in page
        assert "Break glass." in page
        assert ACCOUNT not in page


def test_no_account_id_stands_in_any_text_of_any_page(diagnosis: Diagnosis) -> None:
    digest = f"{ACCOUNT}a{ACCOUNT}" + "f" * 39
    anchor = Anchor(
        AnchorKind.EVIDENCE_FILE, f"s3://release-{ACCOUNT}/x", AnchorState.VERIFIED, f"{ROLE} wrote it.",
        f"https://s3.console.aws.amazon.com/s3/object/release-{ACCOUNT}?prefix=x", digest,
    )  # fmt: skip
    case = Case(changes=(StatedChange(901, f"Trusted {ACCOUNT} in {ROLE}.", f"log-{ACCOUNT}.md"),))
    for audience in Audience:
        made = packet(replace(diagnosis, anchors=(anchor,)), case, audience=audience)
        (entry,) = [item for item in made.anchors if item.kind is AnchorKind.EVIDENCE_FILE]
        assert entry.sha256 == digest
        for page in pages_of(made).values():
            assert ACCOUNT not in page.replace(digest, "")
    assert ACCOUNT in pages_of(packet(diagnosis, Case(), mask_accounts=False))["packet.md"]
