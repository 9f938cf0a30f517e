// From the engine to Kamailio's transports: the socket of the reference point, the connection of
// the flow.
#include <string.h>

#include "core/dprint.h"
#include "core/forward.h"
#include "core/globals.h"
#include "core/ip_addr.h"
#include "core/socket_info.h"
#include "core/tcp_conn.h"
#include "core/tcp_server.h"
#include "module.h"

enum { CACHED_SOCKETS = 32 };

static const char protocols[] = {PROTO_UDP, PROTO_TCP, PROTO_TLS, PROTO_WS, PROTO_WSS};

static unsigned char transport_of(char protocol) {
    unsigned char i;
    for (i = 0; i < sizeof protocols; ++i) {
        if (protocols[i] == protocol) return i;
    }
    return 1;
}

static void copy_ip(unsigned char* octets, const struct ip_addr* ip) {
    memcpy(octets, ip->u.addr, ip->len);
}

// The local side is the socket as the cfg lists it: its address says which reference point that is.
void ims_flow_of(const struct receive_info* received, struct ims_flow* flow) {
    memset(flow, 0, sizeof *flow);
    flow->transport = transport_of(received->proto);
    flow->is_v6 = received->src_ip.af == AF_INET6;
    copy_ip(flow->local_ip, &received->bind_address->address);
    flow->local_port = received->bind_address->port_no;
    copy_ip(flow->remote_ip, &received->src_ip);
    flow->remote_port = received->src_port;
    flow->connection = received->proto == PROTO_UDP ? 0 : received->proto_reserved1;
}

static void ip_of(struct ip_addr* ip, const unsigned char* octets, int is_v6) {
    memset(ip, 0, sizeof *ip);
    ip->af = is_v6 ? AF_INET6 : AF_INET;
    ip->len = is_v6 ? 16 : 4;
    memcpy(ip->u.addr, octets, ip->len);
}

// Kamailio's list of sockets is searched once for each address of a flow.
static struct socket_info* socket_of(const struct ims_flow* flow) {
    static struct {
        struct ims_flow key;
        struct socket_info* socket;
    } cached[CACHED_SOCKETS];
    static unsigned count = 0;
    struct ip_addr ip;
    struct socket_info* found;
    unsigned i;
    // WebSocket connections are accepted on TCP and TLS sockets.
    const char listening = flow->transport == 3   ? PROTO_TCP
                           : flow->transport == 4 ? PROTO_TLS
                                                  : protocols[flow->transport];
    for (i = 0; i < count; ++i) {
        if (cached[i].key.transport == flow->transport &&
            cached[i].key.local_port == flow->local_port &&
            memcmp(cached[i].key.local_ip, flow->local_ip, sizeof flow->local_ip) == 0)
            return cached[i].socket;
    }
    ip_of(&ip, flow->local_ip, flow->is_v6);
    found = find_si(&ip, flow->local_port, listening);
    if (found != NULL && count < CACHED_SOCKETS) {
        cached[count].key = *flow;
        cached[count++].socket = found;
    }
    return found;
}

static int listens(const struct ims_flow* flow) { return socket_of(flow) != NULL; }

static int send_message(const struct ims_flow* flow, const char* bytes, unsigned size) {
    struct dest_info destination;
    struct ip_addr ip;
    init_dest_info(&destination);
    destination.proto = protocols[flow->transport];
    destination.send_sock = socket_of(flow);
    if (destination.send_sock == NULL) return -1;
    destination.id = flow->connection;
    ip_of(&ip, flow->remote_ip, flow->is_v6);
    init_su(&destination.to, &ip, flow->remote_port);
    // A new connection leaves from the address of its reference point.
    if (flow->transport != 0 && flow->connection == 0)
        destination.send_flags.f |= SND_F_FORCE_SOCKET;
    return msg_send(&destination, (char*)bytes, (int)size) < 0 ? -1 : 0;
}

// What is queued is written first.
static void close_connection(const struct ims_flow* flow) {
    struct tcp_connection* connection;
    if (flow->connection == 0) return;
    connection = tcpconn_get(flow->connection, 0, 0, 0, 0);
    if (connection == NULL) return;
    connection->send_flags.f |= SND_F_CON_CLOSE;
    tcpconn_put(connection);
}

static void write_log(int level, const char* text) {
    switch (level) {
        case 0:
            LM_ERR("%s\n", text);
            break;
        case 1:
            LM_WARN("%s\n", text);
            break;
        case 2:
            LM_INFO("%s\n", text);
            break;
        default:
            LM_DBG("%s\n", text);
            break;
    }
}

const struct ims_kamailio* ims_kamailio(void) {
    static struct ims_kamailio kamailio;
    kamailio.send = send_message;
    kamailio.close = close_connection;
    kamailio.listens = listens;
    kamailio.log = write_log;
    kamailio.runtime_folder = runtime_dir;
    kamailio.logs_to_stderr = log_stderr;
    return &kamailio;
}
