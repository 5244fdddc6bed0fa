"""Every route of the shop; a bad view and its healthy twin stand together."""

from django.urls import path

from shop.views import articles, broken, exports, health, leaks, slow, users

urlpatterns = [
    path("healthz", health.healthz),
    # What one request needs while it runs.
    path("export/users/all", exports.export_all),
    path("export/users/iterator", exports.export_iterator),
    path("export/users/stream", exports.export_stream),
    path("articles/prefetch", articles.prefetch),
    path("articles/prefetch-limited", articles.prefetch_limited),
    path("users/annotated", users.annotated),
    path("users/annotated-iterator", users.annotated_iterator),
    # What a request leaves behind.
    path("leaks/list", leaks.keep_in_list),
    path("leaks/list-fixed", leaks.keep_the_last),
    path("leaks/signal", leaks.connect_each_time),
    path("leaks/signal-fixed", leaks.connect_once),
    path("leaks/cycle", leaks.register_cycle),
    path("leaks/cycle-fixed", leaks.drop_cycle),
    path("leaks/lru-cache", leaks.cache_on_the_class),
    path("leaks/lru-cache-fixed", leaks.cache_on_the_instance),
    path("leaks/native", leaks.never_release),
    path("leaks/native-fixed", leaks.release),
    path("slow/leak", slow.leak),
    path("slow/fixed", slow.fixed),
    # What a load generator must notice.
    path("broken/error", broken.error),
    path("broken/few-rows", broken.few_rows),
    path("broken/hang", broken.hang),
    path("broken/die", broken.die),
]
