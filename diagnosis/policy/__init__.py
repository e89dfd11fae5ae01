"""Decide an IAM request by the policies that apply to it, and say why.

Read a document with :func:`read_document` once, ask with :func:`evaluate` often. Semantics follow the IAM User Guide; where
it is silent, the decision says so in ``Decision.not_evaluated``.
"""

from diagnosis.policy.evaluation.decision import Because, Hit, Layer, NearMiss, Outcome, Place
from diagnosis.policy.evaluation.evaluate import Decision, evaluate, hanging
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.language.actions import ActionFacts, action_facts, expand_actions, has_resource_level
from diagnosis.policy.language.conditions import Condition, ConditionResult
from diagnosis.policy.language.document import PolicyDocument, read_document, write_document
from diagnosis.policy.language.parsing import Policy, Unparsable, own_policy, parse_policy
from diagnosis.policy.language.rejections import PolicyKind
from diagnosis.policy.language.statement import Effect, Statement
from diagnosis.policy.request import Request

__all__ = [
    "ActionFacts",
    "Because",
    "Condition",
    "ConditionResult",
    "Decision",
    "Effect",
    "Hit",
    "Layer",
    "Layers",
    "NearMiss",
    "Outcome",
    "Place",
    "Policy",
    "PolicyDocument",
    "PolicyKind",
    "Request",
    "Statement",
    "Unparsable",
    "action_facts",
    "evaluate",
    "expand_actions",
    "hanging",
    "has_resource_level",
    "own_policy",
    "parse_policy",
    "read_document",
    "write_document",
]
