from django.apps import AppConfig
from django.core.checks import register


class TidemarkConfig(AppConfig):
    name = "tidemark.django"
    label = "tidemark"  # "django" would be the name's own, and misleading
    verbose_name = "Tidemark"

    def ready(self) -> None:
        from tidemark.django import checks

        for check in checks.ALL:
            register(check)
