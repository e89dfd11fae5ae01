"""Answer the requests of chosen botocore sessions from moto, inside this process; no other session is touched.

moto's own ``mock_aws`` patches the whole process (environment, ``requests``, every session); here one event handler of
one session answers instead. What moto does not know is answered 501 and never reaches the network.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from threading import RLock

import boto3
import moto.core.utils
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session
from moto.core.base_backend import AccountSpecificBackend
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from probes.aws.session.access import isolated_session


@cache
def _free_moto_of_the_environment() -> None:
    """Keep ``AWS_PROFILE`` from moto, which asks botocore for regions and services by sessions that stumble over it."""
    session = boto3.Session(botocore_session=isolated_session())
    AccountSpecificBackend.get_session = lambda: session
    moto.core.utils.Session = isolated_session


class InProcessAws:
    """One account inside moto. One request is answered at a time: moto's state has no locks of its own."""

    def __init__(self, account_id: str) -> None:
        _free_moto_of_the_environment()
        self._account_id = account_id
        self._moto = BotocoreStubber()
        self.lock = RLock()
        """Held while a request is answered; hold it to change more than one thing at once."""

    def answer_for(self, session: Session) -> None:
        """Make all clients that this session will build talk to the embedded account."""
        session.get_component("event_emitter").register("before-send", self._answer)

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        request.headers["x-moto-account-id"] = self._account_id
        with self.lock:
            try:
                answer = self._moto.process_request(request)
            except NotImplementedError:
                answer = None
        status, headers, body = answer if answer is not None else (501, {}, b"")
        raw: BytesIO = MockRawResponse(body)
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), raw)
