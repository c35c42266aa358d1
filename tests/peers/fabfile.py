"""A release as a fabfile deploys it: the steps of deploy.yml, one command each."""

from fabric import task

BASE = "/srv/peer"


@task
def deploy(connection, archive, stamp, app):
    release = f"{BASE}/releases/{stamp}"
    as_app = f"sudo -u {app} env HOME=/var/www/{app}"
    connection.run(f"sudo install -d -o {app} -g {app} {BASE} {BASE}/releases {release}")
    connection.put(archive, "/tmp/release.tar.gz")
    connection.run(f"sudo -u {app} tar -xzf /tmp/release.tar.gz -C {release}")
    connection.run("rm /tmp/release.tar.gz")
    connection.run(f"test -x {BASE}/venv/bin/pip || {as_app} /usr/bin/python3 -m venv {BASE}/venv")
    connection.run(f"{as_app} {BASE}/venv/bin/pip install -q -r {release}/requirements.txt")
    manage = f"cd {release} && {as_app} {BASE}/venv/bin/python manage.py"
    connection.run(f"{manage} collectstatic --noinput")
    connection.run(f"{manage} migrate --noinput")
    connection.run(f"sudo ln -sfn {release} {BASE}/current.new")
    connection.run(f"sudo mv -T {BASE}/current.new {BASE}/current")
    connection.run("sudo supervisorctl restart peer")
    connection.run(f"ls -1d {BASE}/releases/* | head -n -5 | xargs -r sudo rm -rf")
