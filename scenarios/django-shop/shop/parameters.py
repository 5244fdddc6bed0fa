"""Numbers in a query string."""

from typing import TypeVar

from django.core.exceptions import BadRequest
from django.http import HttpRequest

Number = TypeVar("Number", int, float)


def number(
    request: HttpRequest, name: str, *, default: Number, low: Number, high: Number
) -> Number:
    """Return the parameter `name`, of its default's type; answer 400 if it is not in low..high."""
    text = request.GET.get(name)
    if text is None:
        return default
    try:
        value = type(default)(text)
    except ValueError as error:
        raise BadRequest(f"{name} is not a number") from error
    if not low <= value <= high:  # refuses NaN too
        raise BadRequest(f"{name} is not between {low} and {high}")
    return value
