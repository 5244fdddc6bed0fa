"""Text fit for a log: one line whatever a client sent, and sizes that people can read."""

import re

KIB = 1024
MIB = 1024 * KIB

_UNITS = {"": 1, "B": 1, "KiB": KIB, "MiB": MIB, "GiB": 1024 * MIB}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]iB|B|)\s*")
_LONGEST = 200  # characters


def printable(text: str, longest: int = _LONGEST) -> str:
    """The text in one line: what could end the line, drive a terminal or turn its writing is escaped.

    A backslash is doubled, so that what reads like an escape is one.
    """
    clipped = text[:longest]
    if clipped.isprintable() and "\\" not in clipped:
        shown = clipped
    else:
        shown = "".join(_escaped(character) for character in clipped)
    return shown if len(text) <= longest else shown + "…"


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def size(count: float) -> str:
    """`count` bytes with a binary unit: 1.5 MiB."""
    sign, count = ("-" if count < 0 else ""), abs(count)
    if count < KIB:
        return f"{sign}{count:.0f} B"
    for unit in ("KiB", "MiB"):
        count /= 1024
        if count < 1024:
            return f"{sign}{count:.1f} {unit}"
    return f"{sign}{count / 1024:.1f} GiB"


def parse_size(value: object) -> int:
    """Bytes of 1048576, "1048576" or "1 MiB"; ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("bytes, or a size such as '100MiB'")
    return int(float(found.group(1)) * _UNITS[found.group(2)])
