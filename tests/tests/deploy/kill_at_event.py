#!/usr/bin/python3
"""Stands before tee(1): kills the program that prints, and itself, at the n-th event of its steps."""

import os
import re
import signal
import sys

with open("/run/kill-at") as f:
    left = int(f.read())
copy = open(sys.argv[-1], "wb")
for line in sys.stdin.buffer:
    copy.write(line)
    copy.flush()
    if re.match(rb"\S+\t(begin|done)\t", line):
        left -= 1
        if left == 0:
            open("/run/killed", "wb").write(line)
            os.killpg(os.getpgrp(), signal.SIGKILL)
    os.write(1, line)
