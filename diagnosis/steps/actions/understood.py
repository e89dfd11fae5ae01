"""The actions of other repositories that are known to call nothing at AWS and nothing at a registry of ECR.

By owner and name, from what each says of itself; an action that is not listed is opaque. Actions that set a tool up only
install it: what the tool does then stands in the steps that run it.
"""

from __future__ import annotations

import re

_BEGINNINGS = ("actions/setup-", "docker/setup-")
"""GitHub's and Docker's own actions that set a tool up."""

_LISTED = """
1password/install-cli-action 1password/load-secrets-action 8398a7/action-slack aarcangeli/load-dotenv
abatilo/actions-poetry act10ns/slack actions/add-to-project actions/ai-inference actions/cache actions/checkout
actions/configure-pages actions/create-github-app-token actions/create-release actions/delete-package-versions
actions/dependency-review-action actions/deploy-pages actions/download-artifact actions/first-interaction
actions/go-dependency-submission actions/hello-world-docker-action actions/hello-world-javascript-action
actions/javascript-action actions/jekyll-build-pages actions/labeler actions/publish-action
actions/publish-immutable-action actions/stale actions/upload-artifact actions/upload-pages-artifact
actions/upload-release-asset actions-ecosystem/action-add-labels actions-ecosystem/action-create-comment
actions-ecosystem/action-get-latest-tag actions-hub/kubectl actions-rs/toolchain
actions-rust-lang/setup-rust-toolchain ad-m/github-push-action amannn/action-semantic-pull-request
ankane/setup-postgres anothrnick/github-tag-action appleboy/discord-action appleboy/scp-action appleboy/ssh-action
appleboy/telegram-action aquaproj/aqua-installer aquasecurity/setup-trivy aquasecurity/tfsec-action
arduino/setup-protoc arduino/setup-task argoproj-labs/argocd-action asdf-vm/actions astral-sh/ruff-action
astral-sh/setup-uv autero1/action-terragrunt awalsh128/cache-apt-pkgs-action aws-actions/closed-issue-message
aws-actions/handle-non-labeled-issues aws-actions/pr-regex-exclude aws-actions/setup-sam
aws-actions/stale-issue-cleanup aws-actions/sustainability-scanner azure/k8s-bake azure/k8s-create-secret
azure/k8s-deploy azure/k8s-lint azure/k8s-set-context azure/login azure/setup-helm azure/setup-kubectl
azure/setup-kustomize bahmutov/add-build-badge bahmutov/npm-install benc-uk/workflow-dispatch benjlevesque/short-sha
bitnami/readme-generator-for-helm bitwarden/sm-action bobheadxi/deployments booxmedialtd/ws-action-parse-semver
bridgecrewio/checkov-action browser-actions/setup-chrome bruceadams/install-aws-cli bufbuild/buf-action
bufbuild/buf-setup-action buildpacks/github-actions burnett01/rsync-deployments burrunan/gradle-cache-action
cachix/cachix-action cachix/install-nix-action cardinalby/export-env-action cargo-bins/cargo-binstall
checkmarx/kics-github-action chrislennon/action-aws-cli chrnorm/deployment-action chrnorm/deployment-status
chromaui/action cloudflare/pages-action cloudflare/wrangler-action cloudposse/github-action-matrix-outputs-read
cloudposse/github-action-matrix-outputs-write cloudposse/github-action-yaml-config-query clowdhaus/argo-cd-action
codacy/codacy-coverage-reporter-action codecov/codecov-action conda-incubator/setup-miniconda
conventional-changelog/action convictional/trigger-workflow-and-wait coursier/cache-action coursier/setup-action
coverallsapp/github-action crazy-max/ghaction-dump-context crazy-max/ghaction-github-runtime
crazy-max/ghaction-import-gpg crazy-max/ghaction-setup-docker cschleiden/replace-tokens ctrf-io/github-test-reporter
cygnetdigital/wait_for_response dart-lang/setup-dart datadog/junit-upload-github-action
datadog/synthetics-ci-github-action datamonsters/replace-action dawidd6/action-download-artifact
dawidd6/action-send-mail dcarbone/install-jq-action dcarbone/install-yq-action deepakputhraj/action-pr-labels
deluan/zip-release denoland/setup-deno dependabot/fetch-metadata depot/setup-action depot/use-action
determinatesystems/magic-nix-cache-action determinatesystems/nix-installer-action digitalocean/action-doctl
docker/metadata-action docker/setup-buildx-action docker/setup-compose-action docker/setup-docker-action
docker/setup-qemu-action dominikh/staticcheck-action dopplerhq/cli-action dopplerhq/secrets-fetch-action
dorny/paths-filter dorny/test-reporter dsaltares/fetch-gh-release-asset dtolnay/rust-toolchain earthly/actions-setup
easimon/maximize-build-space easingthemes/ssh-deploy egor-tensin/setup-gcc endbug/add-and-commit
endersonmenezes/free-disk-space engineerd/configurator engineerd/setup-kind enricomi/publish-unit-test-result-action
erlef/setup-beam extractions/setup-just falti/dotenv-action fkirc/skip-duplicate-actions fluxcd/flux2
fossas/fossa-action fountainhead/action-wait-for-check franzdiebold/github-env-vars-action gacts/is-semver
getong/mariadb-action getsentry/action-release github/branch-deploy github/codeql-action github/dependabot-action
github/issue-labeler github/super-linter gitleaks/gitleaks-action gittools/actions golangci/golangci-lint-action
google-github-actions/auth google-github-actions/release-please-action google-github-actions/setup-gcloud
googleapis/release-please-action goto-bus-stop/setup-zig graalvm/setup-graalvm gradle/wrapper-validation-action
hadolint/hadolint-action harmon758/postgresql-action hashicorp/setup-packer hashicorp/setup-terraform
hashicorp/tfc-workflows-github hashicorp/vault-action haskell-actions/setup haya14busa/action-cond
helm/chart-releaser-action helm/chart-testing-action helm/kind-action hmarr/auto-approve-action
honeycombio/gha-buildevents iarekylew00t/crane-installer ibiqlik/action-yamllint iffy/wait-for-endpoint
ilammy/msvc-dev-cmd ilshidur/action-discord imjasonh/setup-crane imjasonh/setup-kind imjasonh/setup-ko
imranismail/setup-kustomize inception-health/otel-export-trace-action infracost/actions
int128/docker-build-cache-config-action int128/hide-comment-action int128/wait-for-workflows-action
jacobtomlinson/gha-find-replace jamesives/github-pages-deploy-action jaxxstorm/action-install-gh-release
jdcargile/ms-teams-notification jdx/mise-action jidicula/clang-format-action jitterbit/get-changed-files
jkroepke/setup-vals jlumbroso/free-disk-space jwalton/gh-find-current-pr jwlawson/actions-setup-cmake
kaisugi/action-regex-match khan/pull-request-comment-trigger ko-build/setup-ko
ksivamuthu/aws-copilot-github-action-install lewagon/wait-on-check-action ludeeus/action-shellcheck lukka/get-cmake
lycheeverse/lychee-action mad9000/actions-find-and-replace-string madhead/semver-utils mamba-org/setup-micromamba
mamezou-tech/setup-helmfile marocchino/sticky-pull-request-comment marvinpinto/action-automatic-releases
mathieudutour/github-tag-action mdgreenwald/mozilla-sops-action medyagh/setup-minikube metcalfc/changelog-generator
microsoft/setup-msbuild mikefarah/yq mikepenz/action-junit-report mikepenz/release-changelog-builder-action
mlugg/setup-zig montudor/action-zip mozilla-actions/sccache-action mshick/add-pr-comment
namespacelabs/nscloud-checkout-action namespacelabs/nscloud-setup nanasess/setup-chromedriver ncipollo/release-action
nelonoel/branch-name newrelic/deployment-marker-action nick-fields/assert-action nixbuild/nix-quick-install-action
nolar/setup-k3d-k3s nuget/setup-nuget olafurpg/setup-scala opentofu/setup-opentofu oprypin/find-latest-tag
oras-project/setup-oras orhun/git-cliff-action ossf/scorecard-action oven-sh/setup-bun oxsecurity/megalinter
paambaati/codeclimate-action pascalgn/automerge-action paulhatch/semantic-version pdm-project/setup-pdm
peaceiris/actions-gh-pages peaceiris/actions-hugo peter-evans/commit-comment peter-evans/create-or-update-comment
peter-evans/create-pull-request peter-evans/dockerhub-description peter-evans/find-comment
peter-evans/repository-dispatch phoenix-actions/test-reporting pnpm/action-setup potiuk/cancel-workflow-runs
pozetroninc/github-action-get-latest-release pre-commit/action psf/black pulumi/action-install-pulumi-cli
pulumi/setup-pulumi py-actions/flake8 pypa/cibuildwheel pypa/gh-action-pip-audit pypa/gh-action-pypi-publish
ramsey/composer-install raven-actions/actionlint ravsamhq/notify-slack-action re-actors/alls-green
redhat-actions/crc redhat-actions/oc-installer redhat-actions/oc-login
redhat-actions/openshift-tools-installer regclient/actions release-drafter/release-drafter requarks/changelog-action
returntocorp/semgrep-action reviewdog/action-actionlint reviewdog/action-eslint reviewdog/action-hadolint
reviewdog/action-setup rhysd/actionlint richardrigutins/replace-in-files rickstaa/action-create-tag
rlespinasse/github-slug-action robinraju/release-downloader rokroskar/workflow-run-cleanup-action
rtcamp/action-slack-notify ruby/setup-ruby rui314/setup-mold s4u/setup-maven-action samkirkland/ftp-deploy-action
sarisia/actions-status-discord sbt/setup-sbt seanmiddleditch/gha-setup-ninja securego/gosec semgrep/semgrep-action
shimataro/ssh-key-action shivammathur/setup-php sigstore/cosign-installer sigstore/gh-action-sigstore-python
slackapi/slack-github-action snok/install-poetry snyk/actions softprops/action-gh-release
sonarsource/sonarcloud-github-action sonarsource/sonarqube-quality-gate-action sonarsource/sonarqube-scan-action
spicyparrot/gha-read-envfile stackrox/kube-linter-action steebchen/kubectl stefanprodan/helm-gh-pages
stefanprodan/kube-tools stefanzweifel/git-auto-commit-action step-security/changed-files step-security/harden-runner
styfle/cancel-workflow-action subosito/flutter-action super-linter/super-linter supercharge/mongodb-github-action
supercharge/redis-github-action superfly/flyctl-actions svenstaro/upload-release-action swatinem/rust-cache
taiki-e/cache-cargo-install-action taiki-e/install-action tailscale/github-action
tcort/github-action-markdown-link-check terraform-docs/gh-actions terraform-linters/setup-tflint test-summary/action
thedoctor0/zip-release thollander/actions-comment-pull-request tibdex/github-app-token tim-actions/get-pr-commits
tj-actions/branch-names tj-actions/changed-files tj-actions/verify-changed-files treosh/lighthouse-ci-action
triat/terraform-security-scan trilom/file-changes-action tripss/conventional-changelog-action
trstringer/manual-approval trufflesecurity/trufflehog twingate/github-action unfor19/install-aws-cli-action
vegardit/fast-apt-mirror.sh volta-cli/action voxmedia/github-action-slack-notify-build wangyoucao577/go-release-action
wearerequired/lint-action webfactory/ssh-agent wyrihaximus/github-action-get-previous-tag xom9ikk/dotenv
xt0rted/pull-request-comment-branch yogeshlonkar/wait-for-jobs yokawasa/action-setup-kube-tools
zgosalvez/github-actions-ensure-sha-pinned-actions zizmorcore/zizmor-action zricethezav/gitleaks-action
"""
_NAMES = frozenset(_LISTED.split())

_RUNS_ON_THE_RUNNER = {
    "changesets/action": ("version", "publish"),
    "coactions/run": ("run",),
    "coactions/setup-xvfb": ("run",),
    "cypress-io/github-action": ("install-command", "build", "start", "start-windows", "command"),
    "gabrielbb/xvfb-action": ("run",),
    "mathiasvr/command-output": ("run",),
    "nick-fields/retry": ("command", "on_retry_command", "new_command_on_retry"),
    "nick-invision/retry": ("command", "on_retry_command", "new_command_on_retry"),
    "reactivecircus/android-emulator-runner": ("pre-emulator-launch-script", "script"),
    "wandalen/wretry.action": ("command", "pre_retry_command"),
    "workflow/nix-shell-action": ("script",),
}
"""Actions that run a script which an input gives, on the runner and with its environment: the script says it all."""


_JUDGES = frozenset({"preflight", "conform", "drift", "fleet", "fleet-collect"})
_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
"""Of any other length it may be the name of a branch."""


def only_judges(uses: str, command: str, home: str | None) -> bool:
    """Return whether an action is planescope's own, at one commit and with a command that reads alone.

    ``home``: the repository from which planescope's action is taken, as the runner or the people of the release tell. A name
    proves nothing by itself: anybody can call an action so. A read that is refused stops no release, as with the program.
    """
    name, _, ref = uses.partition("@")
    own = bool(home) and name.lower() == (home or "").lower()
    return own and _COMMIT.fullmatch(ref) is not None and command in _JUDGES


def is_understood(name: str) -> bool:
    """Return whether an action, ``owner/name`` in lower case, is known to call nothing at AWS by itself."""
    return name.startswith(_BEGINNINGS) or name in _NAMES or name in _RUNS_ON_THE_RUNNER


def script_inputs(name: str) -> tuple[str, ...] | None:
    """Return the inputs that hold the script which the action runs; None for an action that is not known to run one."""
    return _RUNS_ON_THE_RUNNER.get(name)
