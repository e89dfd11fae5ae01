"""What must not leave stops an export and is told by its place: file, line, member and run, and never by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from compliant_chain import ComplyingRelease

from diagnosis.documents.packet import packet
from diagnosis.facts.case import Case
from tui.packet.files import PacketProblem
from tui.packet.write import Form, write

MADE = packet(ComplyingRelease().diagnosis(), Case())
KEY = "AKIA" + "QX7NP3LMZ2RTYV5K"


@pytest.mark.parametrize("zipped", [False, True])
def test_a_finding_stops_the_export_and_shows_where(zipped: bool, tmp_path: Path) -> None:
    second = MADE.attempts[1]
    dirty = replace(
        MADE,
        title='{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}',
        attempts=(MADE.attempts[0], replace(second, reason=f"as said\n{KEY}"), *MADE.attempts[2:]),
    )
    with pytest.raises(PacketProblem) as told:
        write(dirty, tmp_path / "packet.zip", Form(zipped=zipped))
    sentence = str(told.value)
    assert told.value.exit_code == 2
    assert "packet.json line" in sentence
    assert f"`attempts[1].reason` (run {second.run}, attempt {second.attempt}) holds an AWS access key id" in sentence
    assert "`title` holds a policy document" in sentence
    assert KEY not in sentence
    assert list(tmp_path.iterdir()) == []
