"""A small API, whose pictures are part of its repository."""

import os

from flask import Flask


def create_app():
    # nginx serves static files.
    app = Flask(__name__, static_folder=None)

    @app.get("/")
    def today():
        return {"today": os.environ["TODAY"], "path": os.getcwd()}

    return app
