#!/usr/bin/env python3
"""A switch in user space: a TUN device for each agent, and nothing but this process between them. It is what loses
packets and parts agents from each other on a kernel without netfilter and without netem.

    membership-switch.py PREFIX COUNT FIFO

makes the devices PREFIX0 … PREFIX(COUNT-1), says "ready", and then does what the lines of FIFO say:

    address AGENT 10.77.0.1     packets to that address go to AGENT
    loss AGENT 0.45             of all that is sent to AGENT, so much is lost
    group AGENT 1               AGENT hears only those of its own group
    end
"""
import fcntl
import os
import random
import selectors
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
PACKETS_PER_TURN = 64


def device(name):
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return handle


class Switch:
    def __init__(self, prefix, count):
        self.devices = [device(f"{prefix}{agent}") for agent in range(count)]
        self.loss = [0.0] * count
        self.group = [0] * count
        self.agents = {}
        self.chance = random.Random(1)

    def order(self, line):
        words = line.split()
        if words[0] == "end":
            sys.exit(0)
        agent = int(words[1])
        if words[0] == "address":
            self.agents[socket.inet_aton(words[2])] = agent
        elif words[0] == "loss":
            self.loss[agent] = float(words[2])
        elif words[0] == "group":
            self.group[agent] = int(words[2])

    def carry(self, sender):
        for _ in range(PACKETS_PER_TURN):
            try:
                packet = os.read(self.devices[sender], 65536)
            except BlockingIOError:
                return
            if len(packet) < 20 or packet[0] >> 4 != 4:
                continue
            agent = self.agents.get(packet[16:20])
            if agent is None or self.group[agent] != self.group[sender] or self.chance.random() < self.loss[agent]:
                continue
            try:
                os.write(self.devices[agent], packet)
            except OSError:
                # The agent's device is down, or its queue is full: a wire loses such a packet too.
                pass


def main():
    prefix, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    switch = Switch(prefix, count)
    # Open for writing as well, so that the end of one writer is not the end of the file.
    orders = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    selector = selectors.EpollSelector()
    selector.register(orders, selectors.EVENT_READ, None)
    for agent, handle in enumerate(switch.devices):
        selector.register(handle, selectors.EVENT_READ, agent)
    print("ready", flush=True)
    rest = b""
    while True:
        for key, _ in selector.select():
            if key.data is not None:
                switch.carry(key.data)
                continue
            *lines, rest = (rest + os.read(orders, 65536)).split(b"\n")
            for line in lines:
                switch.order(line.decode())


main()
