#!/usr/bin/env python3
"""Stamps libvirt's lifecycle events as a client of its own sees them.

    python3 Benchmarks/listen.py URI...

Prints "ready", then a line for each event: CLOCK_MONOTONIC in ns, the index of the URI, the event and its detail as
libvirt numbers them, the domain's name. The stamp is the first thing that the callback does. Ends when stdin does.
libvirt is called by ctypes, because Debian's libvirt-clients does not bring libvirt's Python package.
"""

import ctypes
import gc
import os
import signal
import sys
import time

LIFECYCLE, READABLE_OR_GONE = 0, 1 | 4 | 8  # VIR_DOMAIN_EVENT_ID_LIFECYCLE, virEventHandleType

libvirt = ctypes.CDLL("libvirt.so.0")
libvirt.virConnectOpen.restype = ctypes.c_void_p
libvirt.virDomainGetName.restype = ctypes.c_char_p
on_lifecycle = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
on_handle = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


def say(text):
    os.write(1, f"{text}\n".encode())


def listener(index):
    def heard(_, domain, event, detail, __):
        at = time.monotonic_ns()
        name = libvirt.virDomainGetName(ctypes.c_void_p(domain)).decode()
        say(f"{at} {index} {event} {detail} {name}")
        return 0

    return on_lifecycle(heard)


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this ends it, by closing stdin
    gc.disable()
    libvirt.virEventRegisterDefaultImpl()
    over = on_handle(lambda *_: os._exit(0))
    libvirt.virEventAddHandle(0, READABLE_OR_GONE, over, None, None)
    callbacks = []
    for index, uri in enumerate(sys.argv[1:]):
        connection = libvirt.virConnectOpen(uri.encode())
        if not connection:
            sys.exit(1)  # libvirt has said why
        callbacks.append(listener(index))
        if libvirt.virConnectDomainEventRegisterAny(
                ctypes.c_void_p(connection), None, LIFECYCLE, callbacks[-1], None, None) < 0:
            sys.exit(1)
    say("ready")
    while libvirt.virEventRunDefaultImpl() >= 0:
        pass


if __name__ == "__main__":
    main()
