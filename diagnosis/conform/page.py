"""The rules as a page: ``python -m diagnosis.conform.page > docs/conform.md`` writes the documentation anew."""

from __future__ import annotations

import sys

from diagnosis.verdicts.conform_rule import ConformRule

_LEAD = """\
# `planescope conform`: a change, before it is merged

`planescope conform` compares what a pull request proposes with its base branch, and with what the releases of the
repository need. It reads files alone: no AWS account, no token, no network. This page is made from the rules
(`diagnosis/conform`) by `python -m diagnosis.conform.page > docs/conform.md`; do not edit it by hand.

## What is read

- **Documents** of both sides: policies as JSON, CloudFormation, Terraform plans as JSON, Terraform's language with literal
  documents. A role's documents are judged together, whatever files and forms they stand in: a renamed file, a policy that
  was split in two, a move from one form to another change nothing. A document of which no file says whose it is belongs to
  the one role that the workflows assume, where there is one; else name it: `--role FILE=ARN`.
- **Workflows** of both sides with what they call, local actions and the scripts of their steps. For each trigger the next
  run is modelled, and what it needs of AWS: a pull request's run as well.
- **What is not read is told where the change touches it**, with the way: programs that make infrastructure (the CDK, Pulumi),
  scripts that change policies, documents under odd names, submodules, resources that admit or grant without a document. What
  is open, such as a module from elsewhere, is as before only if all that it rests on is: its version, its arguments, defaults,
  files of values; and a document that is written as before only if the count or condition on which it comes to be, and the
  provider of Terraform that makes it, are. A file that neither side can read is as before only if its bytes are.
- **The base**: in a pull request's run the branch that GitHub names, else the remote's default branch, or `--base REF`;
  from the commit where this branch left it. Without a base everything is new.

## What counts

- A finding that is an `error` fails the command (exit code 1). What could not be read or decided, and is not so on the base
  branch too, is `unknown` (exit code 3): nothing but a narrower or equal reach passes silently. A `note` changes no exit
  code.
- **What was so before is a note**, marked as *already so on the base branch*: a change is not held to account for what it
  did not touch. `--all` lets it count.
- **A widening** is told as sets: the callers, actions and resources that the base refuses and this side does not, with a
  smallest example. It passes where it is **stated** in the case file with a rationale and an expiry, or where it is
  **exactly what a release of this repository needs**: then it is a note with the step that needs it; the refs that the
  filters of its `push` let through are needed as well. Both are taken out of the set first, so whatever goes beyond them is
  an error. What a pull request's run presents is never taken for needed:
  whoever opens one would decide it. A grant by which its holder can give itself more (`iam:` writes, `iam:PassRole` on
  every role) is an error, needed or not, unless it is stated.
- **A release that would be denied**: what the next run needs is judged on the documents of both sides, layers that no file
  tells taken alike on both. What is denied after the change and was not before is an error at the line of the document, or
  of the workflow where that changed. Of a role that no file describes nothing is known: a new need of it is `unknown`, and
  so is a policy that takes something away while no file says whose it is. What a role loses is
  `unknown` too where a step of a release that is not understood may need it. Refs that the workflow's filters let through
  count beside the one that is modelled.
- **Not pinned** is an error in the jobs of a release, its containers and services included, and in every other workflow's job
  that may ask for GitHub's token: to a role they look alike. Elsewhere in the files of a release it is a note.

## In the case file

```toml
[[widenings]]
role = "release"                         # a role's name, address or ARN, or a document's file; left out: any
grants = ["s3:PutObject"]                # action patterns,
on = ["arn:aws:s3:::evidence/*"]         # and the resource patterns on which they are meant
admits = ["repo:octo-org/shop:ref:refs/tags/v*"]  # subject patterns, principals, audiences
rationale = "evidence of each release is kept in S3, ticket 4713"
expires = 2027-06-30

[[exceptions]]                           # a second door that is meant
principal = "arn:aws:iam::210987654321:root"
rationale = "the platform team's break-glass role, ticket 4711"
expires = 2027-03-31
```

An entry accounts for the set that it names, until the end of its last day. One without a rationale or an expiry accounts
for nothing, and that is told. What a resource's own policy newly allows is stated only by an entry that names its document as
`role`, every new principal in `admits`, and the actions with their resources (`on = ["*"]` where the policy names none, as an ECR
repository's does): what is stated of a role says nothing of who may use a resource.

## The rules

| rule | finds | what to do | rests on |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page in Markdown."""
    rows = (
        f"| `{rule.value}` | {rule.record.sentence} | {_cell(rule.record.correction)} "
        f"| [documented]({rule.record.reference}) |"
        for rule in ConformRule
    )
    return _LEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    """Return a text as a cell of a table."""
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
