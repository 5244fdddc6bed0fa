"""Memory in production: what requests and tasks keep, what grows, what the garbage collector does.

Standard library only. `tidemark.django` needs Django, `tidemark.celery` needs Celery; neither is imported
from here.
"""

from tidemark.gc_monitor import GCMonitor
from tidemark.leak_hunter import Growth, LeakHunter

__all__ = ["GCMonitor", "Growth", "LeakHunter"]
