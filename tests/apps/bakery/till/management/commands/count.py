from django.core.management.base import BaseCommand

from till.models import Sale


class Command(BaseCommand):
    help = "Says how much was sold: what the bakery's cron job runs."

    def handle(self, *args, **options):
        self.stdout.write(f"{Sale.objects.count()} sold so far")
