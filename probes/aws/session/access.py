"""Make every call to AWS through a session that only reads, with short timeouts, a ledger, and one client a service.

``AWS_ENDPOINT_URL`` alone points it at another server; it is botocore's own setting, as are profiles and regions.
"""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from threading import RLock
from typing import Any

from botocore import xform_name
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.handlers import json_decode_policies
from botocore.loaders import Loader, create_loader
from botocore.session import Session

from diagnosis.facts.account import CredentialsProblem
from diagnosis.json_members import JsonMembers
from diagnosis.logs.scrubbed_values import scrub_values
from probes.aws.session.answer_bounds import LARGEST_ANSWER, Bounds
from probes.aws.session.answers import USED_AGAIN, scrub_answer_text
from probes.aws.session.call_recorder import Recorder
from probes.aws.session.errors import AwsCallError, BrokenAnswer, OperationRefused, call_error, chain_problem
from probes.aws.session.guard import Guard, credential_guard, reading_guard
from probes.aws.session.operations import Operation
from probes.ledger import Ledger

MAX_PAGES = 100
"""No listing is followed further: a server that always names a next page must not hold a probe for ever."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take, in seconds, and how often it is tried."""

    connect: float = 3.0
    read: float = 8.0
    """The longest silence within an answer."""
    attempts: int = 2
    call: float = 30.0
    """The longest time for a call, from the connection to the last byte of the last try."""
    whole: float = 45.0
    """The longest time for all calls together in which AWS is waited for; each whole answer gives some of it back."""
    answer_bytes: int = LARGEST_ANSWER
    listing_bytes: int = 32_000_000
    """Of all pages of one listing."""


@dataclass(frozen=True, slots=True, repr=False)
class GivenCredentials:
    """Credentials that come from the caller instead of botocore's chain: those of the embedded account."""

    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        return "GivenCredentials(…)"


_OF_NO_MACHINE: dict[str, Any] = {
    name: (in_file, None, os.devnull if name in ("config_file", "credentials_file") else default, conversion)
    for name, (in_file, _, default, conversion) in Session.SESSION_VARIABLES.items()
}
"""botocore's session variables without environment and files: no profile of theirs may reach the embedded account."""


NO_CONFIGURED_ENDPOINTS: dict[str, Any] = {"ignore_configured_endpoint_urls": True}
"""Settings of a client config that leave ``AWS_ENDPOINT_URL`` aside; botocore's stubs do not know the setting yet."""


@cache
def _loader(data_path: str | None) -> Loader:
    """Return the loader of botocore's service descriptions, one a process: they are most of what a client costs to build."""
    return create_loader(data_path)


def _share_descriptions(session: Session) -> None:
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))


def isolated_session(credentials: GivenCredentials | None = None) -> Session:
    """Return a plain session, without guard and ledger, that knows these credentials and nothing of the machine it runs on.

    The embedded account is built through it. Nothing that reads an account of others may use it.
    """
    session = Session(session_vars=_OF_NO_MACHINE)
    _share_descriptions(session)
    if credentials:
        session.set_credentials(credentials.access_key, credentials.secret_key)
    return session


class _GuardedSession(Session):
    """A botocore session that builds clients for listed services alone, and takes its credentials from elsewhere."""

    def __init__(
        self,
        guard: Guard,
        bounds: Bounds,
        credentials: Callable[[], Credentials | None],
        profile: str | None,
        *,
        isolated: bool,
    ) -> None:
        super().__init__(session_vars=_OF_NO_MACHINE if isolated else None, profile=profile)
        self._guard = guard
        self._bounds = bounds
        self._credential_source = credentials
        guard.watch(self)
        # Policy documents stay the text that IAM keeps: diagnosis parses them, and reports their faults.
        self.unregister("after-call.iam", json_decode_policies)  # type: ignore[arg-type] # the stub of handlers is narrower

    def get_credentials(self) -> Credentials | None:
        """Return those of the credential session; the reading session itself never runs the chain."""
        return self._credential_source()

    def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> BaseClient:
        """Create the client; raise :class:`OperationRefused`, before credentials are sought, for an unlisted service."""
        self._guard.check_service(service_name)
        client: BaseClient = super().create_client(service_name, *args, **kwargs)
        self._bounds.watch(client)
        return client


class _ChainSession(Session):
    """The session of botocore's credential chain: its clients are bounded too."""

    def __init__(self, bounds: Bounds, profile: str | None) -> None:
        super().__init__(profile=profile)
        self._bounds = bounds

    def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> BaseClient:
        """Create the client of a service that hands out credentials."""
        client: BaseClient = super().create_client(service_name, *args, **kwargs)
        self._bounds.watch(client)
        return client


class _LastCall(threading.local):
    """What this thread asked last, and the HTTP status it met: botocore drops it where a body cannot be parsed."""

    operation: Operation | None = None
    status: int = 0

    def begin(self, operation: Operation) -> None:
        self.operation, self.status = operation, 0

    def note(self, **event: Any) -> None:
        """Note the HTTP status, as the handler of ``before-parse``."""
        self.status = int(event["response_dict"].get("status_code") or 0)


class AwsAccess:
    """Read-only access to one AWS account by one profile.

    Building one costs nothing: sessions and clients are made by the first call, so in the worker that asks. All methods
    may be called from any thread. ``prepare`` is handed each session before use; the embedded account answers there.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Callable[[], datetime],
        profile: str | None = None,
        region: str | None = None,
        patience: Patience | None = None,
        credentials: GivenCredentials | None = None,
        prepare: Callable[[Session], None] | None = None,
        allow_http: bool = False,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.profile = profile
        self._region = region
        self._patience = patience or Patience()
        self._bounds = Bounds(
            seconds=self._patience.call,
            silence=self._patience.read,
            whole=self._patience.whole,
            body_bytes=self._patience.answer_bytes,
            allow_http=allow_http,
        )
        self._given = credentials
        self._prepare = prepare
        self._lock = RLock()
        self._last = _LastCall()
        self._session: _GuardedSession | None = None
        self._chain: Session | None = None
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self.credentials_refused: CredentialsProblem | None = None
        """Set once a call failed for want of good credentials."""

    def __repr__(self) -> str:
        return f"AwsAccess(profile={self.profile!r}, region={self._region!r})"

    @property
    def region(self) -> str | None:
        """The region given, else the one of profile or environment; None where neither names one."""
        if self._region:
            return self._region
        try:
            region = self._reading_session().get_config_variable("region")
        except Exception:  # noqa: BLE001 - a broken configuration file is reported by the first call, with its words
            return None
        return region if isinstance(region, str) else None

    def ask(self, operation: Operation, *, region: str | None = None, **params: object) -> JsonMembers:
        """Make one listed call. Returns AWS's answer; raises :class:`AwsCallError` whatever went wrong."""
        self._last.begin(operation)
        try:
            client = self.client(operation.client_name, region)
            with self._bounds.call():
                answer = getattr(client, xform_name(operation.name))(**params)
        except Exception as error:  # noqa: BLE001 - botocore, its plugins and credential processes raise whatever they like
            raise self._failure(operation, error) from None
        return _checked(operation, answer)

    def body(
        self, operation: Operation, most: int, *, region: str | None = None, **params: object
    ) -> tuple[JsonMembers, bytes]:
        """Make one listed call that answers with bytes, at most ``most`` of them; raises like :meth:`ask`."""
        self._last.begin(operation)
        try:
            client = self.client(operation.client_name, region)
            with self._bounds.call():
                answer = getattr(client, xform_name(operation.name))(**params)
                content = answer.pop("Body").read(most + 1)
            if len(content) > most:
                raise BrokenAnswer(f"it is more than {most} bytes")  # noqa: TRY301 - like any other fault
        except Exception as error:  # noqa: BLE001 - as in `ask`
            raise self._failure(operation, error) from None
        return _checked(operation, answer), content

    def pages(self, operation: Operation, *, region: str | None = None, **params: object) -> Iterator[JsonMembers]:
        """Make one listed call page by page, at most :data:`MAX_PAGES`; raises like :meth:`ask`."""
        self._last.begin(operation)
        try:
            client = self.client(operation.client_name, region)
            with self._bounds.call():
                pages = iter(client.get_paginator(xform_name(operation.name)).paginate(**params))
            size = 0
            for _ in range(MAX_PAGES):
                with self._bounds.call() as allowance:
                    page = next(pages, None)
                if page is None:
                    return
                size += allowance.received
                if size > self._patience.listing_bytes:
                    raise BrokenAnswer("its pages are too many bytes together")  # noqa: TRY301 - like any other fault
                yield _checked(operation, page)
            if next(pages, None) is not None:
                raise BrokenAnswer(f"more than {MAX_PAGES} pages")  # noqa: TRY301 - likewise
        except Exception as error:  # noqa: BLE001 - likewise
            raise self._failure(operation, error) from None

    def client(self, service: str, region: str | None = None) -> BaseClient:
        """Return the client of a service, built once. Raises :class:`OperationRefused` and whatever botocore raises."""
        where = region or self.region or "us-east-1"
        with self._lock:
            client = self._clients.get((service, where))
            if client is None:
                client = self._reading_session().create_client(service, region_name=where, config=self._config())
                self._clients[service, where] = client
            return client

    def credentials_problem(self) -> CredentialsProblem | None:
        """Return what is wrong with the reader's own credentials, before any call of the list is made; None: nothing known."""
        try:
            with self._lock:
                found = self._credentials()
            if found is None:
                raise NoCredentialsError  # noqa: TRY301 - worded like any other failure
            with self._bounds.call():
                found.get_frozen_credentials()
        except Exception as error:  # noqa: BLE001 - as in `ask`
            self.credentials_refused = self._of_profile(chain_problem(error))
            return self.credentials_refused
        return None

    @property
    def foreign_endpoints(self) -> tuple[str, ...]:
        """The servers that were asked in AWS's place, as ``scheme://host[:port]``; empty where AWS itself was."""
        return self._bounds.endpoints.foreign

    @property
    def last_operation(self) -> Operation | None:
        """The operation that this thread asked for last: the one to blame for an answer that cannot be used."""
        return self._last.operation

    def renew(self) -> None:
        """Forget sessions and credentials, so that the next call finds those of a new sign-in."""
        with self._lock:
            self._session = self._chain = None
            self._clients = {}
            self.credentials_refused = None

    def _failure(self, operation: Operation, error: Exception) -> AwsCallError:
        failure = call_error(operation, error, self._last.status)
        if (problem := failure.credentials_problem) is not None:
            self.credentials_refused = self._of_profile(problem)
        return failure

    def _of_profile(self, problem: CredentialsProblem) -> CredentialsProblem:
        """Return the problem with the profile in the command to sign in: without it another profile would be signed in."""
        named = (
            None
            if self._given
            else self.profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
        )
        if not named or not named.isprintable():
            return problem
        command = f"`aws sso login --profile {shlex.quote(named)}`"
        return replace(problem, way_out=problem.way_out.replace("`aws sso login`", command))

    def _reading_session(self) -> _GuardedSession:
        with self._lock:
            if self._session is None:
                profile = None if self._given else self.profile
                guard = reading_guard(self._on_refusal)
                session = _GuardedSession(
                    guard, self._bounds, self._credentials, profile, isolated=self._given is not None
                )
                self._make_ready(session)
                session.register("before-parse", self._last.note)
                self._session = session
            return self._session

    def _credentials(self) -> Credentials | None:
        """Return the given credentials, or those of botocore's chain, by a session that may do nothing but that."""
        if self._given:
            return Credentials(self._given.access_key, self._given.secret_key)
        with self._lock:
            if self._chain is None:
                chain = _ChainSession(self._bounds, self.profile)
                credential_guard(self._on_refusal).watch(chain)
                chain.set_default_client_config(self._config())
                # The exchange itself needs a region, even where nobody names one.
                chain.set_config_variable("region", self.region or "us-east-1")
                self._make_ready(chain)
                self._chain = chain
            return self._chain.get_credentials()

    def _make_ready(self, session: Session) -> None:
        _share_descriptions(session)
        Recorder(self.ledger).watch(session)
        if self._prepare:
            self._prepare(session)

    def _on_refusal(self, service: str, operation: str) -> None:
        self.ledger.record(
            service=service,
            operation=operation,
            target="",
            result="refused",
            started_at=self.ledger.clock(),
            duration=0.0,
        )

    def _config(self) -> Config:
        return Config(
            connect_timeout=self._patience.connect,
            read_timeout=self._patience.read,
            retries={"mode": "standard", "total_max_attempts": self._patience.attempts},
            max_pool_connections=16,
            user_agent_extra="planescope",
            s3={"addressing_style": "path"} if self._has_own_endpoint() else None,
            **(NO_CONFIGURED_ENDPOINTS if self._given else {}),
        )

    def _has_own_endpoint(self) -> bool:
        """Return whether another server stands in AWS's place: it has no host name for each bucket, the path names it."""
        if any(os.environ.get(name) for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")):
            return True
        try:
            profile = self._session.get_scoped_config() if self._session else {}
        except Exception:  # noqa: BLE001 - a broken configuration file is reported by the call itself
            return False
        return "endpoint_url" in profile or "services" in profile


def foreign_endpoints(aws: AwsAccess, registry: AwsAccess | None = None) -> tuple[str, ...]:
    """Return the servers that were asked in AWS's place by either access, each once."""
    return tuple(sorted({*aws.foreign_endpoints, *(registry or aws).foreign_endpoints}))


def _checked(operation: Operation, answer: object) -> JsonMembers:
    if not isinstance(answer, dict):
        raise call_error(operation, BrokenAnswer("no structure"))
    # The one door of every answer: tags, descriptions, Sids and conditions are written by people.
    return JsonMembers(scrub_values(answer, usable=USED_AGAIN, text=scrub_answer_text))


__all__ = ["AwsAccess", "GivenCredentials", "OperationRefused", "Patience", "foreign_endpoints"]
