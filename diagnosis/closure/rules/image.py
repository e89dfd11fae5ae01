"""The published image: whether the tag holds what the closing run pushed, and who pushed it."""

from __future__ import annotations

from diagnosis.closure.catalogue import NO_SIDE_CHANNEL, TAG_AND_DIGEST
from diagnosis.closure.judged_chain import Chain
from diagnosis.closure.side_channel import judge_push
from diagnosis.facts.account import RegistryDetails
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.verdicts.closure import RuleVerdict


def tag_and_digest(chain: Chain) -> RuleVerdict:
    """Judge whether the registry holds the digest that a run of the chain recorded."""
    account = chain.account
    if account is None:
        return TAG_AND_DIGEST.unknown("The registry was not read.")
    if isinstance(account.image, Absent):
        details: Reading[RegistryDetails] = account.registry_details
        expires = isinstance(details, Known) and details.value.lifecycle_policy
        since = (
            "not pushed, deleted, or expired by the repository's lifecycle policy"
            if expires
            else "not pushed, or deleted"
        )
        return TAG_AND_DIGEST.unknown(f"The image is not in the registry ({since}).")
    if not isinstance(account.image, Known):
        return TAG_AND_DIGEST.unknown(f"The image could not be read: {account.image.why}.")
    image = account.image.value
    recorded = next((each.facts.digest.value for each in reversed(chain.replays) if each.facts.digest), None)
    expected = recorded or chain.case.digest
    text = f"{', '.join(image.tags)} = {image.digest}"
    proof = [Evidence(EvidenceKind.API_CALL, text, "ecr:DescribeImages", Origin.LIVE, account.read_at)]
    stated = _other_than_stated(chain.case, recorded or image.digest, image.tags)
    if stated:
        return TAG_AND_DIGEST.fails(stated, proof, "Correct the case file, or judge the release that it states.")
    if expected is None:
        return TAG_AND_DIGEST.unknown("No run of the chain tells the digest that it pushed.", proof)
    if expected != image.digest:
        return TAG_AND_DIGEST.fails(
            f"The tag holds {image.digest}, the run pushed {expected}.",
            proof,
            "Find who pushed the tag again, and release once more.",
        )
    return TAG_AND_DIGEST.passes("The tag holds the digest that the run recorded.", proof)


def no_side_channel(chain: Chain) -> RuleVerdict:
    """Judge who pushed the image."""
    push = judge_push(chain)
    return NO_SIDE_CHANNEL.verdict(push.verdict, push.reason, push.evidence, push.next_step)


def _other_than_stated(case: Case, digest: str, tags: tuple[str, ...]) -> str:
    """Return how the case's tag or digest contradicts what was published; empty where it does not."""
    if case.digest and case.digest.lower() != digest:
        return f"The case states the digest {case.digest}, the release has {digest}."
    if case.tag and tags and case.tag not in tags:
        return f"The case states the tag {case.tag}, the image has {', '.join(tags)}."
    return ""
