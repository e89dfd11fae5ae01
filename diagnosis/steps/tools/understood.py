"""Programs that are known to leave AWS and registries alone, and the project's own builds and tests; an allow-list.

Whatever is not here and has no reader is opaque. A build or a test runs code of the project; that counts as understood, by
agreement, since it is not what the credentials were taken for. A program of the project that is run by itself is opaque.
"""

from __future__ import annotations

import re
import shlex

from diagnosis.steps.tools.build_verbs import builds_by, is_build_tool
from diagnosis.steps.tools.by_argument import by_argument
from diagnosis.steps.tools.by_verb import by_verb
from diagnosis.steps.tools.call import Call, Found, Nested, arguments, opaque, understood

_NAMES = """
echo printf cat ls ll mkdir rmdir rm cp mv ln install chmod chown chgrp touch grep egrep fgrep rg sed awk gawk jq yq xq
dasel cut sort uniq head tail tr wc tee date sleep tar unzip zip gzip gunzip bzip2 xz zstd 7z diff patch cmp comm
paste column fold fmt nl rev tac shuf seq yes basename dirname realpath readlink pwd stat file du df free uname
whoami id groups hostname env printenv uuidgen nproc lscpu lsb_release ps kill killall pkill pgrep wait jobs disown
bg fg ulimit umask type which whereis hash alias unalias getopt export declare local readonly typeset unset let
times true false test logger clear tput stty dd sync mktemp truncate split csplit base64 md5sum sha1sum sha256sum
sha512sum shasum md5 cksum openssl gpg gpg2 age xxd od hexdump strings iconv dos2unix unix2dos envsubst gettext bc
expr factor numfmt cal timeout watch systemctl service journalctl sysctl modprobe lsof netstat ss ip ifconfig ping
nc ncat telnet dig nslookup host traceroute mount umount fdisk lsblk losetup mkfs swapoff swapon apt apt-get
aptitude apt-key add-apt-repository dpkg yum dnf rpm apk pacman zypper brew snap choco winget scoop port
update-alternatives ldconfig locale-gen useradd usermod groupadd passwd visudo ssh-keyscan ssh-keygen ssh-add ssh
scp sftp rsync curl wget http https httpie aria2c git git-lfs gh glab hub svn hg pre-commit gitleaks trufflehog
commitlint semantic-release changeset conventional-changelog release-please git-cliff gitversion cz towncrier gcloud
gsutil bq az azd doctl heroku flyctl fly vercel netlify wrangler firebase railway supabase oci-cli ibmcloud hcloud
linode-cli sentry-cli datadog-ci newrelic codecov codecov-cli coveralls sonar-scanner snyk trivy grype syft semgrep
bandit safety checkov tfsec tflint kubescape terrascan hadolint dockle dive cst container-structure-test
clair-scanner osv-scanner govulncheck cdxgen cyclonedx kubectl kustomize kubeconform kubeval kubeseal kubectx kubens
k9s kind k3d minikube argocd argo flux istioctl linkerd stern helm-docs kubelogin oc rancher nomad consul conftest
opa rego regal kyverno pluto nova polaris ct chart-testing hostess yamllint yamlfmt shellcheck shfmt actionlint
markdownlint markdownlint-cli2 vale prettier eslint stylelint tsc tslint biome oxlint jest vitest mocha ava karma
cypress playwright ng nx turbo lerna rush next nuxt vite webpack rollup esbuild parcel gatsby astro svelte-kit tsup
swc babel storybook ncc pkg nyc c8 newman k6 artillery lighthouse lhci pa11y wait-on concurrently cross-env rimraf
husky lint-staged typedoc nvm fnm volta n nodenv pyenv rbenv asdf sdk jenv tfenv tfswitch goenv rustup ghcup opam
pip pip3 virtualenv flit twine tox nox pytest py.test coverage unittest ruff black isort flake8 pylint mypy pyright
pyflakes pycodestyle pydocstyle autopep8 yapf interrogate vulture mkdocs sphinx-build cookiecutter copier nbconvert
gofmt goimports golangci-lint gotestsum staticcheck revive ginkgo mockgen buf protoc sqlc swag wire stringer rustc
rustfmt clippy-driver cross wasm-pack trunk mvnd ant javac jar kotlinc ktlint detekt scalafmt groovyc nuget vstest
dotnet-format ctest cpack meson gcc g++ cc c++ clang clang++ clang-format clang-tidy ld ar strip objcopy autoconf
automake configure pkg-config conan vcpkg ccache swiftc swiftlint xcodebuild xcrun pod carthage rubocop rspec
phpunit phpstan phpcs php-cs-fixer pint psalm ghc hugo jekyll gitbook pandoc latexmk pdflatex inkscape convert
magick ffmpeg tailscale cloudflared wg openvpn mkcert certbot step Write-Host Write-Output Write-Error Write-Warning
Set-Content Get-Content Add-Content Out-File Out-Null Out-String New-Item Remove-Item Copy-Item Move-Item Test-Path
Join-Path Split-Path Resolve-Path Get-ChildItem Get-Item Get-Location Push-Location Pop-Location Invoke-WebRequest
Invoke-RestMethod Start-Sleep ConvertTo-Json ConvertFrom-Json Select-String Select-Object Where-Object
ForEach-Object Sort-Object Measure-Object Expand-Archive Compress-Archive Get-Date Get-Command Import-Module
Install-Module Set-PSRepository Get-Process Stop-Process localstack awslocal cdklocal tflocal samlocal planescope
try catch finally throw
"""
_EVERYDAY = frozenset(_NAMES.split())
"""Programs as such, whatever their arguments. ``planescope`` reads the account, and a read that is refused stops no release."""
_LANGUAGES = frozenset(
    {
        "python",
        "python2",
        "python3",
        "node",
        "nodejs",
        "ruby",
        "perl",
        "php",
        "deno",
        "bun",
        "ts-node",
        "tsx",
        "java",
        "lua",
        "Rscript",
    }
)
_OWN_TESTS = (("test",), ("check",), ("makemigrations",), ("compilemessages",))
"""What Django's manage.py does as a part of the project's own tests."""
_PYTHON_MODULES = frozenset(
    {
        "pip",
        "venv",
        "virtualenv",
        "build",
        "pytest",
        "unittest",
        "json.tool",
        "compileall",
        "ensurepip",
        "twine",
        "mypy",
        "ruff",
    }
    | {
        "black",
        "isort",
        "flake8",
        "pylint",
        "coverage",
        "http.server",
        "zipfile",
        "tarfile",
        "site",
        "platform",
        "pre_commit",
    }
    | {
        "wheel",
        "setuptools",
        "sphinx",
        "mkdocs",
        "bandit",
        "piptools",
        "pyright",
        "playwright",
        "timeit",
        "base64",
        "this",
    }
)
_PROGRAMS = frozenset({"tox", "nox", "poetry", "uv", "pipx", "hatch", "pipenv", "pdm"})
"""Modules that are programs of their own, read by what they are asked for."""
_HARMLESS_IMPORTS = frozenset(
    {
        "json",
        "sys",
        "re",
        "yaml",
        "tomllib",
        "toml",
        "datetime",
        "time",
        "base64",
        "hashlib",
        "math",
        "random",
        "string",
        "uuid",
        "secrets",
    }
    | {
        "configparser",
        "textwrap",
        "platform",
        "sysconfig",
        "urllib.parse",
        "packaging",
        "packaging.version",
        "xml.etree.ElementTree",
        "itertools",
    }
)
_IMPORT = re.compile(r"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+([\w.]+)[ \t]+import\b)", re.MULTILINE)
_RUNS = re.compile(r"__|\b(?:eval|exec|compile|open|getattr|globals|breakpoint)\s*\(|\bimport\s*\(")
_PACKAGE_JSON = re.compile(r"(?:console\.log\()?require\(['\"][./\w-]+\.json['\"]\)[\w.\[\]'\"-]*\)?;?")


def plain(call: Call) -> Found:
    """Read a program that has no reader of its own: understood where it is on the list, else opaque."""
    program, tail = call.program, call.tail
    verb = next((word for word in tail if not word.startswith(("-", "+"))), "")
    if program in ("--version", "--help") or tail in (
        ("--version",),
        ("--help",),
        ("version",),
        ("-v",),
        ("-V",),
        ("help",),
    ):
        return understood()
    if program == "find" or program == "fd":
        return _find(call)
    if program in _LANGUAGES or re.fullmatch(r"python3?\.\d+", program):
        found = _language(call)
        if found is not None:
            return found
    found = by_verb(call, _EVERYDAY.__contains__) or by_argument(call)
    if found is not None:
        return found
    if program in _EVERYDAY or builds_by(program, call.tail):
        return understood()
    shown = f"{program} {verb}".strip() if is_build_tool(program) else program
    return opaque(shown[:100], "it is not known to leave AWS alone", "name its calls of AWS in a step of their own")


_RUNS_FOR_EACH = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"})


def _find(call: Call) -> Found:
    """Read what find or fd runs for each file: which files there are nobody tells here."""
    found: list[Nested] = []
    rest = call.tail
    while (at := next((at for at, word in enumerate(rest) if word in _RUNS_FOR_EACH), None)) is not None:
        rest = rest[at + 1 :]
        end = next((at for at, word in enumerate(rest) if word in (";", "+")), len(rest))
        inner, rest = rest[:end], rest[end:]
        text = " ".join("$file" if word == "{}" else shlex.quote(word) for word in inner)
        found += [Nested(text, call.folder, "")] if inner else []
    return tuple(found) or understood()


def _language(call: Call) -> Found | None:
    """Read an interpreter: a module or a line that is known to be harmless, else the script that it runs, by name."""
    program, tail = call.program, call.tail
    named = [word for word in arguments(tail, frozenset()) if word != "-"]
    code = call.stdin if not named else None
    for place, word in enumerate(tail):
        if word == "-m" and program.startswith("py"):
            module = tail[place + 1] if place + 1 < len(tail) else ""
            if module in _PROGRAMS:
                return (Nested(shlex.join((module, *tail[place + 2 :])), call.folder, ""),)
            return understood() if module in _PYTHON_MODULES else opaque(f"{program} -m {module}", *_OPAQUE)
        if word in ("-c", "-e", "-p", "--eval", "--print", "-pe") and place + 1 < len(tail):
            code = tail[place + 1]
            break
        if not word.startswith("-"):
            if word.rsplit("/", 1)[-1] == "manage.py" and tail[place + 1 : place + 2] in _OWN_TESTS:
                return understood()
            if builds_by(program, tail):
                return understood()
            return opaque(f"{program} {word}"[:200], *_OPAQUE)
    if code is None:
        asks = tail and all(word.startswith("--") for word in tail)
        return understood() if asks else opaque(program, *_OPAQUE)
    harmless = _harmless_python(code) if program.startswith("py") else bool(_PACKAGE_JSON.fullmatch(code.strip()))
    return (
        understood()
        if harmless
        else opaque(f"{program}: {code.strip().splitlines()[0][:80] if code.strip() else ''}", *_OPAQUE)
    )


_OPAQUE = ("it is a program of its own, which is not read", "name its calls of AWS in a step of their own")


def _harmless_python(code: str) -> bool:
    imported: set[str] = set()
    for found in _IMPORT.finditer(code.replace(";", "\n").replace(":", "\n")):
        names = found[1] or found[2]
        imported.update(name.split(" as ")[0].strip() for name in names.split(","))
    return imported <= _HARMLESS_IMPORTS and not _RUNS.search(code)
