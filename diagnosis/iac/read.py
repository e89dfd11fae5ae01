"""Read the texts of files into what they propose together: the one door to this room.

``read_files({"infra/role.tf": text, "policies/push.json": text}, Given(account="…"))`` returns a
:class:`~diagnosis.iac.proposal.Proposal`. Which files of a repository to give: :func:`diagnosis.iac.files.may_hold`. Terraform
files of one folder are read together; ``file("…")`` finds any file that was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from diagnosis.facts.reading import Unreadable
from diagnosis.iac.cloudformation.template import read_template
from diagnosis.iac.files import LARGEST, LARGEST_PLAN, TEMPLATES, form_of_json, is_template, is_worth_reading
from diagnosis.iac.node import Node, Open
from diagnosis.iac.policy_json import read_answer, read_policy_file
from diagnosis.iac.proposal import NOTHING_GIVEN, Form, Gap, Given, Proposal
from diagnosis.iac.terraform.configuration import HOW as BY_PLAN
from diagnosis.iac.terraform.configuration import read_configuration
from diagnosis.iac.terraform.plan import read_plan
from diagnosis.iac.text_trees import TextFault, json_node, yaml_node
from diagnosis.policy.language.strict_json import JsonFault, read_json

_OF_YAML = (".yaml", ".yml", ".template")
_BYTE_ORDER_MARK = "\ufeff"
_BY_HAND = "write the document in a form that is read, or judge what AWS has (planescope drift)"


def read_files(files: Mapping[str, str], given: Given = NOTHING_GIVEN) -> Proposal:
    """Return what the files propose together. Paths are from the root of the repository. Never raises.

    A file of no form that cannot hold an IAM document adds nothing; one that may hold one is a gap.
    """
    texts = {path: text.removeprefix(_BYTE_ORDER_MARK) for path, text in files.items()}
    terraform: dict[str, str] = {}
    found: list[tuple[Proposal, dict[str, Form]]] = []
    for path in sorted(texts):
        name = path.lower()
        if name.endswith((".tf", ".tofu")):
            if len(texts[path]) > LARGEST:
                found.append((Proposal(gaps=(_too_large(path),)), {}))
            else:
                terraform[path] = texts[path]
        elif name.endswith((".tf.json", ".tofu.json")):
            if is_worth_reading(texts[path]) or "aws_iam" in texts[path]:
                why = "Terraform's JSON syntax is not read"
                found.append((Proposal(gaps=(Gap(path, 1, Unreadable(f"the file {path}", why, BY_PLAN)),)), {}))
        elif not name.endswith(TEMPLATES):
            found.append(_read(path, texts[path], given))
    configuration = read_configuration(terraform, given, texts)
    # A policy that the configuration takes from a file is told with what it belongs to.
    taken = {each.file for each in configuration.documents}
    found = [(_without(proposal, taken), forms) for proposal, forms in found]
    return _together([*found, (configuration, dict.fromkeys(terraform, Form.CONFIGURATION))])


def _without(proposal: Proposal, taken: set[str]) -> Proposal:
    left = tuple(each for each in proposal.documents if each.form is not Form.POLICY or each.file not in taken)
    return proposal if len(left) == len(proposal.documents) else replace(proposal, documents=left)


def _together(found: list[tuple[Proposal, dict[str, Form]]]) -> Proposal:
    forms: dict[str, Form] = {}
    for _, own in found:
        forms.update(own)
    plans = [each.before for each, _ in found if each.before is not None]
    before = _together([(each, {}) for each in plans]) if plans else None
    return Proposal(
        tuple(each for proposal, _ in found for each in proposal.documents),
        tuple(each for proposal, _ in found for each in proposal.roles),
        tuple(each for proposal, _ in found for each in proposal.providers),
        tuple(each for proposal, _ in found for each in proposal.gaps),
        forms,
        before,
    )


def _too_large(path: str) -> Gap:
    return Gap(path, 1, Unreadable(f"the file {path}", f"it has more than {LARGEST // 1024} KB", _BY_HAND))


def _gap(path: str, line: int, why: str) -> tuple[Proposal, dict[str, Form]]:
    return Proposal(gaps=(Gap(path, line, Unreadable(f"the file {path}", why, _BY_HAND)),)), {}


def _read(path: str, text: str, given: Given) -> tuple[Proposal, dict[str, Form]]:
    if not is_worth_reading(text) and not text.lstrip().startswith("{"):
        return Proposal(), {}
    if text.lstrip().startswith("{"):
        return _read_json(path, text, given)
    return _read_yaml(path, text, given)


def _read_json(path: str, text: str, given: Given) -> tuple[Proposal, dict[str, Form]]:
    if '"format_version"' in text and '"terraform_version"' in text:
        return _read_plan(path, text, given)
    if len(text) > LARGEST:
        return (Proposal(gaps=(_too_large(path),)), {}) if is_worth_reading(text) else (Proposal(), {})
    root = json_node(text, path)
    if isinstance(root, TextFault):
        if not is_worth_reading(text):
            return Proposal(), {}
        if path.lower().endswith(_OF_YAML):
            # YAML may begin with a brace as well.
            return _read_yaml(path, text, given)
        return _gap(path, root.line, f"it is {root.why}")
    form = form_of_json(root)
    if form is Form.CLOUDFORMATION:
        return read_template(root, path, given), {path: form}
    if form is Form.POLICY:
        return read_policy_file(text, root, path), {path: form}
    if form is Form.CLI_ANSWER:
        return read_answer(root, path), {path: form}
    if form is Form.PLAN:
        return _read_plan(path, text, given)
    return _of_no_form(path, root)


def _read_plan(path: str, text: str, given: Given) -> tuple[Proposal, dict[str, Form]]:
    if len(text) > LARGEST_PLAN:
        return _gap(path, 1, f"it has more than {LARGEST_PLAN // 1024 // 1024} MB")
    root = read_json(text, unique=False)
    if isinstance(root, JsonFault) or not isinstance(root, dict):
        why = root.why if isinstance(root, JsonFault) else "no object"
        return _gap(path, 1, f"it is {why}")
    return read_plan(text, root, path, given), {path: Form.PLAN}


def _read_yaml(path: str, text: str, given: Given) -> tuple[Proposal, dict[str, Form]]:
    if len(text) > LARGEST:
        return Proposal(gaps=(_too_large(path),)), {}
    root = yaml_node(text, path)
    if isinstance(root, TextFault):
        return _gap(path, root.line, f"it is no YAML that can be read: {root.why}")
    if is_template(root):
        return read_template(root, path, given), {path: Form.CLOUDFORMATION}
    return _of_no_form(path, root)


def _of_no_form(path: str, root: Node) -> tuple[Proposal, dict[str, Form]]:
    """Return a gap where a file of no form holds what looks like a policy."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node.value, Open):
            return _gap(path, node.line, node.value.why)
        names = {name.lower() for name in node.members}
        if "effect" in names and names & {"action", "actions", "notaction", "notactions", "not_actions"}:
            return _gap(path, node.line, "it holds a policy in a form that is not read")
        pending += [*node.members.values(), *(node.value if isinstance(node.value, tuple) else ())]
    return Proposal(), {}
