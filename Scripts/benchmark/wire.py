"""A proxy between controller and executor that counts what passes, and can make the way as long as one likes."""

import collections
import selectors
import socket
import threading
import time

from processes import LIMIT

HEADER = 32  # bytes; the first eight are the size of the whole message


class Proxy:
    """Passes one connection on, each byte after a delay.

    Counts the controller's bytes and messages, and the dependent round trips: how often it sent something only after an answer.
    Answers that arrive together count once, so the count is exact where the delay is longer than anything takes to compute.
    """

    def __init__(self, target_port, delay=0.0):
        self.target_port = target_port
        self.delay = delay
        self.bytes = self.messages = self.round_trips = 0
        self.header = b""
        self.body_left = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LIMIT)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            controller, _ = self.listener.accept()
            target = socket.create_connection(("127.0.0.1", self.target_port))
            with controller, target, self.listener:
                for end in (controller, target):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.pass_on(controller, target)
        except OSError:
            pass  # one of them has gone

    def pass_on(self, controller, target):
        selector = selectors.DefaultSelector()
        selector.register(controller, selectors.EVENT_READ, target)
        selector.register(target, selectors.EVENT_READ, controller)
        waiting = collections.deque()  # (when, to whom, what); None ends it
        answered = True  # connecting was answered
        while True:
            left = max(0, waiting[0][0] - time.monotonic()) if waiting else LIMIT
            events = selector.select(left)
            for key, _ in events:
                data = key.fileobj.recv(1 << 20)
                waiting.append((time.monotonic() + self.delay, key.data, data))
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is controller:
                    self.round_trips += answered
                    answered = False
                    self.count(data)
            while waiting and waiting[0][0] <= time.monotonic():
                _, receiver, data = waiting.popleft()
                if not data:
                    return
                receiver.sendall(data)
                if receiver is controller:
                    answered = True

    def count(self, data):
        self.bytes += len(data)
        while data:
            if self.body_left == 0:
                need = HEADER - len(self.header)
                self.header, data = self.header + data[:need], data[need:]
                if len(self.header) < HEADER:
                    return
                self.body_left = int.from_bytes(self.header[:8], "little") - HEADER
                self.header = b""
                self.messages += 1
            skipped = min(self.body_left, len(data))
            self.body_left -= skipped
            data = data[skipped:]
