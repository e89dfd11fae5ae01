"""Releases in called workflows and local actions, by other events, by keys: what breaks is told once, where it is written."""

from __future__ import annotations

import pytest
from conform_change import (
    BASE,
    GRANTS,
    PINNED,
    POLICY,
    RELEASE,
    ROLE,
    TRUST,
    WORKFLOW,
    Files,
    allow,
    conformance,
    edited,
    policy_text,
    side,
    step,
    subject_trust,
    told,
    workflow,
)
from thoroughness import spread

from diagnosis.conform.releases import releases_of
from diagnosis.facts.case import Case
from diagnosis.findings.finding import Level

_EVENTS = "push, workflow_dispatch, schedule, merge_group, deployment, create, issues, release"
FOLDER = ".github/workflows/"
CHECKOUT = f"actions/checkout@{PINNED['actions/checkout']}"
CREDENTIALS = f"aws-actions/configure-aws-credentials@{PINNED['aws-actions/configure-aws-credentials']}"
LOGIN = f"aws-actions/amazon-ecr-login@{PINNED['aws-actions/amazon-ecr-login']}"
HEAD = "name: release\non:\n  push: {branches: [main]}\npermissions: {id-token: write, contents: read}\njobs:\n"
STEPS = f"""\
    - uses: {CREDENTIALS}
      with: {{role-to-assume: "{ROLE}", aws-region: us-east-1}}
    - id: login
      uses: {LOGIN}
    - name: ship
      shell: bash
      run: docker push ${{{{ steps.login.outputs.registry }}}}/app:1
"""
CALLED = f"{FOLDER}build.yml"
CALLING: Files = {
    **BASE,
    WORKFLOW: f"{HEAD}  call:\n    uses: ./{CALLED}\n    secrets: inherit\n",
    CALLED: f"on: workflow_call\njobs:\n  push:\n    runs-on: ubuntu-latest\n    steps:\n{STEPS}",
}
ACTION = ".github/actions/ship/action.yml"
COMPOSITE: Files = {
    **BASE,
    WORKFLOW: f"{HEAD}  release:\n    runs-on: ubuntu-latest\n    steps:\n"
    f"      - uses: {CHECKOUT}\n      - uses: ./.github/actions/ship\n",
    ACTION: f"runs:\n  using: composite\n  steps:\n{STEPS}",
}
KEYS = "env: {AWS_ACCESS_KEY_ID: '${{ secrets.K }}', AWS_SECRET_ACCESS_KEY: '${{ secrets.S }}'}"
OF_KEYS = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    {KEYS}\n    steps: [{{run: aws s3 cp a s3://b/c}}]\n"
ONLY_ON_PUSH = workflow("    runs-on", "    if: github.event_name == 'push'\n    runs-on")
UNPINNED = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{uses: actions/checkout@v4}]\n"
DOCKER = "runs:\n  using: docker\n  image: docker://alpine:3\n"
ROLE_STEP = f'      - uses: {CREDENTIALS}\n        with: {{role-to-assume: "{ROLE}", aws-region: us-east-1}}\n'


def _changed(files: Files, path: str, old: str, new: str) -> Files:
    assert old in files[path]
    return {**files, path: files[path].replace(old, new)}


def _without(files: Files, path: str) -> Files:
    return {name: text for name, text in files.items() if name != path}


OF_BUCKET = allow("s3:PutObject", "arn:aws:s3:::evidence/*")
MYSTERY = {
    **BASE,
    WORKFLOW: f"{RELEASE}      - name: mystery\n        uses: octo-org/tool@{'b' * 40}\n",
    POLICY: policy_text(*GRANTS, OF_BUCKET),
}
VAGUE = workflow("$R/app:$T\n", "$R/${{ vars.IMAGE }}:$T\n")
TAGS = {
    **workflow("branches: [main]", "tags: ['v*']"),
    TRUST: policy_text(subject_trust("repo:octo-org/shop:ref:refs/tags/v*", "StringLike")),
}
FIRST_TAGS = policy_text(subject_trust("repo:octo-org/shop:ref:refs/tags/v1*", "StringLike"))
ANYWHERE = {
    **workflow("    runs-on", "    environment: ${{ vars.PLACE }}\n    runs-on"),
    TRUST: policy_text(subject_trust("repo:octo-org/shop:environment:*", "StringLike")),
}
IN_ONE_PLACE = policy_text(subject_trust("repo:octo-org/shop:environment:prod"))

BROKEN = {
    # What a role loses, where not all is known of what is needed or presented.
    "mystery": (MYSTERY, {**MYSTERY, POLICY: BASE[POLICY]}, "?not-compared", WORKFLOW, 19),
    "vague": (
        VAGUE,
        edited(POLICY, lambda own: own[1]["Action"].remove("ecr:PutImage"), VAGUE),
        "?not-compared",
        WORKFLOW,
        14,
    ),
    "further-tags": (TAGS, {**TAGS, TRUST: FIRST_TAGS}, "release-denied", TRUST, 4),
    "anywhere": (ANYWHERE, {**ANYWHERE, TRUST: IN_ONE_PLACE}, "?not-compared", TRUST, 4),
    # In a called workflow, at its own line.
    "called-lost": (CALLING, _changed(CALLING, CALLED, "/app:1", "/app:1 || true"), "gate-demoted", CALLED, 10),
    "called-step": (
        CALLING,
        _changed(CALLING, CALLED, f"- uses: {CREDENTIALS}", f"- continue-on-error: true\n      uses: {CREDENTIALS}"),
        "gate-demoted",
        CALLED,
        6,
    ),
    "called-off": (
        CALLING,
        _changed(CALLING, CALLED, "    steps", "    if: false\n    steps"),
        "gate-demoted",
        CALLED,
        3,
    ),
    "called-keys": (
        CALLING,
        _changed(CALLING, CALLED, "    steps", f"    {KEYS}\n    steps"),
        "static-keys",
        CALLED,
        3,
    ),
    "called-no-token": (CALLING, _changed(CALLING, WORKFLOW, "id-token: write, ", ""), "id-token-missing", WORKFLOW, 6),
    "called-machine": (CALLING, _changed(CALLING, CALLED, "ubuntu-latest", "own"), "?static-keys", CALLED, 3),
    # An action of the repository that is not there, or is no action: the release is not recognised, and is not lost.
    "action-gone": (COMPOSITE, _without(COMPOSITE, ACTION), "?not-read", WORKFLOW, 10),
    "action-broken": (COMPOSITE, {**COMPOSITE, ACTION: "runs: ["}, "?not-read", WORKFLOW, 10),
    # What a release needs, and who gets in, is taken away with the document that says it.
    "trust-gone": (BASE, _without(BASE, TRUST), "?not-compared", WORKFLOW, 6),
    "role-gone": (BASE, workflow(ROLE_STEP, ""), "?not-compared", WORKFLOW, 6),
    # The line is that of the statement.
    "deny": (
        BASE,
        edited(POLICY, lambda own: own.append({"Effect": "Deny", "Action": "ecr:Put*", "Resource": "*"})),
        "release-denied",
        POLICY,
        23,
    ),
    "second-statement": (
        {**edited(TRUST, lambda own: own.insert(0, subject_trust("repo:octo-org/web:ref:refs/heads/main")))},
        edited(TRUST, lambda own: own.__setitem__(0, subject_trust("repo:octo-org/web:ref:refs/heads/main"))),
        "release-denied",
        TRUST,
        4,
    ),
    "queue": (BASE, workflow("on:\n", "on:\n  merge_group:\n"), "release-denied", WORKFLOW, 7),
    "deployment": (BASE, workflow("on:\n", "on:\n  deployment:\n"), "?not-compared", WORKFLOW, 7),
    # Keys are one fault, not that of a token that nobody asks for too.
    "keys": (BASE, {**BASE, f"{FOLDER}d.yml": OF_KEYS}, "static-keys", f"{FOLDER}d.yml", 3),
    # What runs beside the steps, and what may ask for the same token.
    "container": (BASE, workflow("    runs-on", "    container: node:22\n    runs-on"), "not-pinned", WORKFLOW, 6),
    "longer-than-a-commit": (BASE, workflow(PINNED["actions/checkout"], "a" * 64), "not-pinned", WORKFLOW, 9),
    "token": (
        BASE,
        {**BASE, f"{FOLDER}ci.yml": f"on: push\npermissions: {{id-token: write}}\n{UNPINNED}"},
        "not-pinned",
        f"{FOLDER}ci.yml",
        6,
    ),
}


@pytest.mark.parametrize("name", spread(list(BROKEN), 9))
def test_it_is_told_once_and_where_it_is_written(name: str) -> None:
    base, head, rule, file, line = BROKEN[name]
    found = conformance(head, base)
    wanted = Level.UNKNOWN if rule.startswith("?") else Level.ERROR
    listed = [each for each in found.findings if each.level is not Level.NOTE]
    assert {(each.rule.value, each.level) for each in listed} == {(rule.removeprefix("?"), wanted)}, listed
    assert {(each.place.file, each.place.line) for each in listed} == {(file, line)}, listed
    assert len(listed) == (2 if "keys" in name else 1), listed


def test_a_ready_image_of_a_local_action_is_named_where_it_is_written() -> None:
    inner = ".github/actions/inner/action.yml"
    head = {**COMPOSITE, ACTION: f"{COMPOSITE[ACTION]}    - uses: ./.github/actions/inner\n", inner: DOCKER}
    found = [each for each in conformance(head, COMPOSITE).findings if each.level is Level.ERROR]
    assert [(each.rule.value, each.place.file, each.place.line) for each in found] == [("not-pinned", inner, 2)]


ELSEWHERE = _without(COMPOSITE, ACTION)
HARMLESS = {
    # An action that a checkout of another repository brings was no better known before.
    "elsewhere": (ELSEWHERE, _changed(ELSEWHERE, WORKFLOW, "ubuntu-latest", "ubuntu-24.04")),
    "needless-grant": ({**BASE, POLICY: MYSTERY[POLICY]}, dict(BASE)),
    "needless-beside-vague": ({**VAGUE, POLICY: MYSTERY[POLICY]}, dict(VAGUE)),
    "needless-tags": (
        {**TAGS, TRUST: policy_text(subject_trust("repo:octo-org/shop:ref:refs/tags/*", "StringLike"))},
        dict(TAGS),
    ),
    "same-called": (CALLING, dict(CALLING)),
    "same-composite": (COMPOSITE, dict(COMPOSITE)),
    "pull-request-not-run": (BASE, workflow("on:\n", "on:\n  pull_request:\n", ONLY_ON_PUSH)),
    "queue-not-run": (BASE, workflow("on:\n", "on:\n  merge_group:\n", ONLY_ON_PUSH)),
    "digest": (BASE, workflow("    runs-on", f"    container: node@sha256:{'a' * 64}\n    runs-on")),
    "no-token": (BASE, {**BASE, f"{FOLDER}ci.yml": f"on: push\n{UNPINNED}"}),
    "inlined": (CALLING, {**_without(CALLING, CALLED), WORKFLOW: RELEASE}),
    "one-more-line": (BASE, step("echo done")),
}


@pytest.mark.parametrize("name", spread(list(HARMLESS), 3))
def test_what_breaks_nothing_passes_without_a_word(name: str) -> None:
    base, head = HARMLESS[name]
    found = conformance(head, base)
    assert told(found) | told(found, Level.UNKNOWN) == set(), found.findings


def test_what_is_the_same_on_both_sides_is_read_once() -> None:
    both = {**BASE, f"{FOLDER}d.yml": OF_KEYS, f"{FOLDER}ci.yml": f"on: push\n{UNPINNED}"}
    base, head = side(both).runs, side({**both, f"{FOLDER}d.yml": f"{OF_KEYS}\n# said\n"}).runs
    before = releases_of(base, Case())
    after = releases_of(head, Case(), base, before)
    by_file = {release.run.path: release for release in before}
    kept = {release.run.path for release in after if by_file.get(release.run.path) is release}
    assert kept == {WORKFLOW}
    assert [release.run.path for release in after] == [release.run.path for release in before]


def test_a_job_of_any_of_many_events_is_judged_and_that_there_are_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    by = "    if: github.event_name == 'release'\n    runs-on"
    base = workflow("on:\n  push: {branches: [main]}", f"on: [{_EVENTS}]", workflow("    runs-on", by))
    found = conformance(step("aws s3 cp a s3://b/c", base), base)
    assert (told(found), told(found, Level.UNKNOWN)) == ({"release-denied"}, set())
    monkeypatch.setattr("tui.backends.conform.MOST_STARTS", 3)
    found = conformance(step("aws s3 cp a s3://b/d", base), base)
    assert (told(found), told(found, Level.UNKNOWN)) == (set(), {"not-read"})


_OPAQUE = {
    "python tools/ship.py": "tools/ship.py",
    "python -m tools.ship": "tools/ship.py",
    "cd tools && node ship.mjs": "tools/ship.mjs",
    "make ship": "Makefile",
    "npm run ship": "package.json",
}


@pytest.mark.parametrize("run", spread(tuple(_OPAQUE), 2))
def test_a_program_that_is_not_understood_is_as_before_only_while_it_is_the_same(run: str) -> None:
    path = _OPAQUE[run]
    base = {**BASE, WORKFLOW: f"{RELEASE}      - name: ship\n        run: {run}\n", path: "{}\n", "tools/a.txt": "a"}
    assert told(conformance({**base, "tools/a.txt": "b"}, base), Level.UNKNOWN) == set()
    gone = {name: text for name, text in base.items() if name != path}
    for head in (
        {**base, path: "{ }\n\n# b\n"},
        gone,
        {**base, WORKFLOW: base[WORKFLOW] + "        env: {STAGE: all}\n"},
    ):
        assert "not-compared" in told(conformance(head, base), Level.UNKNOWN)


def test_an_action_that_is_not_understood_is_as_before_only_with_the_same_inputs() -> None:
    base = {
        **BASE,
        WORKFLOW: f"{RELEASE}      - name: ship\n        uses: octo/ship@{'a' * 40}\n        with: {{to: a}}\n",
    }
    other = {**base, WORKFLOW: base[WORKFLOW].replace("to: a", "to: b")}
    assert told(conformance(other, base), Level.UNKNOWN) == {"not-compared"}
    assert told(conformance(workflow("env: {R:", "env: {Q: a, R:", base), base), Level.UNKNOWN) == set()
