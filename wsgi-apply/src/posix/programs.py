import _socket
s = _socket.socket(_socket.AF_UNIX)
s.settimeout(5)
s.connect("/run/supervisor.sock")
b = b"<methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>"
s.send(b"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(b) + b)
t = b""
while 1:
    d = s.recv(65536)
    if not d:
        break
    t += d
h, _, t = t.decode().partition("\r\n\r\n")
if " 200 " in h.split("\n")[0]:
    print("answered")
    for p in t.split("<struct>")[1:]:
        g = lambda k: p.split("<name>%s</name>" % k)[1].split("</value>")[0].rsplit("</", 1)[0].rsplit(">", 1)[1]
        print(g("group"), g("statename"), g("pid"), g("start"), g("now"), sep="\t")
