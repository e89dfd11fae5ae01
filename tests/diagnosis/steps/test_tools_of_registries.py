"""Which repositories each tool pushes to and pulls from, by its arguments and by the files of the repository that it reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from cost import cost
from hypothesis import given, settings
from hypothesis import strategies as st
from replay_builders import HOST
from thoroughness import examples

from diagnosis.facts.reading import Absent, Known, Reading
from diagnosis.hcl.parser import hcl_blocks
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.makefile import Makefile

DIGEST = "sha256:" + "ab" * 32
DEFAULTS = (
    *("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "docker-compose.override.yml"),
    *("docker-compose.override.yaml", "compose.override.yaml", "compose.override.yml", ".env", ".arg"),
    *("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl"),
    *("GNUmakefile", "makefile", "Makefile", "justfile", "Justfile", ".justfile", "Taskfile.yml", "Taskfile.yaml"),
    *("package.json", "pom.xml", "build.gradle", "build.gradle.kts", "go.mod", "Earthfile", "skaffold.yaml"),
    *(".config/goreleaser.yml", ".config/goreleaser.yaml", ".goreleaser.yml", ".goreleaser.yaml"),
    *("goreleaser.yml", "goreleaser.yaml", "chart/Chart.yaml"),
)


def operations(script: str, texts: Mapping[str, str] | None = None, **values: str) -> tuple[Operation, ...]:
    known: dict[str, Reading[str]] = {path: Absent(path) for path in DEFAULTS}
    known |= {path: Known(text) for path, text in (texts or {}).items()}
    return operations_of_script(script, {"R": HOST, **values}, Files(known))[0]


def shown(found: tuple[Operation, ...], purpose: Purpose) -> list[str | None]:
    targets = [each.target for each in found if each.purpose is purpose]
    return [target.split("://")[-1].removeprefix(f"{HOST}/") if target else None for target in targets]


def pushed(script: str, texts: Mapping[str, str] | None = None, **values: str) -> list[str | None]:
    return shown(operations(script, texts, **values), Purpose.PUSH)


def pulled(script: str) -> list[str | None]:
    return shown(operations(script), Purpose.PULL)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker push --all-tags $R/a", ["a"]),
        ("docker push -q $R/a:1", ["a:1"]),
        ("docker --context x push $R/a", ["a"]),
        ("docker image push $R/a", ["a"]),
        ("docker tag a $R/a", []),
        ("docker build -t $R/a .", []),
        ("docker build --push -t $R/a -t $R/b .", ["a", "b"]),
        ("docker buildx build --push -t$R/a .", ["a"]),
        ("docker buildx build --push=false -t $R/a .", []),
        ("docker buildx build -o type=registry -t $R/a .", ["a"]),
        ('docker buildx build -o "type=image,name=$R/a,push=true" .', ["a"]),
        ('docker buildx build --output=type=image,\\"name=$R/a\\",push=true .', ["a"]),
        ("docker buildx build --push=$PUSH -t $R/a .", ["a"]),
        ("docker buildx build --cache-to type=registry,ref=$R/cache:x,mode=max -t a .", ["cache:x"]),
        ("docker buildx build --cache-to type=gha -t a .", []),
        ("docker buildx build --push .", [None]),
        ("docker buildx imagetools create -t $R/a:1 $R/a:2", ["a:1"]),
        ("docker manifest create $R/a:1 $R/a:x\ndocker manifest annotate $R/a:1 $R/a:x --arch arm64", []),
        ("docker manifest push --purge $R/a:1", ["a:1"]),
        ("docker trust sign $R/a:1", ["a:1"]),
        ("docker push", [None]),
        ("docker push $UNKNOWN", ["$UNKNOWN"]),
        ("podman push img $R/a", ["a"]),
        ("podman manifest push --all list docker://$R/a", ["a"]),
        ("nerdctl push $R/a", ["a"]),
        ("buildah push --tls-verify=false img docker://$R/a:1", ["a:1"]),
        ("buildah commit c docker://$R/a", ["a"]),
        ("buildah bud -t a .", []),
        ("skopeo copy --all docker://x/y docker://$R/a", ["a"]),
        ("skopeo copy dir:x oci:y", []),
        ("skopeo copy --dest-creds AWS:x oci:y docker://$R/a --additional-tag $R/a:2", ["a", "a:2"]),
        ("skopeo sync --src docker --dest docker x.io/lib/app $R/mirror", ["mirror/app"]),
        ("skopeo sync --src yaml --dest docker list.yml $R/mirror", ["mirror/$name"]),
        ("crane push a.tar $R/a", ["a"]),
        ("crane cp x/y:1 $R/a:1", ["a:1"]),
        ("crane append -b x -f l.tar -t $R/a", ["a"]),
        ("crane mutate $R/a:1 --label a=b -t $R/a:2", ["a:2"]),
        ("crane tag $R/a:1 2", ["a:1"]),
        ("crane index append -m $R/a:x -t $R/a:1", ["a:1"]),
        ("regctl image copy x/y:1 $R/a:1", ["a:1"]),
        ("regctl image mod $R/a:1 --create $R/a:2 --label-to-annotation", ["a:2"]),
        ("regctl index create $R/a:1 --ref $R/a:x", ["a:1"]),
        ("regctl artifact put --artifact-type x -f f $R/a:1", ["a:1"]),
        ("oras push $R/a:1 --artifact-type x f.txt:text/plain", ["a:1"]),
        ("oras attach --artifact-type x $R/a:1 f", ["a:1"]),
        ("oras cp -r x/y:1 $R/a:1", ["a:1"]),
        ("oras tag $R/a:1 2", ["a:1"]),
        ("cosign sign --yes $R/a@" + DIGEST, ["a@" + DIGEST]),
        ("cosign sign --key k.key -a x=y $R/a $R/b", ["a", "b"]),
        ("COSIGN_REPOSITORY=$R/sigs cosign sign --yes $R/a", ["sigs"]),
        ("cosign attest --predicate p.json --type spdx $R/a", ["a"]),
        ("cosign attach sbom --sbom s.json $R/a", ["a"]),
        ("cosign verify --key k.pub $R/a", []),
        ("cosign copy $R/a $R/b", ["b"]),
        ("helm push app-1.2.3.tgz oci://$R", ["app"]),
        ("helm push out/my-app-2-1.2.3-rc.1+b.tgz oci://$R/charts/", ["charts/my-app-2"]),
        ("helm push $CHART oci://$R/charts", ["charts/$chart"]),
        ("helm --debug --registry-config c.json push app-1.2.3.tgz oci://$R", ["app"]),
        ("crane --insecure --platform linux/amd64 push a.tar $R/a", ["a"]),
        ("oras --debug push $R/a x", ["a"]),
        ("cosign --verbose --timeout 5m sign $R/a", ["a"]),
        ("ko --verbose build ./cmd", [None]),
        ("img -d push $R/a", ["a"]),
        ("depot --token t build --push -t $R/a .", ["a"]),
        ("skaffold --profile p run -d $R", ["$artifact"]),
        ("helm pull oci://$R/charts/a --version 1", []),
        ("KO_DOCKER_REPO=$R/a ko build --bare ./cmd/x", ["a"]),
        ("KO_DOCKER_REPO=$R ko build -B ./cmd/x ./cmd/y", ["x", "y"]),
        ("KO_DOCKER_REPO=$R ko build --base-import-paths github.com/o/p/cmd/x", ["x"]),
        ("KO_DOCKER_REPO=$R ko build -P github.com/o/p/cmd/x", ["github.com/o/p/cmd/x"]),
        ("KO_DOCKER_REPO=$R ko build github.com/o/p", ["p-" + hashlib.md5(b"github.com/o/p").hexdigest()]),  # noqa: S324
        ("KO_DOCKER_REPO=$R ko build github.com/google/ko/test", ["test-46c4b272b3716c422d5ff6dfc7547fa9"]),
        ("KO_DOCKER_REPO=$R ko build ./cmd/x", ["$ko"]),
        ("KO_DOCKER_REPO=$R ko apply -f config/", ["$ko"]),
        ("KO_DOCKER_REPO=ko.local ko build ./x", []),
        ("ko build --push=false ./x", []),
        ("/kaniko/executor -d $R/a --destination=$R/b --cache-repo $R/c", ["a", "b", "c"]),
        ("/kaniko/executor --no-push -d $R/a", []),
        ("mvn -B compile jib:build -Dimage=$R/a", ["a"]),
        ("./mvnw com.google.cloud.tools:jib-maven-plugin:3.4.0:build -Djib.to.image=$R/a", ["a"]),
        ("mvn jib:dockerBuild -Dimage=$R/a", []),
        ("mvn jib:build", [None]),
        ("./gradlew jib --image=$R/a", ["a"]),
        ("./gradlew :app:jib -Djib.to.image=$R/a", ["a"]),
        ("./gradlew jibDockerBuild --image=$R/a", []),
        ("./gradlew bootBuildImage --imageName=$R/a --publishImage", ["a"]),
        ("./gradlew bootBuildImage --imageName=$R/a", []),
        (
            "mvn spring-boot:build-image -Dspring-boot.build-image.imageName=$R/a -Dspring-boot.build-image.publish",
            ["a"],
        ),
        ("mvn spring-boot:build-image -Dspring-boot.build-image.imageName=$R/a", []),
        ("mvn package -Dquarkus.container-image.push=true -Dquarkus.container-image.image=$R/a", ["a"]),
        ("mvn package", []),
        ("sbt Docker/publish", [None]),
        ("sbt test Docker/publishLocal", []),
        ("pack build $R/a --builder b/c --publish", ["a"]),
        ("pack build $R/a --builder b/c", []),
        ("pack build --publish --tag $R/a:2 $R/a:1", ["a:1", "a:2"]),
        ("depot build --push -t $R/a .", ["a"]),
        ("earthly --push +all", [None]),
        ("earthly +all", []),
        ("skaffold build --default-repo $R", ["$artifact"]),
        ("skaffold render", []),
        ("goreleaser release --snapshot", []),
        ("goreleaser release", []),
        ("buildctl build --output type=image,name=$R/a,push=true", ["a"]),
        ("docker run gcr.io/kaniko-project/executor:v1 --destination $R/a", ["a"]),
        ("docker run --rm -v $PWD:/w quay.io/skopeo/stable copy dir:x docker://$R/a", ["a"]),
        ("npx --yes docker push $R/a", ["a"]),
        ("docker compose push", [None]),
        ("docker buildx bake --push", [None]),
        ("docker buildx bake --set '*.tags=x' --push", ["x"]),
    ],
)
def test_what_a_tool_pushes(script: str, expected: list[str | None]) -> None:
    assert pushed(script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker pull $R/a", ["a"]),
        ("docker run --rm -e X=1 $R/a cmd", ["a"]),
        ("docker run alpine ls", []),
        ("docker create $R/a", ["a"]),
        ("docker buildx build --cache-from type=registry,ref=$R/c --cache-from type=gha .", ["c"]),
        ("docker build --build-context base=docker-image://$R/b .", ["b"]),
        ("docker manifest inspect $R/a", ["a"]),
        ("docker manifest create $R/a:1 $R/a:x $R/a:y", ["a:x", "a:y"]),
        ("docker buildx imagetools inspect $R/a", ["a"]),
        ("crane digest $R/a", ["a"]),
        ("crane ls $R/a", ["a"]),
        ("regctl manifest get $R/a", ["a"]),
        ("oras pull $R/a", ["a"]),
        ("cosign verify --key k $R/a", ["a"]),
        ("cosign sign --yes $R/a", ["a"]),
        ("skopeo inspect docker://$R/a", ["a"]),
        ("skopeo copy docker://$R/a dir:x", ["a"]),
        ("helm pull oci://$R/charts/a --version 1", ["charts/a"]),
        ("helm upgrade --install x oci://$R/charts/a", ["charts/a"]),
        ("buildah from $R/a", ["a"]),
    ],
)
def test_what_a_tool_pulls(script: str, expected: list[str | None]) -> None:
    assert pulled(script) == expected


@pytest.mark.parametrize(
    "script",
    [
        "docker login -u AWS --password-stdin $R",
        "podman login $R",
        "helm registry login $R",
        "helm --kube-context c registry login $R",
        "crane auth login -u AWS $R",
        "oras login $R",
        "regctl registry login $R",
        "skopeo login $R",
        "cosign login $R",
        "ko login $R",
    ],
)
def test_logins(script: str) -> None:
    assert [each.target for each in operations(script) if each.purpose is Purpose.LOGIN] == [HOST]


def test_a_key_of_kms_is_a_use_of_another_service() -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/x"
    found = operations(f"cosign sign --key awskms:///{arn} $R/a")
    calls = {(each.action, each.resource) for each in found if each.purpose is Purpose.SERVICE}
    assert calls == {(f"kms:{name}", arn) for name in ("Sign", "GetPublicKey", "DescribeKey")}
    alias = operations("cosign verify --key awskms:///alias/x $R/a")
    assert {(each.action, each.resource) for each in alias if each.purpose is Purpose.SERVICE} == {
        ("kms:GetPublicKey", None),
        ("kms:DescribeKey", None),
    }


COMPOSE = """
services:
  api:
    build: ./api
    image: ${R}/api:${TAG:-latest}
  web: {build: {context: web, tags: ["$R/web:extra"]}, image: "$R/web"}
  db: {image: "$R/db"}
  tool: {build: ., image: "$R/tool", profiles: [tools]}
  local: {build: .}
"""


@pytest.mark.parametrize(
    ("script", "texts", "expected"),
    [
        ("docker compose push", {"compose.yaml": COMPOSE}, ["api:latest", "web", "web:extra"]),
        ("docker-compose push", {"docker-compose.yml": COMPOSE}, ["api:latest", "web", "web:extra"]),
        ("docker compose push web", {"compose.yml": COMPOSE}, ["web", "web:extra"]),
        ("docker compose build --push api", {"compose.yml": COMPOSE}, ["api:latest"]),
        ("docker compose build", {"compose.yml": COMPOSE}, []),
        ("TAG=2 docker compose -f ci.yml push api", {"ci.yml": COMPOSE}, ["api:2"]),
        ("export COMPOSE_FILE=ci.yml\ndocker compose push api", {"ci.yml": COMPOSE}, ["api:latest"]),
        ("docker compose --profile tools push tool", {"compose.yml": COMPOSE}, ["tool"]),
        ("docker compose --profile tools push", {"compose.yml": COMPOSE}, ["api:latest", "web", "web:extra", "tool"]),
        ("docker compose push", {"compose.yml": COMPOSE, ".env": "TAG=3\n"}, ["api:3", "web", "web:extra"]),
        (
            "docker compose -f a.yml -f b.yml push api",
            {"a.yml": COMPOSE, "b.yml": "services: {api: {image: $R/b}}"},
            ["b"],
        ),
        ("docker compose push gone", {"compose.yml": COMPOSE}, [None]),
        ("docker compose push", {"compose.yml": "services: ["}, [None]),
        ("cd sub && docker compose push api", {"sub/compose.yaml": COMPOSE}, ["api:latest"]),
        ("cd sub && docker compose push api", {"sub/docker-compose.yml": COMPOSE}, [None]),
        (
            "docker compose push",
            {
                "compose.yaml": "services: {a: {build: ., image: $R/a}}",
                "compose.override.yaml": "services: {a: {image: $R/o}}",
            },
            ["o"],
        ),
    ],
)
def test_compose_pushes_the_images_of_its_file(script: str, texts: dict[str, str], expected: list[str | None]) -> None:
    assert pushed(script, texts) == expected


BAKE = """
variable "R" { default = "" }
variable "TAG" {
  default = "dev"  # overridden by the environment
}
function "tag" {
  params = [name]
  result = ["${R}/${name}:${TAG}", equal(TAG, "dev") ? "" : "${R}/${name}:latest"]
}
group "default" { targets = ["api", "web"] }
group "all" { targets = ["default", "jobs"] }
target "base" {
  output = ["type=image"]
  args = { A = "1", B = 2 }
}
target "api" {
  inherits = ["base"]
  tags = tag("api")
}
target "web" { tags = concat(["${R}/web:1"], [for x in ["a", "b"] : "${R}/web:${x}"]) }
target "jobs" {
  name = "jobs-${item.n}"
  matrix = { item = [{ n = "x" }, { n = "y" }] }
  tags = [join("/", [R, "jobs", item.n])]
  output = ["type=registry"]
}
"""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("docker buildx bake --push", ["api:dev", "web:1", "web:a", "web:b"]),
        ("TAG=v1 docker buildx bake --push api", ["api:v1", "api:latest"]),
        ("docker buildx bake --push --set '*.tags=x/y' api", ["x/y"]),
        ("docker buildx bake --push --set web.tags=$R/w web", ["w"]),
        ("docker buildx bake", []),
        ("docker buildx bake jobs", ["jobs/x", "jobs/y"]),
        ("docker buildx bake --set '*.output=type=registry' api", ["api:dev"]),
        ("docker buildx bake --push gone", [None]),
        ("docker buildx bake -f docker-bake.hcl --push web", ["web:1", "web:a", "web:b"]),
        ("depot bake --push api", ["api:dev"]),
    ],
)
def test_bake_pushes_the_tags_of_its_targets(script: str, expected: list[str | None]) -> None:
    assert pushed(script, {"docker-bake.hcl": BAKE}) == expected


def test_bake_reads_json_and_compose_files_too() -> None:
    json_file = '{"variable":{"N":{"default":"a"}},"target":{"default":{"tags":["${R}/${N}"]}},"group":{}}'
    assert pushed("docker buildx bake --push", {"docker-bake.json": json_file}, N="z") == ["${R}/z"]
    assert pushed("docker buildx bake -f compose.yml --push api", {"compose.yml": COMPOSE}) == ["api:latest"]


MAKE = """
NAME ?= app
IMG := $(R)/$(NAME)
SERVICES = api web
ifeq ($(KIND),prod)
EXTRA = prod
else
EXTRA = dev
endif
.PHONY: push all
push: login
\t@docker push $(IMG):$(shell git rev-parse HEAD)
login: ; docker login $(R)
all: $(addprefix push-,$(SERVICES))
push-%:
\tdocker push $(R)/$*
loop:
\t@for s in $(SERVICES); do \\
\t  docker push $(R)/$$s; \\
\tdone
extra:
\tdocker push $(R)/$(EXTRA)
again:
\t$(MAKE) push NAME=again
each:
\t$(foreach s,$(SERVICES),docker push $(R)/$(s);)
deep:
\tcd sub && docker push $(R)/deep
\t./push.sh
"""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("make push", ["app:$(git rev-parse HEAD)"]),
        ("make", ["app:$(git rev-parse HEAD)"]),
        ("make push NAME=x", ["x:$(git rev-parse HEAD)"]),
        ("NAME=y make push", ["y:$(git rev-parse HEAD)"]),
        ("make all", ["api", "web"]),
        ("make loop", ["api", "web"]),
        ("make -j4 loop", ["api", "web"]),
        ("make extra KIND=prod", ["prod"]),
        ("make again", ["again:$(git rev-parse HEAD)"]),
        ("make each", ["api", "web"]),
        ("make -f ci.mk push", ["ci"]),
        ("make -C sub push", ["sub"]),
        ("cd sub && make push", ["sub"]),
        ("make deep", ["deep", "script"]),
    ],
)
def test_make_runs_the_recipes_of_its_targets(script: str, expected: list[str | None]) -> None:
    sub = "push:\n\tdocker push $(R)/sub\n"
    texts = {"Makefile": MAKE, "ci.mk": "push:\n\tdocker push ${R}/ci\n", "push.sh": "docker push $R/script"}
    known = {**texts, "sub/Makefile": sub}
    values: dict[str, Reading[str]] = {path: Absent(path) for path in (*DEFAULTS, "sub/GNUmakefile", "sub/makefile")}
    values |= {path: Known(text) for path, text in known.items()}
    found = operations_of_script(script, {"R": HOST}, Files(values))[0]
    assert shown(found, Purpose.PUSH) == expected
    assert [each.gap.what for each in found if each.gap] == []


@pytest.mark.parametrize(
    ("script", "texts", "expected"),
    [
        (
            "npm run ship",
            {"package.json": '{"scripts":{"ship":"docker push $R/a","preship":"docker push $R/b"}}'},
            ["b", "a"],
        ),
        ("yarn ship", {"package.json": '{"scripts":{"ship":"docker push $R/a"}}'}, ["a"]),
        ("pnpm run ship -- b", {"package.json": '{"scripts":{"ship":"docker push $R/a"}}'}, ["b"]),
        (
            "npm run a",
            {"package.json": '{"scripts":{"a":"npm run b","b":"./x.sh"}}', "x.sh": "docker push $R/x"},
            ["x"],
        ),
        ("npm --prefix sub run ship", {"sub/package.json": '{"scripts":{"ship":"docker push $R/s"}}'}, ["s"]),
        ("just ship web", {"justfile": "r := env('R')\nship name:\n    docker push {{r}}/{{name}}\n"}, ["web"]),
        ("just", {"justfile": "ship: build\n    docker push $R/a\nbuild:\n    docker build .\n"}, ["a"]),
        ("just ship --version -n", {"justfile": "ship *words:\n    docker push $R/a {{words}}\n"}, ["a"]),
        ("just ship a b", {"justfile": "ship +to:\n    for i in {{to}}; do docker push $R/$i; done\n"}, ["a", "b"]),
        ("just R=x ship b=c", {"justfile": "ship name:\n    docker push $R/{{name}}\n"}, ["b=c"]),
        (
            "task ship -- -n a",
            {"Taskfile.yml": "tasks:\n  ship: {cmds: ['echo {{.CLI_ARGS}}; docker push $R/a']}\n"},
            ["a"],
        ),
        ("npm --loglevel info run ship", {"package.json": '{"scripts": {"ship": "docker push $R/a"}}'}, ["a"]),
        ("task ship", {"Taskfile.yml": "version: 3\ntasks:\n  ship: {cmds: ['docker push $R/a']}\n"}, ["a"]),
        ("task ship N=x", {"Taskfile.yml": "tasks:\n  ship: {cmds: ['docker push {{.R}}/{{.N}}']}\n"}, ["x"]),
        (
            "earthly --push +a",
            {"Earthfile": "ARG N=app\na:\n  BUILD +b\nb:\n  SAVE IMAGE --push $R/$N:1\n"},
            ["$R/app:1"],
        ),
        ("earthly --push +a --R=$R", {"Earthfile": "a:\n  ARG R\n  SAVE IMAGE --push $R/x:1\n"}, ["x:1"]),
        (
            "goreleaser release",
            {".goreleaser.yml": "dockers:\n- image_templates: ['{{ .Env.R }}/a:{{ .Tag }}']\n"},
            ["a:$template"],
        ),
        ("goreleaser --clean", {".goreleaser.yml": "dockers:\n- image_templates: ['{{ .Env.R }}/a']\n"}, ["a"]),
        ("goreleaser --config x.yml release", {"x.yml": "dockers:\n- image_templates: ['{{ .Env.R }}/a']\n"}, ["a"]),
        (
            "goreleaser release --skip=docker",
            {".goreleaser.yml": "dockers:\n- image_templates: ['{{ .Env.R }}/a']\n"},
            [],
        ),
        ("skaffold run -d $R/x", {"skaffold.yaml": "build:\n  artifacts:\n  - image: o/api\n"}, ["x/o_api"]),
        ("skaffold build", {"skaffold.yaml": "build:\n  artifacts:\n  - image: x.io/api\n"}, ["x.io/api"]),
        (
            "helm package chart -d out\nhelm push out/*.tgz oci://$R/c",
            {"chart/Chart.yaml": "name: shop\nversion: 1\n"},
            ["c/shop"],
        ),
        ("KO_DOCKER_REPO=$R ko build -P ./cmd/x", {"go.mod": "module example.org/m\n"}, ["example.org/m/cmd/x"]),
        ("mvn jib:build", {"pom.xml": "<a>jib-maven-plugin</a><to><image>${env.R}/p</image></to>"}, ["p"]),
        ("gradle jib", {"build.gradle": "jib {\n  to {\n    image = 'x.io/app'\n  }\n}"}, ["x.io/app"]),
    ],
)
def test_tools_that_read_files_of_the_repository(
    script: str, texts: dict[str, str], expected: list[str | None]
) -> None:
    assert pushed(script, texts) == expected


def test_a_bake_file_that_grows_without_end_is_read_to_a_bound() -> None:
    chain = "".join(f'variable "V{n}" {{ default = "${{V{n + 1}}}${{V{n + 1}}}" }}\n' for n in range(60))
    loops = "[for a in l : " * 12 + '"x"' + "]" * 12
    text = f'{chain}l = [1,2,3,4,5,6,7,8,9]\ntarget "default" {{ tags = [V0, {loops}] }}'
    assert cost(lambda: pushed("docker buildx bake --push", {"docker-bake.hcl": text})) < 250


def test_a_makefile_that_grows_without_end_is_read_to_a_bound() -> None:
    lines = "".join(f"V{n} = {f'$(V{n + 1})' * 50}\n" for n in range(30))
    assert cost(lambda: operations("make x", {"Makefile": f"{lines}x:\n\techo $(V0)\n"})) < 250


@given(st.text(alphabet='ab{}[]()="$%\\\n:?,.#/<-1 ', max_size=200))
@settings(max_examples=examples(200), deadline=None)
def test_no_bake_file_is_too_strange_to_read(text: str) -> None:
    hcl_blocks(text)
    operations("docker buildx bake --push", {"docker-bake.hcl": text})


@given(st.text(alphabet="ab:=$(){}%\t\n?+#\\ ,ifedqln", max_size=200))
@settings(max_examples=examples(200), deadline=None)
def test_no_makefile_is_too_strange_to_read(text: str) -> None:
    Makefile({}, {}).read(text, lambda _: None)
    operations("make a\nmake", {"Makefile": text})


@given(st.text(alphabet="ab:=-{}[]'\"\n &*#!|> ", max_size=200))
@settings(max_examples=examples(200), deadline=None)
def test_no_file_of_a_tool_is_too_strange_to_read(text: str) -> None:
    names = (
        "compose.yaml",
        "Taskfile.yml",
        ".goreleaser.yml",
        "skaffold.yaml",
        "justfile",
        "Earthfile",
        "package.json",
    )
    script = "docker compose push\ntask x\ngoreleaser release\nskaffold run\njust a\nearthly --push +a\nnpm run a"
    operations(script, dict.fromkeys(names, text))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("a:\n  FROM alpine\n  RUN make\n", True),
        ("a:\n  LOCALLY\n  RUN ./ship.sh\n", False),
        ("a:\n  RUN --aws aws s3 ls\n", False),
        ("a:\n  RUN --secret AWS_SECRET_ACCESS_KEY ./ship.sh\n", False),
    ],
)
def test_an_earthfile_that_uses_the_jobs_credentials_is_named(text: str, *, reads: bool) -> None:
    found = operations("earthly +a", {"Earthfile": text})
    assert [each.purpose for each in found] == [Purpose.NOTHING if reads else Purpose.OPAQUE]
