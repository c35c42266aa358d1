"""Asks a site in eight threads until /tmp/stop is there, two of them for what takes long.

Arguments: its name, and the seconds between two requests of a visitor.

It says which answers came how often; everything but a whole answer goes to stderr.
"""

import collections
import http.client
import os
import sys
import threading
import time

NAME, PAUSE = sys.argv[1], float(sys.argv[2])


def ask(path, counts):
    while not os.path.exists("/tmp/stop"):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", timeout=60)
            connection.request("GET", path, headers={"Host": NAME})
            answer = connection.getresponse()
            body = answer.read().decode()
            connection.close()
            if answer.status == 200:
                counts[body] += 1
            else:
                print(time.time(), "status", answer.status, file=sys.stderr, flush=True)
        except (OSError, http.client.HTTPException) as error:
            print(time.time(), repr(error), file=sys.stderr, flush=True)
        time.sleep(PAUSE)


counts = [collections.Counter() for _ in range(8)]
threads = [
    threading.Thread(target=ask, args=("/slow" if number < 2 else "/", mine))
    for number, mine in enumerate(counts)
]
for thread in threads:
    thread.start()
print("asking", flush=True)
for thread in threads:
    thread.join()
for body, count in sum(counts, collections.Counter()).items():
    print("answered", count, body)
print("done", flush=True)
