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
        _policy_key(entry): InlinePolicyFacts(entry.text("name"), _json_text(entry.mapping("document")))
        for entry in section.objects("inline_policies", ())
    }
    further = tuple(_image(entry) for entry in section.objects("further_images", ()))
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
        image=_image(image),
        evidence=EvidenceFacts(
            bucket=evidence.text("bucket"),
            prefix=prefix,
            written_at=evidence.moment("written_at"),
            objects=tuple(
                (prefix + entry.text("name"), read_content(content(entry, "file")))
                for entry in evidence.objects("objects", ())
            ),
        ),
        moments=tuple(
            _moment(entry, policies, {image.digest for image in further}) for entry in section.objects("moments")
        ),
        reconstructed=tuple(str(entry) for entry in reconstructed_in(section)),
        further_images=further,
    )


def _image(entry: JsonMembers) -> ImageFacts:
    return ImageFacts(
        repository=entry.text("repository"),
        tag=entry.text("tag"),
        digest=entry.text("digest"),
        pushed_at=entry.moment("pushed_at"),
        size_bytes=entry.integer("size_bytes"),
    )


def _policy_key(entry: JsonMembers) -> str:
    """Return what moments call a policy: its name, with ``@VERSION`` where its document was changed on the way."""
    return entry.text("name") + (f"@{entry.text('version')}" if entry.has("version") else "")


def _moment(entry: JsonMembers, policies: dict[str, InlinePolicyFacts], further: set[str]) -> AccountMoment:
    for digest in entry.texts("further_images", ()):
        if digest not in further:
            raise entry.fault("further_images", f"names the image {digest[:80]!r}, which the section does not hold")
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
        further_images=entry.texts("further_images", ()),
    )


def _json_text(value: Mapping[str, Any]) -> str:
    """Return a JSON object as compact text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
