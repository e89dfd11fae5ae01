"""What an OIDC provider newly takes: each is compared with itself on the base branch, and one that is not there is new."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from diagnosis.claims.claim_set import GITHUB_ISSUER, ClaimSet
from diagnosis.conform.accounted import Accounted
from diagnosis.conform.needs import NOTHING_NEEDED, RoleNeeds
from diagnosis.conform.providers import provider_findings
from diagnosis.facts.case import Case, StatedWidening
from diagnosis.iac.node import Open
from diagnosis.iac.proposal import ProposedProvider

TODAY = date(2026, 6, 1)
STS, OTHER = "sts.amazonaws.com", "other"
GH = ProposedProvider("aws_iam_openid_connect_provider.gh", "prod/main.tf", 3, GITHUB_ISSUER, (STS,))
WIDER = replace(GH, audiences=(STS, OTHER))
DEV = replace(WIDER, file="dev/main.tf")
UNREAD = Open("the variable audiences has no value here")
EACH = Open("each stands for each instance")


def stated(*audiences: str) -> Accounted:
    entry = StatedWidening(admits=audiences, rationale="reviewed", expires=TODAY)
    return Accounted.of(Case(widenings=(entry,)), TODAY)


def told(
    base: tuple[ProposedProvider, ...],
    head: tuple[ProposedProvider, ...],
    accounted: Accounted | None = None,
    needed: RoleNeeds = NOTHING_NEEDED,
) -> list[tuple[str, str, tuple[str, ...]]]:
    found = provider_findings(base, head, accounted or Accounted(), needed)
    return [(each.rule.value, each.place.file, each.details) for each in found]


NEW = [("widened-provider", GH.file, (OTHER,))]
ANEW = [("widened-provider", GH.file, (STS,))]


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ((GH,), (GH,), []),
        ((WIDER,), (GH,), []),
        ((GH,), (), []),
        ((GH,), (WIDER,), NEW),
        ((), (GH,), ANEW),
        # One of another account with the same URL takes the audience already: this one does not.
        ((DEV, GH), (DEV, WIDER), NEW),
        ((DEV, GH), (WIDER, DEV), NEW),
        # Under another address or in another file it is the same.
        ((GH,), (replace(GH, address="aws_iam_openid_connect_provider.github"),), []),
        ((GH,), (replace(WIDER, file="a.tf"),), [("widened-provider", "a.tf", (OTHER,))]),
        # Under the same address with another URL it is another one.
        ((GH,), (replace(GH, url="idp.example"),), ANEW),
        ((replace(GH, url=EACH),), (GH,), []),
        # URLs that nobody knows are not the same URL.
        (
            (replace(DEV, url=EACH, address="a"), replace(GH, url=EACH, address="b")),
            (replace(DEV, url=EACH, address="a"), replace(WIDER, url=EACH, address="b")),
            NEW,
        ),
        ((GH,), (replace(GH, audiences=UNREAD),), [("not-compared", GH.file, ())]),
        ((replace(GH, audiences=UNREAD),), (replace(GH, audiences=UNREAD),), []),
        ((replace(GH, audiences=(STS, UNREAD)),), (replace(GH, audiences=(UNREAD,)),), [("not-compared", GH.file, ())]),
        ((replace(GH, audiences=UNREAD),), (GH,), ANEW),
    ],
)
def test_each_is_compared_with_itself(
    base: tuple[ProposedProvider, ...],
    head: tuple[ProposedProvider, ...],
    expected: list[tuple[str, str, tuple[str, ...]]],
) -> None:
    assert told(base, head) == expected


def test_an_audience_that_is_stated_or_that_a_release_requests_is_a_note() -> None:
    requested = RoleNeeds(claims=(ClaimSet((("aud", OTHER),), "a push"),))
    assert told((GH,), (WIDER,), stated(OTHER)) == [("widening-stated", GH.file, (OTHER,))]
    assert told((GH,), (WIDER,), stated("x")) == NEW
    assert told((GH,), (WIDER,), None, requested) == [("widening-needed", GH.file, (OTHER,))]
    more = replace(WIDER, audiences=(STS, OTHER, "x", "y"))
    assert [each[0] for each in told((GH,), (more,), stated("x"), requested)] == [
        "widened-provider", "widening-stated", "widening-needed",
    ]  # fmt: skip
