"""The words for what one more run would come to: of a path after its changes, and of what the path admits."""

from __future__ import annotations

from diagnosis.documents.credentials import account_unread
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.outlook import Outlook, Prospect, outlook_now

_AGAIN = "what else ended the run may end it again"


def path_sentence(path: Path, after: Outlook) -> str:
    """Return what judging all gates again on the changed model has shown, without a capital: ``one more run then passes …``."""
    run = "one more run with a new tag" if after.taken_tag else "one more run"
    if after.prospect is Prospect.PASSES:
        return f"{run} then passes {path.all_gates}"
    if after.prospect is Prospect.PASSES_OPEN:
        return f"{run} then passes; {least_privilege_words(after)}"
    if after.prospect is Prospect.STOPS:
        still = " and ".join(after.stops_at)
        if not after.opened:
            return f"opens no gate for certain: still stopped at {still}"
        return f"opens {_counted(path, after)}; {run} still stops at {still}"
    if path.opens_all_understood:
        more = f" and {len(path.not_covered) - 1} more" if len(path.not_covered) > 1 else ""
        return f"opens every gate as far as the steps were understood; not covered: {path.not_covered[0]}{more}"
    if after.ended_elsewhere and not after.unproven:
        open_ = "" if after.least_privilege is Verdict.PASS else f"; {least_privilege_words(after)}"
        return f"opens {_counted(path, after)}; {_AGAIN}{open_}"
    also = f"; {least_privilege_words(after)}" if after.least_privilege is Verdict.FAIL else ""
    again = f"; {_AGAIN}" if after.ended_elsewhere else ""
    return f"opens {_counted(path, after)}; not proved: {', '.join(after.not_proved)}{also}{again}"


def nothing_foretold(diagnosis: Diagnosis) -> str:
    """Return, as sentences, what an empty forecast comes to: only gates that were proved to pass are said to."""
    now = outlook_now(diagnosis)
    if account_unread(diagnosis):
        return "The account was not read: nothing can be foretold."
    told = "Nothing: every gate passes today." if now.all_pass else "Nothing that is known would fail."
    return f"{told} What else ended the run may do so again." if now.ended_elsewhere else told


def least_privilege_words(outlook: Outlook) -> str:
    """Return what least privilege leaves open, as a clause."""
    if outlook.least_privilege is Verdict.FAIL:
        return "least privilege still fails, and so closure stays open"
    return "least privilege is not proved, and so closure stays open"


def tag_words(outlook: Outlook) -> str:
    """Return that one more run needs a new tag, as a clause with a foreign word; empty where it needs none."""
    return f"needs a new tag, {outlook.taken_tag} is taken" if outlook.taken_tag else ""


def admits_words(path: Path) -> str:
    """Return how much a path admits that was not admitted before."""
    if path.newly_admitted:
        return f"{len(path.newly_admitted)} beyond the need"
    if any(problem.gate is Gate.LEAST_PRIVILEGE for problem in path.still):
        return "nothing beyond what stands open today"
    return "nothing beyond the need"


def _counted(path: Path, after: Outlook) -> str:
    return path.all_gates if after.all_pass else f"{after.opened} of {len(after.gates)} gates"
