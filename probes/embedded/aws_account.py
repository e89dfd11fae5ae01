"""The embedded AWS account: built inside this process from a recording's facts, and moved through the incident.

Needs the extra ``demo`` (moto): importing this module without it raises ModuleNotFoundError.

The account is read as any other is, through the guarded session of :mod:`probes.aws.session.access`. It is changed by
:meth:`EmbeddedAccount.move_to` alone, through a session of its own that knows no other account. What cannot be said
through AWS's API is set on moto's objects: the times in the past, and thereby the order of events of the incident.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from botocore.config import Config
from botocore.session import Session
from moto.ecr.models import ecr_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends

from diagnosis.facts.account import AccountQuestion
from probes.aws.session.access import NO_CONFIGURED_ENDPOINTS, AwsAccess, GivenCredentials, isolated_session
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger
from probes.recording.account import AccountFacts, AccountMoment, ImageFacts

_BUILDER = GivenCredentials("embedded-builder", "no secret: the account lives in this process")
_MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


class EmbeddedAccount:
    """The account of a recording, as a context manager; it starts at the recording's first moment.

    One at a time for each account id in a process: moto keeps its state by account id.
    """

    def __init__(self, facts: AccountFacts) -> None:
        self.facts = facts
        self._aws = InProcessAws(facts.account_id)
        self._builder: Session | None = None
        self._clients: dict[str, Any] = {}
        self._reader: GivenCredentials | None = None
        self._moment: AccountMoment | None = None

    def __enter__(self) -> Self:
        self._forget()
        session = isolated_session(_BUILDER)
        self._aws.answer_for(session)
        self._builder = session
        self._build()
        self.move_to(self.facts.moments[0].key)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()

    @property
    def moment(self) -> str:
        """The key of the moment at which the account stands."""
        return self._moment.key if self._moment else ""

    def question(self, tag: str | None = None) -> AccountQuestion:
        """Return what a run of this incident asks: role, repository, the image's tag (or another one), the evidence root."""
        facts = self.facts
        return AccountQuestion(
            role_arn=facts.role_arn,
            issuer=facts.provider_url,
            region=facts.region,
            registry_id=facts.account_id,
            repository=facts.image.repository,
            tag=tag or facts.image.tag,
            evidence_root=f"s3://{facts.evidence.bucket}/{facts.evidence.prefix}",
        )

    def access(self, *, ledger: Ledger, clock: Callable[[], datetime]) -> AwsAccess:
        """Return read-only access with the same session, guard and ledger as for any account, without the network."""
        if self._reader is None:
            raise RuntimeError("the embedded account is not open: use it as a context manager")
        return AwsAccess(
            ledger=ledger,
            clock=clock,
            region=self.facts.region,
            credentials=self._reader,
            prepare=self._aws.answer_for,
        )

    def builder(self, service: str) -> Any:
        """Return a client that may change the embedded account, and no other: for tests that carry out a remediation."""
        if self._builder is None:
            raise RuntimeError("the embedded account is not open: use it as a context manager")
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, **NO_CONFIGURED_ENDPOINTS)
            self._clients[service] = self._builder.create_client(service, region_name=self.facts.region, config=config)
        return self._clients[service]

    def move_to(self, moment: str | int) -> None:
        """Bring the account to a moment of the recording, forwards or backwards. KeyError for one it does not have.

        Readings see the account before or after the move, call by call; read again after it.
        """
        wanted = self.facts.at(str(moment))
        with self._aws.lock:
            self._set_provider(present=wanted.provider)
            self._set_role(wanted)
            self._set_image(self.facts.image, present=wanted.image)
            for image in self.facts.further_images:
                self._set_image(image, present=image.digest in wanted.further_images)
            self._set_evidence(present=wanted.evidence)
            self._moment = wanted

    def _build(self) -> None:
        facts, iam, ecr, s3 = self.facts, self.builder("iam"), self.builder("ecr"), self.builder("s3")
        user = facts.reader_arn.name
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        self._reader = GivenCredentials(key["AccessKeyId"], key["SecretAccessKey"])
        iam.create_role(
            RoleName=facts.role_name,
            AssumeRolePolicyDocument=facts.moments[0].trust_policy,
            MaxSessionDuration=facts.max_session_seconds,
        )
        self._iam.get_role(facts.role_name).create_date = _naive(facts.role_created_at)
        for repository in facts.repositories:
            ecr.create_repository(repositoryName=repository.name, imageTagMutability=repository.tag_mutability)
            # The recording does not tell when; the time of the role is before every run, and the same in every opening.
            self._ecr.repositories[repository.name].created_at = _naive(facts.role_created_at)
        for bucket in facts.buckets:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": facts.region})

    def _set_provider(self, *, present: bool) -> None:
        facts, iam = self.facts, self.builder("iam")
        listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        exists = any(entry["Arn"] == str(facts.provider_arn) for entry in listed)
        if present and not exists:
            iam.create_open_id_connect_provider(
                Url=f"https://{facts.provider_url}", ClientIDList=list(facts.audiences), ThumbprintList=[]
            )
            self._iam.get_open_id_connect_provider(str(facts.provider_arn)).create_date = _naive(
                facts.provider_created_at
            )
        elif exists and not present:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=str(facts.provider_arn))

    def _set_role(self, wanted: AccountMoment) -> None:
        name, iam = self.facts.role_name, self.builder("iam")
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=wanted.trust_policy)
        keep = {policy.name for policy in wanted.inline_policies}
        for listed in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            if listed not in keep:
                iam.delete_role_policy(RoleName=name, PolicyName=listed)
        for policy in wanted.inline_policies:
            iam.put_role_policy(RoleName=name, PolicyName=policy.name, PolicyDocument=policy.document)

    def _set_image(self, image: ImageFacts, *, present: bool) -> None:
        ecr = self.builder("ecr")
        listed = ecr.describe_images(repositoryName=image.repository)["imageDetails"]
        exists = any(entry["imageDigest"] == image.digest for entry in listed)
        if present and not exists:
            # AWS would compute the digest from the manifest; moto takes the one that is named, which is the incident's.
            ecr.put_image(
                repositoryName=image.repository,
                imageManifest=_manifest(image.size_bytes),
                imageManifestMediaType=_MANIFEST_TYPE,
                imageTag=image.tag,
                imageDigest=image.digest,
            )
            for stored in self._ecr.repositories[image.repository].images:
                if stored.get_image_digest() == image.digest:
                    stored.image_pushed_at = int(image.pushed_at.timestamp())
        elif exists and not present:
            ecr.batch_delete_image(repositoryName=image.repository, imageIds=[{"imageDigest": image.digest}])

    def _set_evidence(self, *, present: bool) -> None:
        evidence, s3 = self.facts.evidence, self.builder("s3")
        for key, content in evidence.objects:
            if present:
                s3.put_object(Bucket=evidence.bucket, Key=key, Body=content)
                self._s3.get_object(evidence.bucket, key).last_modified = _naive(evidence.written_at)
            else:
                s3.delete_object(Bucket=evidence.bucket, Key=key)

    @property
    def _iam(self) -> Any:
        return iam_backends[self.facts.account_id]["aws"]

    @property
    def _ecr(self) -> Any:
        return ecr_backends[self.facts.account_id][self.facts.region]

    @property
    def _s3(self) -> Any:
        return s3_backends[self.facts.account_id]["aws"]

    def _forget(self) -> None:
        """Empty this account, and no other, of whatever an earlier one left."""
        with self._aws.lock:
            for backends in (iam_backends, ecr_backends, s3_backends, sts_backends):
                for backend in backends[self.facts.account_id].values():
                    backend.reset()
        self._builder = self._reader = self._moment = None
        self._clients = {}


def _naive(moment: datetime) -> datetime:
    """Return the time without its zone, as moto keeps it: in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _manifest(size_bytes: int) -> str:
    """Return a manifest as small as can be that shows the image's size; its digests stand for nothing."""
    digest = "sha256:" + "0" * 64
    blob = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": size_bytes, "digest": digest}
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": size_bytes, "digest": digest}
    return json.dumps({"schemaVersion": 2, "mediaType": _MANIFEST_TYPE, "config": config, "layers": [blob]})
