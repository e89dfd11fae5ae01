"""What a judging process does: it takes attempts from standard input and writes what it concludes to standard output.

It is started by :mod:`tui.judging.processes` and ends with its standard input, so it cannot outlive the process that
started it. Both ends are one program of one user: what goes between them is pickled.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from contextlib import suppress
from typing import Any, BinaryIO

LENGTH = struct.Struct(">Q")


def send(stream: BinaryIO, value: Any) -> None:
    """Write one value. Raises OSError where nobody reads."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Return the next value. Raises EOFError where the other side has ended."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - from the process that started this one, or that this one started


def work(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Say by which rules this process judges, then answer each attempt and case with a conclusion; None for a failure.

    The process that asks judges once more what failed here, so that whatever is wrong shows there.
    """
    from diagnosis.replay.attempt import replay
    from diagnosis.replay.conclusion import conclusion_of
    from probes.store.rules import rules_version

    send(outgoing, rules_version())
    while True:
        attempt, case = receive(incoming)
        try:
            answer = conclusion_of(replay(attempt, case))
        except Exception:  # noqa: BLE001 - judged again, and reported, by the process that asked
            answer = None
        send(outgoing, answer)


def main() -> None:
    """Work until the other side ends, and leave without a word."""
    # The other side decides: it ends this process when it is interrupted itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever prints must not speak between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(EOFError, OSError, MemoryError):
        work(sys.stdin.buffer, answers)
    os._exit(0)  # nobody reads what a stream may still hold
