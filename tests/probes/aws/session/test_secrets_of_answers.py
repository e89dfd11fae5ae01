"""An answer of AWS's loses its secrets at the door, and keeps what a further request needs; no message holds one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

from diagnosis.json_members import JsonMembers
from diagnosis.policy import Unparsable
from diagnosis.policy.language.size_limits import INLINE
from probes.aws.session.access import _checked
from probes.aws.session.answers import document, event_record, scrub_answer_text
from probes.aws.session.errors import AwsCallError, Failure
from probes.aws.session.operations import GET_ROLE, LOOKUP_EVENTS
from probes.github.http.errors import GitHubProblem, NotFound
from probes.ledger import Ledger
from tui.backend import BackendProblem

TOKEN = "".join(("gh", "p_", "0aB" * 12))
KEY = "".join(("AS", "IA", "ABCDEFGHIJKLMNOP"))
POLICY = {"Version": "2012-10-17", "Statement": [{"Sid": TOKEN, "Effect": "Allow", "Action": "*", "Resource": "*"}]}


def test_a_document_is_scrubbed_however_it_is_sent() -> None:
    for sent in (json.dumps(POLICY), quote(json.dumps(POLICY)), quote(json.dumps(POLICY), safe="").lower()):
        answer = _checked(GET_ROLE, {"Document": sent, "Description": f"x {TOKEN}", "NextToken": TOKEN, "n": 1})
        assert TOKEN.lower() not in answer.text("Document").lower()
        assert answer.text("Description") == "x [scrubbed:github-token]"
        assert answer.text("NextToken") == TOKEN
    read = document(_checked(GET_ROLE, {"Document": quote(json.dumps(POLICY))}), "Document", INLINE)
    assert read.not_kept == ("Statement[0].Sid",)
    assert read.compiled().statements[0].sid == "[scrubbed:github-token]"


def test_an_event_keeps_the_id_of_its_sessions_key_and_nothing_else() -> None:
    event = {"responseElements": {"credentials": {"accessKeyId": KEY, "sessionToken": TOKEN}}, "userAgent": f"a {KEY}"}
    entry = _checked(LOOKUP_EVENTS, {"CloudTrailEvent": json.dumps(event), "EventTime": datetime.now(UTC)})
    record = event_record(entry)
    credentials = record.object("responseElements").object("credentials")
    assert credentials.text("accessKeyId") == KEY
    assert TOKEN not in repr(record)
    assert KEY not in record.text("userAgent")
    assert isinstance(record, JsonMembers)


def test_no_message_and_no_entry_of_the_ledger_holds_a_secret() -> None:
    ledger = Ledger()
    with ledger.call(service="iam", operation="GetRole", target=f"role/{TOKEN}") as call:
        call.result = TOKEN
    errors = [
        AwsCallError(GET_ROLE, Failure.OTHER, f"the profile {TOKEN}", f"choose not {TOKEN}"),
        NotFound(f"{TOKEN} does not exist", f"not {TOKEN}"),
        GitHubProblem(f"{TOKEN} is wrong.", f"Not {TOKEN}."),
        BackendProblem(f"{TOKEN} is wrong.", f"Not {TOKEN}."),
    ]
    told = [f"{error} {vars(error)}" for error in errors]
    assert not [text for text in (*told, repr(ledger.entries())) if TOKEN in text]


def test_percent_signs_that_no_policy_has_are_left_as_they_are() -> None:
    """Decoding them takes a hundred times their size in memory."""
    text = quote('{"Version": "2012-10-17"}') + "%20" * 600_000
    assert scrub_answer_text(text) == text
    found = document(JsonMembers({"PolicyDocument": text}), "PolicyDocument", INLINE)
    assert isinstance(found.policy, Unparsable)
    assert "AWS cannot hold this document" in found.policy.text
