"""Find the recorded answer to an address of GitHub's REST API."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote

from probes.embedded.github import actions_routes as actions
from probes.embedded.github import tree_routes as tree
from probes.embedded.github.answers import Request, Response, json_answer, not_found, page, refused
from probes.recording.view import RecordingView

Handler: TypeAlias = Callable[[RecordingView, Request, re.Match[str]], Response]


def route(view: RecordingView, request: Request) -> Response:
    """Return the answer to a GET; GitHub's 404 where the recording has none."""
    for pattern, handler in _GLOBAL:
        if match := pattern.fullmatch(request.path):
            return handler(view, request, match)
    recorded = view.refused.get((unquote(request.path), request.query.get("ref", "")))
    if recorded is not None:
        return refused(recorded)
    answer = view.answers.get(unquote(request.path))
    if answer is not None and isinstance(answer.answer, tuple):
        return page(request, answer.answer, answer.member or None)
    if answer is not None:
        return json_answer(request, answer.answer)
    split = re.match(r"/repos/([^/]+/[^/]+)(/.*)?$", request.path)
    if split is None:
        return not_found()
    if unquote(split[1]).lower() != view.recording.full_name.lower():
        # Of other repositories a recording holds no more than the workflows that its runs called.
        file = re.fullmatch(r"/contents/(?P<path>.+)", split[2] or "")
        return tree.contents_elsewhere(view, request, unquote(split[1]), file["path"]) if file else not_found()
    for pattern, handler in _REPOSITORY:
        if match := pattern.fullmatch(split[2] or ""):
            return handler(view, request, match)
    return not_found()


def _rate_limit(_: RecordingView, request: Request, __: re.Match[str]) -> Response:
    core = {"limit": 5000, "remaining": 4999, "used": 1, "reset": 0, "resource": "core"}
    return json_answer(request, {"resources": {"core": core}, "rate": core})


def _user(_: RecordingView, request: Request, __: re.Match[str]) -> Response:
    return json_answer(request, {"login": "planescope-reader", "id": 1, "type": "User", "site_admin": False})


def _table(*rows: tuple[str, Handler]) -> tuple[tuple[re.Pattern[str], Handler], ...]:
    return tuple((re.compile(pattern), handler) for pattern, handler in rows)


_GLOBAL = _table(
    (r"/rate_limit", _rate_limit),
    (r"/user", _user),
    (r"/(?:orgs|users)/(?P<owner>[^/]+)/repos", tree.owned),
)

_REPOSITORY = _table(
    (r"/?", tree.repository),
    (r"/actions/runs", actions.runs),
    (actions.RUN, actions.run),
    (actions.RUN + "/jobs", actions.jobs),
    (actions.RUN + "/artifacts", actions.artifacts),
    (actions.ATTEMPT, actions.run),
    (actions.ATTEMPT + "/jobs", actions.jobs),
    (actions.JOB, actions.job),
    (actions.JOB + "/logs", actions.job_log),
    (actions.JOB + r"/steps/(?P<step>\d{1,9})/logs", actions.job_log),
    (r"/check-runs/(?P<job>\d{1,18})", actions.check_run),
    (r"/check-runs/(?P<job>\d{1,18})/annotations", actions.job_annotations),
    (r"/actions/artifacts/(?P<artifact>\d{1,18})(?P<zip>/zip)?", actions.artifact),
    (r"/actions/workflows", actions.workflows),
    (actions.WORKFLOW, actions.workflow),
    (actions.WORKFLOW + "/runs", actions.runs),
    (r"/actions/oidc/customization/sub", actions.oidc_customization),
    (r"/contents/(?P<path>.+)", tree.contents),
    (r"/environments", tree.environments),
    (r"/branches(?:/(?P<branch>.+))?", tree.branches),
    (r"/commits", tree.commits),
    (r"/commits/(?P<ref>.+)", tree.commit),
    (r"/compare/(?P<base>(?:(?!\.\.\.).)++)\.\.\.(?P<head>.+)", tree.compare),
)
