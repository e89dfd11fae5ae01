"""Whose AWS identity would be used, and whether AWS itself would be asked (``sts:GetCallerIdentity``, nothing else)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.reading import Known
from probes.aws.read.identity import read_identity
from probes.aws.session.access import AwsAccess, Patience
from probes.aws.session.profile import ProfileFacts, profile_facts
from probes.ledger import Ledger
from tui.readiness.check import Check, What, missing, note, ready, unknown

Tell = Callable[[Check], None]

_PATIENCE = Patience(connect=3.0, read=5.0, attempts=1, call=8.0, whole=12.0)


def look_at_aws(
    profile: str | None, region: str | None, what: What, ledger: Ledger, tell: Tell, *, allow_http: bool = False
) -> None:
    """Tell whose identity a profile is; for the role's account also what takes AWS's place."""
    facts = profile_facts(profile)
    aws = AwsAccess(
        ledger=ledger, clock=lambda: datetime.now(UTC), profile=profile, region=region, patience=_PATIENCE,
        allow_http=allow_http,
    )  # fmt: skip
    tell(_identity(aws, facts, what))
    if what is What.AWS:
        tell(_endpoints(facts, aws.foreign_endpoints))


def _identity(aws: AwsAccess, facts: ProfileFacts, what: What) -> Check:
    problem = aws.credentials_problem()
    found = read_identity(aws) if problem is None else None
    problem = problem or (aws.credentials_refused if not isinstance(found, Known) else None)
    if problem is not None:
        sentence, way_out, commands = _sign_in(
            facts, f"{problem.sentence[:1].upper()}{problem.sentence[1:]}.", problem.way_out
        )
        return missing(what, sentence, way_out, *commands, code=ExitCode.CREDENTIALS)
    if isinstance(found, Known):
        arn = (found.source.text if found.source else "").partition(" ")[2]
        region = f"region {aws.region}" if aws.region else "no region of its own"
        return ready(what, f"{arn or found.value.account}; {_whose(facts)}, {region}.")
    if found is None:  # pragma: no cover - a problem has been told
        return unknown(what, "It was not asked.")
    why, how = getattr(found, "why", "AWS knows no identity"), getattr(found, "how", "")
    return unknown(what, f"Not known: {why}.", f"{how[:1].upper()}{how[1:]}." if how else "")


def _whose(facts: ProfileFacts) -> str:
    return f"profile {facts.name}" if facts.chosen else "by botocore's own chain"


def _sign_in(facts: ProfileFacts, sentence: str, way_out: str) -> tuple[str, str, tuple[str, ...]]:
    """Return what is wrong, and how to sign in with what is configured here."""
    name = f" --profile {facts.name}" if facts.chosen and _plain(facts.name) else ""
    if facts.signs_in:
        return f"{sentence[:-1]} ({_whose(facts)}).", "Sign in.", (f"aws sso login{name}",)
    others = [each for each in facts.others if _plain(each)]
    if others and not facts.chosen:
        return sentence, f"Choose a profile of yours ({', '.join(others)}), or sign in.", (
            f"export AWS_PROFILE={others[0]}", f"aws sso login --profile {others[0]}",
        )  # fmt: skip
    if others:
        return (
            sentence,
            f"{way_out[:1].upper()}{way_out[1:]}. There are: {', '.join(others)}.",
            (f"aws sso login{name}",),
        )
    return (
        sentence,
        "Set up a profile, or give keys in the environment (AWS_ACCESS_KEY_ID and its like).",
        ("aws configure sso",),
    )


def _plain(name: str) -> bool:
    """Return whether a profile's name can stand in a command line as it is."""
    return (
        name.isascii()
        and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
        and not name.startswith("-")
    )


def _endpoints(facts: ProfileFacts, asked: tuple[str, ...]) -> Check:
    if not facts.endpoints and not asked:
        return ready(What.ENDPOINTS, "AWS's own.")
    told = "; ".join(facts.endpoints or asked)
    return note(
        What.ENDPOINTS, f"Another server takes AWS's place: {told}.",
        "What is said of the account then holds for what stands there.",
    )  # fmt: skip


def not_asked() -> Check:
    """Return that the account is not asked, by the user's own option."""
    return note(What.AWS, "Not asked (--no-live).", "The recorded side works without it.")
