"""A cause is written in one place: no slug stands as text elsewhere, and no record is there for nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from parsed_modules import parsed_modules

from diagnosis.causes import Cause, Integrity

HOME = "diagnosis/causes/"
SLUGS = frozenset((*map(str, Cause), *map(str, Integrity)))

OTHER_THINGS = {
    ("diagnosis/closure/steps/code/other_code.py", "scp"),
    ("diagnosis/closure/steps/keys/key_commands.py", "get-authorization-token"),
    ("diagnosis/closure/steps/keys/long_lived_keys.py", "role-chaining"),
    # The member of a baseline that holds a role's permissions boundary.
    ("diagnosis/baseline/reading.py", "boundary"),
    ("diagnosis/baseline/written.py", "boundary"),
    # How GitHub says that a run, job or step ended.
    ("diagnosis/closure/history.py", "cancelled"),
    ("diagnosis/replay/root_failure.py", "cancelled"),
    ("diagnosis/replay/stops.py", "cancelled"),
    ("diagnosis/verdicts/run_end.py", "cancelled"),
    ("probes/github/read/jobs_to_read.py", "cancelled"),
    ("probes/github/read/runs.py", "cancelled"),
    ("tui/mcp/own_words.py", "cancelled"),
    ("tui/widgets/base/signs.py", "cancelled"),
    ("tui/widgets/runs/filter_help.py", "cancelled"),
    ("tui/widgets/runs/gh_lines.py", "cancelled"),
    # What doctor looks at: GitHub's rate limit.
    ("tui/readiness/check.py", "rate-limit"),
    # A layer of policies, or the permissions boundary as a thing that is read.
    ("diagnosis/closure/widening.py", "boundary"),
    ("diagnosis/live/entitlement.py", "boundary"),
    ("diagnosis/live/entitlement.py", "scp"),
    ("diagnosis/live/layers.py", "boundary"),
    ("diagnosis/live/layers.py", "scp"),
    ("diagnosis/policy/evaluation/decision.py", "boundary"),
    ("diagnosis/policy/evaluation/decision.py", "scp"),
    ("diagnosis/policy/evaluation/evaluate.py", "boundary"),
    ("diagnosis/remedies/edits/control_edit.py", "boundary"),
    ("diagnosis/what_if/admitted.py", "boundary"),
    ("diagnosis/what_if/proposal.py", "boundary"),
    ("probes/aws/read/account.py", "boundary"),
    ("probes/aws/read/release.py", "boundary"),
    # A kind of policy that a document is linted as, and the linter's own names of rules.
    ("diagnosis/lint/rule.py", "self-escalation"),
    ("diagnosis/lint/rule.py", "trust-action"),
    ("tui/widgets/account/document_list.py", "boundary"),
    ("tui/cli/commands/policy_lint.py", "boundary"),
    ("tui/cli/commands/policy_lint.py", "scp"),
    # An input of the action aws-actions/configure-aws-credentials.
    ("diagnosis/replay/proofs.py", "role-chaining"),
    ("diagnosis/steps/releasing_job.py", "role-chaining"),
    ("diagnosis/steps/actions/logins.py", "role-chaining"),
    ("diagnosis/steps/role_sessions.py", "role-chaining"),
    # The program that copies files by ssh.
    ("diagnosis/steps/tools/by_argument.py", "scp"),
    # A command of docker.
    ("diagnosis/steps/tools/docker.py", "network"),
    # A function of GitHub's expressions.
    ("diagnosis/steps/expressions/evaluation.py", "cancelled"),
    # Commands of the AWS CLI, and its names of waiters.
    ("diagnosis/steps/aws_cli/registry.py", "get-authorization-token"),
}
"""Where a word that is also a slug means something else: the file, and the word."""
COMMANDS = {
    # An example of a command, which a test carries out; and GitHub's name of an operation.
    ("tui/cli/examples.py", "planescope explain --cause subject-not-admitted"),
    ("probes/github/http/endpoints.py", "rate-limit/get"),
    ("diagnosis/steps/aws_cli/exceptions.py", "codecommit credential-helper"),
    ("diagnosis/steps/aws_cli/several_calls.py", "codeartifact get-authorization-token"),
    ("diagnosis/steps/aws_cli/tables/waiters.py", "ec2 image-exists"),
}
"""Names of commands and operations in which such a word stands."""


def _trees() -> Iterator[tuple[str, ast.Module]]:
    yield from ((name, tree) for name, tree in parsed_modules().items() if not name.startswith(HOME))


def test_no_slug_is_written_as_text() -> None:
    written = {
        (name, node.value)
        for name, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in SLUGS
    }
    assert written - OTHER_THINGS == set(), "write Cause.NAME or Integrity.NAME"
    assert OTHER_THINGS - written == set(), "these exceptions are not needed any more"


def test_no_sentence_holds_a_slug() -> None:
    """A slug with a hyphen is no word of a sentence; docstrings may speak of one."""
    slug = re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(each) for each in SLUGS if '-' in each)})(?![\w-])")
    said = [
        (name, node.lineno, node.value)
        for name, tree in _trees()
        for said in [{id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}]
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
        if slug.search(node.value) and (name, node.value) not in OTHER_THINGS | COMMANDS
    ]
    assert said == [], "put the slug in by Cause.NAME or Integrity.NAME"


def test_every_record_is_used() -> None:
    used = {
        (node.value.id, node.attr)
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    idle = [member for member in (*Cause, *Integrity) if (type(member).__name__, member.name) not in used]
    assert idle == [], "a record that no judge and no reader names"
