"""Reads the ``account`` section of a recording into :class:`probes.recording.account.AccountFacts`."""

from __future__ import annotations

from collections.abc import Callable

from probes.recording.account import (
    AccountFacts,
    AccountMoment,
    EvidenceFacts,
    ImageFacts,
    InlinePolicyFacts,
    RepositoryFacts,
)
from probes.recording.fields import Fields, json_text
from probes.recording.format import Content, read_content


def read_account(section: Fields, content: Callable[[Fields, str], Content]) -> AccountFacts:
    """The account's facts; ``content`` finds the file that a member names. RecordingError where one is amiss."""
    role, provider = section.section("role"), section.section("provider")
    image, evidence = section.section("image"), section.section("evidence")
    policies = {
        entry.text("name"): InlinePolicyFacts(entry.text("name"), json_text(entry.mapping("document")))
        for entry in section.sections("inline_policies")
    }
    prefix = evidence.text("prefix")
    return AccountFacts(
        account_id=section.text("account_id"),
        region=section.text("region"),
        reader_arn=section.text("reader_arn"),
        role_name=role.text("name"),
        role_arn=role.text("arn"),
        session_name=role.text("session_name"),
        role_created_at=role.moment("created_at"),
        max_session_seconds=role.integer("max_session_seconds"),
        provider_arn=provider.text("arn"),
        provider_url=provider.text("url"),
        provider_created_at=provider.moment("created_at"),
        audiences=provider.texts("audiences"),
        repositories=tuple(
            RepositoryFacts(entry.text("name"), entry.text("arn"), entry.text("tag_mutability"))
            for entry in section.sections("repositories")
        ),
        buckets=section.texts("buckets"),
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
                for entry in evidence.sections("objects")
            ),
        ),
        moments=tuple(_moment(entry, policies) for entry in section.sections("moments", required=True)),
        reconstructed=tuple(str(entry) for entry in section.reconstructed()),
    )


def _moment(entry: Fields, policies: dict[str, InlinePolicyFacts]) -> AccountMoment:
    names = entry.texts("inline_policies")
    for name in names:
        if name not in policies:
            raise entry.fault("inline_policies", f"names the policy {name[:80]!r}, which the section does not hold")
    return AccountMoment(
        key=entry.text("key"),
        provider=entry.flag("provider"),
        trust_subjects=entry.texts("trust_subjects"),
        trust_policy=json_text(entry.mapping("trust_policy")),
        inline_policies=tuple(policies[name] for name in names),
        image=entry.flag("image"),
        evidence=entry.flag("evidence"),
    )
