"""The servers that were asked and are none of AWS's own or github.com: how each is named, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """Whose place a server took."""

    GITHUB = "github"
    AWS = "aws"


_HOLDS = {
    Service.GITHUB: ("github.com's", "what is said of the repository and its runs holds for what stands there."),
    Service.AWS: (
        "AWS's",
        "what is said of the account holds for what stands there, and is no proof of AWS.",
    ),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that was asked in AWS's or github.com's place; whether it answered is another matter."""

    service: Service
    address: str
    """``scheme://host[:port]``."""

    @property
    def place(self) -> str:
        """Whose place it took, in the genitive: ``AWS's``."""
        return _HOLDS[self.service][0]

    @property
    def short(self) -> str:
        """Which server it is, for a place with little room."""
        name = {Service.GITHUB: "GitHub", Service.AWS: "AWS"}[self.service]
        return f"{name} is {self.address.partition('://')[2]}"

    @property
    def holds(self) -> str:
        """What follows from it: the end of a sentence."""
        return _HOLDS[self.service][1]

    @property
    def note(self) -> str:
        """The whole sentence, as every output tells it."""
        return f"{self.address} was asked in {self.place} place: {self.holds}"


def endpoints_of(github: str, aws: Iterable[str]) -> tuple[Endpoint, ...]:
    """Return the servers to be named. ``github`` is empty where github.com itself was asked."""
    first = (Endpoint(Service.GITHUB, github),) if github else ()
    return (*first, *(Endpoint(Service.AWS, address) for address in dict.fromkeys(aws)))
