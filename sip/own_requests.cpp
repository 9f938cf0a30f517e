// Requests of an element's own, beside what it proxies: a UAC (RFC 3261 §8.1). They fail over as
// branches do, and keep for the element the number they began with.
#include <utility>

#include "sip/proxy_layer.h"

namespace imslab::sip {

ClientId Proxy::send_request(Message request,
                             std::vector<Way> ways,
                             std::function<void(const Message* final_response)> on_final) {
    if (!request.has(HeaderId::max_forwards)) request.append(HeaderId::max_forwards, kMaxForwards);
    Impl::OwnRequest own{std::move(on_final)};
    own.invite = request.method() == Method::invite;
    auto branch = Branch::along(std::move(request), std::move(ways));
    own.branch = impl_->begin(branch, own.invite, {});
    const ClientId id = own.first = own.branch.client;
    impl_->requests.emplace(id, std::move(own));
    return id;
}

ClientId Proxy::send_request(Message request,
                             const Flow& to,
                             std::function<void(const Message* final_response)> on_final) {
    return send_request(std::move(request), std::vector<Way>{to}, std::move(on_final));
}

ClientId Proxy::send_invite(Message request,
                            std::vector<Way> ways,
                            std::function<void(const Message* response)> on_response) {
    const ClientId id = send_request(std::move(request), std::move(ways), std::move(on_response));
    impl_->requests.at(id).every = true;
    return id;
}

ClientId Proxy::Impl::present(ClientId first) const {
    const auto found = moved.find(first);
    return found == moved.end() ? first : found->second;
}

void Proxy::cancel_request(ClientId id) {
    const ClientId client = impl_->present(id);
    const auto own = impl_->requests.find(client);
    if (own != impl_->requests.end()) {
        own->second.branch.cancelled = true;
        impl_->stop_waiting(own->second.branch);
    }
    impl_->transactions.cancel(client);
}

void Proxy::forget_request(ClientId id) { impl_->take(impl_->present(id)); }

// It is over: nothing more is told of it.
std::function<void(const Message*)> Proxy::Impl::take(ClientId client) {
    const auto own = requests.extract(client);
    if (own.empty()) return {};
    stop_waiting(own.mapped().branch);
    moved.erase(own.mapped().first);
    return std::move(own.mapped().told);
}

}  // namespace imslab::sip
