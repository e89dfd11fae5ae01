"""Scripts of PowerShell: what their blocks run and what is assigned from a command is read; nothing of them vanishes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.facts.reading import Known
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Purpose
from diagnosis.steps.repository_files import Files
from diagnosis.steps.shell.powershell import is_powershell, with_blocks_apart

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def pushed(script: str, shell: str | None = "pwsh", **values: str) -> list[str | None]:
    found = operations_of_script(script, {"REG": HOST, **values}, shell=shell)[0]
    return [each.target for each in found if each.purpose is Purpose.PUSH]


@pytest.mark.parametrize(
    "script",
    [
        "docker push $env:REG/app:1",
        'docker push "${env:REG}/app:1" | Out-Null',
        "$null = docker push $env:REG/app:1",
        "$out = docker push $env:REG/app:1 2>&1 | Out-String",
        "if (Test-Path x) { docker push $env:REG/app:1 }",
        "if ($?) { echo x } else { docker push $env:REG/app:1 }",
        "if (Test-Path x) {\n  echo x\n}\ndocker push $env:REG/app:1",
        "Get-ChildItem | ForEach-Object { docker push $env:REG/app:1 }",
        "1..3 | % { docker push $env:REG/app:1 }",
        "try { docker push $env:REG/app:1 } catch { throw }",
        "function Send { docker push $env:REG/app:1 }\nSend",
        "function Send($name) {\n  docker push $env:REG/app:1\n}\nSend x",
        "function Send { return docker push $env:REG/app:1 }\nSend",
        "function Send {\n  if ($x) { return (docker push $env:REG/app:1) }\n}\nSend",
        "exit (docker push $env:REG/app:1)",
        "$out = @(docker push $env:REG/app:1)",
        "function Send {\n  if ($x) { docker push $env:REG/app:1 }\n}\nSend",
        "function Send {\n  if ((a) -and ')' -ne \"{\") {\n    docker push $env:REG/app:1\n  } else { throw }\n}\nSend",
        "function Send { while ($x) { break }; foreach ($i in 1..2) { docker push $env:REG/app:1 } }\nSend",
        "do { echo x } while ($x)\nfunction Send { docker push $env:REG/app:1 }\nSend",
        '$settings = @{ a = "}"; b = "{" }\ndocker push $env:REG/app:1',
        '$text = @"\n{ "a": 1 }\n"@\ndocker push $env:REG/app:1',
        "<# docker push $env:REG/no:1\n #>\ndocker push $env:REG/app:1",
        "docker `\n  push `\n  $env:REG/app:1",
        "if ($x) { docker push $env:REG/${{ format('{0}', 'app') }}:1 }",
    ],
)
def test_a_push_is_found_wherever_it_stands(script: str) -> None:
    assert set(pushed(script)) == {f"{HOST}/app:1"}


def test_what_a_block_that_may_run_sets_is_not_known() -> None:
    assert pushed("$t = 'a'\nif ($x) { $t = 'b' }\ndocker push $env:REG/$t") == [f"{HOST}/$t"]
    assert pushed("try { $t = 'a' } catch { $t = 'b' }\ndocker push $env:REG/$t") == [f"{HOST}/$t"]
    assert pushed("if ($x) { $t = 'a' } else { $t = 'b' }\ndocker push $env:REG/$t") == [f"{HOST}/$t"]


def test_the_runner_tells_the_shell_where_none_is_written() -> None:
    script = "Get-ChildItem | ForEach-Object { docker push $env:REG/app:1 }"
    assert pushed(script, None, **{"runner.os": "Windows"}) == [f"{HOST}/app:1"]
    assert is_powershell("powershell.exe -File {0}", "Linux")
    assert not is_powershell("bash", "Windows")
    assert not is_powershell(None, "Linux")


def test_what_is_set_from_a_command_is_not_known() -> None:
    script = "$tag = git rev-parse HEAD\ndocker push $env:REG/app:$tag\n$name = 'web'\ndocker push $env:REG/${name}:1"
    assert pushed(script) == [f"{HOST}/app:$tag", f"{HOST}/web:1"]


@given(st.text(alphabet="{}@<#>\"'`$ \na(", max_size=60))
@settings(max_examples=examples(300))
def test_no_script_is_too_strange(text: str) -> None:
    pushed(text)


@pytest.mark.parametrize("text", ["{ ", "@{ ", "}", "<#", '@"\n', '"', "`", "${", "${{ ", "'a' ", "#"])
def test_long_scripts_are_read_in_linear_time(text: str) -> None:
    begun = time.process_time()
    with_blocks_apart(text * 30_000)
    assert time.process_time() - begun < 3


def test_scripts_of_windows_in_the_repository() -> None:
    texts = {"d.ps1": "Get-Item x | ForEach-Object { docker push $env:REG/app:1 }", "d.bat": "docker push %REG%/app:1"}
    files = Files({path: Known(text) for path, text in texts.items()})
    for script, purpose in (("./d.ps1", Purpose.PUSH), ("./d.bat", Purpose.OPAQUE)):
        found = operations_of_script(script, {"REG": HOST}, files, "", "pwsh")[0]
        assert purpose in [each.purpose for each in found]
