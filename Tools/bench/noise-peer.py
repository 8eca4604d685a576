"""The other side of Tests/NoiseTests/LiveTests.swift: Noise as PyPI's `noiseprotocol` speaks it.

One order a line on standard input, one answer a line on standard output, bytes as hexadecimal, `-` for none:

    start NAME ROLE PROLOGUE PSK STATIC REMOTE_STATIC
    write PAYLOAD | read MESSAGE | hash | seal TEXT | open PACKET
"""

import sys

from noise.connection import Keypair, NoiseConnection


def spelled(word):
    return b"" if word == "-" else bytes.fromhex(word)


def start(name, role, prologue, psk, static, remote):
    connection = NoiseConnection.from_name(name.encode())
    if role == "initiator":
        connection.set_as_initiator()
    else:
        connection.set_as_responder()
    connection.set_prologue(spelled(prologue))
    if psk != "-":
        connection.set_psks(psk=bytes.fromhex(psk))
    connection.set_keypair_from_private_bytes(Keypair.STATIC, bytes.fromhex(static))
    if remote != "-":
        connection.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, bytes.fromhex(remote))
    connection.start_handshake()
    return connection


def main():
    connection = None
    for line in sys.stdin:
        order, *words = line.split()
        answer = b""
        if order == "start":
            connection = start(*words)
        elif order == "hash":
            answer = connection.get_handshake_hash()
        else:
            act = {
                "write": connection.write_message,
                "read": connection.read_message,
                "seal": connection.encrypt,
                "open": connection.decrypt,
            }[order]
            answer = bytes(act(spelled(words[0])))
        print(answer.hex() or "-", flush=True)


main()
