// An enabler that answers calls and messages itself: the terminating user agent of TS 24.229
// §5.7.2, for a public service identity or in place of the served user.
#include <map>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/calls.h"
#include "as/enablers.h"
#include "sip/headers.h"

namespace imslab::as {

namespace {

using sip::HeaderId;

class Answering final : public Enabler {
public:
    Answering(Services& services, std::string name, int status)
        : Enabler(services, std::move(name)), status_(status), calls_(services) {}

    void on_request(sip::ServerId id, ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    void on_ack(sip::Message ack) override { calls_.on_ack(ack); }
    void on_time(Time now) override { calls_.on_time(now); }
    std::optional<Time> next_deadline() const override { return calls_.next_deadline(); }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["calls"] = calls_.state();
        state["answered"] = answered_;
        return state;
    }

private:
    std::string body_for(const sip::Message& invite) const;

    int status_;
    Calls calls_;
    std::uint64_t answered_ = 0;
};

// The offer comes back with our address: who calls hears himself.
std::string Answering::body_for(const sip::Message& invite) const {
    const auto ip = services_.config().address.ip.to_string();
    const std::string_view offer = invite.body();
    if (offer.empty()) {
        return "v=0\r\no=- 1 1 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
               "\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n";
    }
    std::string answer;
    for (std::size_t at = 0; at < offer.size();) {
        const auto end = std::min(offer.find('\n', at), offer.size() - 1) + 1;
        const auto line = offer.substr(at, end - at);
        if (line.starts_with("c=IN IP4 ")) {
            answer += "c=IN IP4 " + ip + "\r\n";
        } else if (line.starts_with("o=")) {
            answer += "o=- 1 1 IN IP4 " + ip + "\r\n";
        } else {
            answer += line;
        }
        at = end;
    }
    return answer;
}

void Answering::on_request(sip::ServerId id, ServiceRequest request) {
    const auto& message = request.message;
    ++answered_;
    if (status_ >= 300) return services_.proxy().respond(id, status_);
    if (message.method() != sip::Method::invite) return services_.proxy().respond(id, 200);
    const auto contact = services_.own_uri(name());
    const auto tag = services_.entropy().token(8);
    services_.proxy().respond(id, dialog_response(message, 180, contact, tag));
    auto response = sip::Message::response_to(message, 200);
    response.set_body("application/sdp", body_for(message));
    if (auto* call = calls_.accept(id, message, std::move(response), contact, tag))
        call->served = request.asserted;
}

void Answering::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    auto* call = calls_.of_request(request);
    if (call == nullptr) return services_.proxy().respond(id, 481);
    if (!call->dialog.accept(request)) return services_.proxy().respond(id, 500);
    if (request.method() == sip::Method::invite) {
        auto response = sip::Message::response_to(request, 200);
        response.set_body("application/sdp", body_for(request));
        calls_.accept(id, request, std::move(response), services_.own_uri(name()), {});
        return;
    }
    if (request.method() == sip::Method::bye) calls_.forget(call->dialog.id());
    services_.proxy().respond(id, 200);
}

}  // namespace

std::unique_ptr<Enabler> make_answering(Services& services, std::string name, int status) {
    return std::make_unique<Answering>(services, std::move(name), status);
}

}  // namespace imslab::as
