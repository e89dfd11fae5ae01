"""The rules as a page: ``python -m diagnosis.baseline.page > docs/drift.md`` writes the documentation anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from diagnosis.baseline.rules import DriftRule

_LEAD = """\
# What `planescope drift` reviews

A baseline is a file of the repository, `planescope-baseline.json`, written by `planescope drift --accept --rationale TEXT` and
reviewed in pull requests like code. It holds, for all workflows that take AWS credentials:

- the acceptance: when, by whom, why, and until when;
- the GitHub side: ids, name, default branch, form of the subjects, the environments that jobs name with their protection, and each
  workflow's digest, triggers, contexts in which its jobs can ask for a token, roles, permissions and needs;
- the account's side: OIDC providers with their audiences and thumbprints, roles with tags, trust policy, inline and managed
  policies, boundary, and digests of the organization's control policies, ECR repositories with tag mutability, key and policy; of
  each the time at which it was made.

It holds ARNs and policy documents, so account ids too, and no secret: values that look like one are not kept, and a document that
holds one cannot be compared. What could not be read is written as `not_read` with the reason, and a later review of it is unknown.

`planescope drift` reads everything again and compares. Documents are compared by what they do: whom a trust policy admits and what
the role's policies grant within its boundary, as sets. One whose text alone is another one is a note.

## What is told beside the comparison

- **What a release would be refused.** Each release workflow is judged as it would run next, as `planescope diagnose` judges a run.
- **What no release uses.** A grant beyond the needs of all releases, an exact subject that no workflow can present, a role that no
  workflow assumes. What was so when the baseline was accepted is a note; what has come to be so fails the review. It is claimed
  only where every workflow was read, every role is known, the trust policy admits no other repository or principal, and no step
  that runs with the role is opaque; else it is unknown. The workflow files of other branches are read too where
  the trust policy admits them: of those that subjects name and of those with runs, ten at most. A tag's files are not.
- **What AWS says of use.** IAM's last-accessed information is read for each role
  (`iam:GenerateServiceLastAccessedDetails` starts a report; AWS lists it among the actions that read). It reaches back 400 days at
  most, comes up to four hours late, and counts attempts that were refused. A role that has had its policies since an acceptance
  30 days ago and never used a service needs no further proof; an action that was used since the acceptance is not claimed as
  unused. Leave it out with `--no-history`.
- **Images pushed outside of runs.** Images that were pushed since the acceptance (30 days without one) are compared with the times
  of the repository's runs and with CloudTrail's `PutImage` events. CloudTrail's event history reaches back 90 days, and is asked
  about the repositories in the registry and region of the first one. A push in the time of a run is unknown as long as no event
  shows who made it, and so is an image that came when CloudTrail shows no push: by replication, or by a pull through cache. A push
  by somebody else is told although its image is gone. Repositories from which releases only pull are not judged.

Who made a change, and when, stands with it where CloudTrail tells.

Ten further roles and thirty further ECR repositories are read beside the first of each; of others it is said that they were not.

## Exit codes

0: no drift. 1: a finding is an error. 2: no baseline, or one that cannot be used; what needs none is told all the same. 3: nothing
is wrong as far as is known, and something is not known. 4: credentials are lacking. With `--accept`: 0 where the whole state was
accepted, 3 where a part of it could not be read.

## The rules

This page is made from the rules (`diagnosis/baseline`) by `python -m diagnosis.baseline.page > docs/drift.md`; do not edit it by
hand.
"""


def page() -> str:
    """Return the page in Markdown."""
    return "\n".join((_LEAD, *_rules()))


def _rules() -> Iterator[str]:
    yield "| rule | finds | correction |"
    yield "| --- | --- | --- |"
    for rule in DriftRule:
        record = rule.record
        yield f"| `{rule.value}` | {record.sentence} [Documented]({record.reference}) | {record.correction} |"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
