from django.db import models


class Sale(models.Model):
    what = models.CharField(max_length=80)
