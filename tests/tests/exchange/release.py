"""Answers with the name of everything that belongs to one release, as a release would be made of it."""

import importlib
import os
import sys
import time

import beside


def last(path):
    return os.path.basename(path.rstrip("/"))


def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1)
    # With the first request of each worker, which may be after the links have changed.
    late = importlib.import_module("late")
    names = [
        last(os.path.dirname(__file__)),
        beside.NAME,
        late.NAME,
        last(os.getcwd()),
        last(sys.prefix),
        last(os.environ["CURRENT_RELEASE"]),
        last(os.environ["VIRTUAL_ENV"]),
        last(os.environ["SHOP_VENV"]),
    ]
    body = " ".join(sorted(set(names))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
