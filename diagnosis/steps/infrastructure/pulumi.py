"""Read Pulumi's command line: the bucket that holds its state, and the program, which is not read.

Source: Pulumi documentation, "Managing state & backend options": a self-managed backend ``s3://BUCKET/PATH?region=…``, told
by ``pulumi login`` or ``PULUMI_BACKEND_URL``, with the objects below ``.pulumi/``; ``--secrets-provider awskms://…``.
"""

from __future__ import annotations

import re

from diagnosis.facts.reading import Absent
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.service_calls import GREEN_RUN, bucket_arn, calls, not_judged, object_arn
from diagnosis.steps.tools.call import Call, arguments, has, option
from diagnosis.steps.variables import is_legible
from diagnosis.steps.yaml_text import member, text_of, yaml_mapping

_KIND = StepKind.PULUMI
_NOTE = "script.pulumi.backend"
_PROJECT = ("Pulumi.yaml", "Pulumi.yml")
_VALUED = frozenset(
    {
        "-s",
        "--stack",
        "-C",
        "--cwd",
        "-m",
        "--message",
        "-c",
        "--config",
        "--config-file",
        "-p",
        "--parallel",
        "--color",
    }
    | {"--secrets-provider", "-t", "--target", "--replace", "--plan", "--policy-pack", "--exclude", "--cloud-url"}
)
_WRITES = frozenset({"up", "update", "deploy", "destroy", "refresh", "import", "cancel", "down", "dn", "rm"})
_READS = frozenset({"preview", "pre", "watch", "logs"})
_STATE = frozenset({"stack", "state", "config"})
_LOCAL = frozenset(
    {"install", "version", "help", "about", "plugin", "new", "whoami", "logout", "package", "convert", ""}
)
_BUCKET = re.compile(r"s3://([^/?\s]+)(?:/([^?\s]*))?(?:\?(\S*))?")


def read_pulumi(run: Call) -> tuple[Operation, ...]:
    """Return the calls on the state's bucket, and the mark for the program; ``pulumi login`` is noted for what follows."""
    verb = next(iter(arguments(run.tail, _VALUED)), "")
    if verb == "login":
        _login(run)
        return (Operation(_KIND),)
    if verb in _LOCAL or has(run.tail, "--help"):
        return (Operation(_KIND),)
    runs = verb in _WRITES or verb in _READS
    url = _backend(run) if runs or verb in _STATE else None
    operations = _state(url, writes=runs or verb in _STATE) if url else ()
    if verb in _STATE:
        if url is None:
            why = "where it keeps its state is not known"
            return not_judged(
                _KIND, f"the state of pulumi {verb}", why, f"let backend.url stand in Pulumi.yaml, or: {GREEN_RUN}"
            )
        return operations or (Operation(_KIND),)
    why = "what it makes is in the program and the state, and it makes that with the permissions of this role"
    return operations + not_judged(_KIND, f"pulumi {verb}"[:80], why, GREEN_RUN, may_push=verb not in _READS)


def _login(run: Call) -> None:
    words = arguments(run.tail, _VALUED)
    url = option(run.tail, "-c", "--cloud-url") or (words[1] if len(words) > 1 else "")
    run.notes[_NOTE] = "local" if has(run.tail, "--local", "-l") else url


def _backend(run: Call) -> str | None:
    """Return where the state is kept: empty for Pulumi's own cloud; None where that is not known."""
    given = run.values.get("PULUMI_BACKEND_URL") or run.notes.get(_NOTE)
    if given:
        return given if given.startswith("s3:") or is_legible(given) else None
    below = option(run.tail, "-C", "--cwd")
    folder = path_in(run.folder, below) if below else run.folder
    paths = [path for name in _PROJECT if (path := path_in(folder, name)) is not None]
    project = run.files.first(folder, _PROJECT) if folder is not None else None
    if project is None:
        absent = bool(paths) and all(isinstance(run.files.at(path), Absent) for path in paths)
        return "" if absent else None
    url = text_of(member(yaml_mapping(project[1]), "backend", "url")) or ""
    return url if not url or is_legible(url) else None


def _state(url: str, *, writes: bool) -> tuple[Operation, ...]:
    found = _BUCKET.fullmatch(url)
    if found is None:
        return calls(_KIND, None, "s3:ListBucket") if url.startswith("s3:") else ()
    bucket, path, query = found[1], (found[2] or "").strip("/"), found[3] or ""
    if "endpoint=" in query:
        return ()  # a store that is not S3
    region = re.search(r"(?:^|&)region=([a-z0-9-]+)", query)
    objects = object_arn(bucket, f"{path}/.pulumi/*" if path else ".pulumi/*")
    actions = ("s3:GetObject", *(("s3:PutObject", "s3:DeleteObject") if writes else ()))
    place = region[1] if region else None
    return calls(_KIND, bucket_arn(bucket), "s3:ListBucket", region=place) + calls(
        _KIND, objects, *actions, region=place
    )
