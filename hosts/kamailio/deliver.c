// From a SIP worker to the engine: the message as it came, and where it came from.
#include <string.h>

#include "core/dprint.h"
#include "core/parser/msg_parser.h"
#include "core/tcp_conn.h"
#include "module.h"

// ims_deliver(): true if the engine will hear of the message. The script has nothing more to do
// with it: the engine answers, forwards, retransmits.
int ims_deliver(sip_msg_t* message, char* unused1, char* unused2) {
    struct ims_flow flow;
    (void)unused1;
    (void)unused2;
    ims_flow_of(&message->rcv, &flow);
    return engine->deliver(&flow, message->buf, message->len) == 0 ? 1 : -1;
}

// ims_is_complete(): false if Kamailio's core would drop the message in silence before the request
// or reply route (it has no Via, Call-ID, CSeq, From or To).
int ims_is_complete(sip_msg_t* message, char* unused1, char* unused2) {
    (void)unused1;
    (void)unused2;
    const int has_via = message->via1 != NULL && message->via1->error == PARSE_OK;
    return has_via && message->callid && message->cseq && message->from && message->to ? 1 : -1;
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
