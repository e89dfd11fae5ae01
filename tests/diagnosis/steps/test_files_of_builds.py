"""What the languages of build files work out to: bake's expressions, make's variables, and what small commands print."""

from __future__ import annotations

import pytest
from cost import cost
from replay_builders import HOST

from diagnosis.facts.reading import Known
from diagnosis.hcl.parser import hcl_blocks
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.hcl import UNKNOWN, Value, Work, evaluated
from diagnosis.steps.tools.makefile import Makefile

NAMES: dict[str, Value] = {"TAG": "1", "LIST": ["a", "b"], "LISTS": [["a"], ["b"]], "MAP": {"k": "v"}, "EMPTY": ""}


def value(expression: str) -> Value | None:
    file = hcl_blocks(f"x = {expression}\n")
    return None if file is None else evaluated(file.attributes["x"], NAMES.get, {}, Work())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"a:${TAG}"', "a:1"),
        ('"$${TAG}"', "${TAG}"),
        ('"a\\tb\\"c"', 'a\tb"c'),
        ('"%{ if TAG }a%{ endif }"', f"{UNKNOWN}a{UNKNOWN}"),
        ("<<EOT\na ${TAG}\nEOT", "a 1"),
        ('["a", TAG,\n "c"]', ["a", "1", "c"]),
        ('{ a = TAG, "b": "2" }', {"a": "1", "b": "2"}),
        ("MAP.k", "v"),
        ('MAP["k"]', "v"),
        ("LIST[1]", "b"),
        ("LIST[7]", UNKNOWN),
        ("LIST[*]", UNKNOWN),
        ("TAG.k", UNKNOWN),
        ('TAG == "1" ? "yes" : "no"', "yes"),
        ('TAG != "1" ? "yes" : "no"', "no"),
        ('EMPTY != "" ? EMPTY : "none"', "none"),
        ('!(TAG == "1") ? "yes" : "no"', "no"),
        ('TAG == "1" && EMPTY == "" ? "yes" : "no"', "yes"),
        ('TAG == "2" || EMPTY == "" ? "yes" : "no"', "yes"),
        ('[for each in LIST : "r/${each}"]', ["r/a", "r/b"]),
        ('[for each in LIST : each if each != "a"]', ["b"]),
        ('[for key, each in MAP : "${key}-${each}"]', ["k-v"]),
        ("[for each in TAG : each]", UNKNOWN),
        ("{for each in LIST : each => each}", UNKNOWN),
        ("-1", UNKNOWN),
        ("true", "true"),
        ("null", ""),
        ("OTHER", "${OTHER}"),
        ('OTHER == "1" ? "yes" : "no"', UNKNOWN),
        ('"a', None),
        ("[for each of LIST : each]", None),
        ("{ a 1 }", None),
        (")", None),
    ],
)
def test_an_expression_of_a_bake_file_is_worked_out(expression: str, expected: Value | None) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A = x\nall:\n\techo $(A)\n", ["echo x"]),
        ("A ?= x\nA += y\nall:\n\t@echo ${A}\n", ["echo x y"]),
        ("E ?= x\nall:\n\techo $(E)\n", ["echo ${E}"]),
        ("A != date\nall:\n\techo $(A)\n", ["echo $(date)"]),
        ("A := $(shell git x)\nall:\n\techo $(A)\n", ["echo $(git x)"]),
        ("G = file\nall:\n\techo $(G)\n", ["echo given"]),
        (".DEFAULT_GOAL = b\na:\n\techo a\nb:\n\techo b\n", ["echo b"]),
        ("all: a b\na:\n\techo a\nb: ; echo b\n", ["echo a", "echo b"]),
        ("push-%:\n\techo $* $@\nall: push-x\n", ["echo x push-x"]),
        (".ONESHELL:\nall:\n\techo a\n\techo b\n", ["echo a\necho b"]),
        ("ifeq ($(G),given)\nA = x\nelse\nA = y\nendif\nall:\n\techo $(A)\n", ["echo x"]),
        ("ifneq ($(G),given)\nA = x\nelse ifdef G\nA = z\nelse\nA = y\nendif\nall:\n\techo $(A)\n", ["echo z"]),
        ("ifdef GITHUB_X\nA = x\nelse\nA = y\nendif\nall:\n\techo $(A)\n", ["echo ${MAKE_VALUE}"]),
        ("define A\nx\nendef\nall:\n\techo $(A)\n", ["echo ${MAKE_VALUE}"]),
        ("export A = x\nexport B\nall: B = y\nall:\n\techo $(A) $(B)\n", ["echo x y"]),
        (
            "A = a b\nall:\n\techo $(A:%=r/%) $(addprefix p/,$(A)) $(addsuffix .x,$(A))\n",
            ["echo r/a r/b p/a p/b a.x b.x"],
        ),
        ("A = x/a y/b\nall:\n\techo $(notdir $(A)) $(firstword $(A)) $(lastword $(A))\n", ["echo a b x/a y/b"]),
        ("A = a b\nall:\n\techo $(foreach i,$(A),$(i):1) $(patsubst %,q-%,$(A))\n", ["echo a:1 b:1 q-a q-b"]),
        ("A = a-b\nall:\n\techo $(subst -,.,$(A)) $(or ,$(A)) $(if $(A),y,n) $(strip  z )\n", ["echo a.b a-b y z"]),
        ("all:\n\techo $(sort b a) $$HOME $(info x)$(CURDIR)\n", ["echo ${MAKE_VALUE} $HOME ."]),
        ("include more.mk\nall:\n\techo $(M)\n", ["echo more"]),
    ],
)
def test_a_target_runs_its_recipe_with_makes_variables(text: str, expected: list[str]) -> None:
    file = Makefile({"G": "given"}, {"E": "set"})
    file.read(text, {"more.mk": "M = more\n"}.get)
    assert file.scripts([] if ".DEFAULT_GOAL" in text or "push-%" not in text else ["all"]) == expected
    assert file.whole


@pytest.mark.parametrize(
    "text",
    [
        "all:\n\techo $(foreach i," + "x " * 300 + ",$(i))\n",
        "all:\n\techo $(foreach i," + "x " * 150 + ",$(i)" + "y" * 100 + ")\n",
        "A = " + "x " * 3_000 + "\nA += " + "y " * 3_000 + "\nall:\n\techo $(A)\n",
    ],
)
def test_what_is_longer_than_make_is_followed_is_not_cut(text: str) -> None:
    file = Makefile({}, {})
    file.read(text, {}.get)
    assert file.scripts([]) == ["echo ${MAKE_VALUE}"]


def test_a_command_of_a_task_that_is_too_long_is_not_cut() -> None:
    task = f"tasks:\n  ship:\n    cmds: ['echo {'x' * 8_000}; docker push $R/a']\n"
    found = operations_of_script("task ship", {"R": HOST}, Files({"Taskfile.yml": Known(task)}))[0]
    assert {each.purpose for each in found} & {Purpose.OPAQUE, Purpose.PUSH}


def test_a_bake_file_is_read_in_linear_time_and_loops_are_not_cut() -> None:
    assert cost(lambda: hcl_blocks("x = <<A\n" + "<<A\n" * 40_000)) < 10
    assert value(f"[for x in [{'1,' * 600}] : x]") == UNKNOWN


def _pom(goal: str, phase: str, *, around: str = "build", plugin: str = "jib-maven-plugin") -> str:
    execution = f"<execution>{phase and f'<phase>{phase}</phase>'}<goals><goal>{goal}</goal></goals></execution>"
    made = f"<plugin><artifactId>{plugin}</artifactId><executions>{execution}</executions>"
    image = f"<configuration><to><image>{HOST}/app</image></to></configuration></plugin>"
    return f"<project><{around}><plugins>{made}{image}</plugins></{around}></project>"


@pytest.mark.parametrize(
    ("command", "name", "text", "expected"),
    [
        ("mvn package", "pom.xml", _pom("build", "package"), [f"{HOST}/app"]),
        ("mvn -B verify", "pom.xml", _pom("build", "package"), [f"{HOST}/app"]),
        ("mvn package -Djib.to.image=$R/other", "pom.xml", _pom("build", "package"), [f"{HOST}/other"]),
        ("mvn deploy", "pom.xml", _pom("push", "", plugin="dockerfile-maven-plugin"), [None, "opaque"]),
        ("mvn test", "pom.xml", _pom("build", "package"), []),
        ("mvn package", "pom.xml", _pom("dockerBuild", "package"), []),
        ("mvn package", "pom.xml", "<!--" + _pom("build", "package") + "-->", []),
        ("mvn package -Djib.skip", "pom.xml", _pom("build", "package"), []),
        ("mvn package", "pom.xml", _pom("build", "package", around="pluginManagement"), ["opaque"]),
        ("./gradlew build", "build.gradle", "build.dependsOn tasks.jib", ["opaque"]),
        ("./gradlew build", "build.gradle.kts", 'tasks.build { dependsOn("jib") }', ["opaque"]),
        ("./gradlew build", "build.gradle", "build.dependsOn test", []),
    ],
)
def test_a_push_that_a_build_binds_to_a_phase_is_seen(
    command: str, name: str, text: str, expected: list[str | None]
) -> None:
    found = operations_of_script(command, {"R": HOST}, Files({name: Known(text)}))[0]
    assert [
        "opaque" if each.purpose is Purpose.OPAQUE else each.target
        for each in found
        if each.purpose is not Purpose.NOTHING
    ] == expected


def test_a_file_that_cannot_be_included_leaves_the_makefile_unread() -> None:
    file = Makefile({}, {})
    file.read("-include a.mk\ninclude b.mk\n", {}.get)
    assert not file.whole


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("printf '%s-%s' a b", "a-b"),
        ("echo -e 'a'", "a"),
        ("echo A-B | tr '[:upper:]' '[:lower:]'", "a-b"),
        ("echo a-b | tr a-z A-Z", "A-B"),
        ("echo a.b | tr -d .", "ab"),
        ("echo a.b | tr . -", "a-b"),
        ("echo a/b | cut -d / -f 2", "b"),
        ("echo a/b | cut -d/ -f1", "a"),
        ("basename refs/heads/main", "main"),
        ("basename a/b.txt .txt", "b"),
        ("dirname x/y/z", "x/y"),
        ("git rev-parse HEAD", "c" * 40),
        ("git rev-parse --short HEAD", "c" * 7),
        ("git rev-parse --short=9 HEAD", "c" * 9),
        ("cat VERSION", "1.2"),
        ("""echo '{"a": {"b": "x"}}' | jq -r .a.b""", "x"),
        ("echo a | tee", "a"),
        ("printf 'rare\\r\\n' | tr -d '\\r'", "rare"),
        ("echo abc | cut -d- -f2", "abc"),
        ("basename -s .git x/y.git", "y"),
        ("""echo '{"a": "x"}' | jq .a | tr -d '"'""", "x"),
    ],
)
def test_what_a_small_command_prints_is_the_tag(command: str, expected: str) -> None:
    files = Files({"VERSION": Known("1.2\n")})
    script = f"X=$({command})\ndocker push $R/$X\n"
    found = operations_of_script(script, {"R": HOST, "GITHUB_SHA": "c" * 40}, files)[0]
    assert [each.target for each in found if each.purpose is Purpose.PUSH] == [f"{HOST}/{expected}"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('equal(TAG, "1")', "true"),
        ('notequal(TAG, "1")', "false"),
        ('and(equal(TAG, "1"), false)', "false"),
        ("or(false, true)", "true"),
        ("not(false)", "true"),
        ('upper(lower(trimspace(" a ")))', "A"),
        ('replace("a.b", ".", "-")', "a-b"),
        ('trimprefix("v1", "v")', "1"),
        ('trimsuffix("v1", "1")', "v"),
        ('split(",", "a,b")', ["a", "b"]),
        ('coalesce(EMPTY, "a")', "a"),
        ('format("%s:%s", "a", TAG)', "a:1"),
        ('format("%d", TAG)', UNKNOWN),
        ('sanitize("a/b.c")', "a_b_c"),
        ('join("-", LIST)', "a-b"),
        ('concat(LIST, ["c"])', ["a", "b", "c"]),
        ("concat(LISTS...)", ["a", "b"]),
        ('concat(["x"], LISTS...)', ["x", "a", "b"]),
        ("concat(TAG...)", UNKNOWN),
        ("concat(OTHER...)", UNKNOWN),
        ("[LIST...]", [UNKNOWN]),
        ('replace("a-b", OTHER, "c")', UNKNOWN),
        ('trimprefix("v1", OTHER)', UNKNOWN),
        ('trimsuffix("v1", OTHER)', UNKNOWN),
        ('split(OTHER, "a,b")', UNKNOWN),
        ('compact(["", "a"])', ["a"]),
        ('flatten([LIST, "c"])', ["a", "b", "c"]),
        ("keys(MAP)", ["k"]),
        ("values(MAP)", ["v"]),
        ("length(LIST)", "2"),
        ('formatlist("r:%s", LIST)', ["r:a", "r:b"]),
        ("timestamp()", UNKNOWN),
    ],
)
def test_a_function_of_a_bake_file_is_worked_out(expression: str, expected: Value) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("command", "purpose", "expected"),
    [
        ("skopeo --policy p.json copy docker://$R/b oci:x", Purpose.PULL, ["b"]),
        ("skopeo copy dir:x docker://$R/a --additional-tag docker://$R/a:2", Purpose.PUSH, ["a", "a:2"]),
        ("skopeo sync --src docker --dest dir $R/b there", Purpose.PULL, ["b"]),
        ("skopeo delete docker://$R/a:1", Purpose.CALL, ["a"]),
        ("crane --platform linux/arm64 mutate $R/a:1 -o a.tar", Purpose.PULL, ["a:1"]),
        ("crane flatten $R/a:1", Purpose.PUSH, ["a:1"]),
        ("crane delete $R/a:1", Purpose.CALL, ["a"]),
        ("regctl --host x registry set x", Purpose.PUSH, []),
        ("regctl blob copy x/y $R/a", Purpose.PUSH, ["a"]),
        ("regctl tag delete $R/a:1", Purpose.CALL, ["a"]),
        ("regctl artifact put --subject $R/a:1 -f f", Purpose.PUSH, ["a:1"]),
        ("oras manifest index create $R/a:1 amd64 arm64", Purpose.PUSH, ["a:1"]),
        ("oras manifest fetch $R/a:1", Purpose.PULL, ["a:1"]),
        ("oras cp $R/a:1 --to-oci-layout x", Purpose.PULL, ["a:1"]),
        ("oras manifest delete $R/a:1", Purpose.CALL, ["a"]),
        ("oras restore $R/a:1 --input x.tar", Purpose.PUSH, ["a:1"]),
        ("cosign sign --upload=false --key k $R/a:1", Purpose.PULL, ["a:1"]),
        ("cosign attach sbom --sbom s $R/a:1", Purpose.PUSH, ["a:1"]),
        ("cosign verify $R/a:1", Purpose.PULL, ["a:1"]),
        ("cosign copy x/y:1 $R/a:1", Purpose.PUSH, ["a:1"]),
        ("cosign upload blob -f f $R/a:1", Purpose.PUSH, ["a:1"]),
        ("cosign clean $R/a:1", Purpose.CALL, ["a"]),
    ],
)
def test_a_tool_of_registries_uses_the_repository(command: str, purpose: Purpose, expected: list[str]) -> None:
    found = operations_of_script(command, {"R": HOST}, Files({}))[0]
    assert [
        each.target.split("://")[-1].removeprefix(f"{HOST}/")
        for each in found
        if each.purpose is purpose and each.target
    ] == expected
