// The C functions that freeDiameter calls, on its own threads. No exception leaves them.
#pragma once

#include <cstdarg>

#include "core/address.h"
#include "hosts/diameter/freediameter.h"

namespace imslab::host {

class DiameterEndpoint;

struct DiameterCallbacks {
    // freeDiameter exists once in a process and some of its callbacks carry no pointer of ours.
    static DiameterEndpoint* endpoint;

    static void on_answer(void* ask_id, msg** answer);
    static int on_request(msg** request, avp*, session*, void*, disp_action* action);
    // A message from a peer, before it is routed. True: it is ours and taken.
    static bool on_received(msg** message);
    static int on_unknown_peer(peer_info* info, int* verdict, int (**)(peer_info*));
    static void on_hook(
        fd_hook_type type, msg* message, peer_hdr* peer, void* other, fd_hook_permsgdata*, void*);
    static void on_log(int level, const char* format, va_list arguments);
};

// The remote address in freeDiameter's name for an incoming connection:
// "{----} TCP from [127.1.2.1]:45678 (4<-9)".
Address remote_of_connection(const char* name);

}  // namespace imslab::host
