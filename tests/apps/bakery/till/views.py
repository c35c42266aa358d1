from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from till.models import Sale


def front(request):
    said = {"greeting": settings.GREETING, "sales": Sale.objects.count()}
    return render(request, "till/front.html", said)


def health(request):
    return HttpResponse("well")


def sell(request):
    """Prints what it sells: a line for supervisor's log."""
    what = request.GET["what"]
    Sale.objects.create(what=what)
    print(f"sold {what}", flush=True)
    return HttpResponse("sold")
