"""What is told of a script on which the gate's command fails is held against real bash: it never says kept where bash ends well."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
from failing_scripts import COMPOUND, GATE, HANDLED, QUOTED, SHELLS, SIMPLE, Bash, script
from thoroughness import examples, some

from diagnosis.closure.steps.demotion.failing_paths import Fate, fate_of
from diagnosis.closure.steps.demotion.gate_commands import gate_command
from diagnosis.closure.steps.demotion.shell_builtins import options_of
from diagnosis.steps.commands import trace_of_script
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.shell.syntax import is_well_formed, script_of

NOT_READ = Fate(doubt="it is not read")
KEPT = Fate()


def fate(text: str, options: tuple[str, ...] = ("-e",)) -> Fate:
    """What becomes of the failure of the gate's command in a script."""
    trace = trace_of_script(text, {})
    visits = [visit for node in trace.nodes for visit in trace.of(node)]
    commands = {gate_command(visit.operations) for visit in visits} - {None}
    opaque = any(each.purpose is Purpose.OPAQUE for visit in visits for each in visit.operations)
    if not is_well_formed(text) or (opaque and not commands):
        return NOT_READ
    errexit, pipefail = options_of(options)
    fates = [
        fate_of(command, script_of(text), trace, errexit=errexit, pipefail=pipefail, values=lambda _: None)
        for command in commands
        if command is not None
    ]
    return next((each for each in fates if each != KEPT), KEPT)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is the judge here")
def test_what_bash_loses_is_never_said_to_be_kept(tmp_path: Path) -> None:
    bash = Bash(tmp_path)
    random = Random(20_261)  # noqa: S311 - the same examples in every run
    texts = [f"{form.format(c=GATE)}\n" for form in (*SIMPLE, *HANDLED, *COMPOUND)]
    texts += [f"{form.format(q=shlex.quote(GATE))}\n" for form in QUOTED]
    texts = [
        *some(texts, 4),
        *(f"{text}ok\n" for text in some(texts[2:], 4)),
        *(script(random, 2) for _ in range(examples(400))),
    ]
    missed = []
    for number, text in enumerate(texts):
        options = SHELLS[number % len(SHELLS)]
        if fate(text, options) != KEPT:
            continue
        try:
            lost = bash.loses(text, options)
        except subprocess.TimeoutExpired:
            continue
        if lost:
            missed.append((options, text))
    assert missed == []


def test_plain_forms_are_kept() -> None:
    push = GATE
    kept = [
        push,
        f"docker build -t app .\n{push}\necho done",
        f"docker build . && {push}",
        f"if ! {push}; then\n  echo '::error::no push'\n  exit 1\nfi",
        f"{push} || {{ echo no; exit 1; }}",
        f"set -euo pipefail\n{push} 2>&1 | tee push.log",
        f'out=$({push})\necho "$out"',
        "for tag in 1 2; do\n  docker push 111122223333.dkr.ecr.us-east-1.amazonaws.com/app:$tag\ndone",
        f'r() {{\n  n=0\n  until "$@"; do\n    n=$((n+1))\n    [ $n -ge 3 ] && return 1\n  done\n}}\nr {push}',
        f"for i in 1 2 3; do\n  {push} && exit 0\n  sleep 5\ndone\nexit 1",
        f"done=0\nfor i in 1 2 3; do\n  if {push}; then done=1; break; fi\ndone\n[ $done -eq 1 ]",
        f"set +e\n{push}\nstatus=$?\nset -e\nif [ $status -ne 0 ]; then exit $status; fi",
        f"{push} &\npid=$!\nwait $pid",
        f"trap 'rm -f log' EXIT\n{push}",
        f"bash -euo pipefail -c '{push}; true'",
        f"timeout 600 {push}",
        "aws ecr get-login-password | docker login -u AWS --password-stdin 111122223333.dkr.ecr.us-east-1.amazonaws.com",
        "docker login -u AWS -p $(aws ecr get-login-password) 111122223333.dkr.ecr.us-east-1.amazonaws.com",
        "$(aws ecr get-login --no-include-email --region us-east-1)\necho done",
        "aws ecr describe-repositories --repository-names app || aws ecr create-repository --repository-name app",
        f"if aws ecr describe-images --repository-name app --image-ids imageTag=1; then exit 0; fi\n{push}",
    ]
    assert [text for text in kept if fate(text) != KEPT] == []


def test_what_is_not_settled_is_neither_kept_nor_lost() -> None:
    for text in (
        f"{GATE} || exit $CODE",
        f'{GATE} || [ "$SOFT" = 1 ]',
        f'{GATE} & jobs="$jobs $!"\nfor j in $jobs; do wait $j; done',
        f"cat <<END\n$({GATE})\nEND",
        f'eval "$({GATE})"',
        f"watch {GATE}",
        f"if {GATE}",
    ):
        told = fate(text)
        assert told.doubt or told.loss, text
        assert told != KEPT, text


END = "set +e; {c}; rc=$?; "
"""The failure's number is kept, and what follows decides by it."""
KEPT_BY_A_TEST = (
    *("[ 0 -ne $rc ]", "[ 1 -le $rc ]", '[ "$rc" -ne 0 ]', '[ -n "$rc" ]', '[ "${rc}" != 0 ]', "(( rc ))"),
    *("(( rc > 0 ))", "[ $rc -ne 0 -a -n x ]", "[ -z x -o $rc -ne 0 ]", "[[ -z x || $rc -ne 0 ]]", "test $rc != 0"),
    *("[[ $rc -ne 0 && -n x ]]", "[ ! $rc -eq 0 ]", "[[ ! $rc == 0 ]]", "[ ! -z x -o -z x ]", "! (( rc == 0 ))"),
    *("[ ! $rc -lt 1 ]", "[ 2 -gt 1 ]", "[[ ! 2 -le 1 ]]", '[ ! "$rc" = 1 -o x ]', "! test 1 -eq 2"),
)
LOST_BY_A_TEST = (
    '[ $rc -ne 0 -a -n "" ]',
    '[ ! "" -o x ]',
    "[ ! x -o x ]",
    "[ $rc -lt 1 ]",
    "(( rc <= 0 ))",
    "[ 1 -gt $rc ]",
)
DOUBTED_BY_A_TEST = (
    *("[[ ! ( $rc == 0 || 1 == 1 || 1 == 2 ) ]]", "[[ $rc -ne 0 && -o errexit ]]", "[[ 8 -ne 010 ]]", "(( 010 != 8 ))"),
    *("[[ 010 -ne 8 ]]", "[ $rc -gt 1 ]", "[ $rc -eq 1 ]", "[ $rc -eq 12345678901 ]", '[ "$rc" = 1 ]', "(( none ))"),
    *(
        "(( rc * 2 ))",
        '[ "$SOFT" = 1 -o $rc -eq 0 ]',
        "[ -e file ]",
        "[ 2 -gt a ]",
        "[ ]",
        "[ x$rc = x0 ]",
        "[ $rc = ? ]",
        "[[ $rc != ? ]]",
    ),
)
FORMS = (
    *(
        "trap 'exit 0' EXIT; trap EXIT; {c}",
        "trap 'exit 0' 0; trap - EXIT; {c}",
        "trap -p; {c}",
        "set --; {c}; ok",
        "set +e; {c}; (( $? )) && exit 1; exit 0",
    ),
    *("set +e; set -o errexit; {c}; ok", "set -o nounset; {c}; ok", "{c} || exit 300", "{c} || exit -1", "{c} || exit"),
    *('case "$X" in a) ok;; *) {c};; esac', "f() { {c}; return $?; }; f || exit $?", "x='a b'; {c} || [ \"$x\" = a ]"),
    *(
        "{c} & wait 1 $!",
        "x=1; {c} || exit $x",
        "case a in $X) ok;; esac; {c}",
        "return 0; {c}",
        '{c} || { exit "$?"; }',
    ),
)
LOST_FORMS = (
    *("trap 'exit 0' EXIT; trap -p EXIT; {c}", "trap 'exit 0' EXIT; trap ERR; {c}", "trap 'exit 0' 0; {c}"),
    *(
        "set +o errexit; {c}; ok",
        "for i in 1 2; do {c} || continue 1; done",
        "{c} || exit 512",
        "while {c}; do continue; done",
    ),
    *("set +e; {c}; case $? in 0) exit 1;; esac", 'x=; until {c} || [ "$x" = aaa ]; do x="${x}a"; done'),
    *(
        "case x in [ab]) ok;; *) {c} || ok;; esac",
        "while ok; do {c} || break; done",
        "while break; do ok; done; {c} || ok",
    ),
    *(
        "set +e; {c}; case $? in x) exit 1;; esac",
        "mapfile -t x < <({c}); ok",
    ),
)
DOUBTED_FORMS = (
    "exit() { :; }; {c} || exit 1; echo ok",
    "{c} || exit 1111111111111111111111111",
    "{c} || exit 1 2\necho ok",
    "{c} 2>&1 | tee log && echo ok; exit ${PIPESTATUS[0]}",
    *('trap "$TRAP" EXIT; {c}', "trap 'exit 0' $SIGNAL; {c}", "set $OPTIONS; {c}; ok", "set -o $OPTION; {c}; ok"),
    *("for i in 1 2; do for j in 1 2; do {c} || break 2; done; done", "set +e; {c}; case $? in ?) exit 1;; esac; exit 0"),
    *('x=; until {c} || [ "$x" = aaaaaaaaaaaa ]; do x="${x}a"; done', "ok | " * 10 + "{c}", "{c} & wait -n"),
    *("if ok; then " * 12 + "{c} || ok" + "; fi" * 12, 'x="a b"; set +e; {c}; [ $x = 1 ] && exit 1; exit 0'),
    *("set +e; {c}; case $? in $X) exit 1;; esac", "( " * 20 + "{c}" + " )" * 20, "set +e; {c}; case $? in [1-9]) ;; esac"),
)  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is the judge here")
def test_what_is_settled_is_what_bash_does(tmp_path: Path) -> None:
    bash = Bash(tmp_path)
    kept = [*(f"{END}{each} && exit 1; exit 0" for each in KEPT_BY_A_TEST), *FORMS]
    lost = [*(f"{END}{each} && exit 1; exit 0" for each in LOST_BY_A_TEST), *LOST_FORMS]
    doubted = [*(f"{END}{each} && exit 1; exit 0" for each in DOUBTED_BY_A_TEST), *DOUBTED_FORMS]
    wrong = []
    for told, forms in (("kept", kept), ("lost", lost), ("doubted", doubted)):
        for form in forms:
            text = form.replace("{c}", GATE)
            found = fate(text)
            named = "lost" if found.loss else "doubted" if found.doubt else "kept"
            if named != told or (told != "doubted" and bash.loses(text, ("-e",)) is (told == "kept")):
                wrong.append((told, named, form))
    assert wrong == []
