"""The policies of an account of which several roles hang on the same ones, and what carrying out a path makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from arns import arn_of
from release_worlds import read, sound
from wire_release import ACCOUNT, CREATED, repository_arn

from diagnosis.diagnose import conclude
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Absent, Known
from diagnosis.policy import PolicyDocument
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind

PUSHES, DEPLOYS = "two roles push to one repository", "two roles in one job"
"""Releases of the same two roles: both push to one repository; the one pushes and the other deploys."""
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
APP = repository_arn("app")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ROLES = tuple(role.arn for role in sound(PUSHES).roles)


@dataclass(frozen=True)
class Documents:
    """The policies of one account by their names, each once, whoever it hangs on."""

    inline: Mapping[str, Mapping[str, PolicyDocument]]
    release: str = PUSHES
    managed: Mapping[str, PolicyDocument] = field(default_factory=dict)
    attached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    boundary: str = ""
    repository: PolicyDocument | None = None

    def of(self, state: AccountState) -> AccountState:
        """The account as one role has it."""
        role = str(state.question.role_arn)
        edge, own = self.boundary, self.repository
        return replace(
            state,
            inline_policies=Known(tuple(NamedPolicy(name, text) for name, text in self.inline[role].items())),
            attached_policies=Known(tuple(self._named(arn) for arn in self.attached.get(role, ()))),
            boundary=Known(self._named(edge)) if edge else Absent("permissions boundary"),
            repository_policy=Known(NamedPolicy("app", own)) if own else Absent("repository policy"),
        )

    def _named(self, arn: str) -> NamedPolicy:
        return NamedPolicy(arn.rpartition("/")[2], self.managed[arn], arn_of(arn))

    def diagnosis(self) -> Diagnosis:
        """The release in this account."""
        release = read(self.release)
        state = sound(self.release).state(release.question)
        account = replace(self.of(state), beside=tuple(self.of(each) for each in state.beside))
        return conclude(release.replays, account, release.case, made_at=CREATED)

    def after(self, path: Path, *, tightening: bool = True) -> Documents:
        """The account once the path was carried out, change after change, as AWS would take them."""
        inline = {role: dict(named) for role, named in self.inline.items()}
        attached = {role: list(self.attached.get(role, ())) for role in self.inline}
        managed, repository = dict(self.managed), self.repository
        for item in path.remediations:
            role = next((arn for arn in ROLES if f"(role {arn.rpartition('/')[2]})" in item.title), ROLES[0])
            for change in item.changes if tightening or not item.tightens else ():
                target, document = str(change.target), change.document
                match change.kind:
                    case ChangeKind.PUT_INLINE_POLICY if document is not None:
                        inline[role][target] = document
                    case ChangeKind.DELETE_INLINE_POLICY:
                        del inline[role][target]
                    case ChangeKind.REPLACE_ATTACHED_POLICY if document is None:
                        attached[role].remove(target)
                    case ChangeKind.ATTACH_POLICY if document is not None:
                        assert target not in managed
                        managed[target] = document
                        attached[role].append(target)
                    case ChangeKind.REPLACE_ATTACHED_POLICY | ChangeKind.REPLACE_BOUNDARY if document is not None:
                        managed[target] = document
                    case ChangeKind.REPLACE_REPOSITORY_POLICY:
                        repository = document
                    case kind:
                        pytest.fail(f"not a change of this account: {kind}")
        held = {role: tuple(listed) for role, listed in attached.items()}
        return replace(self, inline=inline, attached=held, managed=managed, repository=repository)
