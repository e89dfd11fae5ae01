"""IAM decisions with their reason: documents, matching, conditions, evaluation, explanation.

Read a document with :func:`read_document` once, ask with :func:`evaluate` often. Semantics follow the IAM User Guide; where
it is silent, the decision says so in ``Decision.not_evaluated``.
"""

from diagnosis.policy.actions import ActionFacts, action_facts, expand_actions, has_resource_level
from diagnosis.policy.conditions import Condition, ConditionResult
from diagnosis.policy.decision import Because, Hit, Layer, NearMiss, Outcome, Place
from diagnosis.policy.document import PolicyDocument, read_document, write_document
from diagnosis.policy.evaluation import Decision, evaluate
from diagnosis.policy.layers import Layers
from diagnosis.policy.parsing import Policy, Unparsable, own_policy, parse_policy
from diagnosis.policy.rejections import PolicyKind
from diagnosis.policy.request import Request
from diagnosis.policy.statement import Effect, Statement

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
    "has_resource_level",
    "own_policy",
    "parse_policy",
    "read_document",
    "write_document",
]
