"""What `wsgi-cli apply` does for one app, as a pyinfra deploy does it. See apply.yml."""

import json
import pathlib

from pyinfra import host
from pyinfra.operations import apt, files, pip, server

rendered = pathlib.Path(host.data.rendered)
app = host.data.app
artifacts = json.loads((rendered / "manifest.json").read_text())["artifacts"]


def of_kind(kind):
    return [artifact for artifact in artifacts if artifact["kind"] == kind]


apt.packages(packages=host.data.packages.split(","), update=False, _sudo=True)
server.group(group=app, _sudo=True)
server.user(
    user=app,
    group=app,
    home=f"/var/www/{app}",
    shell="/bin/bash",
    public_keys=[host.data.key],
    _sudo=True,
)
for artifact in of_kind("directory"):
    files.directory(
        path=artifact["path"],
        user=artifact["owner"],
        group=artifact["group"],
        mode=artifact["mode"].lstrip("0"),
        _sudo=True,
    )
pip.venv(path=f"/var/lib/{app}/venv", python="/usr/bin/python3", _sudo=True)
pip.packages(packages=["gunicorn"], virtualenv=f"/var/lib/{app}/venv", _sudo=True)
changes = [
    files.put(
        src=f"{rendered}{artifact['path']}",
        dest=artifact["path"],
        user=artifact["owner"],
        group=artifact["group"],
        mode=artifact["mode"].lstrip("0"),
        _sudo=True,
    )
    for artifact in of_kind("file")
    # supervisor writes it.
    if not artifact["path"].endswith(".log")
]
changes += [
    files.link(path=artifact["path"], target=artifact["target"], force=True, _sudo=True)
    for artifact in of_kind("symlink")
]
changes.append(files.file(path="/etc/nginx/sites-enabled/default", present=False, _sudo=True))
for service in ("supervisor", "nginx", "cron"):
    server.service(service=service, running=True, enabled=True, _sudo=True)


def anything():
    return any(change.did_change() for change in changes)


server.shell(
    commands=[
        "supervisorctl update",
        f"supervisorctl restart {app}",
        "nginx -t",
        "systemctl reload nginx",
    ],
    _if=anything,
    _sudo=True,
)
