"""Serve the storage side of the embedded GitHub: job logs, step logs and artifact archives as bytes."""

from __future__ import annotations

import io
import re
import zipfile

from probes.embedded.github.answers import Response
from probes.recording.format import RecordedArtifact, RecordedLog, Refusal, read_content
from probes.recording.view import RecordingView

_LOG = re.compile(r"/storage/logs/(?P<job>\d{1,18})(?:/(?P<step>\d{1,9}))?")
_ARTIFACT = re.compile(r"/storage/artifacts/(?P<artifact>\d{1,18})")
_BOM = b"\xef\xbb\xbf"
_STORED_BYTES = 1_000_000


def stored(view: RecordingView, path: str) -> Response | None:
    """Return the stored bytes at a path, or None."""
    if match := _LOG.fullmatch(path):
        job = view.job_by_id.get(int(match["job"]))
        if job is None or not isinstance(job.log, RecordedLog):
            return None
        log = job.log.read() if match["step"] is None else step_log(job.log, int(match["step"]))
        return None if log is None else Response(200, log, (("Content-Type", "text/plain"),))
    if match := _ARTIFACT.fullmatch(path):
        item = view.artifact_by_id.get(int(match["artifact"]))
        if item is None or isinstance(item.files, Refusal):
            return None
        return Response(200, archive(item), (("Content-Type", "application/zip"),))
    return None


def step_log(log: RecordedLog, number: int) -> bytes | None:
    """Return the lines of one step as GitHub keeps them in a file of its own, or None where its lines are not known."""
    for step, first, last in log.steps:
        if step == number:
            lines = log.read().removeprefix(_BOM).splitlines(keepends=True)
            return _BOM + b"".join(lines[first - 1 : last])
    return None


def archive(item: RecordedArtifact) -> bytes:
    """Return the artifact as a zip file, the same bytes each time."""
    out = io.BytesIO()
    members = () if isinstance(item.files, Refusal) else item.files
    read = [(name, read_content(content)) for name, content in members]
    # Stored, not deflated: what deflate writes differs between zlib builds, and the digest is part of the recording.
    # Large members are an exception, or the archive would be larger than the one that was recorded.
    packing = zipfile.ZIP_DEFLATED if sum(len(body) for _, body in read) > _STORED_BYTES else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", packing) as file:
        for name, body in sorted(dict(read).items()):
            entry = zipfile.ZipInfo(name, _date(item))
            entry.create_system = 3
            entry.compress_type = packing
            file.writestr(entry, body)
    return out.getvalue()


def _date(item: RecordedArtifact) -> tuple[int, int, int, int, int, int]:
    """Return the artifact's minute of creation; 1980 is the first year that a zip file knows."""
    match = re.match(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)", str(item.artifact.get("created_at", "")))
    year, month, day, hour, minute = (int(part) for part in match.groups()) if match else (1980, 1, 1, 0, 0)
    return (max(year, 1980), month, day, hour, minute, 0)
