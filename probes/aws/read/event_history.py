"""Look events up in CloudTrail's event history, page by page at the pace that it allows, and keep how whole the answer is.

``LookupEvents`` takes one attribute a call and allows two calls a second for each region.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from diagnosis.json_members import JsonFault, JsonMembers
from probes.aws.read.parallel import run_in_parallel
from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import AwsCallError, Failure, call_error
from probes.aws.session.operations import LOOKUP_EVENTS

SECONDS_BETWEEN_CALLS = 0.55
IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where the events of a partition's global services lie."""
NOT_IN_TIME = "CloudTrail did not answer in time", "refresh the live side"
"""Why nothing was found, and the way out."""
_TRIES = 4


@dataclass(slots=True)
class Findings:
    """How whole it is what the lookups brought so far; filled from several threads."""

    failure: AwsCallError | None = None
    complete: bool = True
    answered: bool = False
    lock: Lock = field(default_factory=Lock)

    def cut(self, failure: AwsCallError | None = None) -> None:
        """Note that something is lacking; the first failure is kept."""
        with self.lock:
            self.complete = False
            self.failure = self.failure or failure


@dataclass(frozen=True, slots=True)
class Lookup:
    """Lookups in the event history of one region."""

    aws: AwsAccess
    region: str
    window: tuple[datetime, datetime]
    cancelled: Callable[[], bool]
    pause: Callable[[float], None]

    def page(self, attribute: str, value: str, token: str | None = None) -> tuple[tuple[JsonMembers, ...], str | None]:
        """Return one page of the events with this attribute, and the next one's token.

        Raises :class:`AwsCallError`; tries again where it is throttled.
        """
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
            "StartTime": self.window[0],
            "EndTime": self.window[1],
            "MaxResults": 50,
        }
        if token:
            asked["NextToken"] = token
        answer = self._asked(asked)
        try:
            return answer.objects("Events"), answer.maybe_text("NextToken")
        except JsonFault as fault:
            raise call_error(LOOKUP_EVENTS, fault) from None

    def _asked(self, asked: Mapping[str, Any]) -> JsonMembers:
        for attempt in range(1, _TRIES + 1):
            self.pause(SECONDS_BETWEEN_CALLS * attempt)
            try:
                return self.aws.ask(LOOKUP_EVENTS, region=self.region, **asked)
            except AwsCallError as failure:
                if failure.kind is not Failure.THROTTLED or attempt == _TRIES or self.cancelled():
                    raise
        raise AssertionError("the loop returns or raises")


def run_lookups(
    work: Mapping[str, Callable[[], None]], found: Findings, seconds: float, cancelled: Callable[[], bool]
) -> None:
    """Run lookups side by side; what does not end in time, or raises, makes the findings incomplete."""
    outcomes = run_in_parallel(work, deadline_seconds=seconds, cancelled=cancelled, on_done=lambda _name: None)
    if len(outcomes) < len(work) or any(outcome.error for outcome in outcomes.values()):
        found.cut()
