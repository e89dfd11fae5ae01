"""What a filter of jq makes of its input, of files and of variables: a constant, a measurement, or what nobody can tell."""

from __future__ import annotations

from closing_runs import closing, release, script, step
from thoroughness import some

from diagnosis.closure.steps.constants.constant_evidence import judge_constant_evidence
from diagnosis.closure.steps.constants.jq_filter import made_by_jq
from diagnosis.closure.steps.constants.marked_json import marked
from diagnosis.gates import Verdict

UPLOAD = step("uses: actions/upload-artifact@v4\nwith: {name: evidence, path: evidence/}")
PASSED = '{"verdict": "PASS"}'
CONSTANT = (
    "jq -n '{a:\"PASS\"} | {verdict: .a}'",
    "jq -n --arg v PASS '{verdict: \"\\($v)\"}'",
    "jq -n --argjson r '{\"x\": true}' '{passed: $r.x}'",
    "jq -n --argjson r '{\"x\": true}' '{passed: $r.y}'",
    "jq -n --argjson r '[{\"v\": \"PASS\"}]' '{verdict: $r[0].v}'",
    "echo '{\"v\": \"PASS\"}' > /tmp/c.json; jq -n --slurpfile r /tmp/c.json '{verdict: $r[0].v}'",
    "V=PASS jq -n '{verdict: env.V}'",
    "V=PASS jq -n '{verdict: $ENV.V}'",
    "jq '{verdict: .verdict}' committed.json",
    "jq '{verdict}' committed.json",
    "jq -n --arg verdict PASS '{$verdict}'",
    "jq -n --arg k verdict '{($k): \"PASS\"}'",
    "jq -n '{checks: [{passed: true}, {passed: true}]}'",
    "jq '.checks.a.passed = true' committed.json",
    "jq '. = {verdict: \"PASS\"}' committed.json",
    "trivy image -f json x | jq '.verdict = \"PASS\"'",
    "jq -n '{passed: 1}'",
    "jq -n '{passed: (1 == 1)}'",
    'jq -n \'{verdict: ("PA" + "SS")}\'',
    "jq -n '{\"verdict\"}'",
    "trivy image -f json x | jq --arg v PASS '{verdict: $v, failed: .failed}'",
    "jq --indent 2 '{verdict: \"PASS\"}' committed.json",
    "jq -n '{verdict: \"PASS\" | ascii_downcase}'",
    "jq -n '[\"PASS\"] | {verdict: .[0]}'",
    "jq -n '{a: {b: \"PASS\"}} | {verdict: .a.b}'",
    "trivy image -f json x | jq '{verdict: (\"PASS\" | ascii_downcase)}'",
    "trivy image -f json x | jq '.results as $r | {verdict: \"PASS\"}'",
)
"""What is written does not depend on the input, or the input is a constant itself."""
MEASURED = (
    'jq -n --arg v "$(trivy image x)" \'{verdict: "got \\($v)"}\'',
    "trivy image -f json x > /tmp/c.json; jq -n --slurpfile r /tmp/c.json '{verdict: $r[0].v}'",
    'trivy image -f json x | jq \'{verdict: (if .failed == 0 then "PASS" else "FAIL" end)}\'',
    "trivy image -f json x | jq '{passed: (.failed | length == 0)}'",
    "trivy image -f json x | jq '{passed: (.failed == 0)} | tojson'",
    "trivy image -f json x | jq '{passed: (.failed == 0)} | select(.passed)'",
    "trivy image -f json x | jq .",
    "trivy image -f json x | jq '.results | {passed: (length == 0)}'",
    "trivy image -f json x | jq '{verdict}'",
    "trivy image -f json x | jq '{verdict: \"\\(.failed)\"}'",
    'trivy image -f json x | jq \'{verdict: ("n=" + "\\(.failed)")}\'',
    "trivy image -f json x | jq '[.results[] | select(.severity == \"CRITICAL\")] | length'",
    "trivy image -f json x | jq '{verdict: length}'",
)
"""It depends on what a program found."""
NOT_TOLD = (
    "jq -n '{verdict: (.x // \"PASS\")}'",
    'jq -n --arg v "$V" \'{verdict: "\\($v)"}\'',
    "jq -n --arg v \"$V\" '{verdict: $v}'",
    "jq -n --slurpfile r nowhere.json '{verdict: $r[0].v}'",
    "jq -n '{verdict: $ARGS.positional[0]}' --args PASS",
    "jq -n 'env.V as $v | {verdict: $v}'",
    "jq -n '{verdict: env.NONE}'",
    'jq -n \'{("ver"+"dict"): "PASS"}\'',
    'jq -n \'{"verdict": "PASS"\'',
    'jq -n \'{checks: ["PASS", "ok"\'',
    "trivy image -f json x | jq '.verdict |= \"PASS\"'",
    "trivy image -f json x | jq '{verdict: (if true then \"PASS\" else .x end)}'",
    "trivy image -f json x | jq '{verdict: (.x | \"PASS\")}'",
    "trivy image -f json x | jq '{verdict: (.x // \"PASS\")}'",
    "jq -n '{a: 1} + 2'",
    "jq '. + \"x\"' committed.json",
    "jq -n '{verdict: (now | tostring)}'",
    "jq -n '{passed: 01, verdict: \"PASS\"}'",
    "jq -n '{verdict: \"PASS\"} {a: 1}'",
    "jq -f f.jq report.json",
    "trivy image -f json x | jq '{a: 1} | del(.a) | {verdict: \"PASS\"}'",
    "echo '{\"v\": \"PASS\"}' | jq -n '{verdict: input.v}'",
    "jq -n '{verdict: (env | .V)}'",
    "trivy image -f json x | jq 'if true then {verdict: \"PASS\"} else . end'",
)
"""It may be a constant, whatever was found."""


def test_filters_by_what_they_make() -> None:
    wrong = []
    for forms, expected in ((CONSTANT, Verdict.FAIL), (MEASURED, Verdict.PASS), (NOT_TOLD, Verdict.UNKNOWN)):
        for form in some(forms, 2):
            text = release(middle=script(f"cat committed.json\n{form} > evidence/x.json"), last=UPLOAD)
            proof = judge_constant_evidence(closing(text, {"committed.json": PASSED}, {"evidence/x.json": PASSED}))
            if proof.verdict is not expected:
                wrong.append((expected, proof.verdict, proof.reason, form))
            assert bool(proof.findings) is (proof.verdict is Verdict.FAIL)
    assert wrong == []


def test_a_list_that_ends_behind_a_path_ends() -> None:
    assert made_by_jq(("{n: ([.a] | length)}",), None) == {"n": marked(".a")}
    assert made_by_jq(("[.Results[].Vulnerabilities[]?]",), None) == [marked(".Results[].Vulnerabilities[]?")]
    # A filter that breaks off is not understood.
    assert made_by_jq(("[.a |",), None) is None
