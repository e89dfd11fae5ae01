"""Commands that stand where a script is easily misread: traps, functions named like tests, xargs, the input of a loop."""

from __future__ import annotations

import pytest

from diagnosis.facts.reading import Absent, Known
from diagnosis.steps.commands import operations_of_script
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.repository_files import Files

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def read(script: str, files: Files | None = None) -> list[Operation]:
    known = files or Files({"p.sh": Known('for x in "$@"; do docker push $R/$x; done')})
    found = operations_of_script(script, {"AWS_REGION": "us-east-1", "R": HOST}, known)[0]
    return [each for each in found if each.purpose is not Purpose.NOTHING]


@pytest.mark.parametrize(
    "script",
    [
        "done() { aws s3 ls s3://b; }\ntrap done EXIT\necho",
        "trap -- finish INT TERM\nfinish() { aws s3 ls s3://b; }\necho",
        "trap ./finish.sh EXIT",
        "test() { aws s3 ls s3://b; }\ntest",
        "for x in a; do cat; done < <(aws s3 ls s3://b)",
        "if true; then cat; fi < <(aws s3 ls s3://b)",
        "case x in x) cat;; esac <<< $(aws s3 ls s3://b)",
        'eval "$(ssh-agent -s); aws s3 ls s3://b"',
        "bash -euxo pipefail -c 'aws s3 ls s3://b'",
        "bash -ce 'aws s3 ls s3://b'",
        "seq 400 | xargs -n1 aws s3 ls s3://b",
        "echo '' | xargs aws s3 ls s3://b",
        "docker compose run app",
        "docker compose -f ci.yml up -d",
        "docker compose exec -e AWS_SESSION_TOKEN app deploy",
        "docker exec -e AWS_SESSION_TOKEN app deploy",
        "docker run -v ~/.docker:/root/.docker own/tool push",
    ],
)
def test_a_call_is_seen_or_named(script: str) -> None:
    assert read(script)


def images(script: str) -> list[str | None]:
    return [each.target for each in read(script) if each.purpose is Purpose.PUSH]


@pytest.mark.parametrize(
    ("script", "pushed"),
    [
        ("X=$(echo ' a ' | xargs); docker push $R/$X", ["a"]),
        ("X=$(echo '  \"a\"' | xargs); docker push $R/$X", ["a"]),
        ("for x in $(printf ' a \\n b ' | xargs -n1); do docker push $R/$x; done", ["a", "b"]),
        ('echo "$R/a,$R/b" | xargs -d, -n1 docker push', ["a", "b"]),
        ('echo "$R/a,$R/b" | xargs -d , -rn1 docker push', ["a", "b"]),
        ('echo "a b" | xargs --max-args=1 -I{} docker push $R/{}', ["a b"]),
        ("printf 'a b\\nc d\\n' | xargs -L1 ./p.sh", ["a", "b", "c", "d"]),
        ("printf '\"a\"\\n' | xargs -I % docker push $R/%", ["a"]),
        ("printf 'a\\n b\\n' | xargs -P2 -I % docker push $R/%", ["a", "b"]),
        ("echo a b | xargs -n 1 -t echo", []),
    ],
)
def test_xargs_divides_its_input_as_it_is_told(script: str, pushed: list[str]) -> None:
    assert images(script) == [f"{HOST}/{name}" for name in pushed]


def test_more_items_than_are_followed_are_named() -> None:
    items = " ".join(f"i{number}" for number in range(400))
    found = read(f"echo {items} | xargs -I% -d' ' docker push $R/%")
    assert found[-1].purpose is Purpose.OPAQUE


def test_a_known_program_that_was_fetched_is_read_and_the_repositorys_own_file_of_that_name_too() -> None:
    line = "./bin/aws s3 ls s3://b"
    fetched = read(line, Files({"bin/aws": Absent("file")}))
    assert [each.action for each in fetched] == ["s3:ListBucket"]
    own = read(line, Files({"bin/aws": Known(f"#!/bin/sh\ndocker push {HOST}/app")}))
    assert [each.purpose for each in own] == [Purpose.PUSH]
    assert [each.purpose for each in read(line)] == [Purpose.OPAQUE]
