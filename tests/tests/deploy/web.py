"""An app that says of which release it is, in as many ways as it can; without any package."""

import os
import time

from beside import NAME

HERE = os.path.dirname(os.path.abspath(__file__))


def names():
    import late

    with open(os.path.join(HERE, "templates/page")) as page:
        yield page.read()
    with open("templates/page") as page:
        yield page.read()
    yield NAME
    yield late.NAME


def health():
    return "well"


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.5)
    text = health() if path == "/health" else " and ".join(sorted(set(names())))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
