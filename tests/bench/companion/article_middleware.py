"""What articles show for finding a view's memory: two snapshots of everything, with each request."""

import logging
import tracemalloc
from typing import Any, Callable


class ArticleMiddleware:
    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        tracemalloc.start()

    def __call__(self, request: Any) -> Any:
        before = tracemalloc.take_snapshot()
        response = self.get_response(request)
        after = tracemalloc.take_snapshot()
        for statistic in after.compare_to(before, "lineno")[:5]:
            logging.getLogger("article").debug("%s", statistic)
        return response
