"""Correct the audience: in the workflow where the account admits another one already, else at the provider."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagnosis.callers.comparison import compare_trust
from diagnosis.causes import Cause
from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane
from diagnosis.live.authentication import judge_role_trust
from diagnosis.live.run_claims import DEFAULT_AUDIENCE, RunClaims
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION, JsonObject, statements, with_statements
from diagnosis.remedies.offer import PUSH_AND_RUN, Choice, Offer, Situation, rerun_words, with_audience
from diagnosis.remedies.offers.session_name import admitted_session_name
from diagnosis.remedies.offers.trust import admit_subject
from diagnosis.remedies.rendering import cloudformation, shell, terraform_comment, terraform_resource
from diagnosis.steps.variables import is_legible
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def corrected_audience(situation: Situation) -> str | None:
    """Return an audience that provider and trust policy admit already, where the run asked for one that they do not.

    None where there is no such one, where the provider could not be read, or where the case file states the audience.
    """
    run, provider, role = situation.run, situation.account.provider, situation.account.role
    if (
        not situation.of(Cause.AUDIENCE_NOT_ADMITTED)
        or run.case.audience
        or run.release.step is None
        or not isinstance(provider, Known)
    ):
        return None
    listed = dict.fromkeys((DEFAULT_AUDIENCE, *provider.value.audiences))
    for audience in listed:
        if audience == run.audience or audience not in provider.value.audiences:
            continue
        if not isinstance(role, Known):
            return audience
        judged = judge_role_trust(replace(run, claims=with_audience(run.claims, audience)), role.value)
        if judged.outcome is not TrustOutcome.UNKNOWN and Cause.AUDIENCE_NOT_ADMITTED not in (
            *judged.causes,
            *judged.candidates,
        ):
            return audience
    return None


def situation_of(run: RunClaims, live: Assessment, jobs: tuple[str, ...] = ()) -> Situation:
    """Return the run and its problems, with the audience and the session name that the next run should ask for.

    ``jobs`` are those of the run's session: another session's problems of authentication are not this one's to mend.
    """
    problems = tuple(
        problem
        for problem in live.problems
        if problem.plane is not Plane.AUTHENTICATION or not jobs or set(jobs) & set(problem.jobs)
    )
    found = Situation(run, live.needs, problems, jobs=jobs, gaps=live.gaps)
    found = replace(found, corrected_audience=corrected_audience(found))
    return replace(found, corrected_session_name=admitted_session_name(found))


def correct_audience(situation: Situation) -> Choice | None:
    """Offer to change the workflow's input, which widens nothing; then the provider's list, or the trust policy."""
    problems = situation.of(Cause.AUDIENCE_NOT_ADMITTED)
    if not problems:
        return None
    at_provider = [problem for problem in problems if problem.checkpoint is Checkpoint.OIDC_TRUST]
    offers: list[Offer] = []
    if situation.corrected_audience:
        offers.append(_request(situation, situation.corrected_audience))
    # With the trust policy at odds too, the list alone would open nothing.
    if at_provider and (not offers or len(at_provider) == len(problems)):
        added = _add(situation)
        offers += [added] if added else []
    if situation.corrected_audience and not at_provider and not situation.refused_by_trust:
        # The provider admits what the run requests, so the trust policy could too.
        offers += admit_subject(replace(situation, corrected_audience=None), (Cause.AUDIENCE_NOT_ADMITTED,))
    return tuple(offers) or None


def _request(situation: Situation, audience: str) -> Offer:
    asked = situation.run.audience
    remove = audience == DEFAULT_AUDIENCE and situation.run.release.input("audience") is not None
    how = "Take the `audience` input out of" if remove else f"Set `audience: {audience}` in"
    return Offer(
        Remediation(
            id="request-admitted-audience",
            causes=(Cause.AUDIENCE_NOT_ADMITTED,),
            plane=Plane.AUTHENTICATION,
            checkpoint=situation.of(Cause.AUDIENCE_NOT_ADMITTED)[0].checkpoint,
            title="Request the audience that is admitted",
            words=f"{how} the step that assumes the role: the account admits {audience}, the workflow requests {asked}. "
            "No policy changes and nothing is widened.",
            owner=Owner.RELEASE_ENGINEERING,
            verify=PUSH_AND_RUN,
            changes=(Change(ChangeKind.EDIT_WORKFLOW, "audience", values=(audience,)),),
            difference=f"   with:\n-    audience: {asked}" if remove else f"   with:\n+    audience: {audience}",
        )
    )


def _add(situation: Situation) -> Offer | None:
    """Offer to add the requested audience to the provider's list."""
    provider, arn = situation.account.provider, situation.account.question.provider_arn
    audience, issuer = situation.run.audience, situation.account.question.issuer
    if arn is None or not isinstance(provider, Known) or not is_legible(audience):
        return None
    listed = [*provider.value.audiences, audience]
    words = ["aws", "iam", "add-client-id-to-open-id-connect-provider"]
    body = {"url": f"https://{issuer}", "client_id_list": listed}
    note = terraform_comment("in the resource that owns the provider: one more value, nothing else")
    return Offer(
        Remediation(
            id="add-provider-audience",
            causes=(Cause.AUDIENCE_NOT_ADMITTED,),
            plane=Plane.AUTHENTICATION,
            checkpoint=Checkpoint.OIDC_TRUST,
            title="Admit the audience at the provider",
            words=f"Add the audience {audience} to the provider's list. If the workflow's `audience` input is a mistake, "
            "correct that instead.",
            owner=Owner.CLOUD_SECURITY,
            verify=f"{rerun_words(situation.run)} It proves the OIDC trust gate.",
            changes=(Change(ChangeKind.ADD_AUDIENCE, arn, values=(audience,)),),
            widens=_let_in(situation, provider.value, audience),
            warnings=(
                f"Every role that trusts {arn} then takes tokens for {audience} too, unless it asks for another audience.",
            ),
            aws_cli=shell(*words, "--open-id-connect-provider-arn", str(arn), "--client-id", audience),
            terraform=f"{note}\n" + terraform_resource("aws_iam_openid_connect_provider", "github_actions", body, {}),
            cloudformation=cloudformation(
                "GitHubActionsProvider",
                "AWS::IAM::OIDCProvider",
                {"Url": f"https://{issuer}", "ClientIdList": listed},
            ),
        )
    )


def _let_in(situation: Situation, provider: OidcProvider, audience: str) -> tuple[str, ...]:
    """Return who gets the run's role beside the run, once the provider lists the audience too."""
    role = situation.account.role
    if not isinstance(role, Known) or isinstance(role.value.trust_policy.policy, Unparsable):
        return ()
    before, after = (
        _behind(role.value.trust_policy, provider.arn, audiences)
        for audiences in (provider.audiences, (*provider.audiences, audience))
    )
    compared = compare_trust(
        before, after, situation.run.attempt.repository, meant=situation.run.claims.sets, provider_arn=provider.arn
    )
    return (*(item.text for item in compared.newly_admitted), *compared.undecided)


def _behind(document: PolicyDocument, provider: Arn, audiences: Iterable[str]) -> PolicyDocument:
    """Return the trust policy as it works behind its provider: with a Deny of every audience that the provider does not list."""
    stop: JsonObject = {
        "Effect": "Deny",
        "Principal": {"Federated": str(provider)},
        "Action": WEB_IDENTITY_ACTION,
        "Condition": {"StringNotEquals": {f"{provider.resource_id}:aud": [*audiences]}},
    }
    return write_document(with_statements(document.tree, [*statements(document.editable()), stop]))
