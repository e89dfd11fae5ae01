"""Which images of ECR a build pulls, by its Dockerfile: by each tool and action, and as the file may be written."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from cost import cost
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_builders import HOST
from thoroughness import examples

from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.operations import operations_of_action
from diagnosis.steps.actions.scripts import script_of_action
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.dockerfile import Build, base_images

BASE = f"FROM {HOST}/base:1\n"
ARGUED = "ARG REGISTRY=docker.io\nFROM ${REGISTRY}/base:1\n"
STAGED = f"FROM {HOST}/build AS build\nFROM {HOST}/test AS test\nFROM {HOST}/run\nCOPY --from=build /a /a\n"
COMPOSE = "services:\n  web:\n    build: {context: app, dockerfile: Own, args: {REGISTRY: $R}}\n    image: x\n"
BAKE = f'target "default" {{\n  context = "app"\n  dockerfile = "Own"\n  args = {{ REGISTRY = "{HOST}" }}\n}}\n'
ABSENT = (
    *("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "docker-compose.override.yml"),
    *("docker-compose.override.yaml", "compose.override.yaml", "compose.override.yml", ".env", "Containerfile"),
    *("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"),
)


def files(texts: Mapping[str, str]) -> Files:
    known: dict[str, Reading[str]] = {path: Absent(path) for path in ABSENT}
    return Files(known | {path: Known(text) for path, text in texts.items()})


def bases(found: tuple[Operation, ...]) -> list[str]:
    return [(each.target or "").removeprefix(f"{HOST}/") for each in found if each.purpose is Purpose.PULL]


def of(text: str, target: str = "", **arguments: str) -> list[str]:
    return [image.removeprefix(f"{HOST}/") for image in base_images(text, Build(arguments, target))]


@pytest.mark.parametrize(
    ("script", "texts", "expected"),
    [
        ("docker build -t a .", {"Dockerfile": BASE}, ["base:1"]),
        ("docker build -t a app", {"app/Dockerfile": BASE}, ["base:1"]),
        ("docker build -t a -f ci/Own app", {"ci/Own": BASE}, ["base:1"]),
        ("cd app && docker build -t a -f ../Own .", {"Own": BASE}, ["base:1"]),
        ("docker buildx build --push -t $R/a .", {"Dockerfile": BASE}, ["base:1"]),
        ("docker build --build-arg REGISTRY=$R .", {"Dockerfile": ARGUED}, ["base:1"]),
        ("export REGISTRY=$R\ndocker build --build-arg REGISTRY .", {"Dockerfile": ARGUED}, ["base:1"]),
        ("docker build .", {"Dockerfile": ARGUED}, []),
        ("docker build --target test .", {"Dockerfile": STAGED}, ["test"]),
        ("docker build .", {"Dockerfile": STAGED}, ["build", "run"]),
        ("docker build https://github.com/o/r.git", {"Dockerfile": BASE}, []),
        ("docker build - < Own", {"Own": BASE}, ["base:1"]),
        ("docker build --build-context base=docker-image://$R/other:2 .", {"Dockerfile": "FROM base"}, ["other:2"]),
        (f"docker build -t {HOST}/base:1 b\ndocker build .", {"b/Dockerfile": "FROM a", "Dockerfile": BASE}, []),
        ("docker build $WHERE", {"Dockerfile": BASE}, []),
        ("docker build .", {}, []),
        ("podman build -t a", {"Containerfile": BASE}, ["base:1"]),
        ("buildah bud -t a .", {"Dockerfile": BASE}, ["base:1"]),
        ("nerdctl build .", {"Dockerfile": BASE}, ["base:1"]),
        ("depot build -t a .", {"Dockerfile": BASE}, ["base:1"]),
        ("executor --context dir://app --dockerfile Own --no-push", {"app/Own": STAGED}, ["build", "test", "run"]),
        ("docker compose build", {"compose.yml": COMPOSE, "app/Own": ARGUED}, ["base:1"]),
        ("docker compose build --push", {"compose.yml": COMPOSE, "app/Own": ARGUED}, ["base:1"]),
        ("docker compose up -d", {"compose.yml": COMPOSE, "app/Own": ARGUED}, ["base:1"]),
        ("docker compose up --no-build", {"compose.yml": COMPOSE, "app/Own": ARGUED}, []),
        ("docker buildx bake", {"docker-bake.hcl": BAKE, "app/Own": ARGUED}, ["base:1"]),
        ("docker buildx bake --set *.args.REGISTRY=x", {"docker-bake.hcl": BAKE, "app/Own": ARGUED}, []),
        ("docker buildx bake", {"compose.yml": COMPOSE, "app/Own": ARGUED}, ["base:1"]),
    ],
)
def test_a_build_pulls_what_its_dockerfile_is_built_on(
    script: str, texts: Mapping[str, str], expected: list[str]
) -> None:
    found = operations_of_script(script, {"R": HOST}, files(texts))[0]
    assert bases(found) == expected
    assert not [each for each in found if each.gap]


@pytest.mark.parametrize(
    ("uses", "inputs", "texts", "expected"),
    [
        ("docker/build-push-action@v6", {}, {"Dockerfile": BASE}, ["base:1"]),
        ("docker/build-push-action@v6", {"context": "app"}, {"app/Dockerfile": BASE}, ["base:1"]),
        ("docker/build-push-action@v6", {"context": ".", "file": "ci/Own"}, {"ci/Own": BASE}, ["base:1"]),
        ("docker/build-push-action@v6", {"context": "{{defaultContext}}:app"}, {"app/Dockerfile": BASE}, ["base:1"]),
        ("docker/build-push-action@v6", {"build-args": f"A=1\nREGISTRY={HOST}"}, {"Dockerfile": ARGUED}, ["base:1"]),
        ("docker/build-push-action@v6", {"target": "build"}, {"Dockerfile": STAGED}, ["build"]),
        ("docker/build-push-action@v6", {"context": "https://example.com/a.git"}, {"Dockerfile": BASE}, []),
        ("docker/build-push-action@v6", {"build-contexts": f"a=docker-image://{HOST}/o"}, {}, ["o"]),
        ("docker/build-push-action@v1", {"repository": "a", "path": "app"}, {"app/Dockerfile": BASE}, ["base:1"]),
        ("depot/build-push-action@v1", {"context": "app"}, {"app/Dockerfile": BASE}, ["base:1"]),
        ("int128/kaniko-action@v1", {"file": "Own"}, {"Own": BASE}, ["base:1"]),
        ("docker/bake-action@v6", {}, {"docker-bake.hcl": BAKE, "app/Own": ARGUED}, ["base:1"]),
    ],
)
def test_an_action_pulls_what_its_dockerfile_is_built_on(
    uses: str, inputs: Mapping[str, str], texts: Mapping[str, str], expected: list[str]
) -> None:
    script = script_of_action(ActionUse(uses, inputs, {}, files(texts)))
    run = operations_of_script(script, {}, files(texts))[0] if script else ()
    assert bases(operations_of_action(uses, inputs, {}, files(texts)) + run) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"FROM --platform=$BUILDPLATFORM {HOST}/a AS x\nFROM x", ["a"]),
        (f"FROM a\nCOPY --from={HOST}/tools:1 /t /t", ["tools:1"]),
        (f"FROM a\nRUN --mount=type=bind,from={HOST}/tools,target=/t true", ["tools"]),
        (f"FROM {HOST}/a\nFROM b\nCOPY --chown=1:1 --from=0 /a /a", ["a"]),
        (f"from {HOST}/a As X\nfrom x", ["a"]),
        (f"FROM \\\n# why\n\n  {HOST}/a", ["a"]),
        (f"# escape=`\nFROM `\n  {HOST}/a", ["a"]),
        (f"# FROM {HOST}/a\nFROM b", []),
        (f"FROM b\nRUN <<EOF\nFROM {HOST}/a\nEOF\n", []),
        (f"FROM b AS c\nCOPY <<-'E' /x\nFROM {HOST}/a\n\tE\nFROM {HOST}/d", ["d"]),
        (f"ARG V=1 N=base\nFROM {HOST}/$N:${{V:-2}}", ["base:1"]),
        (f"ARG V\nFROM {HOST}/a:${{V:-2}}", ["a:2"]),
        (f"ARG H={HOST}\nARG B=$H/a\nFROM $B", ["a"]),
        (f"FROM a\nARG B={HOST}/a\nFROM $B", []),
        ("ARG BASE\nFROM $BASE", []),
        ("FROM public.ecr.aws/docker/library/node:20", []),
        ("FROM scratch", []),
        (f"FROM {HOST}/a AS of-amd64\nFROM {HOST}/b AS of-arm64\nFROM of-$TARGETARCH", ["a", "b"]),
        (f"# syntax={HOST}/frontend:1\nFROM a", ["frontend:1"]),
        (f"\ufeffFROM {HOST}/a\r\nRUN x\r\n", ["a"]),
        ("", []),
        ("FROM", []),
    ],
)
def test_a_dockerfile_says_what_it_is_built_on(text: str, expected: list[str]) -> None:
    assert of(text) == expected


@pytest.mark.parametrize("account", ["$ACCOUNT", "${{ secrets.ACCOUNT }}", "***", "${{ env.A }}"])
def test_an_account_that_is_not_legible_is_masked(account: str) -> None:
    text = "ARG A\nFROM ${A}.dkr.ecr.us-east-1.amazonaws.com/base"
    assert of(text, A=account) == ["***.dkr.ecr.us-east-1.amazonaws.com/base"]


def test_a_dockerfile_is_asked_for_where_an_image_is_built() -> None:
    missed: dict[str, None] = {}
    found = operations_of_script("docker build -t a -f ci/Own .", {}, Files({}, missed))[0]
    assert list(missed) == ["ci/Own"]
    assert not bases(found)


def test_the_pull_names_the_file() -> None:
    found = operations_of_script("docker build app", {}, files({"app/Dockerfile": BASE}))[0]
    assert [each.source for each in found] == ["app/Dockerfile"]


PIECES = st.sampled_from(
    [
        *(
            "FROM ",
            "ARG ",
            "COPY --from=",
            "RUN <<E",
            "\n",
            "\\\n",
            "# escape=`\n",
            "`\n",
            "$A",
            "${A:-",
            "}",
            "A=",
            '"',
        ),
        *(" AS x", "x", "0", "E\n", f"{HOST}/a", "--mount=from=", ",", "'", "\0", "#", "9" * 30),
    ]
)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["", "x", "0", "$", "7"]))
def test_no_dockerfile_breaks_the_reader(text: str, target: str) -> None:
    found = base_images(text, Build({"A": "$A"}, target))
    assert all(".ecr." in image for image in found)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "FROM a AS b\n",
            "ARG A=$A$A\n",
            "ARG A=\"'",
            "FROM ${A:-",
            "RUN <<E\n",
            "FROM x \\\n",
            "COPY --from=b a a\n",
        ),
        *(
            "FROM a AS b\nFROM b-$TARGETARCH\n",
            "RUN --mount=from=a,",
            "# a=b\n",
            "\t",
            "ARG A=",
            "FROM a\nRUN <<A <<B\n",
        ),
    ],
)
def test_a_long_dockerfile_is_read_quickly(piece: str) -> None:
    text = piece * (190_000 // len(piece))
    assert cost(lambda: base_images(text, Build())) < 100
