"""Addresses of ECR: host, account, region, repository, tag, digest; private registries in all their host forms, and public.

One private registry (an account in a region) answers under several hosts:

=====================  ============================================  ==========================================
form                   commercial, GovCloud                          China
=====================  ============================================  ==========================================
plain                  ``A.dkr.ecr.R.amazonaws.com``                 ``A.dkr.ecr.R.amazonaws.com.cn``
FIPS                   ``A.dkr.ecr-fips.R.amazonaws.com``
dual-stack             ``A.dkr-ecr.R.on.aws``                        ``A.dkr-ecr.R.on.amazonwebservices.com.cn``
dual-stack and FIPS    ``A.dkr-ecr-fips.R.on.aws``
=====================  ============================================  ==========================================

Permissions, repositories and images are the registry's, whichever host is used; a docker client however keeps its logins by
host, so that a login at one host does not serve another one of the same registry. The public registry is
``public.ecr.aws/ALIAS/NAME`` (dual-stack: ``ecr-public.aws.com``).

Source: ECR User Guide, "Making requests to Amazon ECR registries"; ECR Public User Guide, the page of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.names.arn import Arn
from diagnosis.names.partition import PARTITIONS, REGION, partition_of

PUBLIC_HOST = "public.ecr.aws"
PUBLIC_HOSTS = (PUBLIC_HOST, "ecr-public.aws.com")
MASKED = "***"
"""What GitHub writes in a log in place of a secret."""

_PLAIN_DOMAINS = frozenset(each.domain for each in PARTITIONS)
_DUAL_STACK_DOMAINS = frozenset(each.dual_stack_domain for each in PARTITIONS if each.dual_stack_domain)
_DOMAINS = "|".join(re.escape(domain) for domain in sorted(_PLAIN_DOMAINS | _DUAL_STACK_DOMAINS, reverse=True))
_PUBLIC = "|".join(re.escape(host) for host in PUBLIC_HOSTS)
_NAME = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ADDRESS = re.compile(
    # No host of ECR: the end of a longer name, a path below another host, a name that goes on, a URL's user.
    r"(?<![\w.*-])(?<![^/\s]/)"
    rf"(?P<host>(?P<account>[0-9]{{12}}|\*\*\*)\.dkr(?P<joint>[.-])ecr(?:-fips)?\.(?P<region>{REGION}|\*\*\*)"
    rf"\.(?P<domain>{_DOMAINS})|{_PUBLIC})"
    r"(?![\w@-]|\.[\w*])"
    r"(?:/(?P<path>[^\s:@\"'`,;\])>]*)"
    r"(?::(?P<tag>[^\s:@\"'`,;\])>/]*))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?)?"
)
_HOST_IN_MESSAGE = re.compile(
    # It begins where a word begins: tried at every character of a long word, it would take 64 looks at each.
    rf"(?<![^\s/\"'@:\[\]()=,])[^\s/\"'@:\[\]()=,]{{1,64}}\.(?:dkr[.-])?ecr(?:-fips)?\.[^\s/\"'@:.]{{1,40}}\.(?:{_DOMAINS})"
)
_FROM_SECRETS = r"\$\{\{\s*secrets\.[\w-]{1,100}\s*\}\}"
_ACCOUNT_OF_SECRETS = re.compile(
    rf"(?:{_FROM_SECRETS}|\$\(\s*aws\s+sts\s+get-caller-identity[^()]{{0,200}}\))(?=\.dkr[.-]ecr)"
)
_REGION_OF_SECRETS = re.compile(
    rf"(?<=ecr\.){_FROM_SECRETS}(?=\.amazonaws)|(?<=ecr-fips\.){_FROM_SECRETS}(?=\.amazonaws)"
)
_API_HOST = re.compile(r"^(?:https?:)?api\.")
_SPEAKS_OF_ECR = re.compile(r"(?i:(?<![A-Za-z])ecr|amazonaws)|(?<=[a-z])E[Cc][Rr]")
_ACCOUNT_IN_HOST = re.compile(r"(?<![0-9])[0-9]{12}(?=\.dkr[.-]ecr)")


@dataclass(frozen=True, slots=True)
class EcrAddress:
    """An address in an ECR registry, as far as it is legible.

    A part that a log masks (``***``), that still holds a variable, or that is no such name at all is None, never guessed.
    """

    host: str
    """As written, in whatever form."""
    account: str | None
    """None for the public registry too."""
    region: str | None
    repository: str | None = None
    """For the public registry with its alias: ``alias/name``."""
    tag: str | None = None
    digest: str | None = None
    public: bool = False

    @classmethod
    def parse(cls, text: str | None) -> EcrAddress | None:
        """Return the address that the text is as a whole, exactly (``str()`` gives it back); None where it is none."""
        found = _ADDRESS.fullmatch(text or "")
        address = _address(found) if found else None
        return address if address is not None and str(address) == text else None

    @classmethod
    def find_all(cls, text: str) -> Iterator[EcrAddress]:
        """Yield every address in a text, in order."""
        for found in _ADDRESS.finditer(text):
            address = _address(found)
            if address is not None:
                yield address

    @classmethod
    def find(cls, text: str | None) -> EcrAddress | None:
        """Return the first address in a text."""
        return next(cls.find_all(text), None) if text else None

    @classmethod
    def private(cls, account: str, region: str, repository: str | None = None) -> EcrAddress:
        """Return the address of a private registry under its plain host, the one that ECR's API names."""
        return cls(f"{account}.dkr.ecr.{region}.{partition_of(region).domain}", account, region, repository)

    def __str__(self) -> str:
        path = f"/{self.repository}" if self.repository else ""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}{path}{tag}{f'@{self.digest}' if self.digest else ''}"

    @property
    def legible_host(self) -> str | None:
        """The registry host, or None where a part of it is masked."""
        return self.host if self.public or (self.account and self.region) else None

    @property
    def registry(self) -> EcrAddress:
        """The address of the registry alone, under the same host."""
        return EcrAddress(self.host, self.account, self.region, public=self.public)

    @property
    def repository_arn(self) -> Arn | None:
        """The ARN of the private repository, where account, region and name are all known."""
        if not (self.account and self.region and self.repository):
            return None
        return Arn.ecr_repository(partition_of(self.region).name, self.region, self.account, self.repository)

    def same_registry(self, other: EcrAddress) -> bool:
        """Return whether the two certainly lie in one registry, whatever the form of their hosts."""
        if self.public or other.public:
            return self.public and other.public
        known = (self.account, self.region)
        return None not in known and known == (other.account, other.region)


def digest_in(text: str) -> str | None:
    """Return the first image digest in a text."""
    found = _DIGEST.search(text)
    return found[0] if found else None


def is_repository_name(text: str) -> bool:
    """Return whether a text can be the name of an ECR repository (2 to 256 characters)."""
    return 2 <= len(text) <= 256 and _NAME.fullmatch(text) is not None


def hosts_quoted_in(text: str) -> set[str]:
    """Return the private hosts that a message quotes, the API's own left out; the account may be a placeholder.

    Looser than :class:`EcrAddress`: good for telling which registry a message speaks of, not for asking an account.
    """
    return {host for host in _HOST_IN_MESSAGE.findall(text) if not _API_HOST.match(host)}


def speaks_of_private(text: str) -> bool:
    """Return whether a message names a private registry, be its host ever so mutilated."""
    return ".dkr.ecr" in text or ".dkr-ecr" in text or "dkr.ecr." in text or (".ecr." in text and "amazonaws" in text)


def speaks_of_public(text: str) -> bool:
    """Return whether a message names ECR Public, by a host or by the name of its API."""
    return PUBLIC_HOST in text or "ecr-public" in text


def masked(text: str) -> str:
    """Return the text with the secrets in a registry's host masked, as the log of a run would show the address.

    The account that a script asks of STS is masked too: like a secret, it is the session's own unless the run shows another.
    """
    if "$" not in text or ".dkr" not in text:
        return text
    return _REGION_OF_SECRETS.sub(MASKED, _ACCOUNT_OF_SECRETS.sub(MASKED, text))


def speaks_of_ecr(text: str) -> bool:
    """Return whether a text that is not legible names ECR: by its domain, or by a variable (``ECR_HOST``, ``awsEcrHost``)."""
    return _SPEAKS_OF_ECR.search(text) is not None


def accounts_in(text: str) -> frozenset[str]:
    """Return the accounts of all private hosts in a text."""
    return frozenset(_ACCOUNT_IN_HOST.findall(text))


def _address(found: re.Match[str]) -> EcrAddress | None:
    name = _fitting(_NAME, (found["path"] or "").strip("/"))
    tag, digest = _fitting(_TAG, found["tag"]), _fitting(_DIGEST, found["digest"])
    if found["account"] is None:
        return EcrAddress(found["host"], None, None, name, tag, digest, public=True)
    account, region = _legible(found["account"]), _legible(found["region"])
    if found["domain"] not in _domains(found["joint"], region):
        return None
    return EcrAddress(found["host"], account, region, name, tag, digest)


def _domains(joint: str, region: str | None) -> frozenset[str | None]:
    """Return the domains under which a host of this form may stand: the region's own; any of the form where it is masked."""
    if region is None:
        return _PLAIN_DOMAINS if joint == "." else _DUAL_STACK_DOMAINS
    partition = partition_of(region)
    return frozenset({partition.domain if joint == "." else partition.dual_stack_domain})


def _fitting(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text and pattern.fullmatch(text) else None


def _legible(text: str) -> str | None:
    return None if text == MASKED else text
