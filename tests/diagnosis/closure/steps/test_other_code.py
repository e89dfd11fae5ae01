"""Whether the code that a release builds is that of its commit: every way to bring other code in, beside what looks like it."""

from __future__ import annotations

import pytest
from closing_runs import HOST, SHA, closing, release, script, step
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples, some

from diagnosis.closure.steps.code.other_code import judge_other_code
from diagnosis.gates import Verdict

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
OWN_REFS = (
    "HEAD",
    "main",
    "origin/main",
    SHA,
    SHA[:9],
    "$GITHUB_SHA",
    "${GITHUB_SHA}",
    "${{ github.sha }}",
    "${{ github.ref_name }}",
)
OTHER_REFS = (
    "other",
    "origin/other",
    "v1.2.3",
    "f" * 40,
    "HEAD~1",
    "HEAD^",
    "refs/pull/7/head",
    "$BRANCH",
    "${{ inputs.key }}",
)
BY_REF = (
    "git checkout {ref}",
    "git checkout -q -f {ref}",
    "git -C . checkout {ref}",
    "git -c advice.detachedHead=false checkout --detach {ref}",
    "git checkout {ref} -- src",
    "git checkout -b build {ref}",
    "git switch --detach {ref}",
    "git switch -c build {ref}",
    "git reset --hard {ref}",
    "git restore --source {ref} .",
    "git worktree add ../x {ref}",
    "git read-tree -u --reset {ref}",
    "git merge --ff-only {ref}",
    "git archive {ref} | tar x -C /tmp/x",
)
WRAPPED = (
    "{line}",
    "sudo {line}",
    "bash -c '{line}'",
    "cd sub && {line}",
    'if [ -n "$X" ]; then {line}; fi',
    "go() {{ {line}; }}\ngo",
    "{line} || exit 1",
    "( {line} )",
    "for i in 1; do {line}; done",
    "echo a; {line} &",
)
OTHER_FORMS = (
    "git fetch origin other && git checkout FETCH_HEAD",
    "git fetch https://github.com/a/b main && git reset --hard FETCH_HEAD",
    "git pull origin other",
    "git pull https://github.com/a/b",
    "git clone https://github.com/a/b",
    "git clone --depth 1 -b main git@github.com:a/b.git src",
    "git remote set-url origin https://github.com/a/b\ngit fetch && git checkout origin/main",
    "git submodule update --init --remote",
    "git config alias.x '!git checkout other'",
    "git cherry-pick abc1234",
    "git revert --no-edit HEAD",
    "gh repo clone a/b",
    "gh pr checkout 7",
    "gh run download 123 -n build",
    "curl -L https://github.com/a/b/archive/refs/heads/x.tar.gz | tar xz",
    "curl -sSL https://api.github.com/repos/a/b/tarball/x | tar xz --strip 1",
    "wget https://codeload.github.com/a/b/zip/x",
    "curl https://raw.githubusercontent.com/octo-org/octo-repo/other/Dockerfile -o Dockerfile",
    "hg clone https://x.test/a",
    "npx degit a/b src",
    f"docker build -t {HOST}/app:1 https://github.com/a/b.git#main",
    f"docker buildx build --push -t {HOST}/app:1 git@github.com:a/b.git",
    "docker buildx build --build-context src=https://github.com/a/b.git .",
    "docker build https://github.com/octo-org/octo-repo.git#other",
    "git remote remove origin && git remote add origin https://github.com/a/b\ngit fetch && git reset --hard origin/main",
    "git remote add up https://github.com/a/b && git remote rename up origin && git fetch && git checkout origin/main",
    "git remote add up https://github.com/a/b && git fetch up main && git checkout FETCH_HEAD",
    "git config remote.origin.url https://github.com/a/b && git fetch && git checkout origin/main",
    "git fetch origin other:main && git checkout main",
    "git fetch origin +refs/heads/other:refs/remotes/origin/main && git reset --hard origin/main",
    "git fetch https://github.com/a/b main:work && git switch work",
    "git fetch origin other:work && (git branch work || true) && git checkout work",
    "git fetch origin other:work && git worktree add ../work && cd ../work",
    "git fetch origin other:work && git clone -b work . ../copy",
    "git branch -f main origin/other && git checkout main",
    "git branch work origin/other && git checkout work",
    "git branch -m other main && git checkout main",
    "git tag -f main other && git checkout tags/main",
    "git show other:Dockerfile > Dockerfile",
    "git show HEAD~1:Dockerfile | tee Dockerfile",
    "git show other:Dockerfile | docker build -f - .",
    "git cat-file -p other:Dockerfile > Dockerfile",
    "git archive --remote=https://git.x.test/a HEAD | tar x",
    "git clone -b other https://github.com/octo-org/octo-repo",
    "curl https://bitbucket.org/a/b/get/main.tar.gz | tar xz",
    "/kaniko/executor --context git://github.com/a/b.git#refs/heads/main --destination x",
    "docker buildx bake https://github.com/a/b.git#main",
    "git read-tree other && git checkout .",
    "git submodule foreach git checkout other",
    "git worktree add -b work ../work origin/other",
    "git checkout GITHUB_SHA",
    "svn export https://github.com/a/b/trunk src",
)
HARMLESS = (
    "git describe --tags --always",
    "git rev-parse --short HEAD",
    "git log -1 --format=%s",
    "git fetch --tags --force",
    "git fetch --unshallow origin",
    "git fetch origin other",
    "git tag v1 && git push origin v1",
    "git config --global user.name bot",
    "git config --global --add safe.directory '*'",
    'git config --global url."https://x@github.com/".insteadOf "https://github.com/"',
    "git status --porcelain",
    "git checkout -- src",
    "git checkout .",
    "git checkout package-lock.json",
    "git checkout -b release",
    "git checkout -b work && git commit -am x && git checkout work",
    "git reset --hard",
    "git stash && git stash pop",
    "git add . && git commit -m x",
    "git submodule update --init --recursive",
    "git lfs pull",
    "git clean -fdx",
    "git branch -a",
    "git diff --quiet HEAD~1 -- src || echo changed",
    "gh release create v1 --generate-notes",
    "gh api repos/a/b/issues",
    "curl -fsSL https://x.test/health",
    "curl -sL https://github.com/mikefarah/yq/releases/download/v4/yq_linux_amd64 -o /usr/local/bin/yq",
    "echo git checkout other",
    "docker build --build-arg URL=https://github.com/a/b .",
    "docker build -f docker/Dockerfile -t x docker",
    "npm ci && npm run build",
    "docker pull alpine:3 && docker run alpine:3 true",
    "aws s3 cp s3://b/config.json config.json",
    "curl -fsSL https://get.helm.sh/helm-v3-linux-amd64.tar.gz | tar xz\nsudo mv linux-amd64/helm /usr/local/bin/helm",
    "curl -fsSL https://x.test/tool.tgz | tar -xzC /opt",
    "curl -fsSL https://x.test/tool.tgz | sudo tar xz -C /usr/local/bin tool",
    "curl -sSLo tool.zip https://x.test/tool.zip && unzip -q tool.zip -d $RUNNER_TEMP/tool",
    "curl -LO https://x.test/kubectl && chmod +x kubectl && sudo mv kubectl /usr/local/bin/",
    "wget -q https://x.test/tool -O /usr/local/bin/tool",
    "wget -qO- https://x.test/health",
    "curl -s -o /dev/null https://x.test/health",
    "cd /tmp && curl -sL https://x.test/tool.tgz | tar xz",
    "curl -s https://x.test/answer > answer.json",
    'cd "$(mktemp -d)" && curl -sL https://x.test/tool.tgz | tar xz',
    "curl --output-dir /tmp -sLO https://x.test/src.tgz && tar xf /tmp/src.tgz -C /opt",
    "wget -q -P /tmp https://x.test/tool.zip && unzip -q /tmp/tool.zip -d /usr/local/bin",
    "curl -sLo ~/.docker/cli-plugins/docker-buildx https://x.test/buildx",
    "curl -sL x.test/health",
    "curl -LO https://x.test/kubectl\nsudo install -o root -g root -m 0755 kubectl /usr/local/bin/kubectl",
    "curl -fsSL https://x.test/key.asc | sudo gpg --dearmor -o /usr/share/keyrings/x.gpg",
    "curl -s https://x.test/answer | jq -r .tag",
    "wget -O- https://x.test/key | sudo tee /usr/share/keyrings/x.asc > /dev/null",
    "curl -sLo /tmp/tool.deb https://x.test/tool.deb && sudo dpkg -i /tmp/tool.deb",
    "curl -so answer.json https://x.test/answer && jq -r .tag answer.json",
    f"docker build -t app:1 . && docker tag app:1 {HOST}/app:1",
    f"docker buildx imagetools create -t {HOST}/app:1 $(printf '%s ' *)",
    f"crane cp {HOST}/app:git-{SHA[:12]} {HOST}/app:latest",
    "docker save app:1 > a.tar && docker load -i a.tar",
    "git archive HEAD | docker build -",
    "git",
    "git clone --help",
    "git branch -u origin/main",
    "git remote add up https://github.com/a/b && git remote -v",
    "git remote set-url origin https://x:y@github.com/octo-org/octo-repo\ngit fetch && git checkout origin/main",
    "git config remote.origin.url",
    "git config remote.origin.url https://github.com/octo-org/octo-repo.git && git fetch && git checkout origin/main",
    "git config --get core.hooksPath\ngit config --unset alias.co",
    "git config remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*' && git fetch",
    "git config --global url.https://x@gitlab.com/.insteadOf https://gitlab.com/",
    "git config --global url.git@github.com:octo-org/.insteadOf https://github.com/octo-org/",
    "git fetch origin '+refs/heads/*:refs/remotes/origin/*'",
    "git branch work && git checkout work",
    "git branch -m work && git checkout work",
    "git branch --show-current",
    "git branch --contains HEAD",
    "git tag v1 HEAD~1",
    "git tag -l 'v*'",
    "git symbolic-ref --short HEAD",
    "git reset",
    "git reset HEAD package.json",
    "git reset -- src",
    "git reset package.json",
    "git merge --abort || true",
    "git worktree list",
    "git worktree add ../copy",
    "git clone . ../copy",
    "git clone -b main https://github.com/octo-org/octo-repo",
    "git show HEAD:VERSION > version.txt",
    "git show --stat other > changes.txt",
    "git show other:VERSION | grep 1.2",
    "git log -1 > log.txt",
    "git archive -o src.tar HEAD",
    "gh -R a/b",
    "gh run download $GITHUB_RUN_ID -n build",
    "gh release download v4 -R mikefarah/yq -p 'yq*'",
    "rsync -a dist/ user@host:/www",
    "scp dist.tgz user@host:/www",
    "aws s3api get-object --bucket b --key config.json config.json",
    "aws s3 cp dist s3://b/dist --recursive",
    "docker buildx bake",
    "/kaniko/executor --context dir:///workspace --destination x",
    f"crane pull {HOST}/app:{SHA} app.tar",
    "hg --version",
)


def verdict(text: str) -> Verdict:
    return judge_other_code(closing(text)).verdict


@settings(max_examples=examples(400), deadline=None)
@given(form=st.sampled_from(BY_REF), ref=st.sampled_from(OWN_REFS + OTHER_REFS), wrapped=st.sampled_from(WRAPPED))
def test_a_ref_in_git(form: str, ref: str, wrapped: str) -> None:
    line = wrapped.format(line=form.format(ref=ref))
    found = verdict(release(middle=script(line)))
    assert (found is PASS) is (ref in OWN_REFS), (line, found)


def test_other_code_is_a_finding_and_the_harmless_is_none() -> None:
    for line in some(OTHER_FORMS, 2):
        proof = judge_other_code(closing(release(first=script(line))))
        assert proof.verdict is FAIL, (line, proof)
        assert {finding.slug for finding in proof.findings} == {"ref-laundering"}
    for line in some(HARMLESS, 2):
        proof = judge_other_code(
            closing(release(first=script(line)), {"package.json": '{"scripts": {"build": "tsc"}}'})
        )
        assert proof.verdict is PASS, (line, proof)


CHECKOUT = "uses: actions/checkout@v4\nwith: {{{given}}}"


@pytest.mark.parametrize(
    ("uses", "found"),
    [
        *((CHECKOUT.format(given=f"ref: '{ref}'"), PASS) for ref in OWN_REFS if "$" not in ref or "github." in ref),
        *((CHECKOUT.format(given=f"ref: '{ref}'"), FAIL) for ref in OTHER_REFS if not ref.startswith("$B")),
        (CHECKOUT.format(given="ref: '${{ github.head_ref || github.ref_name }}'"), PASS),
        (CHECKOUT.format(given="ref: '${{ github.event.pull_request.head.sha }}'"), FAIL),
        (CHECKOUT.format(given="repository: a/b, path: x"), FAIL),
        (CHECKOUT.format(given="repository: '${{ github.repository }}'"), PASS),
        (CHECKOUT.format(given="repository: octo-org/octo-repo, fetch-depth: 0"), PASS),
        ("uses: taiki-e/checkout-action@v1\nwith: {ref: other}", FAIL),
        ("uses: actions/download-artifact@v4\nwith: {name: x}", PASS),
        ("uses: actions/download-artifact@v4\nwith: {name: x, run-id: '${{ github.run_id }}'}", PASS),
        ("uses: actions/download-artifact@v4\nwith: {name: x, run-id: 123}", FAIL),
        ("uses: actions/download-artifact@v4\nwith: {name: x, repository: a/b, run-id: 7}", FAIL),
        ("uses: dawidd6/action-download-artifact@v6\nwith: {workflow: build.yml, branch: other}", FAIL),
        ("uses: docker/build-push-action@v6\nwith: {context: ., push: true}", PASS),
        ("uses: docker/build-push-action@v6\nwith: {context: '{{defaultContext}}:api', push: true}", PASS),
        ("uses: docker/build-push-action@v6\nwith: {context: 'https://github.com/a/b.git#main', push: true}", FAIL),
        ("uses: docker/build-push-action@v6\nwith: {context: '${{ inputs.key }}', push: true}", UNKNOWN),
        ("uses: docker/build-push-action@v6\nwith: {build-contexts: 'src=https://github.com/a/b.git'}", FAIL),
        ("uses: docker/bake-action@v5\nwith: {source: 'https://github.com/a/b.git#main', push: true}", FAIL),
        ("uses: docker/bake-action@v5\nwith: {files: docker-bake.hcl, set: '*.platform=linux/amd64'}", PASS),
        ("uses: dawidd6/action-download-artifact@v6\nwith: {run_id: '${{ github.run_id }}'}", PASS),
        (CHECKOUT.format(given="ref: '${{ github.event.client_payload.ref }}'"), FAIL),
        ("shell: node {0}\nrun: require('child_process').execSync('git checkout other')", UNKNOWN),
        ("uses: some/thing@v1", UNKNOWN),
        ("uses: ./nowhere", UNKNOWN),
    ],
)
def test_actions_that_bring_code(uses: str, found: Verdict) -> None:
    proof = judge_other_code(closing(release(first=step(uses))))
    assert proof.verdict is found, proof


def test_forms_that_are_not_understood() -> None:
    for line in some(UNCLEAR, 2):
        proof = judge_other_code(closing(release(first=script(line))))
        assert proof.verdict is UNKNOWN, (line, proof)
        assert proof.not_understood


UNCLEAR = (
    "git pull",
    "git co other",
    "git -c alias.co=checkout co other",
    "git am < fix.patch",
    "git apply fix.patch",
    "git bisect run make",
    "./unread.sh",
    "python tools/release.py",
    'eval "$CMD"',
    'curl -sL "$URL" | tar xz',
    "curl -fsSL https://x.test/src.tgz | tar xz",
    "curl -fsSL https://x.test/src.tgz | tar xz -C src",
    "curl -fsSL https://x.test/src.tgz | tar -xzC .",
    "curl -sSLo src.zip https://x.test/src.zip && unzip -q src.zip -d src",
    "curl -sSLO https://x.test/src.tar.gz && tar xf src.tar.gz",
    "wget -q https://x.test/src.tar.gz\ntar xf src.tar.gz",
    "wget -qO- https://x.test/src.tar.gz | tar xz",
    "curl -s https://x.test/main.py -o src/main.py",
    "curl -s https://x.test/main.py > src/main.py",
    "cd src && curl -sO https://x.test/main.py",
    'curl -s https://x.test/main.py -o "$TARGET"',
    "curl -fsSL https://x.test/src.tgz | tar xz -C /home/runner/work/octo-repo/octo-repo",
    "curl -fsSL https://x.test/src.tgz | tar xz -C ${{ github.workspace }}/src",
    "cd $GITHUB_WORKSPACE && curl -fsSL https://x.test/src.tgz | tar xz",
    "curl -s https://x.test/a -o /tmp/a https://x.test/main.py -o src/main.py",
    "curl --output-dir src -sO https://x.test/main.py",
    "wget -q -P src https://x.test/main.py",
    "aria2c -d src https://x.test/main.py",
    "curl -sL x.test/src.tgz | tar xz",
    "curl -sL $URL -o src/main.py",
    "curl -s https://x.test/main.py | sudo tee src/main.py",
    "tar xzf <(curl -s https://x.test/src.tgz)",
    "cp <(curl -s https://x.test/main.py) src/main.py",
    "curl -so p.diff https://x.test/p.diff && patch -p1 < p.diff",
    "curl -sLJO https://x.test/download",
    "curl -K downloads.txt",
    "curl -so /tmp/src.tgz https://x.test/src.tgz\ntar -C src -xzf /tmp/src.tgz",
    "curl -so /tmp/main.py https://x.test/main.py && cp /tmp/main.py src/main.py",
    "curl -so s.gz https://x.test/s.gz && gunzip -c s.gz > src/main.py",
    "curl -s https://x.test/main.py.gz | gunzip > src/main.py",
    "curl -s https://x.test/main.py | sed s/a/b/ > src/main.py",
    "curl -s https://x.test/main.py | dd of=src/main.py",
    "curl -s https://x.test/src.tgz | sudo tar xz",
    "curl -so s.zip https://x.test/s.zip && python -m zipfile -e s.zip src",
    "curl -so s.jar https://x.test/s.jar && jar xf s.jar",
    "wget -qi downloads.txt",
    "curl -sLo main.py https://x.test/main.py && mv main.py src/main.py",
    "curl -sLo src.7z https://x.test/src.7z && 7z x src.7z -osrc",
    "gh release download v1",
    "$TOOL checkout other",
    "git-checkout other",
    "git checkout $(git rev-list -n1 v1)",
    "git --git-dir=/tmp/x/.git --work-tree=. checkout -f main",
    "GIT_DIR=/tmp/x git checkout main",
    "aws s3 cp s3://b/src.zip . && unzip src.zip",
    "aws s3 sync s3://b/src .",
    "docker build -t x - < context.tar",
    f"docker pull other/img:1\ndocker tag other/img:1 {HOST}/app:1",
    f"crane cp other/img:1 {HOST}/app:1",
    f"skopeo copy docker://other/img:1 docker://{HOST}/app:1",
    f"docker buildx imagetools create -t {HOST}/app:1 other/img:1",
    "docker load -i /tmp/x.tar",
    f"docker commit c {HOST}/app:1",
    "git -c remote.origin.url=https://github.com/a/b fetch origin main && git reset --hard FETCH_HEAD",
    "git -c url.https://github.com/a/b.insteadOf=https://github.com/octo-org/octo-repo fetch",
    "git config url.https://github.com/a/b.insteadOf https://github.com/octo-org/octo-repo",
    "git config --global url.$MIRROR.insteadOf https://",
    "git config core.hooksPath hooks",
    "git config remote.origin.fetch '+refs/heads/*:refs/tags/*'",
    "git --git-dir=/tmp/x.git reset --hard",
    "git reset other && git checkout .",
    "git reset --soft other && git reset --hard",
    "git read-tree --empty",
    "git branch work $BRANCH && git checkout work",
    "git pull origin main",
    "git rebase",
    "git stash branch work",
    "git submodule set-url sub https://github.com/a/b",
    "git submodule add https://github.com/a/b",
    "git symbolic-ref HEAD refs/heads/other",
    "git update-ref HEAD abc1234",
    "git clone https://github.com/octo-org/octo-repo",
    "git cat-file blob $BLOB > Dockerfile",
    "gh run download -n build",
    "git clone https://github.com/$REPOSITORY",
    "gh repo archive",
    "gh copilot suggest",
    "gh api repos/a/b/tarball/x > x.tgz",
    "curl https://x.test/Dockerfile | docker build -",
    "curl -L https://github.com/octo-org/octo-repo/releases/download/v1/src.tgz | tar xz",
    "curl https://$SERVER/src.tgz | tar xz",
    "rsync -a host:/src/ src",
    "scp user@host:/src.tgz .",
    "sftp user@host:/src.tgz",
    "aws s3api get-object --bucket b --key src.zip src.zip",
    "aws s3api get-object --bucket b --key $KEY x",
    "aws s3 cp s3://b/src.tgz - | tar xz",
    "oras pull ghcr.io/a/b:1",
    "crane export ghcr.io/a/b:1 - | tar x",
    f"docker import x.tar {HOST}/app:1",
    "docker build $CONTEXT",
)


def test_what_comes_after_the_publication_and_what_no_release_takes_counts_not() -> None:
    later = script("git clone https://github.com/a/gitops && cd gitops && git commit -am x && git push")
    assert verdict(release(last=later)) is PASS
    beside = "  docs:\n    runs-on: ubuntu-latest\n    steps:\n" + script("git checkout gh-pages")
    assert verdict(release(last=beside)) is PASS
    needed = (
        release(job="needs: build")
        + "  build:\n    runs-on: ubuntu-latest\n    steps:\n"
        + script("git checkout other")
    )
    assert verdict(needed) is PASS
    handed = needed + "\n" + step("uses: actions/upload-artifact@v4\nwith: {name: x, path: dist}")
    assert verdict(handed) is FAIL
    files = {"act/action.yml": "runs:\n  using: composite\n  steps:\n" + script("git checkout other", "shell: bash")}
    assert judge_other_code(closing(release(first=step("uses: ./act")), files)).verdict is FAIL
    assert (
        judge_other_code(closing(release(middle=script("sh go.sh")), {"go.sh": "git checkout other"})).verdict is FAIL
    )


def test_a_download_is_followed_through_the_later_steps_of_its_job() -> None:
    fetch = "curl -sLo src.tgz https://x.test/src.tgz"
    taken = {"Dockerfile": "FROM scratch\nADD src.tgz /app\n"}
    assert judge_other_code(closing(release(first=script(fetch), middle=script("tar xf src.tgz")))).verdict is UNKNOWN
    assert judge_other_code(closing(release(first=script(fetch)))).verdict is PASS
    assert judge_other_code(closing(release(first=script(fetch)), taken)).verdict is UNKNOWN
