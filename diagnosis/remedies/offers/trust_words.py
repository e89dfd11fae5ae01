"""Write what a patch of a trust policy does, in the words of whoever has to merge it."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.causes import Cause
from diagnosis.claims.claim_set import ContextKind
from diagnosis.remedies.edits.trust_patch import PatchKind, TrustPatch
from diagnosis.remedies.offer import Situation
from diagnosis.trust.faults import Fault, Mend

_REVIEW = "A reviewer should agree that this run may publish."
_KEPT = "What is there already stays as it is."


def patch_title(patch: TrustPatch, causes: tuple[Cause, ...]) -> str:
    """Return the remediation's title."""
    mends = {fault.mend for fault in patch.faults}
    if causes == (Cause.AUDIENCE_NOT_ADMITTED,):
        return "Admit the audience for this subject"
    if patch.kind is PatchKind.EXCEPTED:
        return "Except exactly this subject from the Deny"
    if any(fault.keeps_out for fault in patch.faults):
        return "Admit exactly this run, which a condition keeps out"
    if patch.kind is PatchKind.COPIED and any(fault.cause is Cause.CLAIM_PIN for fault in patch.faults):
        return "Admit exactly this run, with every pin"
    if patch.kind is PatchKind.JOINED and not {_claim(fault) for fault in patch.faults} & {"sub", "aud"}:
        claims = dict.fromkeys(_claim(fault) for fault in patch.faults)
        return f"Add this run's {' and '.join(claims)} to the pin"
    if patch.kind in (PatchKind.CORRECTED, PatchKind.BOUND) and mends == {Mend.REPLACE}:
        claims = dict.fromkeys(_claim(fault) for fault in patch.faults)
        return f"Correct the listed {' and '.join(_NOUNS.get(claim, claim) for claim in claims)}"
    if patch.kind in (PatchKind.CORRECTED, PatchKind.BOUND) and len(mends) == 1:
        return _TITLES.get(next(iter(mends)), "Correct the statement")
    return (
        "Correct the statement"
        if patch.kind in (PatchKind.CORRECTED, PatchKind.BOUND)
        else "Admit exactly this subject"
    )


_NOUNS = {"sub": "subject", "aud": "audience"}
_TITLES = {
    Mend.REMOVE: "Remove the condition that nobody can meet",
    Mend.RENAME: "Correct the condition key",
    Mend.PRINCIPAL: "Name the provider in the statement",
    Mend.ACTION: "Allow the action in the statement",
}


def patch_words(situation: Situation, patch: TrustPatch, name: str) -> str:
    """Return what changes, what stays, and what a reviewer should ask."""
    subjects = tuple(formed.subject for formed in situation.claims.to_list)
    shown = " and ".join(subjects)
    parts: list[str] = []
    if patch.kind is PatchKind.EXCEPTED:
        parts.append(f"Except the subject {shown} from the Deny of the trust policy of {name}, exactly this one.")
    elif patch.kind is PatchKind.ADDED:
        parts.append(
            f"Add a statement for the subject {shown} to the trust policy of {name}: exactly this one, never a pattern."
        )
    elif patch.kind is PatchKind.COPIED:
        parts.append(_copied_words(patch, shown, name))
    else:
        done = dict.fromkeys(_mended(fault, subjects, situation.audience) for fault in patch.faults)
        parts.append(f"In the trust policy of {name}: {'; '.join(done)}.")
    if patch.kind is PatchKind.BOUND:
        parts.append(
            f"The statement then lists {shown}, exactly this one: as it is written it would let others in too."
        )
    parts.append(situation.claims.which_form)
    if patch.bounded:
        parts.append(
            f"{' and '.join(patch.bounded)} gets a bound in the same change, as wide as AWS takes it: AWS judges the whole "
            "policy when it is saved, and takes none with a statement that bounds neither sub nor job_workflow_ref."
        )
    parts.append(_REVIEW)
    if patch.opens_for_the_run_alone:
        shared = any(
            item.subject_context and item.subject_context.kind is ContextKind.PULL_REQUEST
            for item in situation.claims.sets
        )
        parts.append(
            "Nobody gets in anew who presents another subject." if shared else "Nobody beside this run gets in anew."
        )
    if patch.takes_nothing_away and patch.kind is not PatchKind.EXCEPTED:
        changed = patch.kind in (PatchKind.CORRECTED, PatchKind.BOUND) or patch.bounded
        parts.append("Nobody who gets in today is locked out." if changed else _KEPT)
    return " ".join(part for part in parts if part)


def _copied_words(patch: TrustPatch, shown: str, name: str) -> str:
    shut = [f"{fault.operator} on {_claim(fault)}" for fault in patch.faults if fault.keeps_out]
    if shut:
        return (
            f"Add a statement for {shown} to the trust policy of {name}, a copy of the nearest one with every condition of it "
            f"but {' and '.join(dict.fromkeys(shut))}, which keeps this run out: exactly this run."
        )
    pins = [fault for fault in patch.faults if fault.cause is Cause.CLAIM_PIN]
    why = ""
    if pins:
        claims = " and ".join(dict.fromkeys(_claim(fault) for fault in pins))
        why = f" with this run's {claims}, since to add them to the lists would admit every pair of their values"
    return (
        f"Add a statement for {shown} to the trust policy of {name}, a copy of the nearest one with every condition of "
        f"it{why}: exactly this run, and no pin is dropped."
    )


def _mended(fault: Fault, subjects: Iterable[str], audience: str) -> str:
    """Return what is done about one fault, as a clause."""
    if fault.mend is Mend.REMOVE:
        return f"remove the condition {fault.operator} on {fault.key}, which nobody can meet beside the rest"
    if fault.mend is Mend.RENAME:
        more = f", and add {fault.joined} to its values" if fault.joined else ""
        return f"write the condition key {fault.new} in the place of {fault.key}{more}"
    if fault.mend is Mend.REPLACE:
        return f"write {fault.new} in the place of {_visible(fault.old)}"
    if fault.mend is Mend.PRINCIPAL:
        return "name the provider's own ARN as the Federated principal"
    if fault.mend is Mend.ACTION:
        return "add sts:AssumeRoleWithWebIdentity to the actions of the statement"
    if fault.cause is Cause.AUDIENCE_NOT_ADMITTED:
        return f"admit the audience {audience} for {' and '.join(subjects)}, beside {' and '.join(map(_visible, fault.listed))}"
    if fault.cause is Cause.CLAIM_PIN or _claim(fault) != "sub":
        return f"add {fault.new} to the values of {_claim(fault)}, which keeps its pin"
    few = list(subjects)
    noun, what = ("subject", "exactly this one") if len(few) == 1 else ("subjects", "exactly these two")
    return f"add the {noun} {' and '.join(few)} to the list of {fault.operator}: {what}, never a pattern"


def _visible(text: str) -> str:
    return text if text.strip() == text and text.isprintable() else ascii(text)


def _claim(fault: Fault) -> str:
    return fault.key.rpartition(":")[2]


def patch_warnings(situation: Situation, patch: TrustPatch) -> tuple[str, ...]:
    """Return what a reviewer must not overlook: pins that were set on purpose, whom the patch lets in beside this run."""
    found: list[str] = []
    for fault in patch.faults:
        if fault.keeps_out:
            found.append(
                f"{_claim(fault)} is held back by {fault.operator} on purpose: ask who wrote that before this run is let in."
            )
        elif fault.cause is Cause.CLAIM_PIN:
            found.append(
                f"{_claim(fault)} was held to {' or '.join(fault.listed)} on purpose: a run that has it passes without any change."
            )
        if fault.mend is Mend.REMOVE and fault.key.lower().startswith("aws:"):
            found.append(
                f"{fault.key} was asked for on purpose: ask what it was to hold back; no GitHub job can meet it."
            )
    contexts = {item.subject_context.kind for item in situation.claims.sets if item.subject_context}
    if contexts == {ContextKind.PULL_REQUEST}:
        found.append("Every pull request from a branch of this repository presents this subject, before any review.")
    elif ContextKind.ENVIRONMENT in contexts:
        found.append("The environment's deployment rules decide which refs get this subject: look at them first.")
    lost = [item.text for item in patch.comparison.no_longer_admitted]
    if lost:
        found.append(
            f"The bound that AWS demands locks out {'; '.join(lost)}. Look at the role's recent sessions first: who needs the "
            "role is to be listed."
        )
    others = [item.text for item in patch.comparison.newly_admitted]
    if others:
        found.append(f"Beside this run it admits {'; '.join(others[:3])}.")
    if patch.comparison.undecided:
        found.append(f"Whom it admits beside this run was not decided: {' '.join(patch.comparison.undecided)}")
    return tuple(dict.fromkeys(found))
