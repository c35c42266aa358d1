import _socket, sys, time
kind, where, host, path, low, high, wait, pid, scheme = sys.argv[1:]
deadline = time.monotonic() + float(wait)


def ask():
    if kind == "unix":
        s = _socket.socket(_socket.AF_UNIX)
        address = where
    else:
        s = _socket.socket(_socket.AF_INET)
        address = ("127.0.0.1", int(where))
    s.settimeout(max(0.1, deadline - time.monotonic()))
    s.connect(address)
    if kind == "https":
        import socket, ssl
        c = ssl._create_unverified_context()
        s = c.wrap_socket(socket.socket(fileno=s.detach()), server_hostname=host)
    head = "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: wsgi-cli\r\nX-Forwarded-Proto: %s\r\n" % (path, host, scheme)
    s.sendall((head + "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n\r\n").encode())
    t = b""
    while len(t) < 65536:
        s.settimeout(max(0.1, deadline - time.monotonic()))
        d = s.recv(65536)
        if not d:
            break
        t += d
    return t.decode("utf-8", "replace")


def is_alive():
    if pid == "0":
        return True
    try:
        # One that has ended waits for its parent as a zombie.
        with open("/proc/%s/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


while True:
    try:
        line = ask().split("\r\n")[0]
        status = int(line.split()[1])
        said = "it answered %s with %s" % (path, line)
        if int(low) <= status <= int(high):
            # What it has left behind may answer as well.
            if is_alive():
                sys.exit(0)
            said += ", but has ended"
    except _socket.timeout:
        said = "it did not answer %s within %s s" % (path, wait)
    except (IndexError, ValueError):
        said = "it closed the connection instead of answering %s" % path
    except OSError as error:
        said = "%s: %s" % (path, error)
    # A probe is asked when its worker is ready: what happens then would happen to visitors.
    if kind == "unix" or time.monotonic() > deadline:
        print(said)
        sys.exit(1)
    time.sleep(0.02)
