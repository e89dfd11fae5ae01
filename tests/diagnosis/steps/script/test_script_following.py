"""What a script does: which commands it runs with which words, through branches, loops, functions and scripts of the repository."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_builders import ACCOUNT, HOST, REGION
from thoroughness import examples, some

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.shell.syntax import script_of

VALUES = {"R": HOST, "aws.account": ACCOUNT, "AWS_REGION": REGION, "GITHUB_SHA": "c0ffee" + "0" * 34}
WORDS = st.text(alphabet="abcdefghij", min_size=2, max_size=6).filter(
    lambda word: word not in ("do", "if", "fi", "in", "cd")
)


def files(texts: Mapping[str, str | None]) -> Files:
    """``None``: the commit has no such file."""
    known: dict[str, Reading[str]] = {
        path: Absent(path) if text is None else Known(text) for path, text in texts.items()
    }
    return Files(known)


def operations(script: str, texts: Mapping[str, str | None] | None = None, **values: str) -> tuple[Operation, ...]:
    return operations_of_script(script, {**VALUES, **values}, files(texts or {}))[0]


def pushed(script: str, texts: Mapping[str, str | None] | None = None, **values: str) -> list[str | None]:
    """The repositories that are pushed to, in order; what is not legible begins with a dollar sign."""
    found = [each.target for each in operations(script, texts, **values) if each.purpose is Purpose.PUSH]
    return [target.removeprefix(f"{HOST}/") if target else None for target in found]


def opaque(script: str, texts: Mapping[str, str | None] | None = None, **values: str) -> list[str]:
    return [
        each.gap.what for each in operations(script, texts, **values) if each.purpose is Purpose.OPAQUE and each.gap
    ]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker push $R/a", ["a"]),
        ('docker push "$R/a"', ["a"]),
        ("docker push ${R}/a", ["a"]),
        ("docker push \\\n  $R/a", ["a"]),
        ("sudo -E docker push $R/a", ["a"]),
        ("timeout 5m docker push $R/a", ["a"]),
        ("env X=1 docker push $R/a", ["a"]),
        ("doppler run -- docker push $R/a", ["a"]),
        ("/usr/bin/docker push $R/a", ["a"]),
        ("bash -c 'docker push $R/a'", ["a"]),
        ("N=a\nbash -c 'docker push $R/$N'", ["$N"]),
        ("export N=a; bash -c 'docker push $R/$N'", ["a"]),
        ("X=1\ndocker push $R/a # docker push $R/b", ["a"]),
        ("echo docker push $R/a", []),
        ("cat <<EOF\ndocker push $R/a\nEOF", []),
        ("cat <<'EOF' | tee x\ndocker push $R/a\nEOF\ndocker push $R/b", ["b"]),
        ("bash <<EOF\ndocker push $R/a\nEOF", ["a"]),
        ("bash -s x <<'EOF'\ndocker push $R/$1\nEOF", ["x"]),
        ("if ! docker push $R/a; then exit 1; fi", ["a"]),
        ("docker push $R/a || (sleep 5 && docker push $R/a)", ["a", "a"]),
        ("docker push $R/a | tee log", ["a"]),
        ("for s in api web; do docker push $R/$s; done", ["api", "web"]),
        ("for s in api web\ndo\n  docker push $R/$s\ndone", ["api", "web"]),
        ("for i in 1 2; do for s in a b; do docker push $R/$s$i; done; done", ["a1", "b1", "a2", "b2"]),
        ("for i in {1..3}; do docker push $R/a$i; done", ["a1", "a2", "a3"]),
        ("for s in {api,web}-x; do docker push $R/$s; done", ["api-x", "web-x"]),
        ('S="api web"\nfor s in $S; do docker push $R/$s; done', ["api", "web"]),
        ('S=(api web)\nfor s in "${S[@]}"; do docker push $R/$s; done', ["api", "web"]),
        ("S=(api)\nS+=(web)\nfor s in ${S[@]}; do docker push $R/$s; done", ["api", "web"]),
        ("for s in $(echo api web); do docker push $R/$s; done", ["api", "web"]),
        ("for d in services/*; do docker push $R/$d; done", ["$d"]),
        ("for s in $UNKNOWN; do docker push $R/$s; done", ["$s"]),
        ("f() { docker push $R/$1; }\nf a\nf b", ["a", "b"]),
        ("function f {\n  docker push $R/$1\n}\nf a", ["a"]),
        ('f() { local n=$1; docker push "$R/$n"; }\nfor s in a b; do f $s; done', ["a", "b"]),
        ("set -- a b\nfor s; do docker push $R/$s; done", ["a", "b"]),
        ('set -- a b\nfor s in "$@"; do docker push $R/$s; done', ["a", "b"]),
        ("set -- a b\nshift\ndocker push $R/$1", ["b"]),
        ("while read -r s; do docker push $R/$s; done <<EOF\na\nb\nEOF", ["a", "b"]),
        ("while read -r s t; do docker push $R/$t; done <<< 'a b'", ["b"]),
        ("printf '%s\\n' a b | while read -r s; do docker push $R/$s; done", ["a", "b"]),
        ("while read -r s; do docker push $R/$s; done < <(printf '%s\\n' a b)", ["a", "b"]),
        ("cat list | while read s; do docker push $R/$s; done", ["$s"]),
        ("echo a b | xargs -n1 -I{} docker push $R/{}", ["a b"]),
        ("printf '%s\\n' a b | xargs -I% docker push $R/%", ["a", "b"]),
        ("mapfile -t S <<< 'a'\nfor s in \"${S[@]}\"; do docker push $R/$s; done", ["a"]),
        ('if [ "$X" = y ]; then docker push $R/y; else docker push $R/n; fi', ["y", "n"]),
        ('X=y\nif [ "$X" = y ]; then docker push $R/y; else docker push $R/n; fi', ["y"]),
        ('X=z\nif [[ "$X" == y* ]]; then docker push $R/y; elif [[ $X == z ]]; then docker push $R/z; fi', ["z"]),
        ('X=y\n[ "$X" != y ] && docker push $R/n\ndocker push $R/a', ["a"]),
        ("if true; then N=a; else N=b; fi\ndocker push $R/$N", ["a"]),
        ('if [ -n "$X" ]; then N=a; else N=b; fi\ndocker push $R/$N', ["$N"]),
        ('if [ -n "$X" ]; then N=a; else exit 1; fi\ndocker push $R/$N', ["a"]),
        ("N=a\nif grep -q x y; then N=b; fi\ndocker push $R/$N", ["$N"]),
        ("X=b\ncase $X in a) N=1 ;; b|c) N=2 ;; *) N=3 ;; esac\ndocker push $R/$N", ["2"]),
        ("case $X in a) N=1 ;; *) N=2 ;; esac\ndocker push $R/$N", ["$N"]),
        ("X=v1.2\ncase $X in v*) docker push $R/v ;; *) docker push $R/w ;; esac", ["v"]),
        ("exit 0\ndocker push $R/a", []),
        ("N=a\n(N=b)\ndocker push $R/$N", ["a"]),
        ("N=a\n{ N=b; }\ndocker push $R/$N", ["b"]),
        ("N=App/Web\ndocker push $R/${N,,}", ["app/web"]),
        ("N=App\ndocker push $R/$(echo $N | tr '[:upper:]' '[:lower:]')", ["app"]),
        ("N=x/app:1\ndocker push $R/${N##*/}", ["app:1"]),
        ("N=app:1\ndocker push $R/${N%%:*}", ["app"]),
        ("N=a-b\ndocker push $R/${N/-/_}", ["a_b"]),
        ("N=a.b.c\ndocker push $R/${N//./-}", ["a-b-c"]),
        ("N=abcdef\ndocker push $R/${N:1:3}", ["bcd"]),
        ("docker push $R/${NAME:-app}", ["app"]),
        ("docker push $R/${GITHUB_REPOSITORY:-app}", ["${GITHUB_REPOSITORY:-app}"]),
        ("A=N\nN=app\ndocker push $R/${!A}", ["app"]),
        ("docker push $R/$(basename src/app)", ["app"]),
        ("docker push $R/app:$(git rev-parse --short HEAD)", ["app:c0ffee0"]),
        ("docker push $R/app:$(date +%s)", ["app:$(date +%s)"]),
        ("docker push $R/app:$((1 + 2))", ["app:3"]),
        ("docker push $R/app:${GITHUB_SHA::7}", ["app:c0ffee0"]),
        ("N=a docker push $R/$N", ["$N"]),
        ("declare -A M=([a]=x)\ndocker push $R/${M[a]}", ["x"]),
        ("n=0\nuntil [ $n -ge 5 ]; do docker push $R/a && break; n=$((n+1)); done", ["a"]),
        ("IFS=',' read -ra S <<< 'a,b'\nfor s in \"${S[@]}\"; do docker push $R/$s; done", ["a", "b"]),
        ("while IFS=: read -r n t; do docker push $R/$n; done <<< 'a:1'", ["a"]),
        ("S=a,b\nIFS=,\nfor s in $S; do docker push $R/$s; done", ["a", "b"]),
        ('S=(a b)\nfor i in "${!S[@]}"; do docker push $R/${S[$i]}; done', ["a", "b"]),
        ('declare -A M=([a]=x [b]=y)\nfor k in "${!M[@]}"; do docker push $R/$k-${M[$k]}; done', ["a-x", "b-y"]),
        ("source venv/bin/activate\n. ~/.bashrc\ndocker push $R/a", ["a"]),
        ("for t in latest $VERSION; do docker push $R/a:$t; done", ["a:latest", "a:$t"]),
        ("for s in api $MORE; do docker push $R/$s; done", ["api", "$s"]),
        ('for t in 1 $V; do T="$T -t $R/a:$t"; done\ndocker buildx build --push $T .', ["a:1", "a:$t"]),
        ('A="--push -t $R/a:$V"\ndocker buildx build $A .', ["a:$V"]),
        ("I=$(cat list now)\ndocker push $I", ["$(cat list now)"]),
        ("for s in; do docker push $R/$s; done\ndocker push $R/a", ["a"]),
        ("trap 'docker push $R/a' EXIT", ["a"]),
        ('eval "docker push $R/a"', ["a"]),
        ("command -v docker && docker push $R/a", ["a"]),
        ("docker push $R/a &\nwait", ["a"]),
        ("coproc docker ps; docker push $R/a", ["a"]),
        ("Write-Host hi\n$env:N = 'a'\ndocker push $env:R/$env:N", ["a"]),
        ("docker push `\n  $R/a", ["a"]),
        ('N=$(echo a 2>/dev/null)\n[ -n "$N" ] && docker push $R/$N', ["a"]),
        ("N=$(echo a 2>&1)\ndocker push $R/$N", ["a"]),
        ('N=$(git describe --tags 2>/dev/null)\nif [ -n "$N" ]; then docker push $R/a; fi', ["a"]),
        ("printf '%s\\n' a b 2> log | while read -r s; do docker push $R/$s; done", ["a", "b"]),
        ("f() { echo hi >&2; echo a; }\ndocker push $R/$(f)", ["a"]),
        ("f() { echo hi > /dev/stderr; echo a 1>&1; }\ndocker push $R/$(f)", ["a"]),
        ("docker push $R/a$(echo b > /dev/null)", ["a"]),
        ('N=$(ls 2>&1 >/dev/null)\nif [ -n "$N" ]; then docker push $R/a; fi', ["a"]),
        ('N=$(ls 3>&1 1>&2 2>&3)\nif [ -n "$N" ]; then docker push $R/a; fi', ["a"]),
    ],
)
def test_pushes_of_a_script(script: str, expected: list[str | None]) -> None:
    assert pushed(script) == expected


def test_the_account_of_the_session_stands_where_a_script_asks_for_it() -> None:
    script = (
        "ACCOUNT=$(aws sts get-caller-identity --query Account --output text)\n"
        "REG=$ACCOUNT.dkr.ecr.${AWS_REGION}.amazonaws.com\n"
        "docker push $REG/a"
    )
    assert pushed(script) == ["a"]
    jq = script.replace("--query Account --output text", "| jq -r .Account")
    assert pushed(jq) == ["a"]
    query = "--query 'repositories[0].repositoryUri' --output text"
    assert pushed(f"docker push $(aws ecr describe-repositories --repository-names a {query})") == ["a"]


@pytest.mark.parametrize(
    ("script", "texts", "expected"),
    [
        ("./push.sh a", {"push.sh": "docker push $R/$1"}, ["a"]),
        ("bash scripts/push.sh a b", {"scripts/push.sh": 'for s in "$@"; do docker push $R/$s; done'}, ["a", "b"]),
        ("sh -ex scripts/push.sh a", {"scripts/push.sh": "docker push $R/$1"}, ["a"]),
        ("cd scripts && ./push.sh a", {"scripts/push.sh": "docker push $R/$1"}, ["a"]),
        (
            "(cd scripts; ./push.sh a)\n./b.sh",
            {"scripts/push.sh": "docker push $R/a", "b.sh": "docker push $R/b"},
            ["a", "b"],
        ),
        ("source lib.sh\nship a", {"lib.sh": "ship() { docker push $R/$1; }"}, ["a"]),
        (". ./env.sh\ndocker push $R/$N", {"env.sh": "N=a"}, ["a"]),
        ("N=a\n./push.sh", {"push.sh": "docker push $R/$N"}, ["$N"]),
        ("export N=a\n./push.sh", {"push.sh": "docker push $R/$N"}, ["a"]),
        ("N=a ./push.sh", {"push.sh": "docker push $R/$N"}, ["a"]),
        ("$GITHUB_WORKSPACE/push.sh", {"push.sh": "docker push $R/a"}, ["a"]),
        ("./a.sh", {"a.sh": "./b.sh x", "b.sh": "docker push $R/$1"}, ["x"]),
        ("./a.sh", {"a.sh": "./a.sh\ndocker push $R/a"}, None),
        ("docker push $R/$(cat NAME)", {"NAME": "app\n"}, ["app"]),
        ("while read n; do docker push $R/$n; done < list", {"list": "a\nb\n"}, ["a", "b"]),
        ("cat > made.sh <<'EOF'\ndocker push $R/$1\nEOF\nchmod +x made.sh\n./made.sh a", {}, ["a"]),
        ("echo 'docker push $R/b' >> push.sh\nbash push.sh", {"push.sh": "docker push $R/a"}, ["a", "b"]),
        ("cat > compose.yaml <<EOF\nservices: {a: {build: ., image: $R/a}}\nEOF\ndocker compose push", {}, ["a"]),
        ("sed s/a/b/ push.sh > push.sh\nbash push.sh", {"push.sh": "docker push $R/a"}, []),
        ("set -a; source .env; set +a; ./push.sh", {".env": "N=a", "push.sh": "docker push $R/$N"}, ["a"]),
    ],
)
def test_scripts_of_the_repository(script: str, texts: dict[str, str], expected: list[str | None] | None) -> None:
    found = pushed(script, texts)
    assert found == expected if expected is not None else "a" in found


def test_what_stands_in_a_file_says_so() -> None:
    (found,) = operations("./push.sh", {"push.sh": "docker push $R/a"})
    assert found.source == "push.sh"


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("$CMD push x", "$CMD"),
        ('"$@"', ""),
        ('eval "$X"', "eval $X"),
        ("python deploy.py --all", "python deploy.py"),
        ("python3 -m deploy", "python3 -m deploy"),
        ("node scripts/x.js", "node scripts/x.js"),
        ("go run ./cmd/x", "go run"),
        ("cargo run", "cargo run"),
        ("ruby x.rb", "ruby x.rb"),
        ("frobnicate", "frobnicate"),
        ("./gone.sh", "gone.sh"),
        ("~/made.sh", "made.sh"),
        ("curl -s https://x/y | bash", "bash"),
        ('bash -c "$X"', "bash -c $X"),
        ("docker run -e AWS_ACCESS_KEY_ID acme/tool x", "acme/tool"),
        ("docker run -v $HOME/.aws:/root/.aws acme/tool", "acme/tool"),
        ("docker run --env-file .env acme/tool", "acme/tool"),
        ("make push", "make push"),
        ("npm run ship", "npm run ship"),
        ("just push", "just push"),
        ("task push", "task push"),
        ("python3 - <<'EOF'\nimport boto3\nEOF", "python3: import boto3"),
        ("python -c 'import os; os.system(\"x\")'", 'python: import os; os.system("x")'),
    ],
)
def test_what_cannot_be_read_is_opaque_and_named(script: str, what: str) -> None:
    assert what in opaque(script) or (not what and not opaque(script))


@pytest.mark.parametrize(
    "script",
    [
        "git fetch --tags\nls -la\nmkdir -p x && cp a x/",
        "npm ci\nnpm test\nnpm run build\nyarn install --frozen-lockfile\npnpm run lint",
        "docker build -t app .\ndocker images\ndocker buildx create --use\ndocker logout",
        "go build ./...\ngo test ./...\ncargo build --release\ndotnet publish -c Release",
        "mvn -B verify\n./gradlew build\n./mvnw package",
        "pip install -r requirements.txt\npytest -q\nruff check .",
        "curl -fsSL https://example.org/x -o x\nkubectl apply -f k8s/\ngcloud auth list",
        "docker run --rm -v $PWD:/w alpine ls",
        "python -c 'import json,sys; print(json.load(sys.stdin)[\"a\"])'",
        "node -p \"require('./package.json').version\"",
        "python -m pip install x\npython -m pytest\npython --version",
        "helm lint chart\nhelm upgrade --install a chart",
        "set -euo pipefail\nexport X=1\nif [ -f x ]; then echo y; fi\ntest -d z || true",
        "find . -name '*.py' -exec rm {} +",
    ],
)
def test_what_leaves_aws_alone_is_understood(script: str) -> None:
    assert opaque(script) == []


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (Absent("x.sh"), "the commit has no such file"),
        (Unreadable("x.sh", "GitHub answered 403", "grant contents: read"), "GitHub answered 403"),
        (Known("#!/usr/bin/env python3\nprint(1)"), "it is a program for python3"),
        (Known("x" * 300_000), "it is too long to be read"),
        (None, "the file was not read"),
    ],
)
def test_why_a_script_cannot_be_read(reading: Reading[str] | None, why: str) -> None:
    known = Files({"x.sh": reading} if reading is not None else {})
    (found,) = operations_of_script("./x.sh", VALUES, known)[0]
    assert found.gap is not None
    assert (found.purpose, found.gap.what, found.gap.why) == (Purpose.OPAQUE, "x.sh", why)


def test_a_file_that_nobody_asked_for_is_noted() -> None:
    missed: dict[str, None] = {}
    operations_of_script("cd a\n./x.sh\nmake push\ndocker compose push", VALUES, Files({}, missed))
    assert next(iter(missed)) == "a/x.sh"
    assert {"a/Makefile", "a/compose.yaml", "a/docker-compose.yml"} <= set(missed)


@pytest.mark.parametrize(
    ("script", "handed_on"),
    [
        ('echo "A=$R/x" >> "$GITHUB_ENV"', {"A": f"{HOST}/x"}),
        ("echo a=b >> $GITHUB_OUTPUT", {"outputs.a": "b"}),
        ("printf 'a=%s\\n' b >> ${GITHUB_OUTPUT}", {"outputs.a": "b"}),
        ("{ echo a=b; echo c=d; } >> $GITHUB_OUTPUT", {"outputs.a": "b", "outputs.c": "d"}),
        ("cat >> $GITHUB_ENV <<EOF\nA=$R\nB=c\nEOF", {"A": HOST, "B": "c"}),
        ("echo a=b | tee -a $GITHUB_OUTPUT", {"outputs.a": "b"}),
        ("{ echo 'a<<E'; echo x; echo y; echo E; } >> $GITHUB_OUTPUT", {"outputs.a": "x\ny"}),
        ("echo '::set-output name=a::b'", {"outputs.a": "b"}),
        ("if [ $X ]; then echo a=b >> $GITHUB_OUTPUT; else echo a=c >> $GITHUB_OUTPUT; fi", {"outputs.a": "$a"}),
        ("for s in a b; do echo $s=1 >> $GITHUB_OUTPUT; done", {"outputs.a": "1", "outputs.b": "1"}),
        ("(echo a=b >> $GITHUB_OUTPUT)", {"outputs.a": "b"}),
        ("echo a=b > file", {}),
        ("echo a=b 2>/dev/null >> $GITHUB_OUTPUT", {"outputs.a": "b"}),
        ("echo a=b >> $GITHUB_OUTPUT 2>&1", {"outputs.a": "b"}),
    ],
)
def test_what_is_handed_on(script: str, handed_on: dict[str, str]) -> None:
    found = operations_of_script(script, VALUES)[1]
    assert {name: value for name, value in found.items() if not name.startswith("script.")} == handed_on


@pytest.mark.parametrize(
    ("script", "guarded"),
    [
        ("docker push $R/a", False),
        ("set -euo pipefail\ndocker push $R/a", False),
        ("docker push $R/a || true", True),
        ("docker push $R/a | tee log", True),
        ("set -o pipefail\ndocker push $R/a | tee log", False),
        ("docker push $R/a &", True),
        ("if docker push $R/a; then echo b; fi", True),
        ("! docker push $R/a", True),
        ("set +e\ndocker push $R/a", True),
        ("set +e\nls\nset -e\ndocker push $R/a", False),
        ('X="$(docker push $R/a)"', False),
        ('echo "$(docker push $R/a)"', True),
        ('export X="$(docker push $R/a)"', True),
        ("for i in 1 2; do docker push $R/a; done", False),
        ('if [ -n "$X" ]; then docker push $R/a; fi', True),
        ("if true; then docker push $R/a; fi", False),
    ],
)
def test_whether_a_failure_of_the_command_fails_the_script(script: str, guarded: bool) -> None:
    assert {each.guarded for each in operations(script) if each.purpose is Purpose.PUSH} == {guarded}


@st.composite
def programs(draw: st.DrawFn, depth: int = 0) -> tuple[str, list[str]]:
    """A script with the names that it pushes, known by construction."""
    kind = draw(
        st.sampled_from(["push", "list", "for", "function", "true", "string", "array", "subshell", "case", "read"])
    )
    name, variable = draw(WORDS), "v" + draw(WORDS)
    if kind == "push" or depth > 2:
        quote = draw(st.sampled_from(["", '"']))
        return f"docker push {quote}$R/{name}{quote}", [name]
    if kind == "list":
        (first, one), (second, two) = draw(programs(depth + 1)), draw(programs(depth + 1))
        # The line that ends a here-document holds nothing else.
        between = [chr(10)] if first.endswith("EOF") else [chr(10), "; ", " && "]
        return f"{first}{draw(st.sampled_from(between))}{second}", one + two
    items = draw(st.lists(WORDS, min_size=1, max_size=3))
    if kind == "for":
        inner, names = draw(programs(depth + 1))
        body = f"docker push $R/{name}-${variable}\n{inner}"
        expected = [each for item in items for each in (f"{name}-{item}", *names)]
        return f"for {variable} in {' '.join(items)}; do\n{body}\ndone", expected
    if kind == "function":
        return f"f{name}() {{ docker push $R/$1; }}\n" + "\n".join(f"f{name} {item}" for item in items), items
    if kind == "true":
        inner, names = draw(programs(depth + 1))
        return f'{variable}={name}\nif [ "${variable}" = {name} ]; then\n{inner}\nelse\ndocker push $R/never\nfi', names
    if kind == "string":
        return f"{variable}='{' '.join(items)}'\nfor i in ${variable}; do docker push $R/$i; done", items
    if kind == "array":
        return f'{variable}=({" ".join(items)})\nfor i in "${{{variable}[@]}}"; do docker push "$R/${{i}}"; done', items
    if kind == "subshell":
        inner, names = draw(programs(depth + 1))
        return f"(\n{inner}\n)", names
    if kind == "case":
        inner, names = draw(programs(depth + 1))
        return f"case {name} in\n  nothing) docker push $R/never ;;\n  {name})\n{inner}\n;;\nesac", names
    return f"while read -r {variable}; do docker push $R/${variable}; done <<EOF\n" + "\n".join(items) + "\nEOF", items


@given(programs())
@settings(max_examples=examples(200), deadline=None)
def test_a_script_pushes_what_it_was_made_to_push(made: tuple[str, list[str]]) -> None:
    script, names = made
    assert pushed(script) == names
    assert opaque(script) == []


@given(programs(), st.integers(0, 400), st.integers(0, 20), st.text(alphabet="$(){}`'\"\\\n;|&<>#=", max_size=3))
@settings(max_examples=examples(200), deadline=None)
def test_no_mangled_script_is_too_strange_to_read(made: tuple[str, list[str]], at: int, cut: int, put: str) -> None:
    script = made[0]
    operations(script[:at] + put + script[at + cut :])


@given(st.text(alphabet="ab $(){}`'\"\\\n;|&<>#=-[]!*?\x00é", max_size=300))
@settings(max_examples=examples(300), deadline=None)
def test_no_script_is_too_strange_to_read(script: str) -> None:
    operations(script)


@pytest.mark.parametrize(
    "piece",
    ["$(", "${", "${{ ", '"', "'", "`", "(", "{ ", "if ", "case x in ", "for i in ", "<(", '"$(', "f() ", "a|", "[[ "],
)
def test_deep_nesting_is_read_to_a_bound(piece: str) -> None:
    operations(piece * 3_000)


@pytest.mark.parametrize(
    "line",
    some(
        [
            "docker push $R/a\n",
            "X=$X$X\n",
            "${X:-${X:-",
            "$((1+",
            "echo ${A//a/b}\n",
            "if [ $X ]; then N=a; fi\n",
            "f() { f; }\nf\n",
            "cat <<EOF\nx\n",
            "for a in 1 2 3 4 5 6 7 8 9; do ",
            "a=(1 2)\n",
        ],
        3,
    ),
)
def test_the_work_grows_with_the_length(line: str) -> None:
    def seconds(times: int) -> float:
        begun = time.process_time()
        operations(line * times)
        return time.process_time() - begun

    seconds(10)
    assert seconds(2_000) < 1.5 + 6 * seconds(1_000)


def test_the_syntax_of_a_script_is_bounded() -> None:
    assert len(script_of("a\n" * 200_000)) == 50_000


def test_a_file_that_an_earlier_step_wrote_is_not_the_one_of_the_commit() -> None:
    handed_on = operations_of_script("envsubst < push.in > push.sh", VALUES)[1]
    later = operations_of_script("./push.sh", {**VALUES, **handed_on}, files({"push.sh": "docker push $R/a"}))[0]
    assert [each.gap.why for each in later if each.gap] == ["a script of the job writes it"]


@pytest.mark.parametrize(
    "script",
    [
        "docker push host/" + "{a,b}" * 40,
        "docker push host/" + "{a..a}" * 2_000,
        "true" + " && docker push host/x" * 4_000,
    ],
    ids=["braces multiplied", "braces in a row", "a chain"],
)
def test_what_multiplies_is_read_to_a_bound(script: str) -> None:
    assert len(set(operations_of_script(script, {})[0])) <= 2


def test_braces_are_multiplied_out_in_the_shells_order() -> None:
    found = operations_of_script("for i in {a,b}-{1..2}; do docker push host/$i; done", {})[0]
    assert [each.target for each in found] == ["host/a-1", "host/a-2", "host/b-1", "host/b-2"]


@pytest.mark.parametrize("written", ["ls 2> push.sh", "ls 2>&1 > push.sh", "D=push\nls > $D.sh", "ls &> push.sh"])
def test_a_file_that_any_stream_was_written_to_is_not_the_one_of_the_commit(written: str) -> None:
    texts = files({"push.sh": "docker push $R/a"})
    here = operations_of_script(f"{written}\n./push.sh", VALUES, texts)[0]
    handed_on = operations_of_script(written, VALUES)[1]
    later = operations_of_script("./push.sh", {**VALUES, **handed_on}, texts)[0]
    for found in (here, later):
        assert [each.gap.why for each in found if each.gap] == ["a script of the job writes it"]


@pytest.mark.parametrize(
    "script",
    [
        "printf '%s\\n' {1..301} | xargs -n1 docker push",
        "echo " + "$(echo " * 13 + "$(docker push $R/a)" + ")" * 13,
        "".join(f"f{at}() {{ f{at + 1}; }}\n" for at in range(11)) + "f11() { trap 'docker push $R/a' EXIT; }\nf0",
        "cat <<E\n" + "x" * 100_000 + "\nE\ndocker push $R/a",
    ],
    ids=["items of xargs", "substitutions", "a trap deep down", "a long text"],
)
def test_what_is_beyond_a_bound_makes_the_script_opaque(script: str) -> None:
    assert "the script" in opaque(script)
