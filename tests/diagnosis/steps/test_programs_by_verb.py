"""Programs that leave AWS alone, but not by every verb; task runners; shells that are not read."""

from __future__ import annotations

import pytest

from diagnosis.facts.reading import Known
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def read(script: str, shell: str | None = None, **texts: str) -> tuple[Operation, ...]:
    files = Files({path.replace("_", "."): Known(text) for path, text in texts.items()}, {})
    return operations_of_script(script, {}, files, "", shell)[0]


def opaque(script: str, shell: str | None = None, **texts: str) -> list[str]:
    return [each.gap.what for each in read(script, shell, **texts) if each.gap is not None]


@pytest.mark.parametrize(
    "script",
    [
        "npx nx run api:deploy",
        "nx deploy api",
        "nx run-many -t build deploy --parallel=3",
        "nx affected --target=publish-image",
        "nx affected:deploy",
        "turbo run build deploy --filter=api",
        "turbo deploy",
        "lerna run deploy --stream",
        "ng deploy",
        "ng run app:upload",
        "rush ship",
        "ant deploy",
        "nox -s release",
        "tox -e py312,deploy",
        "semantic-release",
        "hugo deploy --target s3",
        "datadog-ci lambda instrument -f f",
        "artillery run:fargate t.yml",
        *("pack manifest push r/a", "earthly +deploy"),
        *("mvn -B deploy", "mvn exec:java", "mvn com.example:lambda-maven-plugin:1.2:deploy", "mvn package $GOALS"),
        *("mvn site:deploy", "mvn source:upload", "./gradlew clean deploy", "gradle :app:uploadToS3", "gradle bootRun"),
        *(
            "gradle publish",
            "gradle buildImageAndPush",
            "sbt deploy",
            "sbt 'runMain a.Ship'",
            "sbt 'test; publish'",
            "sbt $TASK",
        ),
        *(
            "crane optimize a b",
            "oras manifest index update r/a:1 --add x",
            "regctl $GROUP put r/a",
            "skopeo $VERB a b",
        ),
        *("skopeo copy $FROM_AND_TO", "cosign generate-key-pair --kms awskms:///alias/release", "ko upload a"),
        *(
            "depot exec -- ./ship.sh",
            "img $VERB a",
            "flux --new-option x push artifact oci://r/a",
            "lerna --loglevel info run ship",
        ),
        "artillery run --platform aws:lambda t.yml",
        "artillery run --platform=aws:ecs t.yml",
        "helm secrets upgrade x chart -f secrets.yaml",
        "helm dt unwrap kibana.wrap.tgz registry.example.org/charts --yes",
        "helm repo add charts s3://bucket/charts",
        "helm upgrade x chart --values=secrets://secrets.yaml",
        "helm upgrade x chart --post-renderer ./render.sh",
        "trivy aws --region us-east-1",
        "curl --aws-sigv4 aws:amz:us-east-1:execute-api https://x.execute-api.us-east-1.amazonaws.com/p",
        "http --auth-type=aws4 https://x.execute-api.us-east-1.amazonaws.com/p",
        "git push codecommit::us-east-1://repo HEAD:main",
        "git clone https://git-codecommit.us-east-1.amazonaws.com/v1/repos/r",
        "conftest pull s3::https://s3.amazonaws.com/bucket/policies",
        "chamber exec app -- true",
    ],
)
def test_what_may_call_aws_is_named(script: str) -> None:
    assert len(opaque(script)) == 1


@pytest.mark.parametrize(
    "script",
    [
        *("crane version", "oras logout r", "regctl registry config", "skopeo --version", "cosign generate-key-pair"),
        *(
            "ko version",
            "depot list projects",
            "img prune",
            "goreleaser --version",
            "skaffold config list",
            "crane --help",
        ),
        *("pack config default-builder b", "earthly --version", "earthly prune"),
        "npx nx build api",
        *(
            "mvn -B -ntp -f app/pom.xml -DskipTests clean package",
            "mvn -pl a,b -am verify -Prelease",
            "mvn versions:set -q",
        ),
        "mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.0:go-offline dependency:resolve jib:dockerBuild",
        "mvn org.sonarsource.scanner.maven:sonar-maven-plugin:4.0:sonar org.jacoco:jacoco-maven-plugin:prepare-agent",
        *("./gradlew clean build -x test --tests a.B", "gradle :app:assembleRelease :app:bundleRelease", "gradle"),
        *(
            "gradle shadowJar processResources testDebugUnitTest ktlintCheck jibDockerBuild",
            "gradle wrapper --gradle-version 8.5",
        ),
        *(
            "sbt +test",
            "sbt 'project app; ++2.13.1 test; Test/compile'",
            "sbt -mem 2048 clean assembly",
            "sbt 'testOnly a.B'",
        ),
        "helm --debug upgrade --install x ./chart --set url=redis://cache -f values.yaml --post-renderer kustomize",
        "helm repo add charts https://charts.example.org",
        "nx run api:build:production",
        "nx run-many -t lint test build --parallel=3",
        "nx affected --target=test --base=origin/main",
        "nx affected:lint",
        "nx format:check",
        "turbo run build lint --filter=api",
        "turbo prune api",
        "lerna run build",
        "lerna publish from-package",
        "ng build --configuration production",
        "rush rebuild",
        "ant test jar",
        "nox -s mypy",
        "tox -e py312,py313-django,lint",
        "tox",
        "hugo --minify",
        "datadog-ci junit upload x.xml",
        "artillery run t.yml",
        "trivy image app",
        "curl -fsSL https://example.com",
        "git push origin HEAD:main",
        "flux reconcile source git app",
        "conftest test deploy.yaml",
    ],
)
def test_what_builds_tests_or_works_elsewhere_is_understood(script: str) -> None:
    assert opaque(script) == []


@pytest.mark.parametrize(
    ("script", "purpose"),
    [
        (f"flux push artifact oci://{HOST}/app:1 --path=./deploy --source=x --revision=y", Purpose.PUSH),
        (f"flux tag artifact oci://{HOST}/app:1 --tag latest", Purpose.PUSH),
        (f"flux pull artifact oci://{HOST}/app:1 --output d", Purpose.PULL),
        (f"conftest push {HOST}/app:1", Purpose.PUSH),
        (f"conftest pull oci://{HOST}/app:1", Purpose.PULL),
    ],
)
def test_artifacts_of_a_registry(script: str, purpose: Purpose) -> None:
    assert [(each.purpose, each.target) for each in read(script)] == [(purpose, f"{HOST}/app:1")]


@pytest.mark.parametrize(
    "wrapped",
    [
        "cross-env NODE_ENV=production {}",
        "npx cross-env A=1 B=2 {}",
        "nyc {}",
        'concurrently "{}" "echo x"',
        "lerna exec --scope api -- {}",
        "nx exec -- {}",
        "watch -n 5 {}",
        "chamber exec app -- {}",
    ],
)
def test_a_program_that_runs_another_one_is_looked_into(wrapped: str) -> None:
    assert f"{HOST}/app:1" in [each.target for each in read(wrapped.format(f"docker push {HOST}/app:1"))]


def test_semantic_release_is_understood_where_its_plugins_are_known() -> None:
    own = '{"plugins": ["@semantic-release/npm", ["@semantic-release/github", {}]]}'
    assert opaque("npx semantic-release", _releaserc_json=own) == []
    runs = '{"plugins": [["@semantic-release/exec", {"publishCmd": "make push"}]]}'
    assert opaque("npx semantic-release", _releaserc_json=runs) == ["semantic-release"]


@pytest.mark.parametrize(
    "shell", ["cmd", "python", "python3 {0}", "node {0}", "perl {0}", "Rscript {0}", "deno run {0}", "ts-node {0}"]
)
def test_a_shell_of_another_language_is_not_read(shell: str) -> None:
    assert opaque("docker push %REGISTRY%/app:1", shell) == [f"a script in {shell.split()[0]}"]


@pytest.mark.parametrize(
    "shell",
    [
        "bash",
        "sh",
        "bash -euxo pipefail {0}",
        "/bin/bash -l {0}",
        "pwsh",
        "powershell",
        "wsl-bash {0}",
        "alpine.sh {0}",
        "nix develop --command bash -e {0}",
        "C:\\msys64\\bash.exe {0}",
        "msys2 {0}",
        "${{ matrix.shell }}",
    ],
)
def test_a_shell_of_unix_is_read(shell: str) -> None:
    assert [each.target for each in read(f"docker push {HOST}/app:1", shell)] == [f"{HOST}/app:1"]


def test_the_role_of_a_kubeconfig_is_taken_from_the_session() -> None:
    role = "arn:aws:iam::111122223333:role/eks"
    for script in (
        f"aws eks update-kubeconfig --name c --role-arn {role}",
        f"aws eks get-token --cluster-name c --role-arn {role}",
    ):
        assert ("sts:AssumeRole", role) in [(each.action, each.resource) for each in read(script)]
    assert [each.purpose for each in read("aws eks get-token --cluster-name c")] == [Purpose.NOTHING]
