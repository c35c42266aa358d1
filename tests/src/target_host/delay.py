"""Two TAP devices joined by a queue: a frame leaves one a while after it came into the other.

For kernels without netem. Arguments: the names of the two, the delay in seconds. Says `ready`; ends,
and the devices with it, when its standard input does.
"""

import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000


def tap(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI)
    fcntl.ioctl(device, TUNSETIFF, request)
    return device


def frames(device):
    while True:
        try:
            yield os.read(device, 65536)
        except OSError:  # none left, or the device is down
            return


one, other = tap(sys.argv[1]), tap(sys.argv[2])
delay = float(sys.argv[3])
opposite = {one: other, other: one}
queue = collections.deque()
print("ready", flush=True)
while True:
    while queue and queue[0][0] <= time.monotonic():
        _, device, frame = queue.popleft()
        try:
            os.write(device, frame)
        except OSError:
            pass  # the other end is down or full: a lost frame
    patience = max(0, queue[0][0] - time.monotonic()) if queue else None
    readable, _, _ = select.select([one, other, sys.stdin], [], [], patience)
    if sys.stdin in readable:
        break
    for device in readable:
        for frame in frames(device):
            queue.append((time.monotonic() + delay, opposite[device], frame))
