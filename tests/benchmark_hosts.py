"""Compares applies and deploys with what Ansible, Mitogen, pyinfra and Fabric take for the same work.

See `tests/benchmark-hosts`. All of them work on one host over SSH, by turns, as the same user with
sudo. The peers get the files that ours renders, with their owners and modes, so that nobody's run has
anything to change that another's has made; their package lists are not refreshed. Each figure is the
best of the runs. A deploy of a peer unpacks an archive, installs the requirements, collects static
files, migrates, switches a link and restarts; ours also probes the release before and after the switch
(so does Ansible in one more row), keeps a virtualenv for each lock, goes back when something fails, and
loses no request.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLI = ROOT / "target/release/wsgi-cli"
PEERS = ROOT / "tests/peers"
BIN = pathlib.Path(sys.executable).parent

#: What ours installs on such a host, which the image has already.
PACKAGES = "build-essential,cron,git,logrotate,nginx-light,openssl,python3-dev,python3-venv,sudo,supervisor"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@example.org"
#: Milliseconds that a round trip takes.
ROUND_TRIPS = (0, 50)
#: How many apps the last measurement applies at once.
APPS = 11

VARS = """
wsgi_project_name: {name}
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [{name}.example.org]
wsgi_support_email: help@example.org
wsgi_gunicorn_num_workers: 2
wsgi_env_vars:
  django_settings_module: shop.settings
  secret_key: 'k8#x$Q it''s any text'
  greeting: {greeting}
wsgi_databases:
  - {{id: main, name: shop, user: shop, password: s3cret, host: 127.0.0.1, port: 5432}}
wsgi_ssh_key: {key}
wsgi_cron_tasks:
  - name: Clean up sessions
    command: python current/manage.py clearsessions
    frequency: {{minute: '30', hour: '4'}}
    logfile: /var/log/{name}/sessions.log
wsgi_health_path: /
wsgi_deploy_build: [python manage.py collectstatic --noinput]
wsgi_deploy_release: [python manage.py migrate --noinput]
"""

PROJECT = {
    "requirements.txt": "django==5.2.19\n",
    "manage.py": """
import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
execute_from_command_line(sys.argv)
""",
    "shop/__init__.py": "",
    "shop/wsgi.py": """
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
""",
    "shop/urls.py": """
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse("shop"))]
""",
    "shop/settings.py": """
import os, pathlib
HERE = pathlib.Path(__file__).resolve().parent
SECRET_KEY = os.environ.get("SHOP_SECRET_KEY", "of a peer")
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
STATIC_URL = "/static/"
STATIC_ROOT = HERE.parent / "collected"
STATICFILES_DIRS = [HERE / "static"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": pathlib.Path.home() / "db.sqlite3"}}
""",
    "shop/static/shop.css": "body { margin: 0 }\n",
}

#: The program that peers restart: as many workers, the same project.
PEER_PROGRAM = """[program:peer]
command=/srv/peer/venv/bin/python /srv/peer/venv/bin/gunicorn --workers 2 --bind unix:/srv/peer/socket shop.wsgi
directory=/srv/peer/current
user=shop
environment=HOME="/var/www/shop"
"""


class Run:
    """What one run took: seconds, and the most memory in megabytes."""

    def __init__(self, seconds, megabytes):
        self.seconds = seconds
        self.megabytes = megabytes


def run(command, **options):
    """Runs a command to its end; fails with its output unless it succeeds."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **options,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode:
        sys.exit(f"{command}: {process.returncode}\n{said}")
    result = Run(seconds, usage.ru_maxrss / 1024)
    result.said = said
    return result


def best(runs):
    return min(runs, key=lambda run: run.seconds)


class Host:
    """A throw-away host for as long as this lives."""

    def __init__(self):
        self.process = subprocess.Popen(
            [
                ROOT / "target/debug/target-host",
                *("--suite", "bookworm", "--init", "systemd", "--with", f"{PACKAGES},curl"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT / "tests",
            env={**os.environ, "CARGO_MANIFEST_DIR": str(ROOT / "tests")},
        )
        up = self.process.stdout.readline().split()
        assert up[:1] == ["up"], up
        _, self.address, self.ssh_config = up

    def say(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def ssh(self, command, stdin=""):
        subprocess.run(
            ["ssh", "-F", self.ssh_config, "root", command],
            input=stdin,
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, host, directory, runs):
        self.host = host
        self.directory = directory
        self.runs = runs
        home = directory / "home"
        (home / ".ssh").mkdir(parents=True)
        shutil.copy(host.ssh_config, home / ".ssh/config")
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(home),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_SSH_ARGS": f"-F {host.ssh_config} -o ControlMaster=auto -o ControlPersist=60s",
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        }
        self.vars = {}
        self.rendered = {}
        for greeting in ("hello", "welcome"):
            file = directory / f"{greeting}.yml"
            file.write_text(VARS.format(name="shop", greeting=greeting, key=KEY))
            self.vars[greeting] = file
            self.rendered[greeting] = directory / f"rendered-{greeting}"
            run([CLI, "render", file, "--out", self.rendered[greeting]])
        self.project = directory / "project"
        for name, text in PROJECT.items():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text)
        (directory / "inventory").write_text("deploy\n")
        self.stamp = 0

    # Applying

    def ours(self, *command):
        return run([CLI, *command, "--host", "deploy"], env=self.environment)

    def apply(self, greeting):
        return self.ours("apply", self.vars[greeting], "--yes")

    def playbook(self, playbook, strategy, extra, options=()):
        environment = dict(self.environment)
        # A connection that the run before has left open would save this one its own.
        environment["ANSIBLE_SSH_CONTROL_PATH_DIR"] = tempfile.mkdtemp(dir="/tmp")
        if strategy:
            plugins = next(BIN.parent.glob("lib/python3*/site-packages/ansible_mitogen/plugins/strategy"))
            environment["ANSIBLE_STRATEGY_PLUGINS"] = str(plugins)
            environment["ANSIBLE_STRATEGY"] = strategy
        return run(
            [
                *(BIN / "ansible-playbook", "-i", self.directory / "inventory"),
                *(PEERS / playbook, "-e", json.dumps(extra), *options),
            ],
            env=environment,
        )

    def ansible(self, greeting, strategy=None):
        return self.playbook(
            "apply.yml",
            strategy,
            {
                "rendered": str(self.rendered[greeting]),
                "app": "shop",
                "key": KEY,
                "packages": PACKAGES.split(","),
            },
        )

    def mitogen(self, greeting):
        return self.ansible(greeting, "mitogen_linear")

    def pyinfra(self, greeting):
        data = {
            "rendered": self.rendered[greeting],
            "app": "shop",
            "key": KEY,
            "packages": PACKAGES,
            "ssh_config_file": self.host.ssh_config,
            "ssh_known_hosts_file": pathlib.Path(self.host.ssh_config).with_name("known_hosts"),
        }
        options = [word for name, value in data.items() for word in ("--data", f"{name}={value}")]
        return run(
            [BIN / "pyinfra", "-y", *options, "deploy", PEERS / "apply_pyinfra.py"],
            env=self.environment,
        )

    def connection(self):
        return run(["ssh", "-F", self.host.ssh_config, "deploy", "true"], env=self.environment)

    # Deploying

    def change_project(self):
        self.stamp += 1
        self.project.joinpath("shop/release.py").write_text(f"NUMBER = {self.stamp}\n")

    def deploy(self):
        self.change_project()
        return self.ours("deploy", self.vars["hello"], "--from", self.project)

    def archive(self):
        self.change_project()
        archive = self.directory / "release.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(self.project, arcname=".")
        return archive

    def deploy_ansible(self, strategy=None, options=("--skip-tags", "gates")):
        extra = {"archive": str(self.archive()), "app": "shop", "stamp": f"{self.stamp:09}"}
        return self.playbook("deploy.yml", strategy, extra, options)

    def deploy_ansible_with_gates(self):
        return self.deploy_ansible(options=())

    def deploy_mitogen(self):
        return self.deploy_ansible("mitogen_linear")

    def deploy_fabric(self):
        return run(
            [
                *(BIN / "fab", "--ssh-config", self.host.ssh_config, "-r", PEERS, "-H", "deploy"),
                *("deploy", "--archive", self.archive(), "--stamp", f"{self.stamp:09}", "--app", "shop"),
            ],
            env=self.environment,
        )

    # Tables

    def table(self, title, rows):
        """Measures each row for each round-trip time, by turns; the first is ours."""
        print(f"\n{title}\n")
        columns = [f"{rtt} ms" for rtt in ROUND_TRIPS]
        print("| |" + "".join(f" {column} | |" for column in columns))
        print("|---|" + "---|---|" * len(columns))
        measured = {name: [] for name, _ in rows}
        memory = {name: 0 for name, _ in rows}
        for rtt in ROUND_TRIPS:
            self.host.say(f"rtt {rtt}")
            taken = {name: [] for name, _ in rows}
            for _ in range(self.runs):
                for name, measure in rows:
                    result = measure()
                    taken[name].append(result)
                    memory[name] = max(memory[name], result.megabytes)
                    progress(f"{title}, {rtt} ms, {name}: {result.seconds:.2f} s")
            for name, _ in rows:
                measured[name].append(best(taken[name]).seconds)
        self.host.say("rtt 0")
        ours = measured[rows[0][0]]
        for name, seconds in measured.items():
            cells = [f" {s:.2f} s | {s / o:.1f}× |" for s, o in zip(seconds, ours)]
            print(f"| {name} |" + "".join(cells))
        print(f"\npeak memory of `{rows[0][0]}`: {memory[rows[0][0]]:.1f} MB", flush=True)


def progress(line):
    print(line, file=sys.stderr, flush=True)


def of_one_value(action):
    """There and back, so that everybody begins with the same state, which ours has made."""
    return lambda: best([action("welcome"), action("hello")])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    host = Host()
    with contextlib.closing(host), tempfile.TemporaryDirectory() as directory:
        bench = Bench(host, pathlib.Path(directory), arguments.runs)

        first = bench.ours("apply", bench.vars["hello"], "--yes")
        print(f"first apply, packages present: {first.seconds:.1f} s")
        for line in first.said.splitlines():
            if re.search(r"\(\d+ s\)$", line):
                print(f"  of which {line}")
        # Each once, so that nobody's run has something to change which is not counted.
        bench.deploy()
        for peer in (bench.ansible, bench.mitogen, bench.pyinfra):
            peer("hello")
        again = bench.apply("hello")
        assert "nothing to do" in again.said, again.said

        bench.table(
            "Nothing to change",
            [
                ("wsgi-cli apply", lambda: bench.apply("hello")),
                ("`ssh host true`", lambda: bench.connection()),
                ("pyinfra 3.10", lambda: bench.pyinfra("hello")),
                ("ansible-core 2.18 with Mitogen 0.3", lambda: bench.mitogen("hello")),
                ("ansible-core 2.18, pipelining", lambda: bench.ansible("hello")),
            ],
        )
        bench.table(
            "One value changed",
            [
                ("wsgi-cli apply", of_one_value(bench.apply)),
                ("pyinfra 3.10", of_one_value(bench.pyinfra)),
                ("ansible-core 2.18 with Mitogen 0.3", of_one_value(bench.mitogen)),
                ("ansible-core 2.18, pipelining", of_one_value(bench.ansible)),
            ],
        )

        host.ssh("install -d -o shop -g shop /srv/peer /srv/peer/releases")
        host.ssh("runuser -u shop -- python3 -m venv /srv/peer/venv")
        host.ssh("runuser -u shop -- /srv/peer/venv/bin/pip install -q gunicorn django==5.2.19")
        host.ssh("install -d -o shop /srv/peer/first; ln -s first /srv/peer/current")
        archive = bench.archive()
        subprocess.run(["scp", "-qF", host.ssh_config, archive, "root:/srv/peer/first.tar.gz"], check=True)
        host.ssh("runuser -u shop -- tar -xzf /srv/peer/first.tar.gz -C /srv/peer/first")
        host.ssh("cat > /etc/supervisor/conf.d/peer.conf; supervisorctl update", PEER_PROGRAM)
        bench.table(
            "One source file changed, deployed",
            [
                ("wsgi-cli deploy", lambda: bench.deploy()),
                ("Fabric 3.2", lambda: bench.deploy_fabric()),
                ("ansible-core 2.18 with Mitogen 0.3", lambda: bench.deploy_mitogen()),
                ("ansible-core 2.18, pipelining", lambda: bench.deploy_ansible()),
                ("the same with our two gates", lambda: bench.deploy_ansible_with_gates()),
            ],
        )

        files = []
        for number in range(APPS):
            file = pathlib.Path(directory) / f"shop{number}.yml"
            file.write_text(VARS.format(name=f"shop{number}", greeting="hello", key=KEY))
            files.append(file)
        bench.ours("apply", "--yes", *files)
        one = best([bench.ours("apply", "--yes", files[0]) for _ in range(arguments.runs)])
        all_of_them = best([bench.ours("apply", "--yes", *files) for _ in range(arguments.runs)])
        further = (all_of_them.seconds - one.seconds) / (APPS - 1)
        print(
            f"\nnothing to change in {APPS} apps: {all_of_them.seconds:.2f} s,"
            f" so {further:.3f} s for each further one; {all_of_them.megabytes:.1f} MB"
        )


main()
