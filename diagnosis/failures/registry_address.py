"""Find out whose registry a text names: ECR, ECR Public, or another one."""

from __future__ import annotations

import re

from diagnosis.failures.rule import Registry
from diagnosis.names.ecr_address import speaks_of_private, speaks_of_public

_OTHER_WORDS = (
    "ghcr.io",
    "docker.io",
    "docker.com",
    "gcr.io",
    "pkg.dev",
    "googleapis.com",
    "azurecr.io",
    "aka.ms/acr",
    "quay.io",
    "registry.gitlab",
    "jfrog.io",
    "artifactory",
    "docker.pkg.github.com",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "registry.digitalocean.com",
    "icr.io",
    "ocir.io",
    "registry.redhat.io",
    "registry.npmjs.org",
    "harbor",
    "nexus",
    "scw.cloud",
    "cr.yandex",
    "aliyuncs.com",
    "myhuaweicloud.com",
    "registry.heroku.com",
    "registry.fly.io",
    "localhost:5",
)
_URL_HOST = re.compile(r"https?://([^\s/\"']{1,255})/(?:v2|service/token|token)\b")
_HOST_AS_IMAGE = re.compile(r"pull access denied for [^\s/,]+,")


def registry_of(text: str) -> Registry | None:
    """Return the registry that the text names, or None where it names none or hides the host.

    A request's own address counts more than an image's name beside it.
    """
    url = _URL_HOST.search(text)
    if url:
        host = url[1]
        if set(host) <= {"*"}:
            return None
        return _kind(host) or Registry.OTHER
    return _kind(text)


def named_last(text: str) -> Registry | None:
    """Return the registry of the address that stands nearest to the end of the text: a copy has two.

    A host alone is no image in it: Docker takes such a name for one of Docker Hub's.
    """
    if _HOST_AS_IMAGE.search(text):
        return Registry.OTHER
    for word in reversed(text.split()):
        kind = _kind(word)
        if kind is not None:
            return kind
    return None


def _kind(text: str) -> Registry | None:
    if speaks_of_public(text):
        return Registry.ECR_PUBLIC
    if speaks_of_private(text):
        return Registry.ECR
    if any(word in text for word in _OTHER_WORDS):
        return Registry.OTHER
    return None
