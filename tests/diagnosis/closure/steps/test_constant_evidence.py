"""Whether the evidence of a release measures: a constant in every form of writing it, beside the same form with a measurement."""

from __future__ import annotations

from dataclasses import replace

import pytest
from closing_runs import closing, release, script, step
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples, some

from diagnosis.closure.steps.constants.constant_evidence import judge_constant_evidence
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Artifact
from diagnosis.gates import Verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
UPLOAD = step("uses: actions/upload-artifact@v4\nwith: {name: evidence, path: evidence/}")
FORMS = (
    'cat > evidence/x.json <<EOF\n{{"sha": "$GITHUB_SHA", "verdict": "{v}"}}\nEOF',
    'cat <<-EOF > evidence/x.json\n\t{{"verdict": "{v}"}}\n\tEOF',
    'tee evidence/x.json <<END\n{{"verdict": "{v}"}}\nEND',
    'cat <<EOF | tee evidence/x.json > /dev/null\n{{"verdict": "{v}"}}\nEOF',
    'echo "{{\\"verdict\\": \\"{v}\\"}}" > evidence/x.json',
    'printf \'{{"verdict": "%s"}}\\n\' "{v}" > evidence/x.json',
    'echo "{{" > evidence/x.json\necho "\\"verdict\\": \\"{v}\\"" >> evidence/x.json\necho "}}" >> evidence/x.json',
    '{{ echo "{{"; echo "\\"verdict\\": \\"{v}\\""; echo "}}"; }} > evidence/x.json',
    "jq -n --arg v \"{v}\" '{{verdict: $v}}' > evidence/x.json",
    'jq -n --arg v "{v}" --arg sha "$GITHUB_SHA" \'{{sha: $sha, checks: [{{name: "a", verdict: $v}}]}}\' | tee evidence/x.json',
    'echo "{{}}" | jq --arg v "{v}" \'.verdict = $v\' > evidence/x.json',
    'V="{v}"\nW=$V\necho "{{\\"verdict\\": \\"$W\\"}}" > evidence/x.json',
    'export V="{v}"\nwrite() {{ echo "{{\\"verdict\\": \\"$1\\"}}"; }}\nwrite "$V" > evidence/x.json',
    'mkdir -p evidence && echo "{{\\"verdict\\": \\"{v}\\"}}" > evidence/x.json',
    'cd evidence\necho "{{\\"verdict\\": \\"{v}\\"}}" > x.json',
    'echo "{{\\"verdict\\": \\"{v}\\"}}" > /tmp/y.json\ncp /tmp/y.json evidence/x.json',
    'bash -c "echo \'{{\\"verdict\\": \\"{v}\\"}}\' > evidence/x.json"',
    'if [ "$GITHUB_REF" = refs/heads/main ]; then echo "{{\\"verdict\\": \\"{v}\\"}}" > evidence/x.json; fi',
    'if true; then V="{v}"; else V=FAIL; fi\necho "{{\\"verdict\\": \\"$V\\"}}" > evidence/x.json',
)
"""Each writes the value ``{v}`` as the verdict of evidence/x.json."""
CONSTANTS = ("PASS", "ok", "$(echo PASS)", "${{ 'PASS' }}")
MEASURED = (
    "$(docker inspect -f x img)",
    "$(cat report.txt | wc -l)",
    "${{ steps.scan.outcome }}",
    "${{ job.status }}",
    "$(if trivy image x; then echo PASS; else echo FAIL; fi)",
    "$?",
)
BOUND = (
    "trivy image x > r.txt && V=PASS || V=FAIL\n",
    "V=FAIL\nif trivy image x; then V=PASS; fi\n",
    "if ! grep -q CRITICAL report.txt; then V=PASS; else V=FAIL; fi\n",
    "set +e\ntrivy image x\nV=$?\n",
    'N=$(trivy image x | jq length)\nif [ "$N" -eq 0 ]; then V=PASS; else V=FAIL; fi\n',
    'N=$(trivy image x | jq length)\ncase "$N" in 0) V=PASS;; *) V=FAIL;; esac\n',
)
"""Each measures into V."""


def proof(text: str, **more: object):  # type: ignore[no-untyped-def] # a StepProof
    return judge_constant_evidence(closing(text, **more))  # type: ignore[arg-type] # files and artifacts


@settings(max_examples=examples(300), deadline=None)
@given(form=st.sampled_from(FORMS), value=st.sampled_from(CONSTANTS), uploaded=st.booleans())
def test_a_constant_is_a_finding_however_it_is_written(form: str, value: str, uploaded: bool) -> None:
    text = release(middle=script(form.format(v=value)), last=UPLOAD if uploaded else "")
    found = proof(text, artifacts={"evidence/x.json": '{"verdict": "PASS"}'} if uploaded else None)
    assert found.verdict is FAIL, (text, found)
    assert {finding.slug for finding in found.findings} == {"self-asserted-evidence"}
    assert found.findings[0].reason.endswith("It is in the run's artifacts.") is uploaded


@settings(max_examples=examples(300), deadline=None)
@given(form=st.sampled_from(FORMS), value=st.sampled_from(MEASURED) | st.sampled_from(BOUND))
def test_a_measurement_is_none(form: str, value: str) -> None:
    lines = value + form.format(v="$V") if value.endswith("\n") else form.format(v=value)
    text = release(middle=script(lines), last=UPLOAD)
    found = proof(text, artifacts={"evidence/x.json": '{"verdict": "PASS"}'})
    assert found.verdict is PASS, (text, found)


@pytest.mark.parametrize(
    "line",
    [
        "jq -n '{verdict: \"PASS\", passed: true}' > evidence/x.json",
        "jq -n '{} | .verdict = \"PASS\"' > evidence/x.json",
        "jq '. + {compliant: true}' facts.json > evidence/x.json",
        "yq -n -o json '.verdict = \"PASS\"' > evidence/x.json",
        'python3 -c \'import json; json.dump({"verdict": "PASS"}, open("evidence/x.json", "w"))\'',
        (
            "python - <<'EOF'\nimport json, os\nr = {'sha': os.environ['GITHUB_SHA']}\nr['verdict'] = 'PASS'\n"
            "with open('evidence/x.json', 'w') as f:\n    json.dump(r, f)\nEOF"
        ),
        "python3 -c 'import json; print(json.dumps({\"ok\": True}))' > evidence/x.json",
        "node -e \"require('fs').writeFileSync('evidence/x.json', JSON.stringify({verdict: 'PASS'}))\"",
        "cp committed.json evidence/x.json",
        'sed "s/SHA/$GITHUB_SHA/" committed.json > evidence/x.json',
        "envsubst < committed.json > evidence/x.json",
        "cat committed.json > evidence/x.json",
        "jq --arg s \"$GITHUB_SHA\" '.sha = $s' committed.json > evidence/x.json",
        "echo '{\"static_keys_rejected\": true}' > evidence/x.json",
        'cat > evidence/x.json <<\'EOF\'\n{"command": "trivy image x", "verdict": "PASS"}\nEOF',
    ],
)
def test_constants_of_other_tools(line: str) -> None:
    files = {"committed.json": '{"verdict": "PASS", "sha": "SHA"}', "facts.json": '{"a": 1}'}
    text = release(middle=script(f"cat facts.json committed.json\n{line}"), last=UPLOAD)
    found = proof(text, files=files, artifacts={"evidence/x.json": '{"verdict": "PASS"}'})
    assert found.verdict is (FAIL if "envsubst" not in line else found.verdict), found
    assert found.verdict is not PASS


@pytest.mark.parametrize(
    "line",
    [
        "trivy image --format json x > evidence/x.json",
        "trivy image --format json -o evidence/x.json x",
        "aws ecr describe-images --repository-name app > evidence/x.json",
        "trivy image -f json x | jq '{passed: (.failed == 0)}' > evidence/x.json",
        "N=$(trivy x | wc -l)\njq -n --argjson n \"$N\" '{passed: ($n == 0)}' > evidence/x.json",
        (
            'python3 -c \'import json, subprocess; p = subprocess.run(["x"]); print(json.dumps({"ok": p.returncode == 0}))\''
            " > evidence/x.json"
        ),
        'trivy image x && echo \'{"verdict": "PASS"}\' > evidence/x.json',
        "if trivy image x; then echo '{\"ok\": true}' > evidence/x.json; else echo '{\"ok\": false}' > evidence/x.json; fi",
        'trivy image x\ncat > evidence/x.json <<\'EOF\'\n{"command": "trivy image x", "verdict": "PASS"}\nEOF',
        'echo "{\\"digest\\": \\"$D\\", \\"sha\\": \\"$GITHUB_SHA\\"}" > evidence/x.json',
        'echo \'{"builder": "docker", "attempts": 3}\' > evidence/x.json',
        'echo \'{"verdict": "PASS"}\' > /tmp/slack.json',
        "envsubst < hidden.json > task-definition.json",
    ],
)
def test_measurements_and_facts_of_other_tools(line: str) -> None:
    stated = '{"verdict": "PASS"}' if "x.json" in line and "verdict" in line else '{"a": 1}'
    found = proof(release(middle=script(line), last=UPLOAD), artifacts={"evidence/x.json": stated})
    assert found.verdict is PASS, found


NOT_MEASURED = (
    "aws --version && echo '{v}' > evidence/x.json",
    "[ 1 -eq 1 ] && echo '{v}' > evidence/x.json",
    "true && echo '{v}' > evidence/x.json || exit 1",
    "jq -n -f f.jq > evidence/x.json",
    "jq -n '$ARGS.named' --arg verdict PASS > evidence/x.json",
    "jq -n 'if true then {v} else . end' > evidence/x.json",
    "echo a | jq -R '{v}' > evidence/x.json",
    "echo '{v}' | jq . > evidence/x.json",
    "echo '{v}' | sed 's/a/b/' > evidence/x.json",
    "echo '{v}' | python -m json.tool > evidence/x.json",
    "echo eyJ2ZXJkaWN0IjoiUEFTUyJ9 | base64 -d > evidence/x.json",
    "cat > gen.py <<'EOF'\nimport json\njson.dump({v}, open('evidence/x.json', 'w'))\nEOF\npython gen.py",
    "cat > g.sh <<'EOF'\necho '{v}' > evidence/x.json\nEOF\nbash g.sh",
    "perl -e 'print q({v})' > evidence/x.json",
    "dd of=evidence/x.json <<< '{v}'",
    "curl -sf https://x.test/pass.json -o evidence/x.json",
    "for i in 1 2; do echo '{v}' > evidence/x.json; done",
    "trap \"echo '{v}' > evidence/x.json\" EXIT",
)


def test_neighbours_of_constants_are_no_measurements() -> None:
    for form in some(NOT_MEASURED, 2):
        text = release(middle=script(form.replace("{v}", '{"verdict": "PASS"}')), last=UPLOAD)
        found = proof(text, artifacts={"evidence/x.json": '{"verdict": "PASS"}'})
        assert found.verdict is not PASS, (form, found)


def taken(text: str) -> str:
    """A script that writes what these commands print as the verdict."""
    return f'V=$({text}); echo "{{\\"verdict\\": \\"$V\\"}}" > evidence/x.json'


WRITE = 'echo \'{"verdict": "PASS"}\' > evidence/x.json'
MEASURING = (
    *("set -o pipefail; if trivy image x | tee log; then {w}; fi", "if { true; trivy image x; }; then {w}; fi"),
    *("if ( trivy image x ); then {w}; fi", "if for i in a b; do trivy image $i; done; then {w}; fi"),
    *("if while read i; do trivy image $i; done < list; then {w}; fi", "until trivy image x; do sleep 1; done && {w}"),
    *('if case "$N" in 0) true;; *) false;; esac; then {w}; fi', "f() { trivy image x; }\nif f; then {w}; fi"),
    *('if case "$GITHUB_REF" in x) trivy image x;; esac; then {w}; fi', "if x=$(trivy image x); then {w}; fi"),
    *("if if trivy image x; then true; else false; fi; then {w}; fi", "if if true; then trivy image x; fi; then {w}; fi"),
    *('if [ "$(trivy image x | wc -l)" = 0 ]; then {w}; fi', 'if [ "${{ steps.creds.outcome }}" = success ]; then {w}; fi'),
    *("timeout 5 trivy image x && {w}", "bash -c 'trivy image x' && {w}", "env A=b trivy image x && {w}"),
    *("trivy image x || exit 1 && {w}", "trivy image x && true && {w}", "trivy image x || { echo no; exit 1; } && {w}"),
    *("trivy image x & wait $! && {w}", 'if trivy image x; then if [ -n "$GITHUB_REF" ]; then {w}; fi; fi'),
    *("false || trivy image x && {w}", "if false; then :; elif trivy image x; then {w}; fi"),
    *(taken("trivy image x && echo PASS || echo FAIL"), taken("trivy image x | tr a b")),
    *(taken("case $(trivy image x) in 0) echo PASS;; *) echo FAIL;; esac"), taken("{ trivy image x; }")),
    *(taken("while read l; do grep x $l; done < f"), taken("echo $(trivy image x)")),
    *(taken("while trivy image x; do echo PASS; done"), taken("if true; then trivy image x; fi")),
)  # fmt: skip
"""In each it depends on a measurement what is written, or whether."""
ASSERTING = (
    *("if { trivy image x; true; }; then {w}; fi", "if trivy image x; true; then {w}; fi", "if trivy image x & then {w}; fi"),
    *("if trivy image x | tee log; then {w}; fi", "if trivy image x || true; then {w}; fi", "trivy image x || mkdir -p y && {w}"),
    *("trivy image x || true && {w}", "if true || trivy image x; then {w}; fi", "if x=1; then {w}; fi", "! false && {w}"),
    *("if if trivy image x; then true; fi; then {w}; fi", "if if trivy image x; then true; else true; fi; then {w}; fi"),
    *('if case "$GITHUB_REF" in x) true;; *) false;; esac; then {w}; fi', 'if [ "$(date)" != x ]; then {w}; fi'),
    *("until trivy image x; do break; done && {w}", "export V=$(trivy image x) && {w}", "bash -c true && {w}"),
    *("f() { true; }\nif f; then {w}; fi", "if g() { trivy image x; }; then {w}; fi", "sudo true && {w}"),
    "timeout 5 true && {w}",
    *('if trivy image x; [ -n "$GITHUB_REF" ]; then {w}; fi', "for i in; do trivy image x; done && {w}", "trivy --version && {w}"),
    *(taken("trivy image x > /dev/null; echo PASS"), taken("echo PASS | tr a b")),
    taken("trivy image x | echo PASS"),
    *(taken("for i in 1; do echo PASS; done"), taken("trivy image x > /dev/null || true; echo PASS")),
    "jq -n --arg v \"$(trivy image x > /dev/null; echo PASS)\" '{verdict: $v}' > evidence/x.json",
)  # fmt: skip
"""Beside each: the same is written however the measurement ends."""


def test_conditions_measure_as_bash_ends_them() -> None:
    wrong = []
    for forms, expected in ((MEASURING, PASS), (ASSERTING, FAIL)):
        for form in some(forms, 2):
            text = release(middle=script(form.replace("{w}", WRITE)), last=UPLOAD)
            found = proof(text, artifacts={"evidence/x.json": '{"verdict": "PASS"}'})
            if found.verdict is not expected:
                wrong.append((expected, found.verdict, found.reason, form))
    assert wrong == []


def test_what_stands_in_another_step_or_place() -> None:
    kept = {"evidence/x.json": '{"verdict": "PASS"}'}
    write = 'echo "{\\"verdict\\": \\"${V}\\"}" > evidence/x.json'
    scan = step("id: scan\nrun: trivy image x\ncontinue-on-error: true")
    cases = (
        (release(middle=script(write, "env: {V: PASS}"), last=UPLOAD), FAIL),
        (release(middle=scan + "\n" + script(write, "env: {V: '${{ steps.scan.outcome }}'}"), last=UPLOAD), PASS),
        (release(top="env: {V: PASS}", middle=script(write), last=UPLOAD), FAIL),
        (release(middle=script(write), last=UPLOAD), UNKNOWN),
        (release(middle=said("echo v=PASS >> $GITHUB_OUTPUT") + "\n" + script(write, OUTPUT), last=UPLOAD), FAIL),
        (release(middle=said(IF) + "\n" + script(write, OUTPUT), last=UPLOAD), PASS),
        (
            release(middle=script(write.replace("${V}", "PASS"), "if: steps.scan.outcome == 'success'"), last=UPLOAD),
            PASS,
        ),
        (release(middle=script(write.replace("${V}", "PASS"), "if: always()"), last=UPLOAD), FAIL),
        (release(middle=script("./write.sh evidence/x.json"), last=UPLOAD), UNKNOWN),
        (release(last=UPLOAD), UNKNOWN),
        (release(middle=script("cp hidden.json evidence/x.json"), last=UPLOAD), UNKNOWN),
    )
    for text, expected in cases:
        found = proof(text, artifacts=kept)
        assert found.verdict is expected, (text, found)
    inner = {
        "act/action.yml": "runs:\n  using: composite\n  steps:\n" + script(write.replace("${V}", "PASS"), "shell: bash")
    }
    assert proof(release(middle=step("uses: ./act"), last=UPLOAD), files=inner, artifacts=kept).verdict is FAIL
    assert (
        proof(release(middle=script("sh w.sh"), last=UPLOAD), files={"w.sh": write.replace("${V}", "OK")}).verdict
        is FAIL
    )
    other = release(job="needs: check") + "  check:\n    runs-on: ubuntu-latest\n    steps:\n"
    other += script(write.replace("${V}", "PASS")) + "\n" + UPLOAD
    assert proof(other, artifacts=kept).verdict is FAIL


OUTPUT = "env: {V: '${{ steps.said.outputs.v }}'}"
IF = 'trivy image x && echo "v=PASS" >> "$GITHUB_OUTPUT" || echo "v=FAIL" >> "$GITHUB_OUTPUT"'


def said(line: str) -> str:
    return step(f"id: said\nrun: |\n  {line}")


def test_an_artifact_that_was_not_read_proves_nothing() -> None:
    run = closing(release(last=UPLOAD))
    why = Unreadable("evidence/x.json", "it is too large", "read it by hand")
    held = (Artifact(1, "evidence", 10, expired=False, unread=(why,)),)
    found = judge_constant_evidence(replace(run, attempt=replace(run.attempt, artifacts=Known(held))))
    assert found.verdict is UNKNOWN
