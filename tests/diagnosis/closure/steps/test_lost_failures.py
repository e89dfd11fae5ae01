"""Whether the failure of a gate's command can be lost in a green run: by its script, by continue-on-error, in what it calls."""

from __future__ import annotations

from dataclasses import replace

from green_runs import IMAGE, PUSH, green, release
from thoroughness import some

from diagnosis.causes import Integrity
from diagnosis.closure.steps.demotion.lost_failures import judge_lost_failures
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Job
from diagnosis.facts.workflow import UnparsableWorkflow
from diagnosis.gates import Verdict
from diagnosis.verdicts.replay import Replay

FAIL, UNKNOWN, PASS = Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS
RETRY = "      - uses: nick-fields/retry@v3\n        with: {{max_attempts: 3, command: '{}'{}}}\n"
"""An action that runs a command again, with further inputs."""
SH = "        shell: sh\n"
BAKE = "      - {uses: docker/bake-action@v5, with: {push: true, targets: app}}\n"
COMPOSE = f"services: {{a: {{image: '{IMAGE}', build: .}}}}\n"
RELEASES: tuple[tuple[Verdict, str, dict[str, str]], ...] = (
    (PASS, release(f"docker build .\n{PUSH}"), {}),
    (FAIL, release(f"{PUSH} || exit 0"), {}),
    (FAIL, release(f"if ! {PUSH}; then echo warn; fi"), {}),
    (FAIL, release(f"{PUSH} | tee log"), {}),
    (PASS, release(f"{PUSH} | tee log", step="        shell: bash\n"), {}),
    (PASS, release(f"{PUSH} | tee log", top="defaults: {run: {shell: bash}}\n"), {}),
    (FAIL, release(f"{PUSH}\necho done", step="        shell: 'bash {0}'\n"), {}),
    (FAIL, release(f"{PUSH}\necho done", top="defaults: {run: {shell: 'bash {0}'}}\n"), {}),
    (PASS, release(f"{PUSH}\necho done", step="        shell: sh\n"), {}),
    (UNKNOWN, release(f"{PUSH}\necho done", step="        shell: pwsh\n"), {}),
    (PASS, release(PUSH, step="        shell: pwsh\n"), {}),
    (UNKNOWN, release(PUSH, step="""        shell: 'bash -c "bash {0} || true"'\n"""), {}),
    (UNKNOWN, release(PUSH, step="        shell: './tolerant bash {0}'\n"), {}),
    (UNKNOWN, release(PUSH, step="        shell: \"pwsh -command \\\". '{0}'; exit 0\\\"\"\n"), {}),
    (UNKNOWN, release("try { aws s3 cp a s3://b/a } catch { }", step="        shell: pwsh\n"), {}),
    (FAIL, release(PUSH, step="        continue-on-error: true\n"), {}),
    (FAIL, release(PUSH, step="        continue-on-error: ${{ github.event_name == 'push' }}\n"), {}),
    (UNKNOWN, release(PUSH, step="        continue-on-error: ${{ vars.SOFT == '1' }}\n"), {}),
    (PASS, release(PUSH, step="        continue-on-error: ${{ false }}\n"), {}),
    (FAIL, release(PUSH, job="    continue-on-error: true\n"), {}),
    (UNKNOWN, release(PUSH, job="    continue-on-error: ${{ vars.SOFT == '1' }}\n"), {}),
    (PASS, release(PUSH, more="      - {run: npm test, continue-on-error: true}\n"), {}),
    (PASS, release("make push"), {"Makefile": f"push:\n\t{PUSH}\n\t@echo done\n"}),
    (FAIL, release("make push"), {"Makefile": f"push:\n\t-{PUSH}\n"}),
    (FAIL, release("make push"), {"Makefile": f"push:\n\t@-{PUSH}\n"}),
    (FAIL, release("make push"), {"Makefile": f".IGNORE:\npush:\n\t{PUSH}\n"}),
    (FAIL, release("make push"), {"Makefile": f"push:\n\t{PUSH} || true\n"}),
    (FAIL, release("make push"), {"Makefile": f"push:\n\t{PUSH}; echo done\n"}),
    (FAIL, release("make -i push"), {"Makefile": f"push:\n\t{PUSH}\n"}),
    (PASS, release("make -k push"), {"Makefile": f"push:\n\t{PUSH}\n"}),
    (PASS, release("./push.sh\necho done"), {"push.sh": f"#!/bin/bash\nset -e\n{PUSH}\necho done\n"}),
    (PASS, release("./push.sh"), {"push.sh": f"#!/bin/bash -e\n{PUSH}\necho done\n"}),
    (FAIL, release("bash push.sh"), {"push.sh": f"#!/bin/bash -e\n{PUSH}\necho done\n"}),
    (FAIL, release("./push.sh"), {"push.sh": f"#!/bin/bash\n{PUSH}\necho done\n"}),
    (UNKNOWN, release("./push.sh"), {}),
    (PASS, release("npm run push"), {"package.json": f'{{"scripts": {{"push": "{PUSH}"}}}}'}),
    (FAIL, release("npm run push"), {"package.json": f'{{"scripts": {{"push": "{PUSH} || true"}}}}'}),
    (UNKNOWN, release(PUSH, more="      - uses: someone/push@v1\n"), {}),
    (PASS, release(PUSH, more="      - uses: actions/setup-node@v4\n      - uses: actions/upload-artifact@v4\n"), {}),
    (FAIL, release("docker compose push --ignore-push-failures"), {"compose.yml": COMPOSE}),
    (FAIL, release("aws s3 cp a s3://bucket/a || true"), {}),
    (FAIL, release("aws ecs update-service --cluster c --service s || echo no"), {}),
    (PASS, release(f"docker pull {IMAGE} || true\n{PUSH}"), {}),
    (UNKNOWN, release(f"docker pull {IMAGE} || true"), {}),
    (UNKNOWN, release(f"alias docker='true #'\n{PUSH}"), {}),
    (UNKNOWN, release(f"PATH=$PWD/bin:$PATH\n{PUSH}"), {}),
    (UNKNOWN, release(f"export PATH=tools/bin:$PATH\n{PUSH}"), {}),
    (UNKNOWN, release(f"env PATH=bin:$PATH {PUSH}"), {}),
    (PASS, release(f'export PATH="$PATH:tools/bin"\n{PUSH}'), {}),
    (UNKNOWN, release("echo tools/bin >> $GITHUB_PATH", more=f"      - run: {PUSH}\n"), {}),
    (PASS, release('echo "$HOME/.local/bin" >> "$GITHUB_PATH"', more=f"      - run: {PUSH}\n"), {}),
    (UNKNOWN, release(f"trap 'exit 0' DEBUG\n{PUSH}"), {}),
    (UNKNOWN, release(f"set -n\n{PUSH}"), {}),
    (UNKNOWN, release(PUSH, step="        shell: 'bash -n {0}'\n"), {}),
    (PASS, release(f"set -euxo pipefail\nset -- -n\n{PUSH}"), {}),
    (PASS, release(f'export PATH="$HOME/.local/bin:$PATH"\n{PUSH}'), {}),
    (UNKNOWN, release(PUSH, step="        env: {BASH_ENV: setup.sh}\n"), {}),
    (UNKNOWN, release('echo "$PWD/bin" >> $GITHUB_PATH', more=f"      - run: {PUSH}\n"), {}),
    (UNKNOWN, release(f'docker() {{ command docker "$@" || true; }}\ndocker login x\n{PUSH} || true'), {}),
    (UNKNOWN, release(f"setsid {PUSH}"), {}),
    (UNKNOWN, release(f". lib.sh\n{PUSH} || die no"), {}),
    (PASS, release(f". lib.sh\n{PUSH} || die no"), {"lib.sh": "die() { echo $1; exit 1; }\n"}),
    (PASS, release(f"docker pull node:20 || true\n{PUSH}"), {}),
    (PASS, release(f"set +e\n{PUSH}\nrc=$?\n[[ $rc != 0 ]] && exit 1\nexit 0"), {}),
    (UNKNOWN, release(f"set +e\n{PUSH}\nrc=$?\n[[ $rc != 0 ]] && exit 1\nexit 0", step=SH), {}),
    (PASS, release(f"set +e\n{PUSH}\nrc=$?\n[ $rc != 0 ] && exit 1\nexit 0", step=SH), {}),
    (UNKNOWN, release(f"{PUSH} &> log", step=SH), {}),
    (UNKNOWN, release("./push.sh"), {"push.sh": f'#!/bin/sh\n{PUSH} || failed=1\n[ "$failed" == 1 ] && exit 1\nexit 0\n'}),
    (PASS, release("./push.sh"), {"push.sh": f"#!/bin/sh\nset -e\nn=$((1 + 1))\ngrep -q [[:space:]] x\n{PUSH}\n"}),
    (UNKNOWN, release("sh push.sh"), {"push.sh": f"#!/bin/bash\n{PUSH} || failed=1\n(( failed )) && exit 1\nexit 0\n"}),
    (PASS, release("true", more=RETRY.format(PUSH, "")), {}),
    (UNKNOWN, release("true", more=RETRY.format(f"{PUSH} || true", "")), {}),
    (FAIL, release("true", more=RETRY.format(PUSH, ", continue_on_error: true")), {}),
    (FAIL, release("true", more=RETRY.format(PUSH, ", continue_on_error: 'TRUE'")), {}),
    (PASS, release("true", more=RETRY.format(PUSH, ", continue_on_error: '${{ false }}'")), {}),
    (UNKNOWN, release("true", more=RETRY.format(PUSH, ", continue_on_error: '${{ vars.SOFT }}'")), {}),
    (PASS, release("true", more=BAKE), {"docker-bake.hcl": f'target "app" {{ tags = ["{IMAGE}"] }}'}),
    (UNKNOWN, release(f"{PUSH}\nif"), {}),
    (UNKNOWN, release(f"export SHELLOPTS\n{PUSH}"), {}),
    (UNKNOWN, release('echo "BASH_ENV=$PWD/x" >> $GITHUB_ENV', more=f"      - run: {PUSH}\n"), {}),
    (UNKNOWN, release('echo "PATH=$PWD/x:$PATH" >> $GITHUB_ENV', more=f"      - run: {PUSH}\n"), {}),
    (UNKNOWN, release("cat >> $GITHUB_ENV <<E\nBASH_ENV<<X\nx\nX\nE", more=f"      - run: {PUSH}\n"), {}),
    (PASS, release('echo "IMAGE=x" >> $GITHUB_ENV', more=f"      - run: {PUSH}\n"), {}),
    (FAIL, release(f"find . -maxdepth 0 -exec {PUSH} \\;"), {}),
    (PASS, release(f"find . -maxdepth 0 -exec {PUSH} {{}} +"), {}),
    (UNKNOWN, release(f"cat <<E\n$({PUSH})\nE"), {}),
)  # fmt: skip


def test_releases_by_their_forms() -> None:
    wrong = []
    for verdict, text, files in some(RELEASES, 2):
        closing = green(text, files)
        proof = judge_lost_failures(closing)
        if proof.verdict is not verdict:
            wrong.append((verdict, proof.verdict, proof.reason, text[text.index("- id: push") :], files))
        assert bool(proof.findings) is (proof.verdict is FAIL)
        assert all(each.slug is Integrity.GATE_DEMOTED and each.breaks_closure for each in proof.findings)
        assert proof.verdict is not UNKNOWN or proof.not_understood
    assert wrong == []


def test_a_composite_action_and_a_called_workflow_are_looked_into() -> None:
    action = "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: '{run}'\n"
    use = release("echo built", more="      - uses: ./.github/actions/push\n")
    caller = "on: [push]\npermissions: {id-token: write}\njobs:\n  ship: {uses: ./.github/workflows/ship.yml}\n"
    called = release(f"{PUSH} || true").replace("on: [push]", "on: [workflow_call]")
    sound = release(PUSH).replace("on: [push]", "on: [workflow_call]")
    path = ".github/actions/push/action.yml"
    assert judge_lost_failures(green(use, {path: action.replace("{run}", PUSH)})).verdict is PASS
    assert judge_lost_failures(green(use, {path: action.replace("{run}", f"{PUSH} || :")})).verdict is FAIL
    tolerant = action.replace("- shell", "- continue-on-error: true\n      shell").replace("{run}", PUSH)
    assert judge_lost_failures(green(use, {path: tolerant})).verdict is FAIL
    assert judge_lost_failures(green(use)).verdict is UNKNOWN
    assert judge_lost_failures(green(caller, {".github/workflows/ship.yml": called})).verdict is FAIL
    assert judge_lost_failures(green(caller, {".github/workflows/ship.yml": sound})).verdict is PASS
    assert judge_lost_failures(green(caller)).verdict is UNKNOWN


def without_log(closing: Replay) -> Replay:
    """The run as it is read by its files alone."""
    return with_jobs(closing, log=Absent("log"))


def with_jobs(closing: Replay, **changes: object) -> Replay:
    """The run with its jobs as GitHub lists them changed so."""
    assert isinstance(closing.attempt.jobs, Known)
    jobs: tuple[Job, ...] = tuple(replace(job, **changes) for job in closing.attempt.jobs.value)  # type: ignore[arg-type]
    return replace(closing, attempt=replace(closing.attempt, jobs=Known(jobs)))


def test_what_is_around_a_script_and_no_log_tells_of_it() -> None:
    make = {"Makefile": f"push:\n\t{PUSH}\n"}
    cases = [
        *((UNKNOWN, release("make push", top=f"env: {{MAKEFLAGS: {flags}}}\n")) for flags in ("-i", "ik", "--ignore-errors")),
        *((PASS, release("make push", top=f"env: {{MAKEFLAGS: {flags}}}\n")) for flags in ("-j4", "-O", "--no-print-directory")),
        (PASS, release(PUSH).replace("ubuntu-latest", "windows-latest")),
        (UNKNOWN, release(f"{PUSH}\necho done").replace("ubuntu-latest", "windows-latest")),
        (PASS, release(f"{PUSH}\necho done")),
    ]  # fmt: skip
    for verdict, text in cases:
        proof = judge_lost_failures(without_log(green(text, make)))
        assert proof.verdict is verdict, (proof.reason, text)


def test_jobs_that_were_left_out_or_are_not_known() -> None:
    tolerant = release(PUSH) + release(f"{PUSH} || true").partition("jobs:\n")[2].replace(
        "  release:", "  again:\n    if: vars.AGAIN == '1'"
    )
    assert judge_lost_failures(green(tolerant)).verdict is FAIL
    # What the run did not do can lose nothing in it.
    assert judge_lost_failures(green(tolerant, skipped=frozenset({"again"}))).verdict is PASS
    closing = green(release(PUSH))
    unread = Unreadable("jobs", "GitHub answered with an error", "try again")
    for changed in (
        with_jobs(closing, name="of no file"),
        replace(closing, attempt=replace(closing.attempt, jobs=unread)),
        replace(closing, attempt=replace(closing.attempt, jobs=Absent("jobs"))),
        replace(closing, workflow=UnparsableWorkflow("it is no YAML", "")),
        replace(closing, workflow=None),
        green("on: [push]\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: npm test}]}}\n"),
    ):
        proof = judge_lost_failures(changed)
        assert proof.verdict is UNKNOWN, proof.reason
        assert proof.not_understood


def test_a_script_that_the_log_shows_otherwise_counts_as_both() -> None:
    # Somebody may have changed the file since, or the log.
    for written, ran in ((PUSH, f"{PUSH} || true"), (f"{PUSH} || true", PUSH)):
        closing = green(release(f"docker build .\n{written}"))
        assert isinstance(closing.attempt.jobs, Known)
        (job,) = closing.attempt.jobs.value
        assert isinstance(job.log, Known)
        changed = with_jobs(closing, log=Known(job.log.value.replace(written, ran)))
        assert judge_lost_failures(changed).verdict is FAIL, (written, ran)
