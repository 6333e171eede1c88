#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A monitor that is slow, mad or stubborn: monitor.py SOCKET VMM'S-SOCKET HOW

Passes the commands of its one client on to the VMM, and the answers back, but
  hold     keeps the answer to 'stop' back until the next command has come
  flood    sends events meanwhile, too
  endless  answers 'stop' with a line that does not end
  stay     refuses 'cont'
  mute     does not greet
Prints "listens", "has a client", each command, "holds an answer", "ends".
"""
import json
import os
import select
import socket
import sys

BAD = {"endless": b"x" * 65536}
EVENTS = b'{"event": "X"}\n' * 64
REFUSAL = b'{"error": {"desc": "I stay"}}\n'


def say(word):
    print(word, flush=True)


class Monitor:
    def __init__(self, client, vmm, how):
        self.client, self.vmm, self.how = client, vmm, how
        self.hold = self.mad = False
        self.held = b""

    def from_vmm(self):
        data = self.vmm.recv(65536)
        for line in data.splitlines(True):
            if self.hold and (self.mad or b"return" in line):
                self.held += line
                say("holds an answer")
            else:
                self.client.sendall(line)
        return data

    def from_client(self):
        data, fds, _, _ = socket.recv_fds(self.client, 65536, 1)
        if not data:
            return data
        say(json.loads(data)["execute"])
        if self.hold:
            self.client.sendall(self.held)
            self.hold = self.mad = False
        if self.how == "stay" and b'"cont"' in data:
            self.client.sendall(REFUSAL)
            return data
        socket.send_fds(self.vmm, [data], fds)
        for fd in fds:
            os.close(fd)
        if b'"stop"' in data:
            self.hold = self.how in ("hold", "flood", "endless")
            self.mad = self.how in ("flood", "endless")
        return data

    def run(self):
        while True:
            ready = select.select([self.client, self.vmm], [self.client] if self.mad else [], [])
            if self.vmm in ready[0] and not self.from_vmm():
                return
            if self.client in ready[0]:
                if not self.from_client():
                    return
            elif ready[1]:
                self.client.sendall(BAD.get(self.how, EVENTS))


def main():
    path, vmm_path, how = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    say("listens")
    client = listener.accept()[0]
    say("has a client")
    if how == "mute":
        client.recv(1)
        return
    vmm = socket.socket(socket.AF_UNIX)
    vmm.connect(vmm_path)
    try:
        Monitor(client, vmm, how).run()
    except (BrokenPipeError, ConnectionResetError):
        pass
    say("ends")


if __name__ == "__main__":
    main()
