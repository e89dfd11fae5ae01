"""Read Pulumi's command line: the bucket that holds its state, and the program, which is not read.

Source: Pulumi documentation, "Managing state & backend options": a self-managed backend ``s3://BUCKET/PATH?region=…``, told
by ``pulumi login`` or ``PULUMI_BACKEND_URL``, with the objects below ``.pulumi/``; ``--secrets-provider awskms://…``.
"""

from __future__ import annotations

import re

from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import GREEN_RUN, bucket_arn, calls, not_judged, object_arn
from diagnosis.steps.tools.call import Call, arguments, has, option

_KIND = StepKind.PULUMI
_NOTE = "script.pulumi.backend"
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
    operations = _state(run, writes=runs or verb in _STATE) if runs or verb in _STATE else ()
    if verb in _STATE:
        return operations or (Operation(_KIND),)
    why = "what it makes is in the program and the state, and it makes that with the permissions of this role"
    return operations + not_judged(_KIND, f"pulumi {verb}"[:80], why, GREEN_RUN, may_push=verb not in _READS)


def _login(run: Call) -> None:
    words = arguments(run.tail, _VALUED)
    url = option(run.tail, "-c", "--cloud-url") or (words[1] if len(words) > 1 else "")
    run.notes[_NOTE] = "local" if has(run.tail, "--local", "-l") else url


def _state(run: Call, *, writes: bool) -> tuple[Operation, ...]:
    url = run.values.get("PULUMI_BACKEND_URL") or run.notes.get(_NOTE, "")
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
