"""Asks without pause until it is told to stop, then says how often each of its threads has asked.

Its arguments are the server names.
"""

import http.client
import sys
import threading

stop = threading.Event()


def ask(host, thread, counts):
    count = 0
    connection = http.client.HTTPConnection("127.0.0.1")
    while not stop.is_set():
        count += 1
        connection.request("GET", f"/?{thread}.{count}", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            print("status", answer.status, file=sys.stderr, flush=True)
    counts[thread] = count


counts = {}
threads = []
for host in sys.argv[1:]:
    for number in "ab":
        name = f"{host.split('.')[0]}-{number}"
        thread = threading.Thread(target=ask, args=(host, name, counts))
        thread.start()
        threads.append(thread)
print("asking", flush=True)
while True:
    try:
        open("/tmp/stop").close()
        break
    except FileNotFoundError:
        threading.Event().wait(0.05)
stop.set()
for thread in threads:
    thread.join()
for name, count in counts.items():
    print("asked", name, count)
print("done", flush=True)
