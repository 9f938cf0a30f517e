// libfdcore exports these functions and queues, its installed headers leave them out.
#include "hosts/diameter/short_way.h"

#include "hosts/diameter/callbacks.h"
#include "hosts/diameter/freediameter.h"

extern "C" {
struct fd_peer;
struct cnxctx;
extern struct fifo* fd_g_incoming;
int fd_out_send(msg** message, cnxctx* connection, fd_peer* peer, int counts_as_answer);
int fd_fifo_post_internal(struct fifo* queue, void** item, int beyond_the_limit);

// Takes precedence over libfdproto's. On the thread of the peer that has sent the message.
int fd_fifo_post_int(struct fifo* queue, void** item) {
    if (queue != nullptr && queue == fd_g_incoming && item != nullptr && *item != nullptr &&
        imslab::host::DiameterCallbacks::on_received(reinterpret_cast<msg**>(item)))
        return 0;
    return fd_fifo_post_internal(queue, item, 0);
}
}

namespace imslab::host {

bool send_to_peer(msg*& message, peer_hdr* peer) {
    return fd_out_send(&message, nullptr, reinterpret_cast<fd_peer*>(peer), 1) == 0;
}

}  // namespace imslab::host
