"""Scripts around one command that fails, as a random source gives them, and what real bash makes of each."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from random import Random

GATE = "docker push 111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1"
SHELLS = (("-e",), ("--noprofile", "--norc", "-eo", "pipefail"), ())
"""What bash is started with: by default, as ``shell: bash``, and as ``shell: bash {0}``."""

SIMPLE = (
    *("{c}", "{c}", "timeout 5 {c}", "env A=b {c}", "command {c}", "time {c}", "{c} > log 2>&1", "{c} 2>/dev/null"),
    *(
        "{c} && ok",
        "{c} && bad",
        "ok && {c}",
        "bad || {c}",
        "{c} && ok && ok",
        "ok && {c} && ok",
        "{c} | cat",
        "ok | {c}",
    ),
    *(
        "{c} |& cat",
        "! {c}",
        "! ! {c}",
        "{c} &",
        "{c} & wait",
        "{c} & wait $!",
        "nohup {c}",
        "! ok | {c}",
        "{c} | ok | ok",
    ),
    *(
        "echo $({c})",
        "x=$({c})",
        'x="$({c})"',
        "export x=$({c})",
        "readonly x=$({c})",
        "x=$({c}; ok)",
        "x=$({c}) y=$(ok)",
    ),
    *("x=$(ok) y=$({c})", '[ -n "$({c})" ]', 'cat <<< "$({c})"', "cat < <({c})", "cat <({c})", "x=`{c}`", "ok $({c})"),
    *(
        "{c} > >(cat)",
        "x=a$({c})b",
        "x=($({c}))",
        "echo {{a,b}} && {c}",
        "{c} || ok || ok",
        "{c} || bad || bad",
        "$({c})",
    ),
)
HANDLED = (
    *(
        "{c} || true",
        "{c} || exit 1",
        "{c} || exit 0",
        "{c} || exit",
        "{c} || false",
        "{c} || :",
        "{c} || bad",
        "{c} || ok",
    ),
    *(
        "{c} || {{ echo no; exit 3; }}",
        "{c} || {{ exit 0; }}",
        "{c} || {{ bad; true; }}",
        "{c} || echo ::warning",
        "{c} || {c}",
    ),
    *(
        "{c} || (exit 2)",
        "{c} || (sleep 1 && {c})",
        "{c} && ok || exit 1",
        "{c} && ok || ok",
        "{c} || return 1",
        "{c} || ! ok",
    ),
    *("{c} || {{ ok; bad; }}", "{c} || x=1", "{c} || exit 256", "{c} || exit $?", "{c} || exit $none"),
)
COMPOUND = (
    *("if {c}; then ok; fi", "if {c}; then ok; else exit 2; fi", "if ! {c}; then exit 1; fi", "if ! {c}; then ok; fi"),
    *(
        "if ok; then {c}; fi",
        "if bad; then ok; else {c}; fi",
        "if ok && {c}; then ok; fi",
        "if {c}; then :; elif bad; then ok; fi",
    ),
    *(
        "if {c}; then :; else bad; fi",
        "({c})",
        "{{ {c}; }}",
        "{{ {c} && ok; }}",
        "({c} && ok)",
        "({c}; ok)",
        "{{ {c}; ok; }}",
    ),
    *(
        "while ! {c}; do break; done",
        "until {c}; do exit 1; done",
        "until {c}; do break; done",
        "while {c}; do ok; done",
    ),
    *("for i in 1 2; do {c}; done", "for i in 1 2 3; do {c} && break; done", "for i in 1 2; do {c} || true; done"),
    *(
        "for i in 1 2; do {c} && exit 0; sleep 1; done; exit 1",
        "for i in $(echo 1 2); do {c}; done",
        "for i in; do {c}; done",
    ),
    *(
        "n=0; until {c}; do n=$((n+1)); if [ $n -ge 2 ]; then exit 1; fi; done",
        "case a in a) {c};; esac",
        "case b in a) {c};; esac",
    ),
    *(
        "n=0; until {c} || [ $n -eq 2 ]; do n=$((n+1)); done",
        "case a in a) {c} && ok;; *) ok;; esac",
        "f() {{ {c}; }}; f",
    ),
    *(
        "f() {{ {c}; ok; }}; f",
        "f() {{ {c} && ok; }}; f",
        "f() {{ {c} || return 1; }}; f",
        "f() {{ {c} || return 0; }}; f",
    ),
    *(
        "f() {{ {c}; ok; }}; f || exit 1",
        "f() {{ {c}; }}; if f; then ok; fi",
        "f() {{ local x=$({c}); }}; f",
        "f() ( {c} ); f",
    ),
    *(
        "f() {{ local x; x=$({c}); }}; f",
        "f() {{ if ! {c}; then return 2; fi; ok; }}; f",
        "f() {{ {c}; return; }}; f; ok",
    ),
    *(
        "set +e; {c}; rc=$?; set -e; [ $rc -eq 0 ]",
        "set +e; {c}; rc=$?; if [ $rc -ne 0 ]; then exit $rc; fi",
        "set +e; {c}; exit $?",
    ),
    *(
        "rc=0; {c} || rc=$?; exit $rc",
        "rc=0; {c} || rc=1; [ $rc = 0 ]",
        '{c} || failed=1; [ -z "$failed" ]',
        "set +e\n{c}\nset -e",
    ),
    *(
        'failed=; {c} || failed=1; if [ -n "$failed" ]; then exit 1; fi',
        "rc=0; {c} || rc=$?; if (( rc != 0 )); then exit 1; fi",
    ),
    *(
        "rc=0; {c} || rc=$?; case $rc in 0) ok;; *) exit 1;; esac",
        "{c} | cat; [ ${{PIPESTATUS[0]}} -eq 0 ]",
        "{c} & p=$!; wait $p",
    ),
    *(
        "{c} & p=$!; ok & wait $p",
        "{c} & ok & wait $!",
        "{c} & p=$!; wait $p || true",
        "trap 'exit 0' EXIT; {c}",
        "trap ok EXIT; {c}",
    ),
    *(
        "trap 'exit 0' ERR; {c}",
        "trap 'exit 3' ERR; {c}",
        "trap 'exit 0' EXIT; trap - EXIT; {c}",
        "f() {{ exit 0; }}; trap f EXIT; {c}",
    ),
    *(
        'r() {{ "$@" || "$@"; }}; r {c}',
        'r() {{ for i in 1 2; do "$@" && return 0; done; return 1; }}; r {c}',
        "set -o pipefail; {c} | cat",
    ),
    *(
        'r() {{ for i in 1 2; do "$@" && return 0; done; }}; r {c}',
        "ok=0; for i in 1 2; do if {c}; then ok=1; break; fi; done; [ $ok = 1 ]",
    ),
    *(
        "set +o pipefail; {c} | cat",
        "shopt -s inherit_errexit; x=$({c}; ok)",
        "set -e; {c}",
        "exec {c}",
        "coproc {c}",
        "{c}; true",
        "[[ 1 ]] && {c}",
    ),
    *(
        "x=$(set -e; {c}; ok)",
        "ok; {c}",
        "true && {{ {c}; ok; }}",
        "! {{ {c}; }}",
        "{c} | while read x; do ok; done",
        "ok | while read x; do {c}; done",
    ),
    *(
        "while read x; do {c}; done < <(echo a)",
        "for ((i = 0; i < 2; i++)); do {c}; done",
        "select_=1; {c}",
        "echo a | xargs {c}",
        "cat <<E\n$({c})\nE",
    ),
)
QUOTED = (
    "eval {q}",
    "bash -c {q}",
    "bash -ec {q}",
    "bash -eo pipefail -c {q}",
    "sh -c {q}",
    "eval {q} || exit 1",
    "bash -c {q} || true",
)


def script(random: Random, depth: int) -> str:
    """A script in which the gate's command stands, within as many forms as that."""
    command, plain = GATE, True
    for _ in range(depth):
        forms = random.choice((SIMPLE, HANDLED, COMPOUND, COMPOUND, QUOTED))
        form = random.choice(forms)
        inner = command if plain or form in ("{c}", "{c}; true", "ok; {c}") else f"{{ {command}\n}}"
        if forms is QUOTED:
            command = form.format(q=shlex.quote(command))
        else:
            words = ("timeout", "env", "command", "nohup", "xargs", "exec", "r {c}", "coproc")
            if not plain and any(word in form for word in words):
                continue
            command = form.format(c=inner)
        plain = forms is QUOTED and "||" not in form
    before = random.choice(("", "", "ok\n", "set -u\n", "cd .\n"))
    after = random.choice(("", "", "\nok", "\necho done", "\nif ok; then ok; fi", "\nok && ok"))
    return f"{before}{command}{after}\n"


class Bash:
    """A folder in which docker fails, ``ok`` succeeds and ``bad`` fails; and bash in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir()
        for name, text in {"docker": ': > "$RAN"; exit 1', "ok": "exit 0", "bad": "exit 1", "sleep": "exit 0"}.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (programs / name).chmod(0o700)
        self._number = 0
        self._environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder)}

    def loses(self, text: str, options: tuple[str, ...]) -> bool:
        """Whether the script ends well although docker was run."""
        # A process of an earlier script may still run in the background.
        self._number += 1
        ran = self.folder / f"ran-{self._number}"
        (self.folder / "script.sh").write_text(text)
        done = subprocess.run(
            ["bash", *options, "script.sh"],
            cwd=self.folder,
            env={**self._environment, "RAN": str(ran)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=1,
            check=False,
        )
        return done.returncode == 0 and ran.exists()
