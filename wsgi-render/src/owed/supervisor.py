"""What a changed program owes, asked of supervisord itself: supervisorctl takes four times as long to
start, and waits until a restarted program has run for its startsecs.

    update NAME      has supervisord take up, replace or drop the program
    restart NAME     stops and starts it, unless `update` has started it in the same run
    exchange NAME USER GROUP START LOG
                     has the program's herder exchange gunicorn; restarts the program when the herder
                     does not run, and shows the end of the log when the new gunicorn does not serve
    await NAME SOCKET CURRENT SECONDS LOG...
                     waits until the app serves, and else shows the ends of its logs; without a
                     release in CURRENT there is nothing to wait for

WSGI_RUN names a directory of the run, in which who starts the program leaves word for the others.
"""
import os
import socket
import stat
import sys
import time
from base64 import b64encode
from configparser import Error as ConfigError, RawConfigParser
from http.client import HTTPConnection, HTTPException
from xmlrpc.client import Error as RpcError, Fault, ServerProxy, Transport

CONFIG = "/etc/supervisor/supervisord.conf"
# Faults of supervisord.
BAD_NAME, ALREADY_STARTED, NOT_RUNNING, STILL_RUNNING = 10, 60, 70, 91
# What `gunicorn_start --exchange` exits with.
EXCHANGED, NO_RELEASE, NO_HERDER = 0, 4, 7


class NotRunning(Exception):
    pass


class OverSocket(Transport):
    def __init__(self, path, headers):
        super().__init__(headers=headers)
        self.path = path

    def make_connection(self, host):
        connection = HTTPConnection(host)
        try:
            connection.sock = connected(self.path, 60)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunning from error
        return connection


def connected(path, timeout):
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(timeout)
    made.connect(path)
    return made


def supervisord():
    """What answers supervisorctl, and the path of its socket."""
    # As supervisord reads it. What it does not read, it has not started with.
    config = RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    try:
        config.read(CONFIG)
    except (ConfigError, UnicodeError):
        pass
    path = config.get("unix_http_server", "file", fallback="/var/run/supervisor.sock")
    path = path.strip().replace("%(here)s", os.path.dirname(CONFIG))
    user, password = (
        config.get("supervisorctl", key, fallback="") for key in ("username", "password")
    )
    basic = b64encode(f"{user}:{password}".encode()).decode()
    headers = [("Authorization", f"Basic {basic}")] if user else []
    server = ServerProxy("http://localhost/RPC2", OverSocket(path, headers))
    return server.supervisor, path


def word_of(name):
    """The file that says that this run has started the program."""
    run = os.environ.get("WSGI_RUN")
    return run and os.path.join(run, f"started-{name}")


def stop(server, name):
    try:
        server.stopProcess(name, False)
    except Fault as fault:
        if fault.faultCode != NOT_RUNNING:
            raise
    # It is killed after its stopwaitsecs.
    while server.getProcessInfo(name)["statename"] == "STOPPING":
        time.sleep(0.05)


def update(server, name):
    added, changed, removed = server.reloadConfig()[0]
    while name in changed + removed:
        stop(server, name)
        try:
            server.removeProcessGroup(name)
            break
        except Fault as fault:
            # One that had just ended by itself starts again by itself.
            if fault.faultCode != STILL_RUNNING:
                raise
    if name in added + changed:
        server.addProcessGroup(name)
        leave_word(name)


def leave_word(name):
    if word := word_of(name):
        open(word, "w").close()


def is_started(name):
    word = word_of(name)
    return word and os.path.exists(word)


def restart(server, name):
    if is_started(name):
        return
    stop(server, name)
    try:
        server.startProcess(name, False)
    except Fault as fault:
        # One that had just ended by itself has started again by itself.
        if fault.faultCode != ALREADY_STARTED:
            raise
    leave_word(name)


def exchange(server, name, user, group, start, log):
    if is_started(name):
        return
    begun = time.time()
    become = ["/usr/bin/setpriv", "--reuid", user, "--regid", group, "--init-groups", "--"]
    # With nothing of root's environment: the user can read its own.
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    pid = os.posix_spawn(become[0], become + [start, "--exchange"], environment)
    ended = os.waitpid(pid, 0)[1]
    status = os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else 1
    if status == NO_HERDER:
        restart(server, name)
    elif status not in (EXCHANGED, NO_RELEASE):
        fail(*ends([log], begun))


class Served:
    """Whether a worker serves the app's socket.

    A connection alone does not tell: gunicorn listens before a worker has loaded the app. This one
    sends an empty request. The worker that takes it hangs up, and neither asks the app nor logs
    anything; when the master goes away, it is reset.
    """

    def __init__(self, path):
        self.path = path
        self.connection = None

    def within(self, seconds):
        try:
            if self.connection is None:
                self.connection = connected(self.path, seconds)
                self.connection.shutdown(socket.SHUT_WR)
            self.connection.recv(1)
            return True
        except socket.timeout:
            return False
        except OSError:
            self.connection = None
            time.sleep(seconds)
            return False


def wait_until_served(server, name, path, current, seconds, *logs):
    if not os.path.exists(current):
        print("no release yet")
        return
    served = Served(path)
    end = time.monotonic() + float(seconds)
    stopped_since = None
    crashes = set()
    while not served.within(0.1):
        program = server.getProcessInfo(name)
        state, now = program["statename"], time.monotonic()
        if state not in ("STOPPED", "EXITED"):
            stopped_since = None
        elif stopped_since is None:
            stopped_since = now
        if state == "BACKOFF":
            crashes.add(program["start"])
        if (
            state in ("FATAL", "UNKNOWN")
            # supervisord looks once a second whether something is to be started.
            or (stopped_since is not None and now - stopped_since > 2)
            or len(crashes) == 3
        ):
            why = program["spawnerr"] or program["description"]
            fail(f"{name} is {state}: {why}", *ends(logs, program["start"]))
        if now > end:
            why = f"{name} is {state} and serves nobody after {seconds} seconds"
            fail(why, *ends(logs, program["start"]))


def ends(logs, since):
    """The last lines of the logs that the program has written to since it was started."""
    for log in logs:
        try:
            # A link or a pipe may be the app's, in its own directory.
            file = open(os.open(log, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
            about = os.fstat(file.fileno())
            if about.st_mtime < since or not stat.S_ISREG(about.st_mode):
                continue
            file.seek(-min(32768, about.st_size), os.SEEK_END)
            lines = file.read().decode(errors="replace").splitlines()[-20:]
        except OSError:
            continue
        yield f"{log} ends with:"
        # The app writes it, and it may be shown in a terminal.
        yield from ("    " + "".join(c if c.isprintable() else " " for c in l) for l in lines)


def fail(*lines):
    print(*lines, sep="\n", file=sys.stderr)
    sys.exit(1)


def main(verb, name, *rest):
    verbs = {"update": update, "restart": restart, "exchange": exchange, "await": wait_until_served}
    server, path = supervisord()
    try:
        verbs[verb](server, name, *rest)
    except Fault as fault:
        if fault.faultCode == BAD_NAME:
            fail(f"supervisord has no program {name}: run `supervisorctl update {name}`")
        fail(f"supervisord cannot {verb} {name}: {fault.faultString}")
    except NotRunning:
        fail(f"supervisord is not running at {path}: start it with `service supervisor start`")
    except (OSError, HTTPException, RpcError) as error:
        fail(f"cannot {verb} {name} through {path}: {error}")


main(*sys.argv[1:])
