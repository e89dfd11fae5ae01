"""Where a key of a release comes from: a secret, the run's own session, another job, a file or an address, in further forms."""

from __future__ import annotations

from closing_runs import HOST, closing, release, script, step
from thoroughness import some

from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.gates import Verdict

ODD = "${{ secrets.ODD }}"
"""A secret whose name tells nothing."""
LOGIN = "uses: docker/login-action@v3\nwith: {{registry: {host}, username: '{user}', password: '{password}'}}"
CONFIGURE = "uses: aws-actions/configure-aws-credentials@v4\nwith: {{role-to-assume: 'arn:aws:iam::111122223333:role/r', {more}}}"
CREDS = "${{{{ steps.{step}.outputs.{name} }}}}"


def container(image: str, user: str, password: str) -> str:
    """A job within a container whose registry is logged in to so."""
    return f"container:\n  image: {image}\n  credentials: {{username: '{user}', password: '{password}'}}"


def handed_on(value: str) -> str:
    """A release whose key is the output of another job, which has it from there."""
    own = "env: {AWS_ACCESS_KEY_ID: '${{ needs.keys.outputs.key }}'}\nneeds: keys"
    other = "  keys:\n    runs-on: ubuntu-latest\n    outputs: {key: '%s'}\n    steps:\n      - {id: x, run: 'true'}\n"
    return release(job=own) + other % value


LONG_LIVED = (
    script("export AWS_ACCESS_KEY_ID=$(aws sts get-session-token | jq -r .Credentials.AccessKeyId)"),
    script(f"K={ODD}\nexport AWS_SECRET_ACCESS_KEY=$(echo $K)"),
    script(f"cat >> $GITHUB_ENV <<END\nAWS_ACCESS_KEY_ID<<E\n{ODD}\nE\nEND"),
    step(LOGIN.format(host=HOST, user="AWS", password=ODD)),
    step("run: aws s3 ls\nenv:\n  AWS_ACCESS_KEY_ID: ${{ env.K }}") + "\n",
)
OF_THE_RUN = (
    script("export AWS_ACCESS_KEY_ID=$(aws sts assume-role --role-arn x | jq -r .Credentials.AccessKeyId)"),
    script(f"docker login -u me -p {ODD} docker.io"),
    step(
        LOGIN.format(
            host=HOST,
            user=CREDS.format(step="login", name="docker_username_111122223333"),
            password=CREDS.format(step="login", name="docker_password_111122223333"),
        )
    ),
    step("uses: aws-actions/aws-secretsmanager-get-secrets@v2\nwith: {secret-ids: app/config}"),
    script("export AWS_CONTAINER_CREDENTIALS_FULL_URI=\naws s3 ls"),
)
NOT_TOLD = (
    script("export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/keys\naws s3 ls"),
    step("run: aws s3 ls\nenv: {AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/keys'}"),
    script("vault read -format=json aws/creds/release"),
    script('aws configure set "$NAME" x'),
    script("aws configure < answers"),
    script(f"docker login -u {ODD} -p x $REGISTRY"),
    script('echo "{\\"auths\\": {\\"x\\": \\"$AUTH\\"}}" > ~/.docker/config.json'),
    script("printf '[profile x]\\ncredential_process = ./keys\\n' >> ~/.aws/config"),
    script("echo '${{ toJSON(secrets) }}' > all.json\n./tool all.json"),
    step("run: aws s3 ls\nenv: ${{ fromJSON(vars.ENVIRONMENT) }}"),
    step("run: aws s3 ls\nenv: {AWS_ACCESS_KEY_ID: '${{ steps.other.outputs.key }}'}"),
    step(LOGIN.format(host=HOST, user="AWS", password="${{ steps.other.outputs.token }}")),
    step("uses: aws-actions/aws-secretsmanager-get-secrets@v2\nwith: {secret-ids: 'app/*'}"),
    step(
        "uses: aws-actions/aws-secretsmanager-get-secrets@v2\nwith: {secret-ids: app/config, parse-json-secrets: true}"
    ),
    step(CONFIGURE.format(more="web-identity-token-file: token, aws-region: eu-west-1")),
)


def test_keys_by_their_origin() -> None:
    wrong = []
    tables = ((LONG_LIVED, Verdict.FAIL), (OF_THE_RUN, Verdict.PASS), (NOT_TOLD, Verdict.UNKNOWN))
    for steps, expected in tables:
        for each in some(steps, 2):
            text = release(job=f"env: {{K: '{ODD}'}}", middle=each) if "env.K" in each else release(middle=each)
            proof = judge_long_lived_keys(closing(text))
            if proof.verdict is not expected:
                wrong.append((expected, proof.verdict, proof.reason, each))
            assert bool(proof.not_understood) is (proof.verdict is Verdict.UNKNOWN)
    assert wrong == []


def test_keys_that_a_job_is_given_as_a_whole() -> None:
    for text, expected in (
        (release(job=container(f"{HOST}/build:1", "AWS", ODD)), Verdict.FAIL),
        (release(job=container("ghcr.io/o/build:1", "me", ODD)), Verdict.PASS),
        (release(job=container("${{ vars.IMAGE }}", "AWS", ODD)), Verdict.UNKNOWN),
        (handed_on(ODD), Verdict.FAIL),
        (handed_on("${{ steps.x.outputs.key }}"), Verdict.UNKNOWN),
        (handed_on(""), Verdict.PASS),
    ):
        proof = judge_long_lived_keys(closing(text))
        assert proof.verdict is expected, (proof.reason, text)


def test_a_local_action_that_was_not_read_proves_nothing() -> None:
    run = closing(
        release(middle=step("uses: ./act")),
        {"act/action.yml": "runs: {using: composite, steps: [{run: ls, shell: sh}]}"},
    )
    assert judge_long_lived_keys(run).verdict is Verdict.PASS
    unread = closing(release(middle=step("uses: ./act")))
    assert judge_long_lived_keys(unread).verdict is Verdict.UNKNOWN
