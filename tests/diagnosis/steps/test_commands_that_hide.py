"""Commands that stand where a script is easily misread: traps, functions named like tests, xargs, the input of a loop."""

from __future__ import annotations

import re

import pytest
from cost import cost
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.reading import Absent, Known
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.shell.words import Variables, matches, parameter

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def read(script: str, files: Files | None = None) -> list[Operation]:
    known = files or Files({"V": Known("1.2\n"), "p.sh": Known('for x in "$@"; do docker push $R/$x; done')})
    found = operations_of_script(script, {"AWS_REGION": "us-east-1", "R": HOST}, known)[0]
    return [each for each in found if each.purpose is not Purpose.NOTHING]


@pytest.mark.parametrize(
    "script",
    [
        "done() { aws s3 ls s3://b; }\ntrap done EXIT\necho",
        "trap -- finish INT TERM\nfinish() { aws s3 ls s3://b; }\necho",
        "trap ./finish.sh EXIT",
        "test() { aws s3 ls s3://b; }\ntest",
        "for x in a; do cat; done < <(aws s3 ls s3://b)",
        "if true; then cat; fi < <(aws s3 ls s3://b)",
        "case x in x) cat;; esac <<< $(aws s3 ls s3://b)",
        'eval "$(ssh-agent -s); aws s3 ls s3://b"',
        "bash -euxo pipefail -c 'aws s3 ls s3://b'",
        "bash -ce 'aws s3 ls s3://b'",
        "seq 400 | xargs -n1 aws s3 ls s3://b",
        "echo '' | xargs aws s3 ls s3://b",
        "(( $(aws s3 ls s3://b | wc -l) > 0 ))",
        "X=$(( $(aws s3 ls s3://b | wc -l) + 1 ))",
        "X=$((`aws s3 ls s3://b`))",
        "for ((i = 0; i < $(aws s3 ls s3://b | wc -l); i++)); do echo; done",
        "((aws s3 ls s3://b) | (cat))",
        "echo ${AWS_X:-$(aws s3 ls s3://b)}",
        "Y=$AWS_X; echo ${Y:-$(aws s3 ls s3://b)}",
        "echo ${AWS_X:+$(aws s3 ls s3://b)}",
        "X=${X:-$(echo '{a}')}\naws s3 ls s3://b\necho '}'",
        "git config --global alias.ship '!aws s3 ls s3://b'",
        "git -c alias.ship='!aws s3 ls s3://b' ship",
        "docker compose run app",
        "docker compose -f ci.yml up -d",
        "docker compose exec -e AWS_SESSION_TOKEN app deploy",
        "docker exec -e AWS_SESSION_TOKEN app deploy",
        "docker run -v ~/.docker:/root/.docker own/tool push",
    ],
)
def test_a_call_is_seen_or_named(script: str) -> None:
    assert read(script)


def images(script: str) -> list[str | None]:
    return [each.target for each in read(script) if each.purpose is Purpose.PUSH]


@pytest.mark.parametrize(
    ("script", "pushed"),
    [
        ("X=$(echo ' a ' | xargs); docker push $R/$X", ["a"]),
        ("X=$(echo '  \"a\"' | xargs); docker push $R/$X", ["a"]),
        ("for x in $(printf ' a \\n b ' | xargs -n1); do docker push $R/$x; done", ["a", "b"]),
        ('echo "$R/a,$R/b" | xargs -d, -n1 docker push', ["a", "b"]),
        ('echo "$R/a,$R/b" | xargs -d , -rn1 docker push', ["a", "b"]),
        ('echo "a b" | xargs --max-args=1 -I{} docker push $R/{}', ["a b"]),
        ("printf 'a b\\nc d\\n' | xargs -L1 ./p.sh", ["a", "b", "c", "d"]),
        ("printf '\"a\"\\n' | xargs -I % docker push $R/%", ["a"]),
        ("printf 'a\\n b\\n' | xargs -P2 -I % docker push $R/%", ["a", "b"]),
        ("echo a b | xargs -n 1 -t echo", []),
    ],
)
def test_xargs_divides_its_input_as_it_is_told(script: str, pushed: list[str]) -> None:
    assert images(script) == [f"{HOST}/{name}" for name in pushed]


@pytest.mark.parametrize(
    ("script", "pushed"),
    [
        ("x=1; f() { local x=2; docker push $R/$x; }; f; docker push $R/$x", ["2", "1"]),
        ("f() { local -a A=(a); local x; x=b; }; f; docker push $R/z$x", ["z$x"]),
        ("f() { x=2; }; x=1; f; docker push $R/$x", ["2"]),
        ("X=ab; docker push $R/${X/#a/c}; docker push $R/${X/%b/c}; docker push $R/${X/%a/c}", ["cb", "ac", "ab"]),
        ("X=$(<V); docker push $R/$X", ["1.2"]),
        ("X=(a b c); docker push $R/${#X[@]}", ["3"]),
        ("X=(a b c); docker push $R/${X[@]:1:1}", ["${X[@]:1:1}"]),
        ("X=1; ((X++)); docker push $R/$X", ["$X"]),
        ("X=1; let X+=2; docker push $R/$X", ["$X"]),
        ("X=1; ((X == 1)); docker push $R/$X", ["1"]),
        ("i=7; for ((i = 0; i < 2; i++)); do docker push $R/$i; done", ["$i"]),
        ("X=$([ 1 = 1 ] && echo a || echo b); docker push $R/$X", ["a"]),
        ("declare -l X=AB; docker push $R/$X", ["$XAB"]),
        ("declare -n Y=X; X=a; docker push $R/$Y", ["$YX"]),
        ("f() { declare -g x=2; }; x=1; f; docker push $R/$x", ["2"]),
        ("declare -A M=([a]=x); M[a]=y; docker push $R/${M[a]}", ["${M[a]}"]),
        ("X=a; X[0]=b; docker push $R/$X", ["$X"]),
        ("X=$(printf '%03d' 7); docker push $R/$X", ["$(printf '%03d' 7)"]),
    ],
)
def test_a_value_is_what_the_shell_makes_it_or_not_known(script: str, pushed: list[str]) -> None:
    assert images(script) == [f"{HOST}/{name}" for name in pushed]


@pytest.mark.parametrize(
    "script",
    [
        "{ [ $Q = m ] && echo x=1 || echo x=2; } >> $GITHUB_OUTPUT",
        "if [ $Q = m ]; then echo x=1; else echo x=2; fi >> $GITHUB_OUTPUT",
        "case $Q in m) echo x=1;; *) echo x=2;; esac >> $GITHUB_OUTPUT",
        "X=$([ $Q = m ] && echo 1 || echo 2); echo x=$X >> $GITHUB_OUTPUT",
    ],
)
def test_what_one_of_two_ways_prints_is_not_handed_on_as_if_it_were_certain(script: str) -> None:
    assert "$" in operations_of_script(script, {})[1]["outputs.x"]


def test_more_items_than_are_followed_are_named() -> None:
    items = " ".join(f"i{number}" for number in range(400))
    found = read(f"echo {items} | xargs -I% -d' ' docker push $R/%")
    assert found[-1].purpose is Purpose.OPAQUE


@pytest.mark.parametrize(
    "script",
    [
        "A=(1 2); echo ${A[²]}",
        "shift ²",
        "X=$(echo a,b | cut -d, -f²)",
        "git rev-parse --short=² HEAD",
        "[ " + "a -o " * 1_500 + "b ]",
        "[ " + "! " * 1_500 + "b ]",
    ],
)
def test_no_script_is_too_strange(script: str) -> None:
    read(script)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("a = b -o a = a", True),
        ("a = a -a a = b", False),
        ("! a = b", True),
        ("! ! a = b", False),
        ("a = b -o -n $X", None),
    ],
)
def test_a_test_of_several_parts_holds_as_its_parts_do(test: str, holds: bool | None) -> None:
    found = images(f"if [ {test} ]; then docker push $R/yes; else docker push $R/no; fi")
    ways = {True: ["yes"], False: ["no"], None: ["yes", "no"]}[holds]
    assert found == [f"{HOST}/{way}" for way in ways]


@pytest.mark.parametrize(
    "script",
    [
        "X=" + "a" * 7_000 + "\ncase $X in *a*a*a*a*c) ;; esac\necho ${X//*a*a*a*c/} ${X##*a*a*a*c}",
        "echo {" + "," * 90_000,
        "echo " + "{1..1}" * 15_000,
    ],
)
def test_patterns_and_braces_take_no_longer_than_they_are_long(script: str) -> None:
    assert cost(lambda: read(script)) < 30


@settings(max_examples=examples(300), deadline=None)
@given(st.text(alphabet="ab*?", max_size=6), st.text(alphabet="ab", max_size=7))
def test_a_pattern_matches_and_cuts_as_a_shell_does(pattern: str, text: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(sign, sign) for sign in pattern)
    begins = [text[:at] for at in range(len(text) + 1) if re.fullmatch(expression, text[:at])]
    ends = [text[at:] for at in range(len(text), -1, -1) if re.fullmatch(expression, text[at:])]
    assert matches(text, pattern) is (text in begins)
    left = {
        "#": text.removeprefix(begins[0] if begins else ""),
        "##": text.removeprefix(begins[-1] if begins else ""),
        "%": text.removesuffix(ends[0] if ends else ""),
        "%%": text.removesuffix(ends[-1] if ends else ""),
    }
    for sign, expected in left.items():
        assert parameter(f"${{X{sign}{pattern}}}", Variables({"X": text}), lambda _: None) == expected


def test_every_file_that_a_script_has_written_is_another_than_the_commits() -> None:
    values = {f"script.written:f{number}.sh": "true" for number in range(300)}
    files = Files({"f299.sh": Known("echo")})
    found = operations_of_script("./f299.sh", values, files)[0]
    assert [each.purpose for each in found] == [Purpose.OPAQUE]


def test_more_words_than_are_looked_at_are_not_taken_for_all() -> None:
    found = read(f"f() {{ for x in $@; do :; done; docker push $R/${{2001}}; }}\nf {'a ' * 2_100}")
    assert Purpose.OPAQUE in [each.purpose for each in found]


def test_an_output_that_is_too_long_is_not_handed_on_in_part() -> None:
    script = "{ for i in {1..300}; do echo a=" + "x" * 400 + "; done; echo a=y; } >> $GITHUB_OUTPUT"
    found, handed_on = operations_of_script(script, {})
    assert [each.purpose for each in found][-1] is Purpose.OPAQUE
    assert handed_on["outputs.a"] in ("y", "x" * 400)


def test_a_known_program_that_was_fetched_is_read_and_the_repositorys_own_file_of_that_name_too() -> None:
    line = "./bin/aws s3 ls s3://b"
    fetched = read(line, Files({"bin/aws": Absent("file")}))
    assert [each.action for each in fetched] == ["s3:ListBucket"]
    own = read(line, Files({"bin/aws": Known(f"#!/bin/sh\ndocker push {HOST}/app")}))
    assert [each.purpose for each in own] == [Purpose.PUSH]
    assert [each.purpose for each in read(line)] == [Purpose.OPAQUE]


@pytest.mark.parametrize(
    "script",
    [
        "x=$(git rev-parse y) || C",
        "x=$(curl -f u) || { C; }",
        "x=`exit 1` || C",
        "x=$(false) || C",
        "if x=$(git tag -l y); then :; else C; fi",
        "if ! x=$(aws ecr describe-images --repository-name x); then C; fi",
        "$(exit 1) || C",
        "exit 0 & C",
        "{ echo; exit 0; } & wait; C",
        "sleep 1 && exit 0 & C",
        "true && { exit 0; } & C",
        "if true; then exit 0; fi & C",
        "case 5 in [[:digit:]]) C;; esac",
        "case v1 in v[[:digit:]]*) C;; esac",
        "[[ 5 == [[:digit:]] ]] && C",
        "[[ 5 == [0-9] ]] && C",
        "X=1; printf -v X 2; [ $X = 2 ] && C",
        "X=1; Y=$((X+=1)); [ $X = 2 ] && C",
        "X=1; : $((X=2)); [ $X = 2 ] && C",
        "echo ${GITHUB_REF#$(C)}",
        "T=${GITHUB_REF_NAME/x/$(C)}",
        "echo ${GITHUB_REF:?$(C)}",
        "case a in $(C)) : ;; esac",
        "case a in x|$(C)) : ;; esac",
    ],
)
def test_a_call_counts_wherever_its_command_may_run(script: str) -> None:
    assert any(
        each.action == "ecs:UpdateService"
        for each in read(script.replace("C", "aws ecs update-service --cluster c --service s"))
    )


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ("X=b; X=c & docker push $R/$X", "b"),
        ("X=b; { X=c; } & wait; docker push $R/$X", "b"),
        ("X=b && docker push $R/$X &", "b"),
    ],
)
def test_what_goes_on_in_the_background_sets_nothing_here(script: str, target: str) -> None:
    assert images(script) == [f"{HOST}/{target}"]
