// Flows as the nodes know them and as they cross the seam.
#include "hosts/kamailio/arrival.h"

#include <cstring>
#include <string_view>

namespace imslab::kamailio {

Flow flow_from(const ims_flow& flow) {
    const auto ip = [&](const unsigned char* octets) {
        return IpAddress::from_octets(
            {reinterpret_cast<const char*>(octets), flow.is_v6 != 0 ? 16U : 4U});
    };
    return Flow{static_cast<Transport>(flow.transport),
                {ip(flow.local_ip), flow.local_port},
                {ip(flow.remote_ip), flow.remote_port},
                static_cast<std::uint64_t>(flow.connection)};
}

ims_flow flow_to(const Flow& flow) {
    ims_flow result{};
    result.transport = static_cast<unsigned char>(flow.transport);
    result.is_v6 = flow.remote.ip.is_v6() ? 1 : 0;
    const auto put = [](unsigned char* octets, const IpAddress& ip) {
        const std::string_view from = ip.octets();
        std::memcpy(octets, from.data(), from.size());
    };
    put(result.local_ip, flow.local.ip);
    put(result.remote_ip, flow.remote.ip);
    result.local_port = flow.local.port;
    result.remote_port = flow.remote.port;
    result.connection = static_cast<int>(flow.connection);
    return result;
}

}  // namespace imslab::kamailio
