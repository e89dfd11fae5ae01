"""Read the ``account`` section of a recording into :class:`probes.recording.account.AccountFacts`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from diagnosis.json_members import JsonMembers
from probes.recording.account import (
    AccountFacts,
    AccountMoment,
    EvidenceFacts,
    ImageFacts,
    InlinePolicyFacts,
    RepositoryFacts,
)
from probes.recording.format import Content, read_content
from probes.recording.read.json_file import reconstructed_in


def read_account(section: JsonMembers, content: Callable[[JsonMembers, str], Content]) -> AccountFacts:
    """Read the account's facts; ``content`` finds the file that a member names. Raises JsonFault where a member is amiss."""
    role, provider = section.object("role"), section.object("provider")
    image, evidence = section.object("image"), section.object("evidence")
    policies = {
        entry.text("name"): InlinePolicyFacts(entry.text("name"), _json_text(entry.mapping("document")))
        for entry in section.objects("inline_policies", ())
    }
    prefix = evidence.text("prefix")
    return AccountFacts(
        account_id=section.text("account_id"),
        region=section.text("region"),
        reader_arn=section.arn("reader_arn"),
        role_name=role.text("name"),
        role_arn=role.arn("arn"),
        session_name=role.text("session_name"),
        role_created_at=role.moment("created_at"),
        max_session_seconds=role.integer("max_session_seconds"),
        provider_arn=provider.arn("arn"),
        provider_url=provider.text("url"),
        provider_created_at=provider.moment("created_at"),
        audiences=provider.texts("audiences", ()),
        repositories=tuple(
            RepositoryFacts(entry.text("name"), entry.arn("arn"), entry.text("tag_mutability"))
            for entry in section.objects("repositories", ())
        ),
        buckets=section.texts("buckets", ()),
        image=ImageFacts(
            repository=image.text("repository"),
            tag=image.text("tag"),
            digest=image.text("digest"),
            pushed_at=image.moment("pushed_at"),
            size_bytes=image.integer("size_bytes"),
        ),
        evidence=EvidenceFacts(
            bucket=evidence.text("bucket"),
            prefix=prefix,
            written_at=evidence.moment("written_at"),
            objects=tuple(
                (prefix + entry.text("name"), read_content(content(entry, "file")))
                for entry in evidence.objects("objects", ())
            ),
        ),
        moments=tuple(_moment(entry, policies) for entry in section.objects("moments")),
        reconstructed=tuple(str(entry) for entry in reconstructed_in(section)),
    )


def _moment(entry: JsonMembers, policies: dict[str, InlinePolicyFacts]) -> AccountMoment:
    names = entry.texts("inline_policies", ())
    for name in names:
        if name not in policies:
            raise entry.fault("inline_policies", f"names the policy {name[:80]!r}, which the section does not hold")
    return AccountMoment(
        key=entry.text("key"),
        provider=entry.flag("provider"),
        trust_subjects=entry.texts("trust_subjects", ()),
        trust_policy=_json_text(entry.mapping("trust_policy")),
        inline_policies=tuple(policies[name] for name in names),
        image=entry.flag("image"),
        evidence=entry.flag("evidence"),
    )


def _json_text(value: Mapping[str, Any]) -> str:
    """Return a JSON object as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
