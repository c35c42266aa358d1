"""Writes the number that it is asked with to each of the logs that an app has."""

import logging
import os
import sys

own = logging.getLogger("shop.orders")
own.setLevel(logging.INFO)
own.propagate = False
prefix = os.environ["PREFIX"]
own.addHandler(logging.FileHandler(os.environ[prefix + "_LOG_DIR"] + "orders.log"))
gunicorn = logging.getLogger("gunicorn.error")


def application(environ, start_response):
    number = environ["QUERY_STRING"]
    # One write for each line: workers share the pipe to supervisor.
    sys.stdout.write(f"printed {number}\n")
    own.info("logged %s", number)
    gunicorn.warning("gunicorn %s", number)
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
