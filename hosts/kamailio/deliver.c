// From a SIP worker to the engine: the message as it came, and where it came from.
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "core/dprint.h"
#include "core/parser/msg_parser.h"
#include "core/tcp_conn.h"
#include "module.h"

// A worker is busy that was woken BUSY times more than once in each millisecond.
enum { BUSY = 32, REST_NS = 2000000 };

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

// As hosts/asio/loop.cpp rests: waking a process that sleeps costs more than a datagram does, so a
// worker that would sleep and be woken all the time looks only now and then, at several at a time.
static void rest_if_busy(const struct receive_info* received) {
    static double wake_ups = 0, last = 0;
    const struct timespec rest = {0, REST_NS};
    double now;
    int waiting = 0;
    if (received->proto != PROTO_UDP) return;
    if (ioctl(received->bind_address->socket, FIONREAD, &waiting) != 0 || waiting > 0) return;
    now = milliseconds();
    wake_ups = wake_ups > now - last ? wake_ups - (now - last) + 1 : 1;
    last = now;
    if (wake_ups < BUSY) return;
    if (wake_ups > 2 * BUSY) wake_ups = 2 * BUSY;
    clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
}

// ims_deliver(): true if the engine will hear of the message. The script has nothing more to do
// with it: the engine answers, forwards, retransmits.
int ims_deliver(sip_msg_t* message, char* unused1, char* unused2) {
    struct ims_flow flow;
    int taken;
    (void)unused1;
    (void)unused2;
    ims_flow_of(&message->rcv, &flow);
    taken = engine->deliver(&flow, message->buf, message->len) == 0;
    if (taken) rest_if_busy(&message->rcv);
    return taken ? 1 : -1;
}

// ims_is_complete(): false if Kamailio's core would drop the message in silence before the request
// or reply route: it has no Via, Call-ID, CSeq, From or To, or it is a request of another protocol
// than SIP, which the core leaves to the modules of that.
int ims_is_complete(sip_msg_t* message, char* unused1, char* unused2) {
    (void)unused1;
    (void)unused2;
    const int has_via = message->via1 != NULL && message->via1->error == PARSE_OK;
    const int is_sip = message->first_line.type == SIP_REPLY || IS_SIP(message);
    return is_sip && has_via && message->callid && message->cseq && message->from && message->to
               ? 1
               : -1;
}

// Told by the TCP processes. A connection that never carried a message is nothing to the node.
int ims_on_tcp_closed(sr_event_param_t* event) {
    const tcp_closed_event_info_t* closed = (const tcp_closed_event_info_t*)event->data;
    struct ims_flow flow;
    if (closed == NULL || closed->con == NULL || closed->con->rcv.bind_address == NULL) return 0;
    ims_flow_of(&closed->con->rcv, &flow);
    flow.connection = closed->con->id;
    if (engine->closed(&flow) != 0) LM_WARN("the engine was not told of a closed connection\n");
    return 0;
}
