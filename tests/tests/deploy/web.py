import os
import time

from flask import Flask

from beside import NAME

HERE = os.path.dirname(os.path.abspath(__file__))
app = Flask(__name__)


@app.get("/")
def index():
    import late

    with open(os.path.join(HERE, "templates/page")) as page:
        names = {NAME, late.NAME, page.read()}
    with open("templates/page") as page:
        names.add(page.read())
    return " and ".join(sorted(names))


@app.get("/slow")
def slow():
    time.sleep(0.5)
    return index()


@app.get("/health")
def health():
    return "well"
