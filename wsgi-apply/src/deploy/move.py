"""Moves a directory, and leaves a link to it in its place: at once, where the file system can."""

import ctypes
import os
import sys

path, place = sys.argv[1:]
AT_FDCWD, RENAME_EXCHANGE = -100, 2
os.symlink(place, place)
rename = getattr(ctypes.CDLL(None), "renameat2", None)
if not rename or rename(AT_FDCWD, path.encode(), AT_FDCWD, place.encode(), RENAME_EXCHANGE):
    os.unlink(place)
    os.rename(path, place)
    os.symlink(place, path)
