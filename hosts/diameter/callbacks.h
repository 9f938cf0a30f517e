// The C functions that freeDiameter calls, on its own threads. No exception leaves them.
#pragma once

#include <cstdarg>

#include "hosts/diameter/freediameter.h"

namespace imslab::host {

class DiameterEndpoint;

struct DiameterCallbacks {
    // freeDiameter exists once in a process and some of its callbacks carry no pointer of ours.
    static DiameterEndpoint* endpoint;

    static int on_unknown_peer(peer_info* info, int* verdict, int (**)(peer_info*));
    static void on_hook(
        fd_hook_type type, msg* message, peer_hdr* peer, void* other, fd_hook_permsgdata*, void*);
    static void on_log(int level, const char* format, va_list arguments);
};

}  // namespace imslab::host
