"""Find every statement that applies to a request, in every layer: a decision ends at the first Deny, a reader wants them all."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.policy.evaluation.decision import Hit, Layer, Place
from diagnosis.policy.evaluation.explanation import policies_at
from diagnosis.policy.evaluation.layers import Layers
from diagnosis.policy.language.principals import PrincipalMatch
from diagnosis.policy.request import Request


def applying(request: Request, layers: Layers) -> Iterator[Hit]:
    """Yield the statements, Allow and Deny, in the order in which the layers are asked."""
    has_boundary = bool(layers.boundaries)
    for place in _places(layers):
        for path, policy in policies_at(layers, place):
            for statement in policy.statements:
                if place.layer is Layer.RESOURCE:
                    closeness = statement.applies_to_resource(request, has_boundary=has_boundary)
                elif statement.applies_to_identity(request):
                    closeness = PrincipalMatch.DIRECT
                else:
                    continue
                if closeness is not PrincipalMatch.NONE:
                    yield Hit(place, f"{path}.{statement.path}", statement, closeness)


def _places(layers: Layers) -> Iterator[Place]:
    for layer in Layer:
        levels = layers.scps if layer is Layer.SCP else layers.rcps if layer is Layer.RCP else None
        if layer in (Layer.SCP, Layer.RCP):
            yield from dict.fromkeys(Place(layer, level) for level, _ in levels or ())
        else:
            yield Place(layer)
