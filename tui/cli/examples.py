"""Command lines to start from: what each command's help shows below *Examples*. Every one is a command line that is valid."""

from __future__ import annotations

from collections.abc import Mapping

import click

Example = tuple[str, str]
"""What is wanted, and the command line for it."""

EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "": (
        ("A real incident, without credentials", "planescope demo"),
        ("What is set up here, and what is missing", "planescope doctor"),
        ("The dashboard of this clone's repository", "planescope"),
        ("One workflow of another repository", "planescope --repo octo-org/shop --workflow release.yml"),
        ("The record alone, without an AWS account", "planescope --repo octo-org/shop --no-live"),
    ),
    "demo": (
        ("The dashboard on a real incident", "planescope demo"),
        ("The same as text, its second stage alone", "planescope demo --stage 2 --text"),
        ("The second incident, at other services", "planescope demo --incident services"),
        ("Step by step, for an audience", "planescope demo --walkthrough"),
    ),
    "doctor": (
        ("What is set up, and the way to what is missing", "planescope doctor"),
        ("For another repository and profile", "planescope doctor --repo octo-org/shop --profile release-reader"),
        ("For a script: ends with 4 where credentials are needed", "planescope doctor --json"),
    ),
    "diagnose": (
        ("Why did this run fail, and what would mend it?", "planescope diagnose 21985402789"),
        ("By its address", "planescope diagnose https://github.com/octo-org/shop/actions/runs/42"),
        ("Two runs as one chain, for a program", "planescope diagnose 41 42 --repo octo-org/shop --json"),
        ("What was recorded, offline", "planescope diagnose --recording planescope-recording-42"),
    ),
    "what-if": (
        ("A trust policy, before it is put in force", "planescope what-if --trust trust.json 42"),
        ("To try, on the embedded incident", "planescope what-if --trust trust.json --demo 1"),
    ),
    "migrate": (
        ("What immutable subjects would break", "planescope migrate --repo octo-org/shop"),
        ("What a rename would", "planescope migrate --repo octo-org/shop --after rename=store"),
    ),
    "drift": (
        ("What has drifted since the baseline was accepted", "planescope drift --repo octo-org/shop"),
        ("Accept the present state", 'planescope drift --accept --rationale "reviewed by the platform team"'),
        ("For GitHub's code scanning", "planescope drift --sarif"),
        ("To try, on the embedded incident", 'planescope drift --demo 1 --accept --rationale "to try it"'),
        ("And what changed up to its third stage", "planescope drift --demo 3"),
    ),
    "fleet": (
        ("An organization, kept in a file", "planescope fleet --org octo-org --output fleet.jsonl"),
        ("The same, after it was stopped", "planescope fleet --org octo-org --output fleet.jsonl --resume"),
        ("Two repositories, as a spreadsheet", "planescope fleet --repo octo-org/shop --repo octo-org/api --csv fleet.csv"),
        ("One part of eight, for a matrix of jobs", "planescope fleet --org octo-org --slice 3/8 -o slice-3.jsonl"),
    ),
    "fleet collect": (
        ("The parts as one", "planescope fleet collect slice-1.jsonl slice-2.jsonl -o fleet.jsonl"),
        ("Downloaded artifacts", "planescope fleet collect artifacts --csv fleet.csv"),
    ),
    "preflight": (
        ("In a step of the release job", "planescope preflight"),
        ("The verdict of one job, for a program", "planescope preflight --job release --json"),
    ),
    "mcp": (
        ("As an agent's configuration starts it", "planescope mcp --repo octo-org/shop --profile release-reader"),
        ("Without an AWS account", "planescope mcp --no-live"),
    ),
    "conform": (
        ("What does this branch change, against main?", "planescope conform --base main"),
        ("With what the people state of it", "planescope conform --base main --case case.toml"),
        ("For GitHub's code scanning", "planescope conform --base main --sarif -o conform.sarif"),
    ),
    "explain": (
        ("A run's log", "gh run view 42 --log-failed | planescope explain"),
        ("A log that was saved", "planescope explain job.log"),
        ("What a cause means", "planescope explain --cause subject-not-admitted"),
    ),
    "policy": (("Who gets in by this trust policy?", "planescope policy admits trust.json --repo octo-org/shop"),),
    "policy lint": (
        ("The faults of some policies", "planescope policy lint trust.json permissions.json"),
        ("Every policy in infrastructure code", "planescope policy lint infra/"),
        ("For GitHub's code scanning", "planescope policy lint trust.json --sarif"),
    ),
    "policy admits": (
        ("Every kind of token that gets in", "planescope policy admits trust.json --repo octo-org/shop"),
    ),
    "policy evaluate": (
        ("Decisions for rows of policies and requests", "planescope policy evaluate rows.jsonl"),
        ("From another program", "cat rows.jsonl | planescope policy evaluate"),
    ),
    "packet": (
        ("A packet to try", "planescope packet export --demo 3 -o packet"),
        ("Its check, offline", "planescope packet verify packet"),
    ),
    "packet export": (
        ("A packet of two runs", "planescope packet export 41 42 --repo octo-org/shop"),
        ("One file, for an interviewer", "planescope packet export 42 --zip --for interviewer"),
        ("To try", "planescope packet export --demo 3 -o packet"),
    ),
    "packet verify": (
        ("Do its files agree with each other?", "planescope packet verify packet"),
        ("And do GitHub and AWS still say the same?", "planescope packet verify packet --live"),
    ),
    "case": (("A case file from the chain around a run", "planescope case init 42 -o case.toml"),),
    "case init": (
        ("From the chain around a run", "planescope case init 42 -o case.toml"),
        ("Later, with what it lacks", "planescope case init 42 -o case.toml --update"),
    ),
    "case check": (("Can it be used?", "planescope case check case.toml"),),
    "record": (
        ("Keep two runs", "planescope record 41 42 --repo octo-org/shop -o kept"),
        ("Replay them", "planescope diagnose --recording kept"),
    ),
    "cache": (("What is kept", "planescope cache"), ("Nothing any more", "planescope cache clear")),
    "cache clear": (("What is of one repository", "planescope cache clear --repo octo-org/shop"),),
    "permissions": (
        ("The IAM policy for whoever runs planescope", "planescope permissions --why"),
        ("What a GitHub token needs", "planescope permissions --github"),
    ),
    "settings": (
        ("A settings file to begin with", "planescope settings > ~/.config/planescope/config.toml"),
    ),
    "schema": (("The JSON Schema of `diagnose --json`", "planescope schema diagnosis"),),
    "watch": (
        ("The releases of a branch, until Ctrl-C", "planescope watch --workflow release.yml --branch main"),
        ("One run until it ends, for a script", "planescope watch 21985402789 --json"),
    ),
    "serve": (
        ("The dashboard of this clone's repository", "planescope serve"),
        ("A stage of the embedded incident, at once in the browser", "planescope serve --open demo --stage 3"),
    ),
    "completion": (
        ("bash; then put `. ~/.planescope.bash` into ~/.bashrc", "planescope completion bash > ~/.planescope.bash"),
        ("zsh", 'planescope completion zsh > "${fpath[1]}/_planescope"'),
        ("fish", "planescope completion fish > ~/.config/fish/completions/planescope.fish"),
    ),
}  # fmt: skip
"""By the words of the command; the whole command has none."""


def with_examples(command: click.Command, words: str) -> click.Command:
    """Put the examples of a command, and of the commands below it, before what its help ends with."""
    block = _block(EXAMPLES.get(words, ()))
    if block and not (command.epilog or "").startswith(block):
        command.epilog = f"{block}\n\n{command.epilog or ''}".rstrip()
    for name, below in (command.commands if isinstance(command, click.Group) else {}).items():
        with_examples(below, f"{words} {name}".strip())
    return command


def _block(examples: tuple[Example, ...]) -> str:
    """Return examples as a block of help that click leaves as it is."""
    if not examples:
        return ""
    return "\n".join(["\b", "Examples:", *(line for what, how in examples for line in (f"  # {what}", f"  {how}"))])
