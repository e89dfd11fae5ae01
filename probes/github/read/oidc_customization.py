"""Read how the repository customizes the subject claim of its OIDC tokens."""

from __future__ import annotations

from diagnosis.facts.reading import Known, Reading
from diagnosis.facts.runs import OidcCustomization, Repository
from probes.github.http.client import Client
from probes.github.http.errors import NotFound, ReadFailure
from probes.github.read.answers import members

_WHAT = "the OIDC subject customization"


def read_customization(client: Client, repository: Repository) -> Reading[OidcCustomization]:
    """Read what GitHub says of the subject's form. Where it cannot be read, more than one subject is possible."""
    path = f"/repos/{repository.full_name}/actions/oidc/customization/sub"
    try:
        value = members(client.object(path))
        use_default = value.maybe_flag("use_default")
        if use_default is None:
            return ReadFailure("GitHub's answer does not say whether the default is used", "try again").reading(_WHAT)
    except NotFound as failure:
        # Every repository has an answer, so a 404 is no knowledge about this one.
        return ReadFailure(
            "GitHub does not answer it: an older enterprise server, or a token that may not see it",
            "give the token `actions: read`",
            failure.permission,
        ).reading(_WHAT)
    except ReadFailure as failure:
        return failure.reading(_WHAT)
    return Known(
        OidcCustomization(
            use_default=use_default,
            include_claim_keys=value.maybe_texts("include_claim_keys"),
            use_immutable_subject=value.maybe_flag("use_immutable_subject"),
            sub_claim_prefix=value.maybe_text("sub_claim_prefix"),
        )
    )
