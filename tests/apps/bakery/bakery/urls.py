from django.urls import path

from till import views

urlpatterns = [path("", views.front), path("health", views.health), path("sell", views.sell)]
