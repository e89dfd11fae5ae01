"""The tools that judge a text that they are given, and ask nobody: logs and policies."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.documents import admits, explanation
from diagnosis.documents import lint as lint_document
from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.documents.json_values import Json, Object, strings
from diagnosis.facts.case import Case
from diagnosis.facts.runs import Repository
from diagnosis.failures import explain
from diagnosis.iac.proposal import Form, Given
from diagnosis.iac.read import read_files
from diagnosis.lint.document import Expected
from diagnosis.lint.lint import lint
from diagnosis.lint.rule import Severity
from diagnosis.logs.scrub import scrub
from diagnosis.names.arn import is_account_id
from diagnosis.names.partition import partition_of
from diagnosis.policy import PolicyKind, Unparsable, evaluate
from diagnosis.policy.evaluation.decision import Layer
from diagnosis.policy.evaluation.rows import RowFault, read_row, result_of
from tui.backend import BackendProblem
from tui.infrastructure_files import STANDARD_INPUT
from tui.infrastructure_lint import judge_code
from tui.mcp import schemas
from tui.mcp.foreign_text import SENTENCES, Marking
from tui.mcp.result import Answer
from tui.mcp.sources import place_of
from tui.mcp.tools import inputs
from tui.mcp.tools.codes import of_verdict
from tui.mcp.tools.tool import Call, Tool
from tui.policy_file import policy_text, read_trust_policy

_KINDS = {kind.name.lower(): kind for kind in PolicyKind}
_MOST_ROWS = 100
_MOST_DOCUMENTS = 20
_LONGEST_ROW = 400_000


# -- explain


def _explain(call: Call) -> Answer:
    log, file = inputs.given_text(call, "log")
    # As a whole, as a file is: the lines of a private key show nothing by themselves.
    explained, say = explain(log if file else scrub(log)), call.marker.say
    finding = explained.finding
    code = explanation.exit_code(explained)
    if explained.ended_well:
        told = ["The log ends well."]
    elif not explained.found:
        told = ["The text does not say that a gate failed."]
    else:
        gate = finding.gate.value if finding.gate else "none"
        checkpoint = finding.checkpoint.value if finding.checkpoint else "none"
        told = [f"Plane {finding.plane.value}, gate {gate}, checkpoint {checkpoint}."]
        if finding.cause:
            told += [
                f"Cause {finding.cause.value}: {finding.cause.record.sentence}",
                f"Next: {finding.cause.record.next_step}",
            ]
        elif finding.candidates:
            told.append(
                f"The words do not separate these causes: {', '.join(each.value for each in finding.candidates)}."
            )
        if finding.action:
            on = f" on {call.marker.place(finding.resource).text}" if finding.resource else ""
            told.append(f"Refused: {call.marker.phrase(finding.action).text}{on}.")
        if finding.evidence:
            told.append(say("The line: {line}", line=finding.evidence.text))
    document = explanation.document(explained)
    return Answer(tuple(told), code, call.marker, _marked(document, "explanation-1"), schema=_schema("explanation-1"))


# -- policies


def _admits(call: Call) -> Answer:
    text, _ = inputs.given_text(call, "trust_policy")
    document = read_trust_policy(policy_text(text))
    case = call.sources.case(place_of(call.sources.root, call.text("case"))) if call.text("case") else Case()
    name = str(call.arguments["repository"])
    repository = Repository(
        name,
        call.number("repository_id"),
        call.number("owner_id"),
        default_branch=call.text("default_branch") or "main",
    )
    admission = (
        document
        if isinstance(document, Unparsable)
        else who_gets_in(
            document,
            repository,
            audience=call.text("audience") or None,
            exceptions=case.exceptions,
            today=datetime.now(UTC).date(),
        )
    )
    if isinstance(admission, Unparsable):
        raise BackendProblem(
            f"This is no trust policy: {admission.text}.", "`policy_lint` tells the faults of any policy."
        )
    say = call.marker.say
    told = [say("Verdict {verdict}: {reason}", verdict=admission.verdict, reason=call.marker.phrase(admission.reason))]
    told += [
        say("Gets in though a release role should refuse it: {who}, by {subject}.", who=item.who, subject=item.subject)
        for item in admission.too_open[:5]
    ]
    told += [say("Second door: {text}", text=door.text) for door in admission.open_doors[:5]]
    marked = _marked(
        admits.document(name, admission), "policy-admits-1", Marking(SENTENCES | {"who"}, frozenset({"probe"}))
    )
    return Answer(tuple(told), of_verdict(admission.verdict), call.marker, marked, schema=_schema("policy-admits-1"))


def _evaluate(call: Call) -> Answer:
    rows: list[Json] = []
    faulty, decided = 0, {"Allowed": 0, "ExplicitDeny": 0, "ImplicitDeny": 0}
    for number, given in enumerate(call.arguments["rows"], 1):
        text = json.dumps(given, ensure_ascii=False)
        row = read_row(text) if len(text) <= _LONGEST_ROW else RowFault(None, f"longer than {_LONGEST_ROW} characters")
        if isinstance(row, RowFault):
            faulty += 1
            rows.append({"id": row.id, "row": number, "error": row.error})
            continue
        result = result_of(row, evaluate(row.request, row.layers))
        decided[str(result["decision"])] += 1
        rows.append({"row": number, **result})
    told = [f"Row {number + 1}: {_decision(row)}." for number, row in enumerate(rows[:10])]
    told.append(
        f"{len(rows)} rows: {', '.join(f'{count} {name}' for name, count in decided.items())}; {faulty} cannot be read."
    )
    document: Object = {"schema": "planescope.mcp-decisions/1", "rows": rows}
    marked = Marking().of_document(document, DECISIONS)
    return Answer(tuple(told), ExitCode.USAGE if faulty else PASSED, call.marker, marked)


def _decision(row: Json) -> str:
    decision = row.get("decision") if isinstance(row, dict) else None
    return decision if isinstance(decision, str) else "cannot be read"


DECISIONS: Object = {
    "type": "object",
    "properties": {
        "schema": {"const": "planescope.mcp-decisions/1"},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": "integer"},
                    "id": {"type": ["string", "integer", "boolean", "null"]},
                    "decision": {"enum": ["Allowed", "ExplicitDeny", "ImplicitDeny"]},
                    "error": {"type": "string"},
                    "because": {
                        "type": "object",
                        "properties": {
                            "layer": {"enum": [layer.value for layer in Layer]},
                            "statement": {"type": ["string", "integer", "null"]},
                            "decisive": {"type": "string"},
                            "text": {"type": "string"},
                        },
                    },
                },
            },
        },
    },
}


def _lint(call: Call) -> Answer:
    account, region = call.text("account"), call.text("region")
    if account and not is_account_id(account):
        raise BackendProblem("`account` is no account id of twelve digits.")
    expected = Expected(account, region)
    linted: list[lint_document.LintedFile] = []
    left: list[lint_document.NotJudged] = []
    for number, given in enumerate(call.arguments["documents"], 1):
        text, file = inputs.given_text(call, "text", given)
        shown, key = file or f"document {number}", file or STANDARD_INPUT
        proposal = read_files({key: text}, Given(account, region, partition_of(region).name))
        if proposal.forms.get(key, Form.POLICY) in (Form.POLICY, Form.CLI_ANSWER):
            report = lint(policy_text(text), _KINDS[given["kind"]] if given.get("kind") else None, expected)
            if isinstance(report, Unparsable):
                raise BackendProblem(f"Document {number} is no policy: {report.text}.")
            linted.append(lint_document.LintedFile(shown, "", report))
            continue
        judged, unjudged = judge_code(proposal, key, shown, "", expected)
        if not judged and not unjudged:
            raise BackendProblem(f"Document {number} holds no policy.")
        linted += judged
        left += unjudged
    found = [(number, each) for number, item in enumerate(linted, 1) for each in item.report.findings]
    told = [f"{len(found)} findings in {len(linted)} documents."]
    if left:
        told.append(f"{len(left)} were not judged, or not as a whole: see the section unknown.")
    told += [
        f"Document {number}, {each.severity.value} {each.rule.value}: {each.rule.record.sentence}"
        for number, each in found[:10]
    ]
    failing = any(item.report.at_least(Severity.ERROR) for item in linted)
    code = FAILED if failing else UNKNOWN if any(not each.elsewhere for each in left) else PASSED
    marked = _marked(lint_document.document(linted, left), "policy-lint-1")
    return Answer(tuple(told), code, call.marker, marked, schema=_schema("policy-lint-1"))


def _marked(document: Object, name: str, marking: Marking | None = None) -> Object:
    return (marking or Marking()).of_document(document, schemas.published(name))


def _schema(name: str) -> str:
    return f"planescope://schemas/{name}"


_LIST_OF_DOCUMENTS: Object = {
    "type": "array",
    "minItems": 1,
    "maxItems": _MOST_DOCUMENTS,
    "items": {
        "type": "object",
        "properties": {
            "text": inputs.text(
                "A policy, what the AWS CLI printed of it, a CloudFormation template, or a Terraform plan."
            ),
            "file": inputs.file("The document's file, or a Terraform file"),
            "kind": {
                "enum": strings(sorted(_KINDS)),
                "description": "What it is attached to; by default told by its elements.",
            },
        },
        "additionalProperties": False,
    },
}

TOOLS = (
    Tool(
        "explain",
        "Which gate does a log speak of",
        "Says which plane, gate and cause a CI log speaks of, with the line that shows it. Reads the text alone; asks nobody.",
        {
            "log": inputs.text("The log, whole or a part of it.", inputs.LONGEST_LOG),
            "file": inputs.file("The log's file"),
        },
        _explain,
    ),
    Tool(
        "policy_admits",
        "Who gets in by a trust policy",
        "Says who gets in by an IAM trust policy for GitHub's tokens: every kind of caller, second doors, and whom a release role"
        " should refuse. Offline.",
        {
            "trust_policy": inputs.text("The trust policy as JSON, or the output of aws iam get-role."),
            "file": inputs.file("The policy's file"),
            "repository": {**inputs.REPOSITORY, "description": "OWNER/REPO that is meant to get in."},
            "default_branch": inputs.name("Its default branch; by default main."),
            "repository_id": {"type": "integer", "minimum": 1, "description": "For immutable subjects."},
            "owner_id": {"type": "integer", "minimum": 1, "description": "For immutable subjects."},
            "audience": inputs.name("What every caller requests."),
            "case": inputs.CASE,
        },
        _admits,
        ("repository",),
    ),
    Tool(
        "policy_evaluate",
        "Decide requests by policies",
        "Decides requests by the policies of every layer with AWS's semantics (Allowed, ExplicitDeny, ImplicitDeny) and says which"
        " statement decided. Offline. A row: {id, identity_policies, resource_policy?, permission_boundaries?, session_policy?,"
        " scps?, rcps?, request: {principal, action, resource, context?}}.",
        {"rows": {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": _MOST_ROWS}},
        _evaluate,
        ("rows",),
    ),
    Tool(
        "policy_lint",
        "The faults of policy documents",
        "Finds what AWS would refuse, what has no effect, what opens more than it shows, and says the correction, with path and"
        " line; in policies, and in each of a CloudFormation template, Terraform plan or Terraform file. Offline.",
        {
            "documents": _LIST_OF_DOCUMENTS,
            "account": {
                "type": "string",
                "maxLength": 12,
                "description": "The account that every ARN is expected to name.",
            },
            "region": {
                "type": "string",
                "maxLength": 32,
                "pattern": "^[a-z0-9-]+$",
                "description": "The expected region.",
            },
        },
        _lint,
        ("documents",),
    ),
)
"""The tools that judge a text."""
