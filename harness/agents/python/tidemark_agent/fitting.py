"""Keeps an answer within what the protocol allows, by leaving out what matters least."""

import json
from typing import Any, Dict, List

LARGEST_ANSWER = (1 << 20) - 4096  # bytes


def fitted(answer: Dict[str, Any]) -> Dict[str, Any]:
    """With fewer sites, until it fits; the largest stay."""
    while len(json.dumps(answer)) > LARGEST_ANSWER and answer["sites"]:
        sites = answer["sites"][: len(answer["sites"]) // 2]
        answer = {**answer, **_only(sites, answer["frames"])}
    return answer


def _only(sites: List[Dict[str, Any]], frames: List[Any]) -> Dict[str, Any]:
    """The sites, and a table of the frames that they need."""
    table: Dict[int, int] = {}

    def moved(place: int) -> int:
        return table.setdefault(place, len(table))

    rows = []
    for site in sites:
        row = {**site, "frames": [moved(place) for place in site["frames"]]}
        if "headline" in site:
            row["headline"] = moved(site["headline"])
        rows.append(row)
    return {"sites": rows, "frames": [frames[place] for place in table]}
