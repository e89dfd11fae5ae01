"""Put the repositories that people state in the place of targets that are not legible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose
from diagnosis.steps.read_job import ReadStep

Used = tuple[ReadStep, Operation]


def with_stated(
    used: Sequence[Used], stated: Sequence[EcrAddress], image_of: Callable[[str | None], str | None]
) -> tuple[Used, ...]:
    """Return the operations with those that push or pull to where nothing is legible going to the stated repositories.

    A repository that another operation of the kind names is that one's; one whose name stands behind a host that is not legible
    is that one. What is left is each image's that has no name: any of
    them may go to any, so each is taken to go to all. Where there are more images than repositories, the images that are
    left over stay without one. ``image_of`` gives a target without its tag.
    """
    if not stated:
        return tuple(used)
    chosen: dict[tuple[Purpose, str | None], tuple[EcrAddress, ...]] = {}
    for purpose in (Purpose.PUSH, Purpose.PULL):
        named = {address.repository for _, each in used if each.purpose is purpose for address in _addresses(each)}
        left = tuple(address for address in stated if address.repository not in named)
        images = list(dict.fromkeys(image_of(each.target) for _, each in used if _is_open(each, purpose)))
        told = {image: address for image in images for address in left if _ends_with(image, address)}
        chosen |= {(purpose, image): (address,) for image, address in told.items()}
        left = tuple(address for address in left if address not in told.values())
        images = [image for image in images if image not in told]
        for place, image in enumerate(images):
            chosen[purpose, image] = left if len(images) <= len(left) else left[place : place + 1]
    return tuple(
        (step, each)
        for step, operation in used
        for each in _placed(operation, chosen.get((operation.purpose, image_of(operation.target)), ()))
    )


def _ends_with(image: str | None, address: EcrAddress) -> bool:
    """Return whether a target whose host is not legible names this repository."""
    return image is not None and image.endswith(f"/{address.repository}")


def _placed(operation: Operation, targets: Sequence[EcrAddress]) -> tuple[Operation, ...]:
    if not targets or not _is_open(operation, operation.purpose):
        return (operation,)
    return tuple(replace(operation, target=str(target)) for target in targets)


def _is_open(operation: Operation, purpose: Purpose) -> bool:
    return operation.purpose is purpose and not operation.elsewhere and not any(_addresses(operation))


def _addresses(operation: Operation) -> tuple[EcrAddress, ...]:
    address = EcrAddress.find(operation.target)
    return (address,) if address is not None and address.repository else ()
