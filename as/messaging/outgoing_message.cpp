// TS 24.229 §5.7.3: the originating user agent.
#include "as/messaging/outgoing_message.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "as/application_server.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::messaging {

namespace {

using sip::HeaderId;

struct CalendarTime {
    int year;
    unsigned month, day, hour, minute, second, weekday;
};

CalendarTime calendar(std::int64_t unix_seconds) {
    const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
    const auto days = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss time(at - days);
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<unsigned>(time.hours().count()),
            static_cast<unsigned>(time.minutes().count()),
            static_cast<unsigned>(time.seconds().count()),
            std::chrono::weekday(days).c_encoding()};
}

}  // namespace

std::int64_t unix_seconds(Time now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

std::string sip_date(std::int64_t unix_seconds) {
    static constexpr std::array<const char*, 7> kDays{
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto at = calendar(unix_seconds);
    std::array<char, 64> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%s, %02u %s %04d %02u:%02u:%02u GMT",
                  kDays.at(at.weekday),
                  at.day,
                  kMonths.at(at.month - 1),
                  at.year,
                  at.hour,
                  at.minute,
                  at.second);
    return text.data();
}

std::string internet_date(std::int64_t unix_seconds) {
    const auto at = calendar(unix_seconds);
    std::array<char, 64> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%04d-%02u-%02uT%02u:%02u:%02uZ",
                  at.year,
                  at.month,
                  at.day,
                  at.hour,
                  at.minute,
                  at.second);
    return text.data();
}

std::string send_message(as::Services& services, OutgoingMessage message, OnAnswered on_answered) {
    auto request = sip::Message::request(sip::Method::message, message.to);
    const auto call_id = services.entropy().token(16);
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, message.from + ";tag=" + services.entropy().token(8));
    request.append(HeaderId::to, "<" + message.to + ">");
    request.append(HeaderId::call_id, call_id);
    request.append(HeaderId::cseq, "1 MESSAGE");
    request.append(HeaderId::date,
                   message.date.empty() ? sip_date(unix_seconds(services.now())) : message.date);
    if (!message.asserted.empty()) {
        request.append(HeaderId::p_asserted_identity, "<" + message.asserted + ">");
        sip::ChargingVector vector;
        vector.icid = services.entropy().token(16);
        vector.orig_ioi = services.config().domains.front();
        request.append(HeaderId::p_charging_vector, vector.to_string());
    }
    for (const auto& [name, value] : message.headers) request.append(name, value);
    put_body(request, message.parts, services.entropy().token(8));
    auto ways = services.ways_to(request);
    if (ways.empty()) {
        services.log(
            LogLevel::warning, {}, "TS 24.229 §5.7.3", "no way to the home of " + message.to);
        return {};
    }
    services.proxy().send_request(std::move(request), std::move(ways), std::move(on_answered));
    return call_id;
}

}  // namespace imslab::messaging
