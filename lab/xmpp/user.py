"""A user of an XMPP server, played by slixmpp for the lab.

Told what to do over a Unix socket, a line of JSON each: {"do": "come"}, {"do": "message", "to": …,
"text": …}, {"do": "await", "text": …} (of a stanza that has come or comes), {"do": "leave"}; answered by {"problem": ""} when it is done. Every message and presence
stanza, and every IQ that is no part of coming in, is written to a trace as the nodes write theirs
(hosts/trace/trace.h).
"""

import asyncio
import ipaddress
import json
import os
import struct
import sys
import time

import slixmpp
from slixmpp.xmlstream import tostring

XMPP, RECEIVED, SENT, TCP = 5, 0, 1, 1
LIMIT_SECONDS = 8


class Trace:
    def __init__(self, path):
        fresh = not os.path.exists(path) or os.path.getsize(path) == 0
        self.file = open(path, "ab", buffering=0)
        self.count = 0
        if fresh:
            self.file.write(b"IMSTRACE1\n")

    def note(self, direction, local, remote, text):
        self.count += 1
        body = struct.pack("<qQBBB", time.time_ns(), self.count, XMPP, direction, TCP)
        for host, port in (local, remote):
            ip = ipaddress.ip_address(host)
            body += struct.pack("<B", ip.version == 6) + ip.packed + struct.pack("<H", port)
        body += text.encode()
        self.file.write(struct.pack("<I", len(body)) + body)


class User(slixmpp.ClientXMPP):
    def __init__(self, config):
        super().__init__(config["jid"], config["password"])
        self.place = config
        self.trace = Trace(config["trace"])
        self.heard, self.more = [], asyncio.Event()
        self.came = asyncio.get_event_loop().create_future()
        self.enable_direct_tls = False
        self.enable_starttls = False
        self.enable_plaintext = True
        self["feature_mechanisms"].unencrypted_plain = True
        self["feature_mechanisms"].unencrypted_scram = True
        for plugin in ("xep_0030", "xep_0184", "xep_0199"):
            self.register_plugin(plugin)
        self["xep_0184"].auto_ack = True
        self.add_event_handler("session_start", self.on_session)
        self.add_event_handler("failed_all_auth", lambda _: self.fails("not let in"))
        self.add_event_handler("connection_failed", lambda why: self.fails(f"no connection: {why}"))
        self.add_filter("in", lambda stanza: self.seen(RECEIVED, stanza))
        self.add_filter("out", lambda stanza: self.seen(SENT, stanza))

    def seen(self, direction, stanza):
        name = getattr(stanza, "name", "")
        started = self.came.done()
        if name in ("message", "presence") or (name == "iq" and started):
            local = self.transport.get_extra_info("sockname")[:2]
            remote = self.transport.get_extra_info("peername")[:2]
            text = tostring(stanza.xml, xmlns=self.default_ns, top_level=True)
            self.trace.note(direction, local, remote, text)
            if direction == RECEIVED:
                self.heard.append(text)
                self.more.set()
        return stanza

    def fails(self, why):
        if not self.came.done():
            self.came.set_exception(RuntimeError(why))

    async def on_session(self, _):
        await self.get_roster()
        if not self.came.done():
            self.came.set_result(None)
        self.send_presence()

    async def come(self):
        self.local_address = self.place["from"]
        self.connect((self.place["server"], self.place["port"]))
        await asyncio.wait_for(self.came, LIMIT_SECONDS)
        # What was sent before has been read when this is answered.
        await self["xep_0199"].send_ping(self.boundjid.host, timeout=LIMIT_SECONDS)

    async def hear(self, text):
        while not any(text in one for one in self.heard):
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), LIMIT_SECONDS)

    async def perform(self, command):
        if command["do"] == "come":
            await self.come()
        elif command["do"] == "message":
            self.send_message(mto=command["to"], mbody=command["text"], mtype="chat")
            await self["xep_0199"].send_ping(self.boundjid.host, timeout=LIMIT_SECONDS)
        elif command["do"] == "await":
            await self.hear(command["text"])
        elif command["do"] == "leave":
            await self.disconnect(wait=1)
        else:
            raise RuntimeError(f"found {command['do']!r}, expected come, message, await or leave")


async def serve(config):
    user = User(config)
    ended = asyncio.get_event_loop().create_future()

    async def on_lab(reader, writer):
        while line := await reader.readline():
            command = json.loads(line)
            try:
                await user.perform(command)
                problem = ""
            except Exception as error:  # whatever it is, the lab is told
                problem = f"{type(error).__name__}: {error}"
            writer.write(json.dumps({"problem": problem}).encode() + b"\n")
            await writer.drain()
            if command["do"] == "leave":
                break
        if not ended.done():
            ended.set_result(None)

    await asyncio.start_unix_server(on_lab, config["socket"])
    print("ready", flush=True)
    await ended


if __name__ == "__main__":
    asyncio.get_event_loop().run_until_complete(serve(json.loads(sys.argv[1])))
