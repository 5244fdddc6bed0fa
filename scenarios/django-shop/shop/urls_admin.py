"""The shop's routes and Django's own admin."""

from django.contrib import admin
from django.urls import path

from shop.urls import urlpatterns as shop_urlpatterns

urlpatterns = [*shop_urlpatterns, path("admin/", admin.site.urls)]
