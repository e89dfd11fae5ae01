"""Write every call of a session into the ledger, whoever makes it: probe, paginator or botocore's credential chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.session import Session

from probes.aws.session.errors import error_code
from probes.ledger import Ledger


class Recorder:
    """Writes each call into the ledger as the events of a session tell of it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def watch(self, session: Session) -> None:
        """Record every call of the clients that this session will build."""
        events = session.get_component("event_emitter")
        events.register("provide-client-params", self._on_parameters)
        events.register_last("before-call", self._on_call)
        events.register("after-call", self._on_answer)
        events.register("after-call-error", self._on_error)

    def _on_parameters(self, params: Mapping[str, object], context: dict[str, Any], **_: object) -> None:
        context["planescope_target"] = _target(params)

    def _on_call(self, context: dict[str, Any], **_: object) -> None:
        context["planescope_started"] = (self._ledger.clock(), self._ledger.timer())

    def _on_answer(self, event_name: str, parsed: Mapping[str, Any], context: dict[str, Any], **kwargs: Any) -> None:
        status = getattr(kwargs.get("http_response"), "status_code", 200)
        error = parsed.get("Error") if isinstance(parsed, Mapping) else None
        code = error_code(error) if isinstance(error, Mapping) else ""
        self._record(event_name, context, "ok" if status < 300 else (code or f"HTTP {status}"))

    def _on_error(self, event_name: str, exception: Exception, context: dict[str, Any], **_: object) -> None:
        self._record(event_name, context, type(exception).__name__)

    def _record(self, event_name: str, context: dict[str, Any], result: str) -> None:
        _, service, operation = event_name.split(".", 2)
        # A call that failed before it was under way took no time.
        started_at, tick = context.get("planescope_started") or (self._ledger.clock(), self._ledger.timer())
        self._ledger.record(
            service=service,
            operation=operation,
            target=context.get("planescope_target", ""),
            result=result,
            started_at=started_at,
            duration=self._ledger.timer() - tick,
        )


_TARGETS = (
    "RoleName",
    "RoleArn",
    "OpenIDConnectProviderArn",
    "PolicyArn",
    "PolicySourceArn",
    "repositoryName",
    "repositoryNames",
    "ChildId",
    "TargetId",
    "PolicyId",
    "KeyId",
    "SecretId",
    "TopicArn",
    "QueueUrl",
    "QuotaCode",
    "analyzerArn",
    "LookupAttributes",
)
_DETAILS = ("PolicyName", "VersionId", "imageIds", "Key", "Prefix", "Filter")


def _target(params: Mapping[str, object]) -> str:
    """Say what a call is about, in a few words made of parameters that are known to be no secret."""
    if "Bucket" in params:
        return f"s3://{params['Bucket']}/{params.get('Key') or params.get('Prefix') or ''}"
    shown = [_flat(_shown(params[name])) for name in (*_TARGETS, *_DETAILS) if name in params]
    return " ".join(shown)


def _shown(value: object) -> object:
    """Return a parameter without the access key id that a lookup may be for."""
    attributes = value if isinstance(value, (list, tuple)) else ()
    if any(isinstance(item, Mapping) and item.get("AttributeKey") == "AccessKeyId" for item in attributes):
        return "AccessKeyId of a session"
    return value


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(_flat(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return " ".join(_flat(item) for item in value)
    return str(value)
