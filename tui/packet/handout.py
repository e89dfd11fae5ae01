"""The hand-out of a walkthrough: one page of Markdown with the speaker's lines and the addresses of what proves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from diagnosis.documents.walkthrough.steps import Proof, Step, Walkthrough
from probes.whole_writes import exit_code_of, parents_of, way_out_of
from tui.atomic_write import PlaceTakenError, write_bytes_atomically
from tui.packet.files import PacketProblem
from tui.packet.inert_text import line, link, markdown, markdown_link, paragraph, place_words
from tui.packet.leaving import require_clean_page


def handout_page(told: Walkthrough) -> str:
    """Return the page: the same for the same walkthrough."""
    return "\n".join([*_lines(told), ""])


def write_handout(told: Walkthrough, place: Path) -> Path:
    """Write the page where nothing is yet, ``~`` as the user's folder, whole or not at all.

    Raises PacketProblem; then nothing was written.
    """
    text = handout_page(told)
    parts = {f"step {number}": "\n\n".join(_texts(step)) for number, step in enumerate(told.steps, 1)}
    require_clean_page("hand-out", place.name, text, {"its title": told.title} | parts)
    try:
        whole = place.expanduser()
        with parents_of(whole):
            write_bytes_atomically(whole, text.encode(), over=False)
    except PlaceTakenError as error:
        raise PacketProblem(f"The hand-out was not written: {place}: {error.strerror}. Choose another name.") from None
    except OSError as error:
        why = f"The hand-out could not be written to {place}: {error.strerror or error}."
        raise PacketProblem(f"{why} {way_out_of(error, 'Choose another place.')}", exit_code_of(error)) from error
    except (RuntimeError, ValueError) as error:
        # The folder of a user who is not known, or a NUL in the name.
        raise PacketProblem(f"The hand-out could not be written to {place}: {error}. Choose another place.") from None
    return whole


def _texts(step: Step) -> Iterator[str]:
    """Yield every text of a step as it is."""
    yield from (step.title, step.line, step.account)
    for shown in step.shown:
        yield from (shown.word, shown.where)
    for note in step.notes:
        yield from (note.label, note.text)
    for proof in step.proofs:
        yield from (proof.text, proof.address)


def _lines(told: Walkthrough) -> Iterator[str]:
    yield f"# Walkthrough: {markdown(told.title)}"
    yield ""
    yield f"Closure of the chain: **{told.status}**. Each line below says no more than its evidence; addresses lead to it."
    if told.origin:
        yield from ("", f"Facts: {markdown(told.origin)}.")
    for number, step in enumerate(told.steps, 1):
        yield from _step(number, step)


def _step(number: int, step: Step) -> Iterator[str]:
    yield from ("", f"## {number}. {markdown(step.title)}", "", paragraph(step.line))
    if step.shown:
        shown = " → ".join(f"**{markdown(each.word)}** ({markdown(each.where)})" for each in step.shown)
        gate = f"{step.place.gate.label}: " if step.place is not None and step.place.gate is not None else ""
        yield from ("", f"{gate}{shown}")
    if step.notes:
        yield ""
    for note in step.notes:
        yield f"- {markdown(note.label)}: {markdown(note.text)}"
    if step.proofs:
        yield from ("", "Evidence:", "")
    for proof in step.proofs:
        yield f"- {_proof(proof)}"
    yield from ("", f"*{markdown(step.account)}*")
    for moved in step.moved:
        yield from ("", f"NOW, {moved.gate.label}: {moved.before.value} → {moved.after.value}")


def _proof(proof: Proof) -> str:
    known = f" ({markdown(proof.origin)})" if proof.origin else ""
    text = markdown(proof.text)
    if link(proof.address):
        return f"{text}{known}, {markdown_link(proof.address, place_words(proof.address))}"
    return f"{text}{known}, at {markdown(proof.address)}" if line(proof.address) else f"{text}{known}"
