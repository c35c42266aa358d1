import _socket, sys
path, host, asked, scheme = sys.argv[1:]
s = _socket.socket(_socket.AF_UNIX)
s.settimeout(5)
try:
    s.connect(path)
    head = "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: wsgi-cli\r\nX-Forwarded-Proto: %s\r\n" % (asked, host, scheme)
    s.sendall((head + "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n\r\n").encode())
    t = b""
    while b"\n" not in t and len(t) < 4096:
        d = s.recv(4096)
        if not d:
            break
        t += d
    print(t.split(b"\r")[0].split(b"\n")[0].decode("ascii", "replace") or "- it hung up")
except OSError as e:
    print("-", e.strerror or e)
