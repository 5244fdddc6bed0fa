"""Objects of a known size, so that what a leak keeps for each request is known to the byte."""

import sys


def payload(size: int) -> bytes:
    """Return a new bytes object whose sys.getsizeof() is exactly `size`.

    It is filled, because memory that is only reserved (`bytes(n)`) does not become resident.
    """
    return b"x" * (size - sys.getsizeof(b""))
