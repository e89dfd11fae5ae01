"""Digests of what was read and decided, and is left out of a packet: policies, logs, workflow files.

Whoever gets such a document elsewhere can tell by its digest whether it is the one that was read. Of a policy the canonical
text is JSON with sorted names and without white space, of anything else the text as planescope keeps it: secrets replaced,
and account ids masked where the packet masks them, since a digest over an account id could be turned back into it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from diagnosis.documents.packet.content import Withheld
from diagnosis.documents.redaction import masked
from diagnosis.facts.account import AccountState, NamedPolicy, Role
from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import Attempt
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.diagnosis import Diagnosis

_POLICY = "A whole policy is never in a packet. The digest is of its JSON with sorted names, without white space"
_LOG = "A whole log is never in a packet. The digest is of its text as it was read, secrets replaced"
_FILE = "It can be read in the repository. The digest is of its text as it was read, secrets replaced"
_MASKED = ", account ids as twelve asterisks"


def withheld_of(diagnosis: Diagnosis, accounts: frozenset[str] | None) -> tuple[Withheld, ...]:
    """Return the digests, each document once. ``accounts``: those that are masked; None where nothing is."""
    found: dict[tuple[str, str], Withheld] = {}
    for name, text, why in (*_policies(diagnosis), *_texts(diagnosis)):
        kept = text if accounts is None else masked(text, accounts)
        digest = hashlib.sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()
        found.setdefault((name, digest), Withheld(name, digest, f"{why}{'' if accounts is None else _MASKED}."))
    return tuple(found.values())


def canonical(document: PolicyDocument) -> str:
    """Return a policy's canonical text; of one that is no policy, its text."""
    if not document.tree:
        return document.text
    return json.dumps(document.tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _policies(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    account = diagnosis.live.account if diagnosis.live else None
    for state in (account, *account.beside) if account else ():
        for name, document in policies_of(state):
            yield name, canonical(document), _POLICY


def policies_of(state: AccountState) -> Iterator[tuple[str, PolicyDocument]]:
    """Yield every policy document that was read of an account, each with what it is."""
    role = state.role.value if isinstance(state.role, Known) else None
    owner = _role_name(state, role)
    if role is not None:
        yield f"trust policy of {owner}", role.trust_policy
    for kind, reading in (("inline", state.inline_policies), ("attached", state.attached_policies)):
        for policy in reading.value if isinstance(reading, Known) else ():
            yield f"{kind} policy {policy.name} of {owner}", policy.document
    yield from _one("permissions boundary", state.boundary, f" of {owner}")
    for kind, levels in (("service control policy", state.scps), ("resource control policy", state.rcps)):
        for level in levels.value if isinstance(levels, Known) else ():
            yield from ((f"{kind} {policy.name} at {level.level}", policy.document) for policy in level.policies)
    yield from _one(f"policy of repository {state.question.repository or ''}".rstrip(), state.repository_policy, "")
    for each in state.repositories:
        yield from _one(f"policy of repository {each.arn.resource_id}", each.policy, "")
    for item in state.resource_policies:
        yield from _one(f"policy of {item.arn}", item.policy, "")
    if isinstance(state.registry_details, Known) and state.registry_details.value.key_policy is not None:
        yield "policy of the repository's key", state.registry_details.value.key_policy


def _role_name(state: AccountState, role: Role | None) -> str:
    if role is not None:
        return f"role {role.name}"
    arn = state.question.role_arn
    return f"role {arn.resource_id}" if arn else "the role"


def _one(kind: str, reading: Reading[NamedPolicy], owner: str) -> Iterator[tuple[str, PolicyDocument]]:
    if isinstance(reading, Known):
        yield f"{kind}{owner}", reading.value.document


def _texts(diagnosis: Diagnosis) -> Iterator[tuple[str, str, str]]:
    for replay in diagnosis.replays:
        attempt = replay.attempt
        if isinstance(attempt.workflow_file, Known):
            yield f"{attempt.workflow_path} at commit {attempt.head_sha}", attempt.workflow_file.value.text, _FILE
        yield from _logs(attempt)


def _logs(attempt: Attempt) -> Iterator[tuple[str, str, str]]:
    for job in attempt.jobs.value if isinstance(attempt.jobs, Known) else ():
        if isinstance(job.log, Known):
            name = f"log of job {job.name} (run {attempt.run_id}, attempt {attempt.attempt}, job {job.id})"
            yield name, job.log.value, _LOG
