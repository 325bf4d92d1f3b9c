"""The demo parts that the project renders itself: photographs with exact masks, seeded."""

from .parts import GOOD, PRODUCTS, DemoProduct, RenderedPart, UnknownPartError, product_named, render_part
from .writing import DemoImage, DemoSet, plan_demo, write_demo

__all__ = [
    "GOOD",
    "PRODUCTS",
    "DemoImage",
    "DemoProduct",
    "DemoSet",
    "RenderedPart",
    "UnknownPartError",
    "plan_demo",
    "product_named",
    "render_part",
    "write_demo",
]
