"""The verbs by which the build tools of languages leave AWS alone; an allow-list for each tool.

Most of these tools run any program of the project by another verb (``cargo xtask``, ``composer deploy``, ``pdm deploy``), so
a verb that is not listed does not count as understood. Sources: the command reference of each tool.
"""

from __future__ import annotations

from diagnosis.steps.tools.call import without_globals
from diagnosis.steps.tools.own_builds import is_own_build

_CARGO = """
build b test t check c clippy fmt doc d bench clean fetch update install uninstall add remove rm metadata publish package
vendor login logout tree generate-lockfile search yank owner version help init new locate-project pkgid fix report rustc
rustdoc config nextest audit deny llvm-cov tarpaulin udeps outdated machete hack binstall chef sort cache set-version ndk
zigbuild sqlx expand semver-checks public-api release edit miri fuzz geiger about license bloat dist vet insta mutants
cyclonedx auditable pgo deb generate-rpm msrv minimal-versions careful criterion codspeed component wasi shear
"""
_UV = "sync pip lock venv build publish tool python cache add remove export tree version init self format audit"
_POETRY = """
install build publish config lock add remove update check show version env cache export self source init new search about
list sync dynamic-versioning bundle
"""
_PDM = """
install sync build publish lock add remove update config export info list use venv self cache init new outdated search show
fix python
"""
_COMPOSER = """
install i update u upgrade require r remove dump-autoload dumpautoload validate audit show config self-update selfupdate
init outdated licenses clear-cache clearcache diagnose archive check-platform-reqs normalize bump why fund status suggests
search about list create-project
"""
_BUNDLE = "install config update check lock add list outdated package cache clean audit binstubs init info show version"
_CONDA = """
install create update env activate deactivate config info init list clean build index search remove shell upgrade mambabuild
pack render convert export package self-update lock repoquery verify
"""
_FLUTTER = """
build test analyze pub doctor config precache upgrade downgrade channel clean create gen-l10n format drive devices emulators
install
"""
_MIX = """
compile test deps format credo dialyzer local release ecto phx assets hex archive docs sobelow coveralls xref clean gettext
"""
_STACK = """
build test setup install sdist haddock bench path clean purge update upgrade ls list config unpack upload new init query dot
"""
_CABAL = """
build test update configure install sdist haddock check freeze bench clean list info get fetch outdated path gen-bounds
user-config upload
"""
_REBAR = """
compile eunit ct proper dialyzer xref release tar get-deps deps tree upgrade clean cover edoc ex_doc fmt lint hank
escriptize hex local plugins unlock version update path report new
"""
_MISE = """
install i use trust activate ls list current which where env settings plugins plugin prune upgrade up uninstall unuse doctor
reshim cache set unset version self-update outdated ls-remote latest alias config sync generate fmt lock completion
"""
_GEM = """
install update build push list env environment sources cleanup uninstall specification signin fetch owner yank pristine
outdated search info contents which unpack dependency
"""
_VERBS = {
    "bazel": "build test query cquery aquery info version clean fetch coverage shutdown mod",
    "bazelisk": "build test query cquery aquery info version clean fetch coverage shutdown mod",
    "bundle": _BUNDLE,
    "cabal": _CABAL,
    "cargo": _CARGO,
    "composer": _COMPOSER,
    **dict.fromkeys(("conda", "mamba", "micromamba"), _CONDA),
    "corepack": "",
    "dart": "pub analyze format test compile doc fix create info",
    "deno": "test lint fmt check cache install compile bundle info doc bench types upgrade",
    "flutter": _FLUTTER,
    "gem": _GEM,
    "go": "build test mod vet fmt get install generate version env clean list work tool doc",
    "hatch": "build publish version env clean fmt test config dep project python new",
    "lein": "deps compile test jar uberjar check clean install javac pom version classpath ancient eastwood kibit cljfmt cloverage",
    **dict.fromkeys(("mise", "rtx"), _MISE),
    "mix": _MIX,
    "nix": "build flake fmt eval store profile hash",
    "pdm": _PDM,
    "pipenv": "install sync lock update check graph requirements verify clean uninstall upgrade",
    "pipx": "install inject upgrade upgrade-all ensurepath list uninstall environment reinstall reinstall-all",
    "poetry": _POETRY,
    "rebar3": _REBAR,
    "rye": "sync build publish lock add remove fetch install toolchain tools test lint fmt self config version show init pin",
    "stack": _STACK,
    "swift": "build test package format sdk",
    "uv": _UV,
    "vault": "version login read kv status",
}
_OWN = {name: frozenset(verbs.split()) for name, verbs in _VERBS.items()}
_WITHOUT_VERB = frozenset({"bundle", "composer", "corepack", "mise", "pipenv", "hatch", "conda", "rye", "cargo"})
"""Tools that install or say how they are used where they are given no verb."""
_SWIFT_PACKAGE = frozenset(
    {"resolve", "update", "init", "clean", "reset", "dump-package", "describe", "show-dependencies", "tools-version"}
    | {"edit", "unedit", "purge-cache", "config", "compute-checksum", "diagnose-api-breaking-changes"}
)
_GO_TOOLS = frozenset(
    {"cover", "covdata", "pprof", "compile", "trace", "nm", "objdump", "vet", "fix", "test2json", "buildid", "asm"}
    | {"cgo", "dist", "link", "pack", "addr2line", "preprofile"}
)
"""The tools of Go's own distribution; ``go tool`` runs those of the module too."""
_TASKS = {"composer": ("run", "run-script"), "mise": ("run", "r"), "rtx": ("run", "r")}
"""The verbs that run a task of the project's by its name."""
_WITH_VALUES = frozenset(
    {"-C", "--directory", "-P", "--project", "-e", "--env", "-E", "--cd", "--config-file", "--cache-dir", "--color"}
    | {"--manifest-path", "--config", "--target-dir", "-Z", "-d", "--working-dir", "--gemfile", "--package-path", "-c"}
    | {"--stack-yaml", "--resolver", "--project-file", "--output_base", "--output_user_root", "--bazelrc"}
)


def is_build_tool(program: str) -> bool:
    """Return whether a program is a language's build tool, which is understood by its verb alone."""
    return program in _OWN


def builds_by(program: str, tail: tuple[str, ...]) -> bool:
    """Return whether a build tool does by these words what leaves AWS alone."""
    own = _OWN.get(program)
    if own is None:
        return False
    # ``cargo +nightly build``
    tail = tail[1:] if tail[:1] and tail[0].startswith("+") else tail
    words = [word for word in without_globals(tail, _WITH_VALUES) if not word.startswith("-")]
    if not words:
        return program in _WITHOUT_VERB
    verb, more = words[0], words[1:]
    match program:
        case "mix":
            return verb.partition(".")[0] in own
        case "cabal":
            return verb.removeprefix("v2-").removeprefix("new-") in own
        case "dart" | "flutter" if verb == "pub":
            return "run" not in more
        case "uv" | "conda" | "mamba" if verb in ("tool", "env"):
            return "run" not in more[:1]
        case "swift" if verb == "package":
            return all(word in _SWIFT_PACKAGE for word in more[:1])
        case "go" if verb == "tool":
            return all(word in _GO_TOOLS for word in more[:1])
        case "composer" | "mise" | "rtx" if verb in _TASKS[program]:
            return bool(more) and is_own_build(more[0])
    return verb in own or (program in ("composer", "mise", "rtx") and is_own_build(verb))
