"""The rules: for each what it finds, how grave that is, whether AWS would refuse to save the document, and where it is documented.

The four severities are those of IAM Access Analyzer's policy validation. A rule that is used and has no record fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from diagnosis.policy.language.faults import Fault

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_CHECKS = f"{_GUIDE}access-analyzer-reference-policy-checks.html"
_GRAMMAR = f"{_GUIDE}reference_policies_grammar.html"
_PRINCIPAL = f"{_GUIDE}reference_policies_elements_principal.html"
_NOT_PRINCIPAL = f"{_GUIDE}reference_policies_elements_notprincipal.html"
_RESOURCE = f"{_GUIDE}reference_policies_elements_resource.html"
_ACTION = f"{_GUIDE}reference_policies_elements_action.html"
_CONDITION = f"{_GUIDE}reference_policies_elements_condition.html"
_OPERATORS = f"{_GUIDE}reference_policies_elements_condition_operators.html"
_SEVERAL = f"{_GUIDE}reference_policies_condition-single-vs-multi-valued-context-keys.html"
_VARIABLES = f"{_GUIDE}reference_policies_variables.html"
_VERSION = f"{_GUIDE}reference_policies_elements_version.html"
_SID = f"{_GUIDE}reference_policies_elements_sid.html"
_QUOTAS = f"{_GUIDE}reference_iam-quotas.html"
_SHARED = f"{_GUIDE}id_roles_providers_oidc_secure-by-default.html"
_OIDC_ROLE = f"{_GUIDE}id_roles_create_for-idp_oidc.html"
_KEYS_OF_TOKENS = f"{_GUIDE}reference_policies_iam-condition-keys.html"
_GLOBAL_KEYS = f"{_GUIDE}reference_policies_condition-keys.html"
_MFA = f"{_GUIDE}id_credentials_mfa_configure-api-require.html"
_ARNS = f"{_GUIDE}reference-arns.html"
_PASS_ROLE = f"{_GUIDE}id_roles_use_passrole.html"
_PRACTICES = f"{_GUIDE}best-practices.html"
_REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
_SERVICES = f"{_REFERENCE}reference_policies_actions-resources-contextkeys.html"
_SUBJECT = "https://docs.github.com/en/actions/reference/security/oidc"


class Severity(StrEnum):
    """How grave a finding is; the gravest first."""

    SECURITY_WARNING = "security-warning"
    """The document opens more than it should."""
    ERROR = "error"
    """AWS would refuse the document, or a part of it has no effect or not the one that it is written for."""
    WARNING = "warning"
    """It works, and probably not as meant."""
    SUGGESTION = "suggestion"
    """It works as meant and can be written better."""

    @property
    def rank(self) -> int:
        """Position from 0, the gravest first."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """What is said of a rule wherever it is listed."""

    severity: Severity
    sentence: str
    """What is wrong where it is found."""
    reference: str
    """Address of the documentation."""
    refused: bool = False
    """Whether AWS would refuse to save a document with this fault."""


class Rule(StrEnum):
    """The rules, in the order in which their findings are told within one severity."""

    PASS_ROLE_ANY = "pass-role-any"  # noqa: S105 - a rule's name
    SELF_ESCALATION = "self-escalation"
    EVERYTHING_ALLOWED = "everything-allowed"
    PRINCIPAL_ANYBODY = "principal-anybody"
    SUBJECT_ANY_OWNER = "subject-any-owner"
    SUBJECT_UNBOUNDED = "subject-unbounded"
    NOT_ACTION_ALLOW = "not-action-allow"
    NOT_RESOURCE_ALLOW = "not-resource-allow"
    MFA_ABSENT = "mfa-absent"
    FOR_ALL_VALUES_ALLOW = "for-all-values-allow"
    IF_EXISTS_ALLOW = "if-exists-allow"

    DUPLICATE_JSON_KEY = "duplicate-json-key"
    ELEMENT_UNKNOWN = "element-unknown"
    ELEMENT_CONFLICT = "element-conflict"
    VALUE_TYPE = "value-type"
    TOO_LONG = "too-long"
    SIZE = "size"
    EMPTY_LIST = "empty-list"
    VERSION_INVALID = "version-invalid"
    STATEMENT_MISSING = "statement-missing"
    EFFECT_INVALID = "effect-invalid"
    SID_DUPLICATE = "sid-duplicate"
    SID_FORM = "sid-form"
    PROVIDER_CONTROL = "provider-control"
    NOT_PRINCIPAL_ALLOW = "not-principal-allow"
    PRINCIPAL_MISSING = "principal-missing"
    PRINCIPAL_UNWANTED = "principal-unwanted"
    PRINCIPAL_TYPE = "principal-type"
    PRINCIPAL_FORM = "principal-form"
    PROVIDER_FORM = "provider-form"
    TRUST_ACTION = "trust-action"
    PRINCIPAL_ACTION = "principal-action"
    ACTION_MISSING = "action-missing"
    ACTION_FORM = "action-form"
    SERVICE_UNKNOWN = "service-unknown"
    ACTION_UNKNOWN = "action-unknown"
    RESOURCE_MISSING = "resource-missing"
    RESOURCE_UNWANTED = "resource-unwanted"
    RESOURCE_FORM = "resource-form"
    ARN_PARTITION = "arn-partition"
    ARN_REGION = "arn-region"
    ARN_ACCOUNT = "arn-account"
    ARN_RESOURCE = "arn-resource"
    EXPECTED_REGION = "expected-region"
    EXPECTED_ACCOUNT = "expected-account"
    ACTION_NEEDS_STAR = "action-needs-star"
    ACTION_RESOURCE = "action-resource"
    OPERATOR_UNKNOWN = "operator-unknown"
    CONDITION_VALUE = "condition-value"
    KEY_FORM = "key-form"
    KEY_UNKNOWN = "key-unknown"
    KEY_NOT_CARRIED = "key-not-carried"
    KEY_IN_TWO_CASES = "key-in-two-cases"
    CONDITIONS_EXCLUDE = "conditions-exclude"
    SUBJECT_FORM = "subject-form"
    WILDCARD_LITERAL = "wildcard-literal"
    VARIABLE_FORM = "variable-form"
    VARIABLE_VERSION = "variable-version"
    CLAIM_FORM = "claim-form"

    SECRET_IN_POLICY = "secret-in-policy"  # noqa: S105 - a rule's name
    SERVICE_ALLOWED = "service-allowed"
    VERSION_MISSING = "version-missing"
    SUBJECT_WITHOUT_CONTEXT = "subject-without-context"
    SIZE_QUOTA = "size-quota"
    AUDIENCE_MISSING = "audience-missing"
    ACTION_WITHOUT_RESOURCE = "action-without-resource"
    ACTION_RESOURCE_UNDOCUMENTED = "action-resource-undocumented"
    ARN_UNDOCUMENTED = "arn-undocumented"
    SERVICE_UNDOCUMENTED = "service-undocumented"
    ACTION_UNDOCUMENTED = "action-undocumented"
    KEY_UNDOCUMENTED = "key-undocumented"
    KEY_NOT_FOR_ACTION = "key-not-for-action"
    KEY_WITHOUT_EFFECT = "key-without-effect"
    OPERATOR_TYPE = "operator-type"
    VALUE_NOT_TEXT = "value-not-text"
    WILDCARD_IN_EQUALS = "wildcard-in-equals"
    SET_OPERATOR_MISSING = "set-operator-missing"
    ADDRESS_PRIVATE = "address-private"

    VERSION_OLD = "version-old"
    EMPTY_CONDITION = "empty-condition"
    SET_OPERATOR_SINGLE = "set-operator-single"
    TOKEN_LEFT_OUT = "token-left-out"  # noqa: S105 - a rule's name
    PASS_ROLE_ANY_SERVICE = "pass-role-any-service"  # noqa: S105 - a rule's name
    ACTION_REDUNDANT = "action-redundant"
    RESOURCE_REDUNDANT = "resource-redundant"
    VALUE_REDUNDANT = "value-redundant"
    STATEMENT_REDUNDANT = "statement-redundant"

    @property
    def record(self) -> RuleRecord:
        """What is said of the rule."""
        return _RECORDS[self]

    @property
    def rank(self) -> int:
        """Position from 0, in the order of the rules."""
        return _RANKS[self]


def rule_of(fault: Fault) -> Rule:
    """Return the rule of a fault that the reader of policies finds. Raise ValueError for a text that is no JSON."""
    return Rule(fault.value)


def _security(sentence: str, reference: str) -> RuleRecord:
    return RuleRecord(Severity.SECURITY_WARNING, sentence, reference)


def _refused(sentence: str, reference: str) -> RuleRecord:
    return RuleRecord(Severity.ERROR, sentence, reference, refused=True)


def _error(sentence: str, reference: str) -> RuleRecord:
    return RuleRecord(Severity.ERROR, sentence, reference)


def _warning(sentence: str, reference: str) -> RuleRecord:
    return RuleRecord(Severity.WARNING, sentence, reference)


def _suggestion(sentence: str, reference: str) -> RuleRecord:
    return RuleRecord(Severity.SUGGESTION, sentence, reference)


_RECORDS: dict[Rule, RuleRecord] = {
    Rule.PASS_ROLE_ANY: _security("Any role of the account can be passed to a service.", _PASS_ROLE),
    Rule.SELF_ESCALATION: _security("Whoever holds these actions can give itself every other permission.", _PRACTICES),
    Rule.EVERYTHING_ALLOWED: _security("Every action is allowed on every resource.", _PRACTICES),
    Rule.PRINCIPAL_ANYBODY: _security("Everybody is admitted, whatever the account.", _PRINCIPAL),
    Rule.SUBJECT_ANY_OWNER: _security("The subject's pattern admits repositories of other owners.", _OIDC_ROLE),
    Rule.SUBJECT_UNBOUNDED: _security("Every token of the provider is admitted.", _OIDC_ROLE),
    Rule.NOT_ACTION_ALLOW: _security("Every action but the listed ones is allowed.", _PRACTICES),
    Rule.NOT_RESOURCE_ALLOW: _security("The actions are allowed on every resource but the listed ones.", _PRACTICES),
    Rule.MFA_ABSENT: _security(
        "Requests by long-term access keys carry no MFA key, and the condition lets them pass.", _MFA
    ),
    Rule.FOR_ALL_VALUES_ALLOW: _security("ForAllValues holds where the request does not carry the key.", _SEVERAL),
    Rule.IF_EXISTS_ALLOW: _security("IfExists holds where the request does not carry the key.", _OPERATORS),
    Rule.DUPLICATE_JSON_KEY: _refused("A key stands twice in one JSON object.", _GRAMMAR),
    Rule.ELEMENT_UNKNOWN: _refused("The element does not exist in the policy language.", _GRAMMAR),
    Rule.ELEMENT_CONFLICT: _refused("An element and its negation stand in one statement.", _GRAMMAR),
    Rule.VALUE_TYPE: _refused("The value is of a JSON type that the element does not take.", _GRAMMAR),
    Rule.TOO_LONG: _refused("The element is longer than any policy may be.", _QUOTAS),
    Rule.SIZE: _refused("The document is larger than AWS takes.", _QUOTAS),
    Rule.EMPTY_LIST: _refused("A list that must name something is empty.", _GRAMMAR),
    Rule.VERSION_INVALID: _refused("The Version does not exist.", _VERSION),
    Rule.STATEMENT_MISSING: _refused("The document has no statement.", _GRAMMAR),
    Rule.EFFECT_INVALID: _refused("Effect is neither Allow nor Deny.", _GRAMMAR),
    Rule.SID_DUPLICATE: _refused("Two statements have the same Sid.", _SID),
    Rule.SID_FORM: _refused("The Sid holds other characters than letters and digits.", _SID),
    Rule.PROVIDER_CONTROL: _refused(
        "The claim that AWS requires for this shared OIDC provider is not bounded.", _SHARED
    ),
    Rule.NOT_PRINCIPAL_ALLOW: _refused("AWS does not support NotPrincipal in an Allow.", _NOT_PRINCIPAL),
    Rule.PRINCIPAL_MISSING: _refused("The statement names no Principal.", _PRINCIPAL),
    Rule.PRINCIPAL_UNWANTED: _refused("A policy of this kind has no Principal.", _PRINCIPAL),
    Rule.PRINCIPAL_TYPE: _refused("The type of the principal does not exist.", _PRINCIPAL),
    Rule.PRINCIPAL_FORM: _refused("The principal is written in a form that AWS does not take.", _PRINCIPAL),
    Rule.PROVIDER_FORM: _error("The provider's ARN cannot be that of an OIDC provider.", _OIDC_ROLE),
    Rule.TRUST_ACTION: _refused("A trust policy may hold only the actions by which a role is assumed.", _GRAMMAR),
    Rule.PRINCIPAL_ACTION: _error("No principal of the statement can call its action.", _PRINCIPAL),
    Rule.ACTION_MISSING: _refused("The statement has neither Action nor NotAction.", _ACTION),
    Rule.ACTION_FORM: _refused("The action is not written service:Action.", _ACTION),
    Rule.SERVICE_UNKNOWN: _error("No service has this prefix.", _SERVICES),
    Rule.ACTION_UNKNOWN: _error("The service has no such action.", _SERVICES),
    Rule.RESOURCE_MISSING: _refused("The statement has neither Resource nor NotResource.", _RESOURCE),
    Rule.RESOURCE_UNWANTED: _refused("A trust policy has no Resource.", _RESOURCE),
    Rule.RESOURCE_FORM: _refused("The resource is neither an ARN nor *.", _RESOURCE),
    Rule.ARN_PARTITION: _refused("The ARN's partition does not exist, or is not that of its region.", _ARNS),
    Rule.ARN_REGION: _error("The ARN's region cannot be right.", _ARNS),
    Rule.ARN_ACCOUNT: _error("The ARN's account cannot be right.", _ARNS),
    Rule.ARN_RESOURCE: _error("No resource of the service has an ARN of this form.", _SERVICES),
    Rule.EXPECTED_REGION: _error("The ARN names another region than the expected one.", _ARNS),
    Rule.EXPECTED_ACCOUNT: _error("The ARN names another account than the expected one.", _ARNS),
    Rule.ACTION_NEEDS_STAR: _error('The action has no resource level: only Resource "*" grants it.', _SERVICES),
    Rule.ACTION_RESOURCE: _error("None of the statement's resources is one that the action works on.", _SERVICES),
    Rule.OPERATOR_UNKNOWN: _refused("The condition operator does not exist.", _OPERATORS),
    Rule.CONDITION_VALUE: _refused("The operator cannot compare this value.", _OPERATORS),
    Rule.KEY_FORM: _error("The condition key is not written as a prefix, a colon and a name.", _CONDITION),
    Rule.KEY_UNKNOWN: _error("The condition key does not exist.", _GLOBAL_KEYS),
    Rule.KEY_NOT_CARRIED: _error(
        "No request carries the condition key, so the statement never applies.", _KEYS_OF_TOKENS
    ),
    Rule.KEY_IN_TWO_CASES: _error("One key stands in two letter cases: both conditions must be met.", _CHECKS),
    Rule.CONDITIONS_EXCLUDE: _error("Conditions on one key can never be met together.", _CONDITION),
    Rule.SUBJECT_FORM: _error("No token of GitHub presents such a subject.", _SUBJECT),
    Rule.CLAIM_FORM: _error("No token of GitHub holds such a value of the claim.", _SUBJECT),
    Rule.SUBJECT_WITHOUT_CONTEXT: _warning(
        "Only a repository with a template of its own presents such a subject.", _SUBJECT
    ),
    Rule.WILDCARD_LITERAL: _error("The operator takes * and ? as plain characters, which no value holds.", _OPERATORS),
    Rule.VARIABLE_FORM: _error("A policy variable is not written ${key}.", _VARIABLES),
    Rule.VARIABLE_VERSION: _error("Without Version 2012-10-17 a policy variable is plain text.", _VARIABLES),
    Rule.SECRET_IN_POLICY: _warning("A value looks like a secret, and every reader of the policy sees it.", _PRACTICES),
    Rule.SERVICE_ALLOWED: _warning("Every action of a service is allowed on every resource.", _PRACTICES),
    Rule.VERSION_MISSING: _warning("Without Version the document is read as 2008-10-17.", _VERSION),
    Rule.SIZE_QUOTA: _warning("The document is larger than the default quota, or is so by its white space.", _QUOTAS),
    Rule.AUDIENCE_MISSING: _warning("The audience of the provider's tokens is not asked for.", _OIDC_ROLE),
    Rule.ACTION_WITHOUT_RESOURCE: _warning(
        'Only Resource "*" grants the action, and the statement names ARNs.', _SERVICES
    ),
    Rule.ACTION_RESOURCE_UNDOCUMENTED: _warning(
        "AWS documents the action for none of the statement's resources.", _SERVICES
    ),
    Rule.ARN_UNDOCUMENTED: _warning("AWS documents no resource of the service with such an ARN.", _SERVICES),
    Rule.SERVICE_UNDOCUMENTED: _warning("AWS documents no service of this prefix.", _SERVICES),
    Rule.ACTION_UNDOCUMENTED: _warning("AWS documents no action of this name.", _SERVICES),
    Rule.KEY_UNDOCUMENTED: _warning("AWS documents no condition key of this name.", _GLOBAL_KEYS),
    Rule.KEY_NOT_FOR_ACTION: _warning("Requests of the statement's actions do not carry the condition key.", _SERVICES),
    Rule.KEY_WITHOUT_EFFECT: _warning(
        "No request carries the condition key, so the condition says nothing.", _KEYS_OF_TOKENS
    ),
    Rule.OPERATOR_TYPE: _warning("The operator is not one for the condition key's type of data.", _OPERATORS),
    Rule.VALUE_NOT_TEXT: _warning("A number or boolean stands where text is compared.", _OPERATORS),
    Rule.WILDCARD_IN_EQUALS: _warning("The operator takes * and ? as plain characters.", _OPERATORS),
    Rule.SET_OPERATOR_MISSING: _warning("A key of several values needs ForAnyValue or ForAllValues.", _SEVERAL),
    Rule.ADDRESS_PRIVATE: _warning("aws:SourceIp never holds a private address.", _GLOBAL_KEYS),
    Rule.VERSION_OLD: _suggestion("Version 2008-10-17 lacks policy variables.", _VERSION),
    Rule.EMPTY_CONDITION: _suggestion("An empty condition says nothing.", _CONDITION),
    Rule.SET_OPERATOR_SINGLE: _suggestion("A key of one value needs no ForAnyValue or ForAllValues.", _SEVERAL),
    Rule.TOKEN_LEFT_OUT: _suggestion("ecr:* on an ARN does not grant the login to the registry.", _SERVICES),
    Rule.PASS_ROLE_ANY_SERVICE: _suggestion("The roles can be passed to any service.", _PASS_ROLE),
    Rule.ACTION_REDUNDANT: _suggestion("Another action of the list covers this one.", _CHECKS),
    Rule.RESOURCE_REDUNDANT: _suggestion("Another resource of the list covers this one.", _CHECKS),
    Rule.VALUE_REDUNDANT: _suggestion("Another value of the list covers this one.", _CHECKS),
    Rule.STATEMENT_REDUNDANT: _suggestion("Another statement covers this one.", _CHECKS),
}
_RANKS = {rule: position for position, rule in enumerate(Rule)}
