"""The account screen by its keys and by the mouse: what decides, who gets in, what another document would do, no lost work."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backend_double import PROBLEM, BackendDouble
from hostile_text import HOSTILE
from live_worlds import LiveDouble, diagnosis_of_world, live_backend
from seeded_defects import DEFECTS, broken
from small_world import allow, policy, sound_world, trust_statement
from textual.widgets import Input, TextArea
from thoroughness import THOROUGH, some, spread

from diagnosis.account_view.documents import DocumentKind
from diagnosis.account_view.sessions import session_views
from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.policy import read_document
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import verdict_at
from diagnosis.visible_text import is_shown
from tui.screens.account.leaving import LeaveScreen
from tui.screens.account.proposed import ProposedScreen
from tui.screens.account.screen import BEYOND, CALLERS, AccountScreen
from tui.screens.timeline.screen import TimelineScreen
from tui.widgets.account.beyond_blocks import beyond_blocks
from tui.widgets.account.document_list import DocumentList
from tui.widgets.account.document_text import coloured, document_lines
from tui.widgets.account.gate_bar import GateBar
from tui.widgets.base.blocks import layout
from tui.widgets.base.page import Page
from tui.widgets.timeline.columns import Cell, first_failing
from tui.widgets.timeline.timeline import Timeline


def of_account(world: str, **parts: object) -> LiveDouble:
    """A backend of a world whose account has other parts."""
    shown = diagnosis_of_world(world)
    assert shown.live is not None
    account = replace(shown.live.account, **parts)  # type: ignore[arg-type] # fields by name
    return LiveDouble(replace(shown, live=replace(shown.live, account=account)))


async def on_account(app: Any, *keys: str) -> AccountScreen:
    """Open the screen and wait until the run is laid out; then press keys."""
    await app.press("i")
    screen = app.app.screen
    assert isinstance(screen, AccountScreen)
    await app.until(lambda: screen.view is not None)
    for key in keys:
        await app.pilot.press(key)
        await app.until(lambda: not screen.jobs.busy)
    return screen


async def to_document(app: Any, screen: AccountScreen, kind: DocumentKind) -> None:
    """Put the cursor on the first document of a kind."""
    listed = screen.query_one(DocumentList)
    listed.cursor = next(at for at, entry in enumerate(listed.items) if entry.content and entry.content.kind is kind)
    await app.pilot.pause()


async def proposed(app: Any, screen: AccountScreen, kind: DocumentKind, text: str | None = None) -> ProposedScreen:
    """Open a document for editing, with another text in it."""
    await to_document(app, screen, kind)
    await app.pilot.press("e")
    await app.until(lambda: isinstance(app.app.screen, ProposedScreen) and app.app.screen.query(TextArea))
    opened = app.app.screen
    if text is not None:
        opened.query_one(TextArea).text = text
        await app.pilot.pause()
    return opened


def whole(page: Page) -> str:
    """All that a page holds, on wide lines."""
    return "\n".join(line.plain for line in layout(page.sheet._blocks, 400))


def page_words(screen: AccountScreen) -> str:
    return whole(screen.query_one("#account-page", Page))


def outcome_words(screen: ProposedScreen) -> str:
    return whole(screen.query_one("#proposed-outcome", Page))


async def judged(app: Any, screen: ProposedScreen) -> str:
    await app.pilot.press("f5")
    await app.until(lambda: not screen.jobs.busy and "judging" not in outcome_words(screen))
    return outcome_words(screen)


async def test_each_gate_begins_at_the_document_that_decides_and_every_one_is_marked(opened: Any) -> None:
    async with opened(live_backend("five changes")) as app:
        screen = await on_account(app)
        assert screen.gate is Gate.OIDC_TRUST
        assert screen.entry.content.kind is DocumentKind.PROVIDER
        await app.pilot.press("right", "right")
        assert screen.gate is Gate.REGISTRY_AUTHORIZATION
        marked = {entry.content.kind for entry in screen.query_one(DocumentList).items if entry.marks}
        assert {DocumentKind.INLINE, DocumentKind.REPOSITORY, DocumentKind.SCP} <= marked
        seen = set()
        for _ in range(6):
            seen.add(screen.entry.content.kind)
            assert any(mark.part.value in page_words(screen) for mark in screen.entry.marks)
            await app.pilot.press("n")
        assert seen >= {DocumentKind.INLINE, DocumentKind.REPOSITORY, DocumentKind.SCP}
        await app.pilot.press("N")
        await app.pilot.click(GateBar, offset=(3, 0))
        await app.pilot.pause()
        assert screen.gate is Gate.OIDC_TRUST
        await app.press("escape")
        assert isinstance(app.app.screen, TimelineScreen)


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_the_deciding_statement_of_a_long_policy_is_brought_into_view(opened: Any) -> None:
    many = [allow(f"ecr:{name}", f"arn:aws:ecr:eu-west-1:123456789012:repository/other{place}")
            for place, name in enumerate(["ListImages"] * 40)]  # fmt: skip
    denial = {"Sid": "NoPush", "Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}
    long = policy(*sound_world().policy, *many, denial)
    async with opened(of_account("sound", inline_policies=Known((NamedPolicy("release", long),))), (80, 24)) as app:
        screen = await on_account(app)
        screen.post_message(GateBar.Chosen(Gate.REGISTRY_AUTHORIZATION))
        await app.until(lambda: screen.query_one("#account-page").scroll_offset.y > 0)
        assert "NoPush" in app.text
        assert "✘ denies" in app.text


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_what_was_not_read_says_why_and_by_which_permission(opened: Any) -> None:
    gap = Unreadable("role release", "access was denied to the reader", "grant it to the reader", "iam:GetRole")
    async with opened(of_account("sound", role=gap)) as app:
        screen = await on_account(app)
        await to_document(app, screen, DocumentKind.TRUST)
        for word in ("Not read: access was denied to the reader", "iam:GetRole", "grant it to the reader"):
            assert word in page_words(screen)
        assert not screen.check_action("propose", ())
        await app.pilot.press("w")
        assert screen.entry.title == CALLERS
        assert "iam:GetRole" in page_words(screen)


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_who_gets_in_names_class_smallest_token_statement_and_second_doors(opened: Any) -> None:
    door = {
        "Sid": "Door",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "sts:AssumeRole",
    }
    wide = trust_statement("repo:octo-org/*", "StringLike", Sid="Wide")
    role = sound_world().with_trust(policy(trust_statement(), wide, door)).account.role
    async with opened(of_account("sound", role=role)) as app:
        screen = await on_account(app, "w")
        words = page_words(screen)
        for word in (
            "another repository of octo-org",
            "Wide",
            "no: a release role should refuse it",
            "Door",
            "999999999999",
        ):
            assert word in words


@pytest.mark.parametrize("world", some(["services", "sound"], 2))
async def test_beyond_the_need_is_unknown_where_a_step_was_not_read(world: str, opened: Any) -> None:
    wide = policy(*sound_world().policy, allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::logs/*"))
    async with opened(of_account(world, inline_policies=Known((NamedPolicy("release", wide),)))) as app:
        screen = await on_account(app, "b")
        assert screen.entry.title == BEYOND
        unknown = "unknown: not every use is" in page_words(screen)
        assert "s3:PutObject" in page_words(screen)
        assert unknown == bool(screen.view.gaps)


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_what_nobody_can_call_too_much_is_listed_as_unknown(opened: Any) -> None:
    async with opened(live_backend("services")) as app:
        screen = await on_account(app, "s", "b")
        assert screen.view.at(Gate.LEAST_PRIVILEGE).verdict is Verdict.UNKNOWN
        words = page_words(screen)
        assert "unknown: not every use is" in words
        assert "Nothing." not in words
        for grant in screen.view.withheld:
            assert set(grant.actions[:3]) <= set(words.replace(",", " ").split())


async def test_the_session_shown_first_is_the_one_by_which_the_timeline_says_what_it_says(opened: Any) -> None:
    live = diagnosis_of_world("services").live
    async with opened(live_backend("services")) as app:
        for column, row in spread([(1, 0), (1, 3), (1, 4), (0, 2)], 2):
            app.app.screen.query_one(Timeline).go_to(Cell(column, row))
            await app.pilot.pause()
            gate = app.app.screen.selection.cell.gate
            screen = await on_account(app)
            assert screen.view.at(gate).verdict == verdict_at(live.gates, gate).verdict
            others = [view for view in screen.sessions if view is not screen.view]
            for found in filter(None, (first_failing(view.gates) for view in others)):
                assert f"{found.verdict.sign} {found.gate.label}" in app.text
            await app.press("escape")


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_runs_and_sessions_are_chosen_among(opened: Any) -> None:
    async with opened(live_backend("services")) as app:
        screen = await on_account(app)
        roles = {screen.view.role_arn}
        await app.pilot.press("s")
        roles.add(screen.view.role_arn)
        assert len(roles) == 2
        assert "session 2 of 2" in app.text
    async with opened(live_backend("five changes")) as app:
        screen = await on_account(app, "left_square_bracket")
        assert screen.replay.attempt.run_number == 41
        await app.pilot.press("left_square_bracket")
        assert screen.replay.attempt.run_number == 41
        assert not screen.check_action("session", ())


async def test_an_edited_document_is_judged_beside_itself_and_kept_until_it_is_saved_or_discarded(
    opened: Any, tmp_path: Path
) -> None:
    async with opened(live_backend("sound")) as app:
        screen = await on_account(app)
        edit = await proposed(app, screen, DocumentKind.TRUST)
        text = edit.text
        edit.query_one(TextArea).text = text.replace("ref:refs/heads/release", "ref:refs/heads/*").replace(
            "StringEquals", "StringLike"
        )
        words = await judged(app, edit)
        assert "Newly admitted" in words
        assert "+ caller " in words
        assert app.backend.proposed[-1][0].kind is DocumentKind.TRUST
        await app.pilot.press("escape")
        await app.until(lambda: app.app.screen is screen)
        assert screen.unsaved == 1
        assert "An edited document is kept" in page_words(screen)
        await app.pilot.press("escape")
        await app.until(lambda: isinstance(app.app.screen, LeaveScreen))
        assert "trust policy" in app.text
        await app.pilot.press("escape")
        await app.until(lambda: app.app.screen is screen)
        again = await proposed(app, screen, DocumentKind.TRUST)
        assert "refs/heads/*" in again.text
        assert "+ caller " in outcome_words(again), "what was judged is kept beside it"
        place = tmp_path / "kept.json"
        for name, said in ((place, "Saved"), (place, "is there already")):
            await app.pilot.press("ctrl+s")
            await app.until(lambda: app.app.screen.query("#answer"))
            app.app.screen.query_one("#answer", Input).value = str(name)
            await app.pilot.press("enter")
            await app.until(lambda said=said: said in app.text or said in outcome_words(again))
        assert json.loads(place.read_text())["Statement"]
        await app.pilot.press("escape")
        await app.until(lambda: app.app.screen is screen)
        assert screen.unsaved == 0
        await app.press("escape")
        assert isinstance(app.app.screen, TimelineScreen)


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_edited_documents_can_be_left_and_quitting_asks_first(opened: Any) -> None:
    async with opened(live_backend("sound")) as app:
        screen = await on_account(app)
        await proposed(app, screen, DocumentKind.INLINE, "{}")
        await app.pilot.press("escape")
        await app.until(lambda: app.app.screen is screen)
        await app.pilot.press("q")
        await app.until(lambda: isinstance(app.app.screen, LeaveScreen))
        assert app.app.is_running
        await app.pilot.press("escape", "escape")
        await app.until(lambda: isinstance(app.app.screen, LeaveScreen))
        await app.press("d")
        assert isinstance(app.app.screen, TimelineScreen)
        await app.pilot.press("q")
        await app.until(lambda: not app.app.is_running)


NO_POLICY = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Allow",, "Action": "*"}\n  ]\n}'


@pytest.mark.parametrize(
    ("text", "said"),
    some(
        [
            (NO_POLICY, "line 4, column 24"),
            ('{"Statement": {"Effect": "Maybe"}}', "Effect must be Allow"),
            ("", "line 1"),
        ],
        3,
    ),
)
async def test_a_text_that_is_no_policy_says_where(text: str, said: str, opened: Any) -> None:
    async with opened(live_backend("sound")) as app:
        screen = await on_account(app)
        edit = await proposed(app, screen, DocumentKind.INLINE, text)
        assert said in app.text
        assert said in await judged(app, edit)
        if text == NO_POLICY:
            assert edit.query_one(TextArea).cursor_location == (3, 23)
        await app.pilot.press("ctrl+r")
        assert edit.text == edit.in_force
        await app.pilot.press("ctrl+z")
        assert edit.text == text


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_a_file_is_opened_in_its_place_and_a_wrong_one_keeps_the_text(opened: Any, tmp_path: Path) -> None:
    answer = tmp_path / "role.json"
    answer.write_text(json.dumps({"RolePolicy": {"PolicyDocument": {"Statement": [allow("ecr:*", "*")]}}}))
    async with opened(live_backend("sound")) as app:
        screen = await on_account(app)
        edit = await proposed(app, screen, DocumentKind.INLINE)
        before = edit.text
        for name in (tmp_path / "missing.json", answer):
            await app.pilot.press("ctrl+o")
            await app.until(lambda: app.app.screen.query("#answer"))
            app.app.screen.query_one("#answer", Input).value = str(name)
            await app.pilot.press("enter")
            await app.until(lambda: app.app.screen is edit and not edit.jobs.busy)
            if name is not answer:
                assert edit.text == before
                assert "cannot be read" in outcome_words(edit)
        assert '"ecr:*"' in edit.text
        words = await judged(app, edit)
        assert "beyond the need" in words
        assert app.backend.proposed[-1][0].file == str(answer)


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_judging_can_be_stopped_and_says_what_aws_would_refuse(opened: Any) -> None:
    async with opened(live_backend("sound")) as app:
        screen = await on_account(app)
        edit = await proposed(app, screen, DocumentKind.TRUST)
        app.backend.hang.set()
        await app.pilot.press("f5", "escape")
        await app.until(lambda: "Stopped: the document was not judged" in outcome_words(edit))
        app.backend.hang.clear()
        assert app.app.screen is edit
        refused = policy(trust_statement(Resource="*"))
        edit.query_one(TextArea).text = refused.text
        assert "AWS would refuse it" in await judged(app, edit)


def not_shown(text: str) -> set[str]:
    """The characters that could do something to a terminal."""
    return {each for each in text if each != "\n" and not is_shown(each)}


def hostile_account(change: Callable[[str], str]) -> LiveDouble:
    trouble = change(HOSTILE + "\x1b[31m\u202e\x07\u200b\x9b")
    role = sound_world().account.role
    assert isinstance(role, Known)
    document = policy(
        *sound_world().policy,
        {"Sid": trouble, "Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{trouble}"},
    )
    named = (NamedPolicy(trouble, document), NamedPolicy("raw", policy(allow("ecr:*", "*"))))
    return of_account(
        "sound", inline_policies=Known(named), attached_policies=Unreadable(trouble, trouble, trouble, trouble)
    )


async def test_hostile_words_in_policies_are_shown_and_do_nothing(opened: Any) -> None:
    async with opened(hostile_account(str), (120, 40)) as app:
        screen = await on_account(app)
        listed = screen.query_one(DocumentList)
        for at in range(len(listed.items)):
            listed.cursor = at
            await app.pilot.pause()
            assert not not_shown(app.text)
        await to_document(app, screen, DocumentKind.INLINE)
        assert "[@click=app.quit]x" in app.text
        edit = await proposed(app, screen, DocumentKind.INLINE)
        assert not not_shown(app.text)
        edit.query_one(TextArea).insert("\u202e\x07")
        await app.until(lambda: "\\u202e\\u0007" in edit.text)
        assert await judged(app, edit)
        assert not not_shown(app.text)
        assert app.app.is_running


def test_a_shown_document_is_the_document_and_every_line_knows_its_statement() -> None:
    for defect in DEFECTS:
        account: AccountState = broken([defect]).account
        documents = [account.role.value.trust_policy] if isinstance(account.role, Known) else []
        if isinstance(account.inline_policies, Known):
            documents += [item.document for item in account.inline_policies.value]
        for document in documents:
            lines = document_lines(document)
            assert json.loads("\n".join(coloured(line.text).plain for line in lines)) == dict(document.tree)
            found = [line.statement for line in lines if line.statement is not None]
            assert found == sorted(found)
            assert set(found) == set(range(len(document.compiled().statements)))


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_what_could_not_be_judged_is_judged_again(opened: Any) -> None:
    backend = live_backend("sound")
    backend.problems["session_views"] = PROBLEM
    async with opened(backend) as app:
        await app.press("i")
        await app.until(lambda: PROBLEM.sentence in app.text)
        await app.pilot.press("r")
        await app.until(lambda: app.app.screen.view is not None)
        assert PROBLEM.sentence not in app.text
        await app.pilot.press("r")
        await app.until(lambda: any("reads the account again" in each.message for each in app.app._notifications))


@pytest.mark.skipif(not THOROUGH, reason="opens the app once more: the thorough run does")
async def test_without_the_account_the_key_says_so(opened: Any) -> None:
    backend = BackendDouble(1)
    backend.change = lambda shown: without_live(shown)
    async with opened(backend) as app:
        await app.press("i")
        assert isinstance(app.app.screen, TimelineScreen)
        assert "The account was not read." in app.text


def without_live(shown: Diagnosis) -> Diagnosis:
    return replace(shown, live=None, paths=(), forecast=())


def test_nothing_beyond_the_need_is_said_only_of_documents_that_were_understood() -> None:
    gap = Unreadable("attached policies", "access was denied", "grant it", "iam:ListAttachedRolePolicies")
    unparsable = Known((NamedPolicy("release", read_document('{"Statement": 1}')),))
    for part in ({"inline_policies": unparsable}, {"attached_policies": gap}, {}):
        world = sound_world().with_account(**part)
        (replay,) = replays_of((world.run,), world.case)
        (view,) = session_views(replay, world.asked(question_of(replay, world.case)), world.case)
        told = [line.plain.strip() for line in layout(beyond_blocks(view), 120)]
        assert ("Nothing." in told, "Nothing in what could be read." in told) == (not part, bool(part))
