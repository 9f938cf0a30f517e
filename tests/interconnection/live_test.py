"""The interconnection gateway between Prosody, slixmpp and SIP over UDP.

live_test.py AS_PROGRAM: starts a Prosody and the application server with the gateway, whose
component is accepted there (XEP-0114), and plays the SIP side itself: what nobody here wrote is the
XMPP server and the library of its users. Addresses are 127.1.x.y, as the lab's.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HOME = "ims.mnc001.mcc001.3gppnetwork.org"
CORE, GATEWAY, SERVER, USER = "127.1.2.1", "127.1.10.7", "127.1.20.1", "127.1.100.71"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "montague"
# With the name as XMPP escapes it (XEP-0106), and as SIP writes it.
ROMEO, ROMEO_URI = "ro'meo@xmpp.example".replace("'", "\\27"), "sip:ro'meo@xmpp.example"
DEADLINE = 10

PROSODY = """
run_as_root = true
pidfile = "%(folder)s/prosody.pid"
data_path = "%(folder)s/prosody"
interfaces = { "%(server)s" }
c2s_ports = { 5222 }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
modules_enabled = { "roster", "saslauth", "disco", "ping" }
modules_disabled = { "s2s", "tls", "offline" }
log = { info = "*console" }
component_interfaces = { "%(server)s" }
component_ports = { 5347 }
VirtualHost "xmpp.example"
VirtualHost "other.example"
Component "%(home)s"
    component_secret = "s3cret"
"""


def message(number, to=ROMEO_URI, text="good morning", extra=""):
    return (
        f"MESSAGE {to} SIP/2.0\r\nVia: SIP/2.0/UDP {CORE}:5060;branch=z9hG4bKlive{number}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:alice@{HOME}>;tag=a\r\nTo: <{to}>\r\n"
        f"Call-ID: live{number}\r\nCSeq: 1 MESSAGE\r\n"
        f"P-Asserted-Identity: <sip:alice@{HOME}>\r\n{extra}Content-Type: text/plain\r\n"
        f"Content-Length: {len(text.encode())}\r\n\r\n{text}"
    ).encode()


class User:
    """slixmpp in a process of its own (lab/xmpp/user.py)."""

    def __init__(self, folder, jid, name):
        config = {
            "jid": jid, "password": PASSWORD, "server": SERVER, "port": 5222, "from": USER,
            "trace": f"{folder}/{name}.trace", "socket": f"{folder}/{name}.sock",
        }
        log = open(f"{folder}/{name}.err", "w")
        self.process = subprocess.Popen(
            ["/usr/bin/python3", f"{ROOT}/lab/xmpp/user.py", json.dumps(config)],
            stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name} did not start")
        self.wire = socket.socket(socket.AF_UNIX)
        self.wire.settimeout(DEADLINE)
        self.wire.connect(config["socket"])
        self.lines = self.wire.makefile("rw")

    def does(self, **command):
        self.lines.write(json.dumps(command) + "\n")
        self.lines.flush()
        return json.loads(self.lines.readline())["problem"]

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.lines.close()
        self.wire.close()


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory(prefix="imslab-live-")
        cls.folder = cls.kept.name
        with open(f"{cls.folder}/prosody.cfg.lua", "w") as config:
            config.write(PROSODY % {"folder": cls.folder, "server": SERVER, "home": HOME})
        for domain, name in (("xmpp%2eexample", "ro%5c27meo"), ("other%2eexample", "mallory")):
            accounts = f"{cls.folder}/prosody/{domain}/accounts"
            os.makedirs(accounts)
            with open(f"{accounts}/{name}.dat", "w") as account:
                account.write(f'return {{ ["password"] = "{PASSWORD}" }};\n')
        cls.core = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.core.bind((CORE, 5060))
        cls.core.settimeout(DEADLINE)
        cls.number = 0
        cls.start_prosody()
        cls.start_gateway()
        cls.romeo = User(cls.folder, ROMEO, "romeo")
        cls.come(cls.romeo)

    @classmethod
    def tearDownClass(cls):
        cls.romeo.end()
        for process in (cls.gateway, cls.prosody):
            process.terminate()
            process.wait(DEADLINE)
        cls.core.close()
        cls.kept.cleanup()

    @classmethod
    def start_prosody(cls):
        with open(f"{cls.folder}/prosody.out", "a") as log:
            cls.prosody = subprocess.Popen(
                ["prosody", "-F", "--config", f"{cls.folder}/prosody.cfg.lua"],
                stdout=log, stderr=subprocess.STDOUT)

    @classmethod
    def start_gateway(cls):
        ready, told = os.pipe()
        config = {
            "node": "gw", "kind": "as", "host": f"gw.{HOME}", "domains": [HOME],
            "addresses": {"ISC": f"{GATEWAY}:5060"},
            "hosts": {HOME: f"{CORE}:5060", f"gw.{HOME}": f"{GATEWAY}:5060"},
            "log": f"{cls.folder}/gw.log", "control": f"{cls.folder}/gw.sock", "ready_fd": told,
            "settings": {"enablers": {"interconnection": {
                "server": f"{SERVER}:5347", "secret": "s3cret", "domains": ["xmpp.example"],
                "patience_ms": 500, "max_reconnect_ms": 100}}},
        }
        with open(f"{cls.folder}/gw.json", "w") as file:
            json.dump(config, file)
        cls.gateway = subprocess.Popen([sys.argv[1], f"{cls.folder}/gw.json"], pass_fds=(told,))
        os.close(told)
        with os.fdopen(ready) as pipe:
            assert pipe.readline() == "ready\n", "the gateway did not start"
        cls.await_stream("open")

    @classmethod
    def await_stream(cls, wanted):
        """Of a node its state is asked for, not told."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(DEADLINE)
                control.connect(f"{cls.folder}/gw.sock")
                control.sendall(b"state\n")
                control.shutdown(socket.SHUT_WR)
                said = b""
                while part := control.recv(65536):
                    said += part
            if f'"stream":"{wanted}"'.encode() in said.replace(b" ", b""):
                return
        raise AssertionError(f"the stream was never {wanted}")

    @classmethod
    def come(cls, user):
        problem = user.does(do="come")
        assert problem == "", problem

    def sends(self, **what):
        type(self).number += 1
        self.core.sendto(message(self.number, **what), (GATEWAY, 5060))
        return self.core.recv(65536).decode().split("\r\n")[0]

    def takes(self, status):
        """The MESSAGE that has come, after it is answered so."""
        octets, source = self.core.recvfrom(65536)
        text = octets.decode()
        lines = text.split("\r\n")
        kept = [one for one in lines if one.split(":")[0] in ("Via", "From", "Call-ID", "CSeq")]
        to = next(one for one in lines if one.startswith("To:"))
        self.core.sendto(
            "\r\n".join([f"SIP/2.0 {status}", *kept, f"{to};tag=b", "Content-Length: 0", "", ""])
            .encode(), source)
        return text

    def test_a_message_reaches_an_xmpp_user(self):
        self.assertEqual(self.sends(text="Guten Tag, schöne Welt 😀 <&>"), "SIP/2.0 200 OK")
        self.assertEqual(
            self.romeo.does(do="await", text="Guten Tag, schöne Welt 😀 &lt;&amp;&gt;"), "")

    def test_a_user_that_is_not_there_and_one_that_does_not_exist(self):
        self.assertEqual(self.sends(to="sip:nobody@xmpp.example"), "SIP/2.0 403 Forbidden")

    def test_a_device_that_is_gone_the_server_finds_another(self):
        self.assertEqual(self.sends(to=f"{ROMEO_URI};gr=gone", text="to any"), "SIP/2.0 200 OK")
        self.assertEqual(self.romeo.does(do="await", text="to any"), "")

    def test_a_domain_that_nobody_serves(self):
        self.assertEqual(self.sends(to="sip:romeo@elsewhere.example"), "SIP/2.0 404 Not Found")

    def test_a_message_reaches_a_sip_user(self):
        self.assertEqual(
            self.romeo.does(do="message", to=f"bob@{HOME}", text="Grüß Gott <&>"), "")
        text = self.takes("200 OK")
        self.assertTrue(text.startswith(f"MESSAGE sip:bob@{HOME} SIP/2.0\r\n"))
        self.assertIn("From: <sip:ro'meo@xmpp.example;gr=", text)
        self.assertIn("P-Asserted-Identity: <sip:ro'meo@xmpp.example>\r\n", text)
        self.assertTrue(text.endswith("\r\n\r\nGrüß Gott <&>"))

    def test_what_the_sip_side_refuses_comes_back_as_an_error(self):
        for status, condition in (("404 Not Found", "item-not-found"),
                                  ("486 Busy Here", "recipient-unavailable")):
            self.assertEqual(self.romeo.does(do="message", to=f"bob@{HOME}", text=status), "")
            self.takes(status)
            self.assertEqual(self.romeo.does(do="await", text=condition), "")

    def test_a_message_too_large_for_pager_mode_comes_back(self):
        self.assertEqual(self.romeo.does(do="message", to=f"bob@{HOME}", text="x" * 2000), "")
        self.assertEqual(self.romeo.does(do="await", text="policy-violation"), "")

    def test_a_user_of_a_domain_that_may_not_pass(self):
        mallory = User(self.folder, "mallory@other.example", "mallory")
        try:
            self.come(mallory)
            self.assertEqual(mallory.does(do="message", to=f"bob@{HOME}", text="hello"), "")
            self.assertEqual(mallory.does(do="await", text="forbidden"), "")
        finally:
            mallory.end()

    def test_the_server_stands_still(self):
        self.prosody.send_signal(signal.SIGSTOP)
        try:
            self.assertEqual(self.sends(), "SIP/2.0 504 The XMPP server does not answer")
        finally:
            self.prosody.send_signal(signal.SIGCONT)
        self.assertEqual(self.sends(text="again"), "SIP/2.0 200 OK")

    def test_the_server_dies_and_comes_back(self):
        self.prosody.kill()
        self.prosody.wait(DEADLINE)
        self.await_stream("closed")
        self.assertEqual(self.sends(), "SIP/2.0 504 The XMPP server is away")
        self.start_prosody()
        self.await_stream("open")
        type(self).romeo.end()
        type(self).romeo = User(self.folder, ROMEO, "romeo")
        self.come(self.romeo)
        self.assertEqual(self.sends(text="back again"), "SIP/2.0 200 OK")
        self.assertEqual(self.romeo.does(do="await", text="back again"), "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
