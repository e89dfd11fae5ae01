"""Secrets in evidence on the disk, in its files' names and members and in what a case file says: nothing that leaves holds one."""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from pathlib import Path

from click.testing import CliRunner
from made_secrets import chance, marked_secrets
from thoroughness import some

from diagnosis.closure.evidence.said import NotRead
from diagnosis.closure.evidence.said_values import values_in
from diagnosis.facts.reading import Known
from diagnosis.logs.scrubbed_names import scrub_name
from probes.embedded.moments import INCIDENT
from probes.local_evidence import read_local_log, read_local_root
from tui.cli.main import planescope

RUNS = ("21985402789", "21985472266", "21985500168")
SECRETS = marked_secrets(chance("evidence"))
MEMBERS = (
    "run_id",
    "gitSha",
    "image_digest",
    "image_tag",
    "git_ref",
    "built_at",
    "repository",
    "url",
    "status",
    "actor",
)
COMMIT, DIGEST = (
    "799d398a7daf34857cf363c9a1a629c40ec25d5e",
    "d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56",
)
INNOCENT = (
    f"runs/dev_min/evidence-{COMMIT}.json",
    f"cache-key_sha256-{DIGEST}.json",
    "security_secret_injection_checks.json",
    f"111122223333.dkr.ecr.eu-west-2.amazonaws.com/shop/web:v1.4.0@sha256:{DIGEST}",
    "refs/heads/dependabot/npm_and_yarn/key-value-store-3.4.5",
    "run_id_0b6f7a54-6f4c-4f0a-9a8e-0d4a5f3b2c1d.json",
    f"oidc_provider_thumbprint_{COMMIT}.json",
    "platform_20260213T114002Z",
    "https://github.com/acme/shop/actions/runs/903/attempts/1",
)


def encoded(secret: str) -> str:
    return b64encode(secret.encode()).decode()


def as_file(secret: str) -> str:
    """A secret as it can be a file's name."""
    return secret.replace("/", "_")


def writings(secret: str) -> set[str]:
    return {secret, secret.lower(), encoded(secret), as_file(secret), json.dumps(secret)[1:-1]}


def documents(secret: str) -> list[str]:
    """Evidence files that hold a secret: as value, in a list, deep, as a name, escaped, in Base64, in a text of JSON, in a ref."""
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in secret)
    return [
        json.dumps({"image": {"labels": [{name: secret} for name in MEMBERS]}}),
        json.dumps({name: [secret, "x"] for name in MEMBERS}),
        json.dumps({"image": {secret: {"digest": f"sha256:{'0' * 64}", "tag": "v9", "run_id": "4"}}}),
        json.dumps({name: encoded(secret) for name in MEMBERS}),
        f'{{"{escaped}": {{"run_id": "4", "commit": "{"d" * 40}"}}}}',
        "{" + ", ".join(f'"{name}": "{escaped}"' for name in MEMBERS) + "}",
        json.dumps({name: json.dumps({"a": secret}) for name in MEMBERS}),
        json.dumps({"git_ref": f"refs/heads/{secret}", "image_tag": f"v1-{encoded(secret)}"[:128], "git_sha": secret}),
    ]


def test_no_member_of_an_evidence_file_and_no_name_is_told_with_a_secret(tmp_path: Path) -> None:
    secrets = some(SECRETS, 4)
    for number, secret in enumerate(secrets):
        folder = tmp_path / str(number) / as_file(secret)[:150]
        folder.mkdir(parents=True)
        for kind, text in enumerate(documents(secret)):
            (folder / f"{kind}.json").write_text(text, encoding="utf-8")
        for name in (
            f"{as_file(secret)}.json",
            f"run_{as_file(secret)}-receipt.yaml",
            f"x-{encoded(secret)}.txt".replace("/", "_"),
        ):
            (folder / name[:200]).write_text("{}", encoding="utf-8")
        (tmp_path / f"{number}.md").write_text(f"# {secret}\n\n- {encoded(secret)} and {secret}\n", encoding="utf-8")
        root, log = read_local_root(tmp_path, str(number)), read_local_log(tmp_path, f"./{number}.md")
        assert isinstance(root, Known)
        assert isinstance(log, Known)
        told = [log.value.text, *(file.name for file in root.value.files)]
        for file in root.value.files:
            said = values_in(file.text.value) if isinstance(file.text, Known) else ()
            told += () if isinstance(said, NotRead) else (f"{value.place} {value.shown}" for value in said)
        held = "\n".join(told)
        assert not [each for each in writings(secret) if each in held and len(each) > 8], secret[:6]


def test_what_names_no_secret_stays_letter_by_letter() -> None:
    assert [name for name in INNOCENT if scrub_name(name) != name] == []


def test_nothing_that_is_written_from_evidence_and_case_file_holds_a_secret(tmp_path: Path) -> None:
    secrets = SECRETS[::9]
    quoted = [json.dumps(each) for each in secrets]
    texts = [json.dumps(f"as said: {each}, {encoded(each)}") for each in secrets]
    names = ["receipt.json", *(f"run-{as_file(each)}.json" for each in secrets)]
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for number, (name, secret) in enumerate(zip(names[1:], secrets, strict=True)):
        (evidence / name).write_text(documents(secret)[number % 8], encoding="utf-8")
    (tmp_path / "log.md").write_text(f"## 2026-02-13T11:42:00Z {secrets[0]}\n\n{' '.join(secrets)}\n", encoding="utf-8")
    case = f"""
title = {texts[0]}
notes = [{", ".join(texts)}]
{quoted[1]} = {quoted[1]}
decision_log = "./log.md"
decision_log_entry = {json.dumps(f"2026-02-13T11:42:00Z {secrets[0]}")}
evidence_local = "evidence"
evidence_artifacts = {json.dumps(names)}
runs = [{", ".join(RUNS)}]
[[changes]]
after_run = {RUNS[0]}
text = {texts[2]}
source = {texts[3]}
at = {texts[4]}
[[changes]]
after_run = {RUNS[1]}
text = {quoted[5]}
source = {quoted[6]}
[[exceptions]]
principal = "arn:aws:iam::210987654321:root"
rationale = {texts[7]}
expires = 2027-03-31
[[escalations]]
grant = {texts[8]}
rationale = {texts[9]}
expires = 2026-02-20
"""
    (tmp_path / "case.toml").write_text(case, encoding="utf-8")
    asked = [*RUNS, "--recording", str(INCIDENT), "--no-live", "--case", str(tmp_path / "case.toml")]
    commands = (
        ["case", "check", str(tmp_path / "case.toml")],
        ["diagnose", *asked, "--json"],
        ["diagnose", *asked],
        ["packet", "export", *asked, "--for", "interviewer", "-o", str(tmp_path / "packet.zip")],
    )
    results = [CliRunner().invoke(planescope, command) for command in commands]
    assert results[-1].exit_code == 0, results[-1].output
    told = {" ".join(command[:2]): result.output for command, result in zip(commands, results, strict=True)}
    with zipfile.ZipFile(tmp_path / "packet.zip") as packed:
        told |= {name: packed.read(name).decode() for name in packed.namelist()}
    assert "[scrubbed:" in told["packet.json"]
    assert "[scrubbed:credential].json" in told["packet.json"]
    for name, text in told.items():
        # A terminal breaks its lines anywhere.
        whole = text + text.replace("\n", "").replace(" ", "")
        assert not [each for secret in secrets for each in writings(secret) if each in whole], name
