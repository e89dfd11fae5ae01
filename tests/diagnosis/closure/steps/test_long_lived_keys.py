"""Whether a long-lived key reaches a release: forms and places, each beside what looks like it and is none."""

from __future__ import annotations

import pytest
from closing_runs import HOST, closing, release, script, step
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples, some

from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.gates import Verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
CHECK = (
    'if [[ -n "${AWS_ACCESS_KEY_ID:-}" || -n "$AWS_SECRET_ACCESS_KEY" ]]; then\n  echo "static keys" >&2\n  exit 1\nfi'
)
GIVEN = "env:\n  AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}\n  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}"
WEB = (
    "CREDS=$(aws sts assume-role-with-web-identity --role-arn arn:aws:iam::111122223333:role/release --role-session-name x"
    ' --web-identity-token "$TOKEN")\nexport AWS_ACCESS_KEY_ID=$(echo "$CREDS" | jq -r .Credentials.AccessKeyId)\n'
    'export AWS_SECRET_ACCESS_KEY=$(echo "$CREDS" | jq -r .Credentials.SecretAccessKey)\n'
    'export AWS_SESSION_TOKEN=$(echo "$CREDS" | jq -r .Credentials.SessionToken)'
)
ODD = "${{ secrets.ODD_NAME }}"
"""A secret whose name tells nothing."""
SETS = (
    "aws configure set aws_access_key_id {value}",
    "aws configure set aws_secret_access_key {value} --profile release",
    "aws --profile x configure set profile.x.aws_access_key_id '{value}'",
    "export AWS_SECRET_ACCESS_KEY={value}",
    'declare -x AWS_SECRET_ACCESS_KEY="{value}"',
    "AWS_ACCESS_KEY_ID={value} aws s3 ls",
    "env AWS_ACCESS_KEY_ID={value} aws s3 ls",
    'sudo -E env AWS_SECRET_ACCESS_KEY="{value}" docker push x',
    'echo "AWS_ACCESS_KEY_ID={value}" >> $GITHUB_ENV',
    'echo AWS_SECRET_ACCESS_KEY={value} | tee -a "$GITHUB_ENV" > /dev/null',
    'printf "AWS_SECRET_ACCESS_KEY=%s\\n" "{value}" >> "${{GITHUB_ENV}}"',
    "cat >> $GITHUB_ENV <<EOF\nAWS_ACCESS_KEY_ID={value}\nEOF",
    "{{ echo A=1; echo AWS_ACCESS_KEY_ID={value}; }} >> $GITHUB_ENV",
    "mkdir -p ~/.aws && cat > ~/.aws/credentials <<EOF\n[default]\naws_access_key_id = {value}\nEOF",
    'printf "[default]\\naws_secret_access_key=%s\\n" "{value}" > "$HOME/.aws/credentials"',
    "set -a\nAWS_ACCESS_KEY_ID={value}\nset +a\naws s3 ls",
    "K={value}\nexport AWS_ACCESS_KEY_ID=$K",
    'bash -c "AWS_ACCESS_KEY_ID={value} aws s3 ls"',
    "push() {{ AWS_ACCESS_KEY_ID={value} docker push x; }}\npush",
    "if true; then export AWS_ACCESS_KEY_ID={value}; fi",
    "docker login -u {value} -p x " + HOST,
    "echo {value} | docker login -u AWS --password-stdin " + HOST,
    "docker run -e AWS_ACCESS_KEY_ID={value} tool",
)
VALUES = (
    ODD,
    "${{ vars.ODD }}",
    "${{ inputs.key }}",
    "AKIAQWERTYUIOPASDFGH",
    "${{ secrets['ODD'] }}",
    "${{ secrets.A || '' }}",
)


def judged(text: str, **files: str) -> Verdict:
    named = {name.replace("__", "/"): of for name, of in files.items()}
    return judge_long_lived_keys(closing(text, named)).verdict


def test_a_release_by_web_identity_alone() -> None:
    for text in (
        release(),
        release(first=script(CHECK)),
        release(first=script(CHECK, GIVEN)),
        release(first=script(WEB)),
        release(
            middle=script('docker build --build-arg V=1 .\ncurl -H "X: ${{ secrets.SLACK_TOKEN }}" https://x.test')
        ),
        release(middle=script("npm ci", "env:\n  NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}")),
        release(
            middle=script('echo "TAG=$(git describe --tags)" >> $GITHUB_ENV\necho "A=${{ github.sha }}" >> $GITHUB_ENV')
        ),
        release(middle=script("aws configure set region eu-west-1\naws configure list\naws sts get-caller-identity")),
        release(middle=script(f"aws ecr get-login-password | docker login -u AWS --password-stdin {HOST}")),
        release(middle=script(f"P=$(aws ecr get-login-password)\ndocker login -u AWS -p $P {HOST}")),
        release(middle=script('docker run -e AWS_ACCESS_KEY_ID="$AWS_ACCESS_KEY_ID" -e AWS_SESSION_TOKEN tool')),
        release(middle=script('grep -q AWS_ACCESS_KEY_ID=x .env && exit 1 || echo "AWS_ACCESS_KEY_ID is not there"')),
        release(
            middle=step(
                "uses: docker/login-action@v3\nwith: {registry: ghcr.io, username: a, password: '${{ secrets.GITHUB_TOKEN }}'}"
            )
        ),
        release(
            middle=step(
                "uses: docker/login-action@v3\n"
                "with: {username: '${{ secrets.DOCKERHUB_USERNAME }}', password: '${{ secrets.DOCKERHUB_TOKEN }}'}"
            )
        ),
        release(middle=step(f"uses: docker/login-action@v3\nwith: {{registry: {HOST}}}")),
        release(middle=step("uses: o/a@v1\nenv:\n  AWS_ACCESS_KEY_ID: ${{ steps.creds.outputs.aws-access-key-id }}")),
        release(
            job="services:\n  aws:\n    image: localstack/localstack\n"
            "    env: {AWS_ACCESS_KEY_ID: test, AWS_SECRET_ACCESS_KEY: test}"
        ),
        release(
            top="env: {AWS_REGION: x, ROLE: '${{ secrets.AWS_ROLE_ARN }}', AWS_ACCOUNT_ID: '${{ secrets.AWS_ACCOUNT_ID }}'}"
        ),
    ):
        proof = judge_long_lived_keys(closing(text))
        assert proof.verdict is PASS, (proof.reason, text)
        assert proof.evidence
        assert not proof.findings


@settings(max_examples=examples(300), deadline=None)
@given(
    form=st.sampled_from(SETS),
    value=st.sampled_from(VALUES),
    place=st.sampled_from(["first", "middle", "action", "file"]),
)
def test_a_key_that_a_script_sets(form: str, value: str, place: str) -> None:
    text = form.format(value=value)
    files: dict[str, str] = {}
    if place == "action" and "inputs" not in value:
        files["act__action.yml"] = f"runs:\n  using: composite\n  steps:\n{script(text, 'shell: bash')}"
        whole = release(middle=step("uses: ./act"))
    elif place == "file" and "${{" not in value:
        files["go.sh"] = text
        whole = release(middle=script("bash go.sh"))
    else:
        whole = release(**{"first" if place == "first" else "middle": script(text)})
    proof = judge_long_lived_keys(closing(whole, {name.replace("__", "/"): of for name, of in files.items()}))
    assert proof.verdict is FAIL, (proof, whole)


ENV = "env:\n  AWS_ACCESS_KEY_ID: {value}\n  AWS_SECRET_ACCESS_KEY: {value}"
OTHER_ENV = "env:\n  {name}: ${{{{ secrets.AWS_SECRET_ACCESS_KEY }}}}"


@pytest.mark.parametrize(
    "env", [ENV.format(value=value) for value in VALUES if "inputs" not in value] + [OTHER_ENV.format(name="KEY")]
)
def test_a_key_in_the_environment_at_any_level(env: str) -> None:
    called = f"on: workflow_call\n{env}\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps: [{{run: docker push {HOST}/app:1}}]"
    for text, files in (
        (release(top=env), {}),
        (release(job=env), {}),
        (release(job="container:\n  image: a\n" + "\n".join(f"  {line}" for line in env.split("\n"))), {}),
        (release(job="services:\n  a:\n    image: a\n" + "\n".join(f"    {line}" for line in env.split("\n"))), {}),
        (release(first=step("run: npm ci\n" + env)), {}),
        (release(middle=step("uses: docker/build-push-action@v6\n" + env)), {}),
        (
            release(middle=step("uses: ./act\n" + env)),
            {"act/action.yml": "runs: {using: composite, steps: [{run: ls, shell: sh}]}"},
        ),
        (
            release(last="  more:\n    uses: ./.github/workflows/c.yml\n    secrets: inherit"),
            {".github/workflows/c.yml": called},
        ),
    ):
        proof = judge_long_lived_keys(closing(text, files))
        assert proof.verdict is FAIL, (proof, text)


@pytest.mark.parametrize(
    "uses",
    [
        (
            "uses: aws-actions/configure-aws-credentials@v4\n"
            "with: {aws-access-key-id: '${{ secrets.A }}', aws-secret-access-key: '${{ secrets.B }}', aws-region: x}"
        ),
        "uses: jakejarvis/s3-sync-action@v1\nenv: {AWS_ACCESS_KEY_ID: '${{ secrets.A }}'}",
        "uses: appleboy/lambda-action@v1\nwith: {aws_access_key_id: '${{ secrets.A }}', aws_secret_access_key: '${{ secrets.B }}'}",
        "uses: kciter/aws-ecr-action@v4\nwith: {access_key_id: '${{ secrets.A }}', secret_access_key: '${{ secrets.B }}'}",
        (
            f"uses: docker/login-action@v3\nwith: {{registry: {HOST}, "
            "username: '${{ secrets.A }}', password: '${{ secrets.B }}'}"
        ),
        (
            "uses: docker/login-action@v3\n"
            "with: {registry: '${{ steps.login.outputs.registry }}', username: AWS, password: '${{ secrets.B }}'}"
        ),
        "uses: some/thing@v1\nwith: {token: '${{ secrets.AWS_SECRET_ACCESS_KEY }}'}",
        "uses: docker/build-push-action@v6\nwith:\n  build-args: |\n    A=1\n    AWS_ACCESS_KEY_ID=${{ secrets.A }}",
        "uses: actions/github-script@v7\nwith: {script: \"core.exportVariable('K', '${{ secrets.AWS_ACCESS_KEY_ID }}')\"}",
    ],
)
def test_a_key_among_the_inputs_of_an_action(uses: str) -> None:
    for text in (release(first=step(uses)), release(middle=step(uses))):
        proof = judge_long_lived_keys(closing(text))
        assert proof.verdict is FAIL, proof


@pytest.mark.parametrize(
    "text",
    [
        release(middle=script("./opaque.sh", "env: {X: '${{ secrets.ODD }}'}")),
        release(middle=step("uses: some/thing@v1\nwith: {a: '${{ secrets.ODD }}'}")),
        release(middle=step("uses: some/thing@v1\nenv: {ALL: '${{ toJSON(secrets) }}'}")),
        release(middle=script("cat settings >> $GITHUB_ENV")),
        release(middle=script("jq -r 'to_entries[]' x.json >> $GITHUB_ENV")),
        release(middle=script('echo "$LINE" >> $GITHUB_ENV')),
        release(middle=script("source ./.env\naws s3 ls")),
        release(middle=script('eval "$(./keys)"')),
        release(middle=script("aws-vault exec x -- aws s3 ls")),
        release(middle=script("cp keys ~/.aws/credentials")),
        release(middle=script("base64 -d keys > ~/.aws/credentials")),
        release(middle=script("aws configure set credential_process ./keys")),
        release(middle=script("export AWS_SHARED_CREDENTIALS_FILE=keys")),
        release(top="env: {AWS_CONFIG_FILE: ./aws.config}"),
        release(job="env: {AWS_PROFILE: prod}"),
        release(middle=script("export AWS_PROFILE=prod\naws s3 ls")),
        release(
            middle=step(
                "uses: actions/github-script@v7\nwith: {script: \"f('AWS_ACCESS_KEY_ID', '${{ secrets.ODD }}')\"}"
            )
        ),
        release(middle=step("uses: cardinalby/export-env-action@v2\nwith: {envFile: .env}")),
        release(middle=script(f"echo $X | docker login -u AWS --password-stdin {HOST}")),
        release(last="  more:\n    uses: octo-lab/other/.github/workflows/c.yml@v1\n    secrets: inherit"),
        release().replace("ubuntu-latest", "self-hosted"),
        release().replace("ubuntu-latest", "[self-hosted, linux]"),
        release().replace("ubuntu-latest", "{group: big}"),
        release().replace("ubuntu-latest", "${{ vars.RUNNER }}"),
        release().replace("id-token: write, ", ""),
        release().replace("permissions: {id-token: write, contents: read}", ""),
        release().replace("role-to-assume", "role-name"),
    ],
)
def test_what_is_not_understood_proves_nothing(text: str) -> None:
    proof = judge_long_lived_keys(closing(text))
    assert proof.verdict is UNKNOWN, proof
    assert proof.not_understood


NEIGHBOURS = (
    ("$env:AWS_ACCESS_KEY_ID = '{value}'", "shell: pwsh"),
    ('"AWS_ACCESS_KEY_ID={value}" | Out-File -FilePath $env:GITHUB_ENV -Append', "shell: pwsh"),
    ('Add-Content $env:GITHUB_ENV "AWS_ACCESS_KEY_ID={value}"', "shell: pwsh"),
    ("Set-AWSCredential -AccessKey {value} -SecretKey x", "shell: pwsh"),
    ("set AWS_ACCESS_KEY_ID={value}", "shell: cmd"),
    ('import os\nos.environ["AWS_ACCESS_KEY_ID"]="{value}"', "shell: python"),
    ("printf '%s\\n%s\\n' '{value}' x | aws configure", ""),
    ("aws configure --profile r <<EOF\n{value}\nx\nEOF", ""),
    ("s3cmd --access_key={value} put x", ""),
    ("rclone --s3-access-key-id {value} copy a b", ""),
    ("terraform apply -var aws_access_key={value}", ""),
    ("sed -i 's/K/{value}/' ~/.aws/credentials", ""),
    ('echo \'{{"aws_access_key_id": "{value}"}}\' > c.json', ""),
    ('for v in AWS_ACCESS_KEY_ID; do echo "$v={value}" >> $GITHUB_ENV; done', ""),
    ('read -r AWS_ACCESS_KEY_ID B <<< "{value}"\nexport AWS_ACCESS_KEY_ID', ""),
    ("printf -v AWS_ACCESS_KEY_ID %s '{value}'\nexport AWS_ACCESS_KEY_ID", ""),
    ("N=AWS_ACCESS_KEY_ID\nexport $N={value}", ""),
    ("exec >> $GITHUB_ENV\necho AWS_ACCESS_KEY_ID={value}", ""),
    ("F=$GITHUB_ENV\necho AWS_ACCESS_KEY_ID={value} >> $F", ""),
    ("echo AWS_ACCESS_KEY_ID={value} | dd of=$GITHUB_ENV oflag=append", ""),
    ("aws s3 ls --profile prod", ""),
    ("export AWS_ACCESS_KEY_ID=$(aws secretsmanager get-secret-value --secret-id x)", ""),
    ("export AWS_ACCESS_KEY_ID=$(cat key.txt)", ""),
    ('python -c \'import boto3; boto3.client("ecr", aws_access_key_id="{value}")\'', ""),
)


def test_neighbours_of_the_forms_prove_nothing_either() -> None:
    for form, more in some(NEIGHBOURS, 2):
        assert judged(release(middle=script(form.format(value=ODD), more))) is not PASS, form


def test_what_names_a_profile_or_a_file_and_sets_no_key() -> None:
    for lines in (
        "aws configure set region eu-west-1 --profile x\naws s3 ls --profile x",
        'echo "KEY=value" >> $GITHUB_ENV\necho "SHA=${GITHUB_SHA::7}" >> $GITHUB_ENV',
        "docker build --secret id=aws,env=AWS_ACCESS_KEY_ID .",
        "cat ~/.aws/config || true\nrm -rf ~/.aws/credentials",
        "terraform apply -auto-approve -var region=eu-west-1",
    ):
        assert judged(release(middle=script(lines))) is PASS, lines


def test_tokens_that_only_a_long_lived_key_can_ask_for() -> None:
    for line in (
        "aws sts get-session-token",
        "aws configure import --csv file://keys.csv",
        "aws iam create-access-key --user-name x",
    ):
        assert judged(release(middle=script(line))) is FAIL, line


def test_variables_and_profiles_whose_names_or_lines_nobody_reads_prove_nothing() -> None:
    unread = (
        "export $(grep -v '^#' .env | xargs)\naws s3 ls",
        "env $(cat .env | xargs) docker push x",
        'while IFS== read -r k v; do export "$k=$v"; done < .env\naws s3 ls',
        "source /tmp/set\naws s3 ls",
        "set -a; source <(aws ssm get-parameter --name x); aws s3 ls",
        "sops exec-env secrets.yaml 'docker push x'",
        "doppler run -- docker push x",
        f"echo '{ODD}' > $HOME/.aws/config",
        'echo "$FILE" > ~/.aws/credentials',
        f"cd ~/.aws && echo '{ODD}' > credentials",
    )
    understood = (
        'export A FOO=$(date) IMAGE="$HOST/app:$TAG"\naws s3 ls',
        "source .venv/bin/activate\naws s3 ls",
        "doppler secrets get X",
        "cat > ~/.aws/config <<X\n[profile a]\nregion = eu\n# none\n\nrole_arn = x\nX",
    )
    found = {line: judge_long_lived_keys(closing(release(middle=script(line)))) for line in (*unread, *understood)}
    assert {line: proof.verdict for line, proof in found.items()} == {
        **dict.fromkeys(unread, UNKNOWN),
        **dict.fromkeys(understood, PASS),
    }
