"""Whose AWS identity would be used, and whether AWS itself would be asked (``sts:GetCallerIdentity``, nothing else)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.reading import Known, Unreadable
from probes.aws.read.identity import read_identity
from probes.aws.session.access import AwsAccess, Patience
from probes.aws.session.profile import ProfileFacts, profile_facts
from probes.ledger import Ledger
from tui.readiness.check import Check, What, as_sentence, missing, note, ready, unknown

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
    if problem is None:
        found = read_identity(aws)
        if isinstance(found, Known):
            arn = (found.source.text if found.source else "").partition(" ")[2]
            region = f"region {aws.region}" if aws.region else "no region of its own"
            return ready(what, f"{arn or found.value.account}; {_whose(facts)}, {region}.")
        problem = aws.credentials_refused
        if problem is None:
            why, how = (found.why, found.how) if isinstance(found, Unreadable) else ("AWS knows no identity", "")
            return unknown(what, f"Not known: {why}.", as_sentence(how))
    told, way_out, commands = _sign_in(facts, as_sentence(problem.sentence), problem.way_out)
    return missing(what, told, way_out, *commands, code=ExitCode.CREDENTIALS)


def _whose(facts: ProfileFacts) -> str:
    return f"profile {facts.name}" if facts.chosen else "by botocore's own chain"


def _sign_in(facts: ProfileFacts, sentence: str, way_out: str) -> tuple[str, str, tuple[str, ...]]:
    """Return what is wrong, and how to sign in with what is configured here."""
    name = f" --profile {facts.name}" if facts.chosen and _plain(facts.name) else ""
    if facts.signs_in:
        return f"{sentence[:-1]} ({_whose(facts)}).", "Sign in.", (f"aws sso login{name}",)
    others = [each for each in facts.others if _plain(each)]
    listed = f"There are: {', '.join(others)}." if others else ""
    if not facts.exists:
        command = "aws configure list-profiles" if others else f"aws configure sso{name}"
        return sentence, f"Correct the name, or set it up. {listed}".rstrip(), (command,)
    if others and not facts.chosen:
        commands = (f"export AWS_PROFILE={others[0]}", f"aws sso login --profile {others[0]}")
        return sentence, f"Choose a profile of yours ({', '.join(others)}), or sign in.", commands
    if facts.chosen:
        return sentence, f"{as_sentence(way_out)} {listed}".rstrip(), (f"aws sso login{name}",)
    way_out = "Set up a profile, or give keys in the environment (AWS_ACCESS_KEY_ID and its like)."
    return sentence, way_out, ("aws configure sso",)


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
