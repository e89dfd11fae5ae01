"""ARNs and registry hosts are taken apart in one room: elsewhere nothing splits them, and nothing knows how a host is built."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from parsed_modules import parsed_modules

HOME = "diagnosis/names/"
SPLITTERS = frozenset({"split", "rsplit", "partition", "rpartition", "find", "rfind", "index", "rindex"})
CALLED_SO = re.compile(r"(?:(?<![a-z])arn|\b(?:registry_)?host|\.resource)\)?$", re.IGNORECASE)
CAPTURES = re.compile(r"\((?:\?P<|\[|\\d)")
HOST_OR_ARN = re.compile(r"arn:|\bdkr\b|amazonaws|on\.aws\b|public\.ecr|ecr-public\.aws")

AT_COLONS = {
    "diagnosis/baseline/elsewhere.py": "a subject: a branch ends before the next claim",
    "diagnosis/baseline/unused.py": "an action: service:Name",
    "diagnosis/callers/constraints.py": "a condition key: issuer:claim",
    "diagnosis/callers/door.py": "a condition key: issuer:claim",
    "diagnosis/callers/provider_doors.py": "a condition key: issuer:claim",
    "diagnosis/callers/regions.py": "GitHub's subject: repo:OWNER/NAME:CONTEXT",
    "diagnosis/callers/strangers.py": "an aws:userid: ID:SESSION, and the end of a pattern that is no ARN",
    "diagnosis/claims/claim_set.py": "GitHub's subject: repo:OWNER/NAME:CONTEXT",
    "diagnosis/conform/document_faults.py": "an action: service:Name",
    "diagnosis/failures/denial_sentence.py": "an action: service:Name",
    "diagnosis/failures/denials.py": "an action: service:Name",
    "diagnosis/failures/service_calls.py": "an action: service:Name",
    "diagnosis/failures/service_denials.py": "an action: service:Name",
    "diagnosis/fleet/possible_users.py": "GitHub's subject: repo:OWNER/NAME:CONTEXT",
    "diagnosis/grants/comparison.py": "an action's pattern: service:Name",
    "diagnosis/lint/rules/condition_keys.py": "a condition key: prefix:Name",
    "diagnosis/lint/rules/condition_logic.py": "an operator's prefix: ForAllValues:StringEquals",
    "diagnosis/lint/rules/condition_values.py": "a condition key: prefix:Name",
    "diagnosis/lint/rules/principals.py": "an action: service:Name",
    "diagnosis/lint/rules/subjects.py": "GitHub's subject: repo:OWNER/NAME:CONTEXT",
    "diagnosis/live/denials.py": "an action's pattern: service:Name",
    "diagnosis/live/excess.py": "an action's pattern: service:Name",
    "diagnosis/live/near_grants.py": "an action, misspelled perhaps: service:Name",
    "diagnosis/live/observed_uses.py": "an action: service:Name",
    "diagnosis/live/pattern_needs.py": "an action: service:Name",
    "diagnosis/live/resource_layer.py": "an action: service:Name",
    "diagnosis/policy/language/actions.py": "an action: service:Name",
    "diagnosis/policy/language/matching.py": "a pattern with wildcards is no ARN: compared segment by segment, on the hot path",
    "diagnosis/logs/secrets/commands.py": "a user's name and password in one option: user:password",
    "diagnosis/migration/tokens.py": "a condition key: issuer:claim",
    "diagnosis/migration/translation.py": "a condition key: issuer:claim",
    "diagnosis/live/session_keys.py": "a condition key and an action: service:Name",
    "diagnosis/policy/evaluation/nearest.py": "GitHub's subject, and an operator's prefix: ForAllValues:StringEquals",
    "diagnosis/policy/evaluation/relation.py": "an action: service:Name",
    "diagnosis/remedies/edits/bounding.py": "an action's pattern: service:Name",
    "diagnosis/remedies/offers/bound_permissions.py": "an action: service:Name",
    "diagnosis/remedies/offers/identity.py": "an action: service:Name",
    "diagnosis/remedies/offers/narrow_trust.py": "a condition key: issuer:claim",
    "diagnosis/remedies/offers/role_difference.py": "an action: service:Name",
    "diagnosis/remedies/offers/trust_words.py": "a condition key: issuer:claim",
    "diagnosis/steps/actions/container_service.py": "a revision of a task definition: family:revision",
    "diagnosis/steps/aws_cli/resources.py": "an action: service:Name",
    "diagnosis/steps/aws_cli/special_resources.py": "an action: service:Name",
    "diagnosis/steps/needs.py": "an action: service:Name",
    "diagnosis/steps/tools/by_verb.py": "a task of a project: project:target",
    "diagnosis/closure/steps/demotion/gate_commands.py": "an action: service:Name",
    "diagnosis/closure/steps/demotion/lost_in_script.py": "the folders of a PATH: a:b",
    "diagnosis/closure/steps/code/git_commands.py": "a refspec of git: from:to",
    "diagnosis/closure/steps/code/other_code.py": "the ref of a remote build context: ref:folder",
    "diagnosis/steps/tools/compose.py": "a list of files: COMPOSE_FILE=a.yml:b.yml",
    "diagnosis/steps/tools/image_tools.py": "an image's last name and its tag, and a transport: docker://",
    "diagnosis/steps/tools/jvm.py": "a task of Gradle: project:task",
    "diagnosis/trust/faults.py": "a condition key: issuer:claim",
    "diagnosis/trust/question.py": "a condition key: issuer:claim",
    "diagnosis/trust/refusal.py": "a condition key: issuer:claim",
    "diagnosis/trust/request_keys.py": "a condition key: issuer:claim",
    "diagnosis/trust/subject_typo.py": "GitHub's subject: repo:OWNER/NAME:CONTEXT",
    "probes/aws/read/observed_session.py": "an action: service:Name",
    "diagnosis/what_if/admitted.py": "an action: service:Name",
    "probes/aws/session/permissions.py": "an action: service:Name",
    "probes/embedded/github/wire.py": "the Host header: host:port",
    "tui/packet/verify/told_twice.py": "a run in the packet's first lines: RUN: how it ended",
    "diagnosis/live/authorization.py": "an action: service:Name",
    "tui/serve/access.py": "the Host header: host:port",
    "tui/widgets/runs/filter_help.py": "a word of the filter: field:value",
    "tui/widgets/fleet/lines.py": "a part of the filter: key:value",
    "tui/widgets/runs/run_filter.py": "a word of the filter: field:value",
}
"""What other files take apart at a colon, none of it an ARN."""

WORDS = {
    "diagnosis/causes/cause.py": "sentences for people, and the audience of STS",
    "diagnosis/claims/pretrust.py": "a sentence that shows how a role's ARN is written",
    "diagnosis/claims/provider_controls.py": "the issuer of a built-in provider",
    "diagnosis/claims/subject_claim.py": "the audience of STS",
    "diagnosis/conform/page.py": "the page shows entries of a case file",
    "diagnosis/failures/cloudtrail_event.py": "the end of an event's source: which service was called",
    "diagnosis/failures/context_lines.py": "words of a log's scenery: which lines are worth a look",
    "diagnosis/failures/denial_sentence.py": "finds the ARN that AWS's sentence quotes, which is passed on as it stands",
    "diagnosis/failures/reader.py": "words by which a wrapped sentence is known",
    "diagnosis/failures/role_assumption.py": "words of a refusal",
    "diagnosis/failures/whose_identity.py": "how the name of a service principal ends",
    "diagnosis/grants/breadth.py": "the form of every ARN of a role, and a sentence that shows a pattern",
    "diagnosis/grants/resources.py": "patterns of ARNs, as languages",
    "diagnosis/iac/arns.py": "writes ARNs of which parts are not known yet",
    "diagnosis/lint/rules/elements.py": "a sentence that shows how an ARN is written, and a service principal",
    "diagnosis/lint/rules/arns.py": "sentences that show how an ARN is written",
    "diagnosis/lint/rules/federation.py": "the audience of STS",
    "diagnosis/lint/rules/principals.py": "sentences that show how ARNs and service principals are written",
    "diagnosis/lint/rules/privileges.py": "a sentence that shows a service principal",
    "diagnosis/failures/transport.py": "the API hosts of ECR, as messages name them",
    "diagnosis/lint/rules/subjects.py": "the audience of STS",
    "diagnosis/live/run_claims.py": "the audience of STS",
    "diagnosis/logs/secrets/assignments.py": "what stands behind the beginning of an ARN is no secret",
    "diagnosis/logs/secrets/key_ids.py": "what stands within an ARN is no key id",
    "diagnosis/logs/secrets/values.py": "a value that begins as an ARN is no secret",
    "diagnosis/live/trail_actions.py": "an event's source, and the service that a role is handed to: SERVICE.amazonaws.com",
    "diagnosis/policy/language/matching.py": "patterns of ARNs, compared segment by segment on the hot path",
    "diagnosis/policy/language/operators.py": "the shape that ArnLike asks of a pattern",
    "diagnosis/policy/principal_view.py": "service principals: SERVICE.amazonaws.com",
    "diagnosis/remedies/offers/provider.py": "a change to a workflow with placeholders",
    "diagnosis/replay/run_facts.py": "finds the session in a line that a tool printed",
    "probes/aws/read/trail_events.py": "an event's source: SERVICE.amazonaws.com",
    "probes/aws/session/permissions.py": "writes the patterns of a policy, with wildcards",
    "probes/case_draft_text.py": "a sentence that shows how a role's ARN is written",
    "probes/case_members.py": "a sentence that shows how a role's ARN is written",
    "tui/cli/commands/permissions.py": "sentences that show how ARNs are written",
    "tui/cli/options/stated.py": "sentences that show how a repository's address is written, and the audience of STS",
}
"""Why a text of a file speaks of ARNs or hosts without taking one apart."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    yield from ((name, tree) for name, tree in parsed_modules().items() if not name.startswith(HOME))


def splits(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SPLITTERS:
            yield node


def texts(tree: ast.Module) -> Iterator[str]:
    """The texts of a module, docstrings left out."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def cuts_at_colons(tree: ast.Module) -> bool:
    given = ([*call.args[:1], *(each.value for each in call.keywords if each.arg == "sep")] for call in splits(tree))
    return any(isinstance(each, ast.Constant) and each.value == ":" for arguments in given for each in arguments)


def cuts_by_name(tree: ast.Module) -> list[int]:
    """The lines that cut what is called an ARN or a host."""
    cut = [(call.lineno, call.func.value) for call in splits(tree) if isinstance(call.func, ast.Attribute)]
    cut += [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
    ]
    return [line for line, value in cut if CALLED_SO.search(ast.unparse(value))]


def captures(tree: ast.Module) -> bool:
    return any(HOST_OR_ARN.search(text) and CAPTURES.search(text) for text in texts(tree))


def test_what_is_cut_at_colons_is_no_arn() -> None:
    assert {name for name, tree in modules() if cuts_at_colons(tree)} == set(AT_COLONS)


def test_nothing_that_is_called_an_arn_or_a_host_is_cut() -> None:
    assert [f"{name}:{line}" for name, tree in modules() for line in cuts_by_name(tree)] == []


def test_no_expression_takes_a_part_out_of_an_arn_or_a_host() -> None:
    # It takes the whole ARN out of AWS's sentence.
    assert {name for name, tree in modules() if captures(tree)} == {"diagnosis/failures/denial_sentence.py"}


@pytest.mark.parametrize(
    "line",
    [
        'arn.split(":")[4]',
        'text.split(sep=":", maxsplit=5)',
        "role_arn[13:25]",
        'arn.resource.partition("/")',
        'str(self.role_arn).rpartition("/")[2]',
        'host[: host.index(".")]',
        'registry_host.find(".dkr")',
        're.split(":", given)',
        're.match(r"arn:aws:iam::(\\d{12}):", given)',
        're.match(r"(?P<account>[0-9]+)\\.dkr\\.", given)',
    ],
)
def test_each_way_of_taking_one_apart_is_seen(line: str) -> None:
    tree = ast.parse(f"x = {line}")
    assert cuts_at_colons(tree) or cuts_by_name(tree) or captures(tree)


def test_nothing_else_knows_how_arns_and_registry_hosts_are_written() -> None:
    found = {name for name, tree in modules() if any(HOST_OR_ARN.search(text) for text in texts(tree))}
    assert found == set(WORDS)


@pytest.mark.parametrize("reasons", [AT_COLONS, WORDS], ids=["cut at colons", "words"])
def test_every_exception_has_its_reason(reasons: dict[str, str]) -> None:
    assert all(len(reason) > 10 for reason in reasons.values())
