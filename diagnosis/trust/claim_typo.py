"""Tell a claim's value that is written wrong (a ref that is not in full, letter case) from one that means another run."""

from __future__ import annotations

_ADDRESSES = ("https://github.com/", "http://github.com/", "github.com/")


def claim_typo(claim: str, written: str, met: str) -> str:
    """Return how the value departs from the one that the run has, as a clause; empty where it means another one."""
    if set(written) & {"*", "?"} or written == met:
        return ""
    if written.strip() == met:
        return "a space stands at its end or beginning"
    if written.lower() == met.lower():
        return "the letter case differs"
    address = next((each for each in _ADDRESSES if written.startswith(each)), "")
    if address and written.removeprefix(address) == met:
        return f"an address ({address}) stands before it"
    if claim == "ref":
        return _REF_WORDS if _is_short_of(met, written) else ""
    if claim == "repository":
        return "the owner is missing" if met.partition("/")[2] == written else ""
    return _of_workflow_file(written, met) if claim == "job_workflow_ref" else ""


_REF_WORDS = "a ref is written in full, refs/heads/… or refs/tags/…"


def _is_short_of(ref: str, written: str) -> bool:
    parts = ref.split("/", 2)
    return len(parts) == 3 and written in (parts[2], f"{parts[1]}/{parts[2]}", f"refs/{parts[2]}")


def _of_workflow_file(written: str, met: str) -> str:
    file, _, ref = met.partition("@")
    own, at, named = written.partition("@")
    found: list[str] = []
    if own != file:
        if own not in (file.split("/", 1)[-1], file.split("/", 2)[-1], file.rpartition("/")[2]):
            return ""
        found.append("it begins with owner, repository and the file's whole path")
    if not at:
        found.append("the ref is missing after the file (@refs/heads/…)")
    elif named != ref:
        if not _is_short_of(ref, named):
            return ""
        found.append(_REF_WORDS)
    return " and ".join(found)
