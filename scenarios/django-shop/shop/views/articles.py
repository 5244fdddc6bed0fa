"""The magazine's front page, all articles with their ten latest comments, fetched in two ways."""

from collections.abc import Iterable

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from shop.models import Article, Comment

COMMENTS_SHOWN = 10
EXCERPT = 80


@require_GET
def prefetch(request: HttpRequest) -> HttpResponse:
    """The cure for N+1 queries that fetches every comment ever written in order to show ten.

    The slice is taken in Python, from what prefetch_related() has already loaded.
    """
    articles = Article.objects.order_by("pk").prefetch_related("comments")
    return front_page((article, article.comments.all()[:COMMENTS_SHOWN]) for article in articles)


@require_GET
def prefetch_limited(request: HttpRequest) -> HttpResponse:
    """The fix: the slice is part of the query (Django 4.2 or later), so the database takes it."""
    latest = Comment.objects.order_by("-id")[:COMMENTS_SHOWN]
    articles = Article.objects.order_by("pk").prefetch_related(
        Prefetch("comments", queryset=latest, to_attr="latest_comments")
    )
    return front_page((article, article.latest_comments) for article in articles)


def front_page(articles: Iterable[tuple[Article, Iterable[Comment]]]) -> HttpResponse:
    page = [
        {
            "title": article.title,
            "comments": [
                {"author": comment.author, "excerpt": comment.text[:EXCERPT]}
                for comment in comments
            ],
        }
        for article, comments in articles
    ]
    return JsonResponse({"articles": page})
