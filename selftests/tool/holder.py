#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A client of a monitor that says nothing and stays: holder.py SOCKET. Prints "held"."""
import socket
import sys
import time


def main():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.recv(100)
    print("held", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
