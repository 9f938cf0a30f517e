#!/usr/bin/python3
"""Writes this folder's captures and messages.tsv: what tshark, as the independent dissector, finds in each of them.

Every capture carries one exchange, packed in another way. Run it again after a change; it needs tshark.
"""
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).parent
ALICE4, CORE4 = bytes([127, 1, 100, 1]), bytes([127, 1, 1, 1])
ALICE6, CORE6 = bytes.fromhex("fd00" + "00" * 13 + "01"), bytes.fromhex("fd00" + "00" * 13 + "02")
START = 1_700_000_000_123_456_000  # nanoseconds


def sip(first, cseq, via, padding=0):
    lines = [first, f"Via: SIP/2.0/{via};branch=z9hG4bK{cseq}", "From: <sip:alice@example.com>;tag=1",
             "To: <sip:bob@example.com>" + (";tag=2" if first.startswith("SIP") else ""),
             f"Call-ID: packed-{cseq}@example.com", f"CSeq: {cseq} OPTIONS"]
    if not first.startswith("SIP"):
        lines.append("Max-Forwards: 70")
    if padding:
        lines.append("Subject: " + "x" * padding)
    return "\r\n".join(lines + ["Content-Length: 0", "", ""]).encode()


def request(cseq, via="UDP 127.1.100.1:5060", padding=0):
    return sip("OPTIONS sip:bob@example.com SIP/2.0", cseq, via, padding)


def response(cseq, via="UDP 127.1.100.1:5060"):
    return sip("SIP/2.0 200 OK", cseq, via)


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksum(source, destination, protocol, segment, at):
    pseudo = source + destination + struct.pack("!IxxxB" if len(source) == 16 else "!HxB", len(segment), protocol)
    if len(source) == 4:
        pseudo = source + destination + struct.pack("!BBH", 0, protocol, len(segment))
    value = checksum(pseudo + segment) or 0xFFFF
    return segment[:at] + struct.pack("!H", value) + segment[at + 2:]


def udp(source, destination, payload):
    segment = struct.pack("!HHHH", 5060, 5060, 8 + len(payload), 0) + payload
    return 17, with_checksum(source, destination, 17, segment, 6)


def tcp(source, destination, sequence, payload, flags=0x18, ports=(40000, 5060), ack=0):
    segment = struct.pack("!HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, ack, 0x50, flags, 65535, 0, 0) + payload
    return 6, with_checksum(source, destination, 6, segment, 16)


def ipv4(source, destination, protocol, body, identification=1, more=False, offset=0):
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), identification, (0x2000 if more else 0) | offset // 8,
                         64, protocol, 0) + source + destination
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


def ipv6(source, destination, protocol, body):
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + source + destination + body


def ethernet(packet, tags=()):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return bytes(12) + b"".join(struct.pack("!HH", tpid, number) for tpid, number in tags) + struct.pack("!H", kind) + packet


def sll(packet):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return struct.pack("!HHH8sH", 0, 772, 6, bytes(8), kind) + packet


def sll2(packet):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return struct.pack("!HHIHBB8s", kind, 0, 1, 772, 0, 6, bytes(8)) + packet


def null(packet):
    return struct.pack("<I", 2) + packet


def times(frames):
    return [(START + i * 1_000_500, frame) for i, frame in enumerate(frames)]


def pcap(name, frames, link=1, order="<", nano=False):
    out = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for when, frame in times(frames):
        fraction = when % 1_000_000_000 // (1 if nano else 1000)
        out += struct.pack(order + "IIII", when // 1_000_000_000, fraction, len(frame), len(frame)) + frame
    (HERE / name).write_bytes(out)


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order, frames, nano=False):
    out = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    for name in (b"Gm", b"Mw"):
        options = option(order, 2, name) + (option(order, 9, bytes([9])) if nano else b"") + option(order, 0, b"")
        out += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + options)
    for index, (when, frame) in enumerate(frames):
        ticks = when if nano else when // 1000
        out += block(order, 6, struct.pack(order + "IIIII", index % 2, ticks >> 32, ticks & 0xFFFFFFFF, len(frame),
                                           len(frame)) + frame)
    return out


def exchange4():
    return [ipv4(ALICE4, CORE4, *udp(ALICE4, CORE4, request(1))), ipv4(CORE4, ALICE4, *udp(CORE4, ALICE4, response(1)))]


def exchange6(wrap=lambda protocol, body: (protocol, body)):
    via = "UDP [fd00::1]:5060"
    return [ipv6(ALICE6, CORE6, *wrap(*udp(ALICE6, CORE6, request(1, via)))),
            ipv6(CORE6, ALICE6, *wrap(*udp(CORE6, ALICE6, response(1, via))))]


def destination_options(protocol, body):
    return 60, struct.pack("!BBBB4x", protocol, 0, 1, 4) + body


def fragments4():
    protocol, body = udp(ALICE4, CORE4, request(2, padding=2900))
    cut = [(0, 1480), (1480, 2960), (2960, len(body))]
    parts = [ipv4(ALICE4, CORE4, protocol, body[a:b], 7, b < len(body), a) for a, b in cut]
    return [parts[0], parts[2], parts[1]]


def fragments6():
    protocol, body = udp(ALICE6, CORE6, request(2, "UDP [fd00::1]:5060", padding=2900))
    parts = []
    for a, b in [(0, 1232), (1232, 2464), (2464, len(body))]:
        header = struct.pack("!BBHI", protocol, 0, a | (1 if b < len(body) else 0), 9)
        parts.append(ipv6(ALICE6, CORE6, 44, header + body[a:b]))
    return [parts[1], parts[0], parts[2]]


def stream(pieces, start=0xFFFFFF00):
    """A handshake, then (offset, octets) in the order given; the sequence numbers wrap."""
    frames = [ipv4(ALICE4, CORE4, *tcp(ALICE4, CORE4, start, b"", 0x02)),
              ipv4(CORE4, ALICE4, *tcp(CORE4, ALICE4, 500, b"", 0x12, (5060, 40000), (start + 1) & 0xFFFFFFFF)),
              ipv4(ALICE4, CORE4, *tcp(ALICE4, CORE4, start + 1, b"", 0x10, ack=501))]
    for offset, octets in pieces:
        frames.append(ipv4(ALICE4, CORE4, *tcp(ALICE4, CORE4, start + 1 + offset, octets, ack=501)))
    return frames


def conversation(turns):
    """Client and server of one connection on port 8080: (who says it, octets); the handshake before it."""
    at = {"client": 1001, "server": 5001}
    frames = [ipv4(ALICE4, CORE4, *tcp(ALICE4, CORE4, 1000, b"", 0x02, (40001, 8080))),
              ipv4(CORE4, ALICE4, *tcp(CORE4, ALICE4, 5000, b"", 0x12, (8080, 40001), 1001)),
              ipv4(ALICE4, CORE4, *tcp(ALICE4, CORE4, 1001, b"", 0x10, (40001, 8080), 5001))]
    for who, octets in turns:
        here, there, ports = (ALICE4, CORE4, (40001, 8080)) if who == "client" else (CORE4, ALICE4, (8080, 40001))
        other = at["server" if who == "client" else "client"]
        frames.append(ipv4(here, there, *tcp(here, there, at[who], octets, 0x18, ports, other)))
        at[who] += len(octets)
    return frames


def http(first, body=b"", length=None, chunked=False):
    lines = [first, "Host: xcap.example.com"] if not first.startswith("HTTP") else [first, "Date: Tue, 14 Nov 2023 22:13:20 GMT"]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7)) + b"0\r\n\r\n"
    elif body or length is not None:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines + ["", ""]).encode() + body


def http_turns():
    put, got = http("PUT /a HTTP/1.1", b"<list/>" * 40), http("HTTP/1.1 200 OK", b"<list/>" * 40)
    return [("client", put[:90]), ("client", put[90:]), ("server", http("HTTP/1.1 201 Created", length=0)),
            ("client", http("HEAD /a HTTP/1.1")), ("server", http("HTTP/1.1 200 OK", length=280)),
            ("client", http("GET /a HTTP/1.1")), ("server", got[:200]), ("server", got[200:]),
            ("client", http("PUT /b HTTP/1.1", b"<another list/>", chunked=True)),
            ("server", http("HTTP/1.1 409 Conflict", b"<xcap-error/>", chunked=True)),
            ("client", http("DELETE /a HTTP/1.1")), ("server", http("HTTP/1.1 204 No Content")),
            ("client", http("GET /a HTTP/1.1") + http("GET /b HTTP/1.1")),
            ("server", http("HTTP/1.1 404 Not Found", length=0)), ("server", http("HTTP/1.1 404 Not Found", length=0))]


def cut(octets, *at):
    edges = [0, *at, len(octets)]
    return [(a, octets[a:b]) for a, b in zip(edges, edges[1:])]


def main():
    plain = [ethernet(packet) for packet in exchange4()]
    pcap("little-endian.pcap", plain)
    pcap("big-endian.pcap", plain, order=">")
    pcap("little-endian-nanoseconds.pcap", plain, nano=True)
    pcap("big-endian-nanoseconds.pcap", plain, order=">", nano=True)
    pcap("vlan.pcap", [ethernet(packet, [(0x8100, 42)]) for packet in exchange4()])
    pcap("vlan-in-vlan.pcap", [ethernet(packet, [(0x88A8, 7), (0x8100, 42)]) for packet in exchange4()])
    pcap("linux-cooked.pcap", [sll(packet) for packet in exchange4() + exchange6()], link=113)
    pcap("linux-cooked-2.pcap", [sll2(packet) for packet in exchange4() + exchange6()], link=276)
    pcap("raw-ip.pcap", exchange4() + exchange6(), link=101)
    pcap("bsd-loopback.pcap", [null(packet) for packet in exchange4()], link=0)
    pcap("ipv6.pcap", [ethernet(packet) for packet in exchange6()])
    pcap("ipv6-options.pcap", [ethernet(packet) for packet in exchange6(destination_options)])
    pcap("ipv6-fragments.pcap", [ethernet(packet) for packet in fragments6()])
    pcap("ipv4-fragments.pcap", [ethernet(packet) for packet in fragments4()])

    via = "TCP 127.1.100.1:40000"
    both = request(1, via) + request(2, via, padding=600)
    whole = cut(both, 100, 300, 500)
    pcap("tcp-segments.pcap", [ethernet(p) for p in stream(whole)])
    pcap("tcp-out-of-order.pcap", [ethernet(p) for p in stream([whole[0], whole[2], whole[1], whole[3]])])
    pcap("tcp-retransmitted.pcap", [ethernet(p) for p in stream([whole[0], whole[1], whole[0], whole[2], whole[1], whole[3]])])
    # the second transmission is cut elsewhere: it overlaps, and it is longer than the one that came early
    again = [whole[0], (300, both[300:400]), (300, both[300:700]), (50, both[50:300]), (700, both[700:])]
    pcap("tcp-cut-anew.pcap", [ethernet(p) for p in stream(again)])
    handshake_again = stream(whole[:2]) + [stream([])[0]] + stream(whole[2:])[3:]
    pcap("tcp-syn-again.pcap", [ethernet(p) for p in handshake_again])

    pcap("http.pcap", [ethernet(p) for p in conversation(http_turns())])

    for order, end in (("<", "little"), (">", "big")):
        (HERE / f"{end}-endian.pcapng").write_bytes(section(order, times(plain)))
    (HERE / "nanoseconds.pcapng").write_bytes(section("<", times(plain), nano=True))
    (HERE / "two-sections.pcapng").write_bytes(section("<", times(plain)[:1]) + section(">", times(plain)[1:]))

    fields = ["frame.time_epoch", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "udp.srcport", "tcp.srcport", "udp.dstport",
              "tcp.dstport", "sip.Method", "sip.Status-Code", "sip.Call-ID", "http.request.method", "http.response.code"]
    rows = []
    for file in sorted(HERE.glob("*.pcap*")):
        command = ["tshark", "-r", file, "-Y", "sip || http", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=;",
                   "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
        for field in fields:
            command += ["-e", field]
        for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
            v = line.split("\t") + [""] * len(fields)
            seconds, fraction = v[0].split(".")
            for label in (v[12] or v[13]).split(";") if v[12] or v[13] else []:
                rows.append([file.name, seconds + fraction[:9].ljust(9, "0"), v[1] or v[2], v[5] or v[6], v[3] or v[4],
                             v[7] or v[8], label, ""])
            if not v[9] and not v[10]:
                continue
            for method, status, call in zip(*(x.split(";") if x else [""] * 9 for x in v[9:12])):
                rows.append([file.name, seconds + fraction[:9].ljust(9, "0"), v[1] or v[2], v[5] or v[6], v[3] or v[4],
                             v[7] or v[8], method or status, call])
    (HERE / "messages.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))


main()
