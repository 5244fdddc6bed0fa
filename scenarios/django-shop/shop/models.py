"""What the shop sells by (orders) and what it writes about (articles); customers are auth users."""

from django.conf import settings
from django.db import models


class Order(models.Model):
    """One purchase of one customer."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders"
    )
    total = models.DecimalField(max_digits=10, decimal_places=2)
    created = models.DateTimeField()

    def __str__(self) -> str:
        return f"order {self.pk}"


class Article(models.Model):
    """A text in the shop's magazine."""

    title = models.CharField(max_length=200)
    body = models.TextField()

    def __str__(self) -> str:
        return self.title


class Comment(models.Model):
    """A reader's remark on an article; readers need no account, so the author is only a name."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="comments")
    author = models.CharField(max_length=100)
    text = models.TextField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"comment {self.pk} by {self.author}"
