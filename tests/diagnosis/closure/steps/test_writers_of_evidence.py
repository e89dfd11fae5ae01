"""What further tools and a few lines of a language write: a constant, a measurement, or what nobody can tell."""

from __future__ import annotations

from closing_runs import closing, release, script, step
from thoroughness import some

from diagnosis.closure.steps.constants.constant_evidence import judge_constant_evidence
from diagnosis.gates import Verdict

UPLOAD = step("uses: actions/upload-artifact@v4\nwith: {name: evidence, path: evidence/}")
PASSED = '{"verdict": "PASS"}'
CONSTANT = (
    "echo '{}' > evidence/x.json; yq -i -o json '.verdict = \"PASS\"' evidence/x.json",
    "trivy image -f json x > evidence/x.json; yq -i '.verdict = \"PASS\"' evidence/x.json",
    "echo '{\"verdict\": \"@@\"}' > evidence/x.json; sed -i 's/@@/PASS/' evidence/x.json",
    "cp committed.json evidence/; mv evidence/committed.json evidence/x.json",
    'python3 -c \'import json; print(json.dumps({"verdict": "PASS"}))\' | jq . > evidence/x.json',
    "jq . committed.json | jq . > evidence/x.json",
    "cat committed.json | jq . > evidence/x.json",
    'cat <<< \'{"verdict": "PASS"}\' > evidence/x.json',
    "head -1 committed.json > evidence/x.json",
    'aws s3 sync evidence s3://b; echo \'{"verdict": "PASS"}\' > evidence/x.json',
    'echo "{\\"verdict\\": \\"${V:-PASS}\\"}" > evidence/x.json',
    'V=${{ github.actor }}; echo "{\\"verdict\\": \\"$V\\"}" > evidence/x.json',
    'echo "{\\"verdict\\": \\"${{ github.actor }}\\"}" > evidence/x.json',
    'echo \'{"result": "PASS"}\' > evidence/x.json',
    'echo \'{"answer": "YES"}\' > evidence/x.json',
    'echo \'{"a": {"b": [{"passed": true}]}}\' > evidence/x.json',
    'python3 -c \'import json; json.dump(dict(verdict="PASS"), open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; json.dump([{"verdict": "PASS"}], open("evidence/x.json", "w"))\'',
    'python3 -c \'open("evidence/x.json", "w").write("{\\"verdict\\": \\"PASS\\"}")\'',
    'python3 -c \'from pathlib import Path; Path("evidence/x.json").write_text("{\\"verdict\\": \\"PASS\\"}")\'',
    'python3 -c \'import json, pathlib; (pathlib.Path("evidence") / "x.json").write_text(json.dumps({"verdict": "PASS"}))\'',
    'python3 -c \'import json; v = "PASS"; w = v; json.dump({"verdict": w}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; v: str = "PASS"; json.dump({"verdict": v}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; json.dump({"passed": not False}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; json.dump({"passed": bool(1)}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; d = {}; d["verdict"] = "PASS"; json.dump(d, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; json.dump({**base, "verdict": "PASS"}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; d = {"verdict": "FAIL"}; d.update(verdict="PASS"); json.dump(d, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; json.dump({"verdict": f"{1}PASS"}, open("evidence/x.json", "w"))\'',
    "node -e \"console.log(JSON.stringify({verdict: 'PASS', n: 1, ok: true}))\" > evidence/x.json",
    'node -e \'require("fs").writeFileSync("evidence/x.json", JSON.stringify({verdict: `PASS`, "a": [1, null],}))\'',
    'echo \'{"verdict": "PASS"}\' > evidence/x.json; date >> evidence/x.json',
    'echo \'{"verdict": "PASS"}\' > evidence/x.json; trivy image x >> evidence/x.json',
    "sed 's/a/b/' committed.json > evidence/x.json",
)
"""What is written does not depend on the input, or the input is a constant itself."""
MEASURED = (
    "trivy image -f json x > evidence/x.json; yq -i 'del(.x)' evidence/x.json",
    "trivy image -f json x > evidence/x.json; sed -i 's/x/y/' other.json",
    "trivy image -f json -o r.json x; cp r.json evidence/x.json",
    "cp a.txt evidence/; trivy image -f json -o evidence/x.json x",
    "trivy image -f json x >> evidence/x.json",
    "trivy image -f json x | cat > evidence/x.json",
    "trivy image -f json x | sort > evidence/x.json",
    'if trivy image x; then V=PASS; fi; W=$V; echo "{\\"verdict\\": \\"$W\\"}" > evidence/x.json',
    'echo "{\\"status\\": \\"${{ job.status }}\\", \\"failed\\": 0}" > evidence/x.json',
    'python3 -c \'import json, sys; r = json.load(sys.stdin); json.dump({"passed": r["failed"] == 0}, open("evidence/x.json", "w"))\' < scan.json',  # noqa: E501
    'python3 -c \'import json, subprocess\nv = "FAIL"\nif subprocess.run(["trivy"]).returncode == 0:\n    v = "PASS"\njson.dump({"verdict": v}, open("evidence/x.json", "w"))\'',  # noqa: E501
    'node -e \'require("fs").writeFileSync("evidence/x.json", JSON.stringify({verdict: f(}))\'',
    "trivy image -f json x | sed 's/@@/$GITHUB_SHA/' > evidence/x.json",
    'trivy image x | read -r V; echo "{\\"verdict\\": \\"$V\\"}" > evidence/x.json',
    'node -e \'const r = require("child_process").execSync("trivy"); require("fs").writeFileSync("evidence/x.json", JSON.stringify({verdict: r}))\'',  # noqa: E501
    "trivy image -f json x | sed -e 's/a/b/' > evidence/x.json",
)
"""It depends on what a program found."""
NOT_TOLD = (
    "yq -n -o json '.verdict = strenv(V)' > evidence/x.json",
    "trivy image -f json x > evidence/x.json; sed -i 's/FAIL/PASS/' evidence/x.json",
    "cp nowhere.json evidence/x.json; sed -i 's/x/y/' evidence/x.json",
    "echo '{\"verdict\": \"PASS\"' > evidence/x.json; trivy image x >> evidence/x.json; echo '}' >> evidence/x.json",
    "echo '{\"verdict\":' > evidence/x.json; cat part >> evidence/x.json; echo '}' >> evidence/x.json",
    "curl https://x.test/v.json > evidence/x.json",
    "curl https://x.test/v.json | jq . > evidence/x.json",
    "./gen.sh > evidence/x.json",
    "./gen.sh | jq . > evidence/x.json",
    "./gen.sh --output evidence/x.json",
    "trivy image x | cat | cat | cat | cat | cat | cat | cat > evidence/x.json",
    ": > evidence/x.json",
    "> evidence/x.json",
    "aws s3 cp s3://b/x.json evidence/x.json",
    'read -r V < f; echo "{\\"verdict\\": \\"$V\\"}" > evidence/x.json',
    'V=$V; echo "{\\"verdict\\": \\"$V\\"}" > evidence/x.json',
    "echo '{\"failed\": 0}' > evidence/x.json",
    'echo \'{"failures": 0, "name": "scan"}\' > evidence/x.json',
    "echo '{\"enabled\": true}' > evidence/x.json",
    "echo '{\"result\": 7}' > evidence/x.json",
    'echo \'{"deploy_url": "x", "note": "\\"verdict\\": ok"}\' > evidence/x.json',
    'echo "{\\"verdict\\": \\"$(trivy image x\\"}" > evidence/x.json',
    'python3 -c \'import json; d = {}; d["verdict"]: str = "PASS"; json.dump(d, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; json.dump({"verdict": str(dict())}, open("evidence/x.json", "w"))\'',
    "python3 -c 'this is no python' > evidence/x.json",
    'python3 -c \'import json; json.dump({"verdict": V}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; x = "PASS"; x = x; json.dump({"verdict": x}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; x = y; y = x; json.dump({"verdict": x}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json; [json.dump({"verdict": v}, open("evidence/x.json", "w")) for v in ["PASS"]]\'',
    'python3 -c \'import json\nfor v in ["PASS"]:\n    json.dump({"verdict": v}, open("evidence/x.json", "w"))\'',
    'python3 -c \'import json\nv = "P"\nv += "ASS"\njson.dump({"verdict": v}, open("evidence/x.json", "w"))\'',
    'node -e \'const v = `PASS`; require("fs").writeFileSync("evidence/x.json", JSON.stringify({verdict: v}))\'',
    'node -e \'require("fs").writeFileSync("evidence/x.json", JSON.stringify({verdict: process.env.V}))\'',
    'node -e \'require("fs").writeFileSync("evidence/x.json", JSON.stringify(r))\'',
    "node gen.js > evidence/x.json",
    "trivy image -f json x | sed 's/FAIL/PASS/' > evidence/x.json",
    "trivy image -f json x > evidence/x.json; yq -i '.verdict |= \"PASS\"' evidence/x.json",
    'python3 -c \'import json, os; json.dump({"verdict": os.environ["V"]}, open("evidence/x.json", "w"))\'',
    "sed 's/a/b/' < hidden.json > evidence/x.json",
)
"""It may be a constant, whatever was found."""


def test_writers_by_what_they_write() -> None:
    wrong = []
    for forms, expected in ((CONSTANT, Verdict.FAIL), (MEASURED, Verdict.PASS), (NOT_TOLD, Verdict.UNKNOWN)):
        for form in some(forms, 2):
            text = release(middle=script(f"cat committed.json\n{form}"), last=UPLOAD)
            proof = judge_constant_evidence(closing(text, {"committed.json": PASSED}, {"evidence/x.json": PASSED}))
            if proof.verdict is not expected:
                wrong.append((expected, proof.verdict, proof.reason, form))
            assert bool(proof.findings) is (proof.verdict is Verdict.FAIL)
    assert wrong == []
