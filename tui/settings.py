"""The user's settings: one small TOML file in the configuration folder, for what stays the same from day to day.

::

    theme = "light"
    profile = "release-reader"
    refresh = 60

    [keys]
    "timeline.refresh" = "f5"

An option on the command line wins over a setting. No credential belongs here, and none is read from it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.problem import BackendProblem

_LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as the file may hold it."""

    name: str
    kind: type
    example: str
    """A value in TOML."""
    meaning: str
    """One sentence, for the template."""


SETTINGS: tuple[Setting, ...] = (
    Setting("theme", str, '"light"', "The dashboard's theme: dark, light, or a name that its theme list (T) shows."),
    Setting("refresh", float, "60", "The dashboard reads runs and account again at this interval, in seconds."),
    Setting("profile", str, '"release-reader"', "AWS profile of the role's account, where AWS_PROFILE is not set."),
    Setting("registry_profile", str, '"registry-reader"', "AWS profile of the registry's account, if another."),
    Setting("no_history", bool, "true", "Leave out CloudTrail and second opinions."),
    Setting("no_cache", bool, "true", "Neither use nor fill the local store of completed attempts."),
    Setting("remember", bool, "false", "Whether the dashboard remembers the last repository, filters and theme."),
)


SHORTEST_REFRESH, LONGEST_REFRESH = 5, 86_400
"""In seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says; empty where there is none."""

    path: Path
    exists: bool = False
    theme: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by their id in :mod:`tui.keymap`."""
    remember: bool = True
    """Whether the dashboard remembers anything; the demo never does."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Defaults of command-line options, by their names."""


def settings_path() -> Path:
    """Return where the settings lie: in XDG_CONFIG_HOME, or what the system has in its place."""
    from platformdirs import user_config_path

    return user_config_path("planescope") / "config.toml"


def read_settings(path: Path | None = None) -> Settings:
    """Read the settings. Raises BackendProblem for a file that cannot be used; one that does not exist is empty."""
    path = settings_path() if path is None else path
    try:
        if path.is_fifo():
            raise _problem(path, "is no file")  # to open it would wait for somebody who writes
        with path.open("rb") as file:
            body = file.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Settings(path)
    except OSError as error:
        raise _problem(path, f"cannot be read ({error.strerror})") from None
    import tomllib

    if len(body) > _LARGEST:
        raise _problem(path, "is larger than settings can be")
    try:
        document = tomllib.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _problem(path, "is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _problem(path, f"is no TOML ({error})") from None
    except ValueError:
        raise _problem(path, "holds a number of too many digits") from None
    return _checked(path, document)


def _checked(path: Path, document: dict[str, Any]) -> Settings:
    keys = document.pop("keys", {})
    known = {setting.name: setting for setting in SETTINGS}
    for name, value in document.items():
        if name not in known:
            raise _problem(path, f"has no setting {name!r} to read{_nearest(name, [*known, 'keys'])}")
        kind = known[name].kind
        # A TOML integer is a number of seconds too; a boolean is an int for Python alone.
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) if kind is float else type(value) is kind
        if not fits:
            raise _problem(path, f"gives {name} a value that does not fit; write it like {known[name].example}")
    if not SHORTEST_REFRESH <= document.get("refresh", SHORTEST_REFRESH) <= LONGEST_REFRESH:
        raise _problem(path, f"gives refresh fewer than {SHORTEST_REFRESH} seconds, or more than a day")
    return Settings(
        path,
        exists=True,
        theme=document.pop("theme", None),
        keys=_keys(path, keys),
        remember=document.pop("remember", True),
        options={
            name: value for name, value in document.items() if name != "profile" or not os.environ.get("AWS_PROFILE")
        },
    )


def _keys(path: Path, keys: object) -> dict[str, str]:
    from tui.keymap import KEYS

    if not isinstance(keys, dict) or not all(isinstance(value, str) and value.strip() for value in keys.values()):
        raise _problem(path, 'has keys that do not fit; write them like "timeline.refresh" = "f5" below [keys]')
    known = [key.id for key in KEYS]
    for identity in keys:
        if identity not in known:
            raise _problem(path, f"names a key {identity!r} that does not exist{_nearest(identity, known)}")
    return dict(keys)


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _problem(path: Path, what: str) -> BackendProblem:
    return BackendProblem(f"The settings file {path} {what}.", "`planescope settings` prints what it may hold.")


def template() -> str:
    """Return a settings file with every setting and every key, commented out."""
    from tui.keymap import KEYS

    lines = ["# planescope settings. An option on the command line wins over a line here.", ""]
    for setting in SETTINGS:
        lines += [f"# {setting.meaning}", f"# {setting.name} = {setting.example}", ""]
    lines += ["# Keys by Textual's names; several are separated by commas.", "[keys]"]
    lines += [f'# "{key.id}" = "{key.keys}"  # {key.tooltip}' for key in KEYS]
    return "\n".join(lines) + "\n"
