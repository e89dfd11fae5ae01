"""Programs that are left alone until an argument gives them an image, a bucket, or another program; tools by allowed verbs."""

from __future__ import annotations

import pytest

from diagnosis.facts.reading import Absent, Known
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
VALUES = {"AWS_REGION": "us-east-1", "R": HOST}


def read(script: str) -> list[Operation]:
    found = operations_of_script(script, VALUES)[0]
    return [each for each in found if each.purpose is not Purpose.NOTHING]


@pytest.mark.parametrize(
    "wrapped",
    [
        "conda run -n build {}",
        "micromamba run -n build {}",
        "pyenv exec {}",
        "opam exec -- {}",
        "stack exec -- {}",
        "fnm exec --using=20 {}",
        "nvm exec 20 {}",
        "volta run --node 20 {}",
        "rustup run stable {}",
        "pipx run --spec awscli {}",
        "poetry -C backend run {}",
        "poetry --directory backend run {}",
        "uv --project backend run {}",
        "hatch -e release run {}",
        "python -m poetry run {}",
        "python3 -m pipenv run {}",
        "dockerize -wait tcp://db:5432 -timeout 60s {}",
        "ssh-agent {}",
        "find . -name x -exec echo {{}} \\; -exec {} \\;",
        "find . -okdir {} \\;",
        "fd -e zip --exec {}",
        "git submodule foreach --recursive '{}'",
        "git bisect run {}",
        "dotnet tool run {}",
        'ssh -o ProxyCommand="{}" ec2-user@host uptime',
        "rsync -e \"ssh -o ProxyCommand='{}'\" -a dist/ host:/srv",
    ],
)
def test_a_program_behind_another_one_counts(wrapped: str) -> None:
    found = read(wrapped.format("aws s3 cp a s3://b/a"))
    assert [(each.action, each.resource) for each in found] == [("s3:PutObject", "arn:{partition}:s3:::b/a")]


@pytest.mark.parametrize(
    "script",
    [
        "corepack pnpm run deploy",
        "rbenv exec bundle exec rake deploy",
        "mise run deploy",
        "mise r deploy",
        "mise run docker",
        "cargo deploy",
        "cargo --manifest-path x/Cargo.toml run",
        "mix deploy",
        "composer deploy",
        "composer run-script deploy",
        "pdm deploy",
        "cabal run deploy",
        "clj -T:build deploy",
        "lein deploy",
        "flutter pub run deploy",
        "go tool deploy",
        "swift package --disable-sandbox lambda-deploy",
        "gem exec deploy",
        "dotnet msbuild -t:DeployLambda",
        "msbuild app.proj /t:UploadSite",
        "dotnet publish /t:PublishContainer",
        "cmake --build build --target push-image",
        "ninja -C build push-image",
        "certbot certonly --dns-route53 -d example.com",
        "ssh ec2-user@i-0123456789abcdef0 uptime",
        "scp app.tar ec2-user@i-0123456789abcdef0:/srv",
        "gsutil -m rsync -r gs://a s3://b",
        "gcloud storage cp gs://a/x s3://b/x",
        "hugo --source site deploy",
        "trivy --cache-dir d aws",
        "awk '{system(\"docker push \" $1)}' images.txt",
        "docker-machine create --driver amazonec2 x",
        "oc adm release mirror --to=$R/release",
        "python3 -c 'if True: import boto3'",
    ],
)
def test_what_may_call_aws_is_named(script: str) -> None:
    assert [each.purpose for each in read(script)] == [Purpose.OPAQUE]


@pytest.mark.parametrize(
    "script",
    [
        "trivy image --exit-code 1 $R/app:1",
        "syft $R/app:1 -o spdx-json",
        "grype registry:$R/app:1",
        "snyk container test $R/app:1 --file=Dockerfile",
        "dockle $R/app:1",
        "gh attestation verify oci://$R/app:1 --owner o",
        "oc image mirror $R/app:1 quay.io/o/app:1",
    ],
)
def test_an_image_that_is_looked_at_is_pulled(script: str) -> None:
    assert [(each.purpose, each.target) for each in read(script)] == [(Purpose.PULL, f"{HOST}/app:1")]


@pytest.mark.parametrize(
    "script",
    [
        "dotnet publish --os linux /t:PublishContainer -p:ContainerRegistry=$R -p:ContainerRepository=app -p:ContainerImageTag=1",
        "msbuild -p PublishProfile=DefaultContainer -p ContainerRegistry=$R -p ContainerRepository=app -p:ContainerImageTags=1",
        "oc image mirror quay.io/o/app:1 $R/app:1",
        "oc image mirror quay.io/o/app:1=$R/app:1",
    ],
)
def test_an_image_that_is_pushed_by_an_argument(script: str) -> None:
    assert [(each.purpose, each.target) for each in read(script)] == [(Purpose.PUSH, f"{HOST}/app:1")]


def test_the_credential_helper_logs_in() -> None:
    assert [each.purpose for each in read(f"echo {HOST} | docker-credential-ecr-login get")] == [Purpose.LOGIN]


@pytest.mark.parametrize(
    "script",
    [
        "cargo +nightly build --release",
        "cargo --config x nextest run",
        "cargo clippy -- -D warnings",
        "composer install --no-dev",
        "composer test",
        "mix ecto.migrate",
        "mix deps.get --only prod",
        "poetry -C backend install",
        "poetry build",
        "uv sync --frozen",
        "uv tool install ruff",
        "bundle config set deployment true",
        "bundle",
        "flutter pub get",
        "mise install",
        "mise run lint",
        "conda env create -f e.yml",
        "go tool cover -func=c.out",
        "swift package resolve",
        "stack --resolver lts build",
        "nvm install 20",
        "rustup target add x86_64-unknown-linux-musl",
        "gem push app.gem",
        "dotnet publish -c Release -o out",
        "dotnet build /t:Rebuild",
        "dotnet ef database update",
        "dotnet tool install -g x",
        "cmake --build build --target install -j4",
        "cmake -S . -B build",
        "ninja -C build test",
        "certbot certonly --standalone -d example.com",
        "ssh deploy@example.com 'systemctl restart app'",
        "ssh -o StrictHostKeyChecking=no host true",
        "gsutil cp a gs://b/a",
        "gh release create v1",
        "trivy fs .",
        "awk -F: '{print $2}' file",
        "oc apply -f deploy.yaml",
        "find . -name '*.tmp' -delete",
        "git rebase main",
        'python -c "import json; print(json.load({1: 2}))"',
    ],
)
def test_what_builds_or_works_elsewhere_is_understood(script: str) -> None:
    assert read(script) == []


def test_a_runners_folder_is_where_its_program_runs() -> None:
    texts = {"infra/Makefile": f"push:\n\tdocker push {HOST}/app:1\n", "Makefile": "push:\n\taws s3 ls s3://other\n"}
    absent = {f"{folder}{name}": Absent("file") for folder in ("", "infra/") for name in ("GNUmakefile", "makefile")}
    files = Files({path: Known(text) for path, text in texts.items()} | absent)
    for runner in ("uv --directory infra run", "poetry -C infra run", "uv run --directory infra"):
        found = operations_of_script(f"{runner} make push", VALUES, files)[0]
        assert [each.target for each in found] == [f"{HOST}/app:1"]
