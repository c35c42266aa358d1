"""What the tests ask of a running app."""

import http.cookies  # Hidden by gunicorn's own package when that comes first in sys.path.
import os
import subprocess
import sys
import time

from flask import Flask, request

app = Flask(__name__)


def factory(greeting):
    app.add_url_rule("/greeting", view_func=lambda: greeting)
    return app


@app.get("/")
def index():
    return "open"


@app.get("/environment")
def environment():
    return b"\0".join(k + b"=" + v for k, v in os.environb.items())


@app.get("/process")
def process():
    umask = os.umask(0)
    os.umask(umask)
    return {
        "cookies": http.cookies.__file__,
        "groups": os.getgroups(),
        "master": os.getppid(),
        "path": sys.path,
        "scheme": request.scheme,
        "script": request.environ["SCRIPT_NAME"],
        "uid": os.getuid(),
        "umask": umask,
        "worker": os.getpid(),
    }


@app.get("/slow")
def slow():
    # Not in this process: a signal to the whole process group would end the other one.
    open("/var/lib/shop/run/slow", "w").close()
    return subprocess.run(["sh", "-c", "sleep 3; echo done"], capture_output=True).stdout


@app.get("/fail")
def fail():
    raise RuntimeError("the till is empty")


@app.get("/print")
def say():
    print("sold a pear")
    print("and an apple", file=sys.stderr)
    return "said"
