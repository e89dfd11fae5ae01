"""Rules for refusals by a grant that is kept outside IAM: Kubernetes, a workspace, a database. No IAM action is missing.

Each says where the grant is kept, for that is where it has to be given.
"""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, other


def _kept(where: str, tell_apart: str = "") -> Seen:
    """Return the judgement of a refusal whose grant is kept there."""
    seen = other(Cause.OTHER_GRANT)
    cause = Cause.OTHER_GRANT
    sentence = f"No policy of IAM refuses here: {where}"
    return replace(
        seen, finding=replace(seen.finding, sentence=sentence, tell_apart=tell_apart or cause.tell_apart, candidates=())
    )


_CLUSTER = _kept(
    "the Kubernetes cluster does not know the identity. EKS admits it by an access entry, or by the aws-auth ConfigMap.",
    "aws eks list-access-entries, and describe-cluster for the authentication mode; kubectl get configmap aws-auth.",
)
_RBAC = _kept(
    "Kubernetes RBAC does. The cluster knows the identity, and no Role or ClusterRole bound to it, nor the access policy of "
    "its EKS access entry, allows the verb.",
    "kubectl auth can-i, with the verb and resource of the message, as the user that it names.",
)
_ADMISSION = _kept("an admission webhook of the cluster refused the object; its own policy decides.")
_DATABRICKS = _kept("Databricks keeps these grants in its workspace and in Unity Catalog.")
_DATABASE = _kept("the database keeps its users and their grants itself.")
_RDS_TOKEN = replace(
    _DATABASE,
    finding=replace(
        _DATABASE.finding,
        cause=None,
        candidates=(Cause.OTHER_GRANT, Cause.SERVICE_ACTION),
        sentence="The database refused the token: its user lacks the grant rds_iam, or the role lacks rds-db:connect on that user.",
        tell_apart="Read the user's grants in the database; evaluate rds-db:connect on the user's ARN.",
    ),
)
_BROKER = _kept(
    "Kafka's own access lists may; at a cluster with IAM access control the role lacks an action of kafka-cluster instead."
)
_SNOWFLAKE = _kept("Snowflake keeps these grants in its own roles.")
_SEARCH = _kept("the search domain's fine-grained access control keeps these grants in its own role mapping.")

_FORBIDDEN = re.compile(r"is forbidden: User \"[^\"]{0,2000}\" cannot \w+|Error from server \(Forbidden\)")
_UNKNOWN_TO_CLUSTER = re.compile(
    r"You must be logged in to the server|server has asked for the client to provide credentials"
    r"|Error from server \(Unauthorized\)|IAM principal doesn[’']t have access to Kubernetes objects"
    r"|Kubernetes cluster unreachable: (?:Unauthorized|.{0,200}provide credentials)"
)
_KAFKA = re.compile(
    r"(?:Topic|Group|Cluster|TransactionalId)AuthorizationException|Not authorized to access (?:topics|group)"
)
_BY_DATABASE = re.compile(
    r"Access denied for user '[^']{0,200}'@|password authentication failed for user|ORA-01017|Login failed for user '"
    r"|permission denied for (?:table|schema|relation|database|sequence|function|view) |pg_hba\.conf (?:rejects|entry)"
    r"|not authorized on \S{1,200} to execute command|ERROR 10(?:44|45) |NOPERM this user has no permissions"
    r"|must be owner of (?:table|relation|schema|database|function) "
)


def _kubernetes(text: str, _scene: LogContext) -> Seen | None:
    if _UNKNOWN_TO_CLUSTER.search(text):
        return _CLUSTER
    if "denied the request" in text and "admission webhook" in text:
        return _ADMISSION
    return _RBAC if _FORBIDDEN.search(text) else None


def _workspace(text: str, _scene: LogContext) -> Seen | None:
    """Judge a refusal in words that others use too: the line has to name Databricks, or what only Unity Catalog has."""
    refused = "PERMISSION_DENIED" in text or "ermission" in text or "403" in text or "does not have" in text
    named = "databricks" in text.lower() or "Unity Catalog" in text or re.search(r"USE (?:CATALOG|SCHEMA) on ", text)
    return _DATABRICKS if refused and named and "Google" not in text else None


def _database(text: str, _scene: LogContext) -> Seen | None:
    if "PAM authentication failed for user" in text:
        return _RDS_TOKEN
    return _DATABASE if _BY_DATABASE.search(text) else None


def _search(text: str, _scene: LogContext) -> Seen | None:
    return _SEARCH if "no permissions for [" in text and re.search(r"indices:|cluster:|User \[name=", text) else None


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "You must be logged in to the server",
            "provide credentials",
            "Error from server (",
            "is forbidden: User ",
            "Kubernetes cluster unreachable",
            "access to Kubernetes objects",
            "admission webhook",
        ),
        _kubernetes,
    ),
    Rule(("atabricks", "DATABRICKS", "Unity Catalog", "USE CATALOG", "USE SCHEMA"), _workspace),
    Rule(
        (
            "Access denied for user",
            "authentication failed for user",
            "ORA-01017",
            "Login failed for user",
            "permission denied for ",
            "pg_hba.conf",
            "not authorized on ",
            "ERROR 1044",
            "ERROR 1045",
            "NOPERM ",
            "must be owner of ",
        ),
        _database,
    ),
    Rule(("AuthorizationException",), lambda text, _scene: _BROKER if _KAFKA.search(text) else None),
    Rule(("Insufficient privileges to operate on",), lambda _text, _scene: _SNOWFLAKE),
    Rule(("no permissions for [",), _search),
)
"""Asked before the rules of other clouds and services, and after those of AWS's denials."""
