// TS 24.109 Annex C, XML Schema's dateTime in UTC.
#include "as/gba/bootstrapping_info.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "as/xdm/document_tree.h"

namespace imslab::gba {

namespace {

constexpr std::string_view kNamespace = "uri:3gpp-gba";
constexpr std::int64_t kSecondsOfADay = 86'400;

struct UtcTime {
    int year = 1970;
    unsigned month = 1, day = 1, weekday = 4, hour = 0, minute = 0, second = 0;
};

UtcTime utc_of(std::int64_t seconds) {
    const auto days = (seconds - (seconds < 0 ? kSecondsOfADay - 1 : 0)) / kSecondsOfADay;
    const auto rest = static_cast<unsigned>(seconds - days * kSecondsOfADay);
    const std::chrono::sys_days date{std::chrono::days(days)};
    const std::chrono::year_month_day parts(date);
    return {int(parts.year()),
            unsigned(parts.month()),
            unsigned(parts.day()),
            std::chrono::weekday(date).c_encoding(),
            rest / 3600,
            rest / 60 % 60,
            rest % 60};
}

std::string date_time(std::int64_t seconds) {
    const auto utc = utc_of(seconds);
    std::array<char, 40> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%04d-%02u-%02uT%02u:%02u:%02uZ",
                  utc.year,
                  utc.month,
                  utc.day,
                  utc.hour,
                  utc.minute,
                  utc.second);
    return text.data();
}

// "2026-11-25T10:00:00Z", perhaps with a fraction; Annex C: always in UTC.
std::optional<std::int64_t> seconds_of(const std::string& text) {
    UtcTime utc;
    int end = 0;
    if (std::sscanf(text.c_str(),
                    "%4d-%2u-%2uT%2u:%2u:%2u%n",
                    &utc.year,
                    &utc.month,
                    &utc.day,
                    &utc.hour,
                    &utc.minute,
                    &utc.second,
                    &end) != 6)
        return std::nullopt;
    auto rest = std::string_view(text).substr(static_cast<std::size_t>(end));
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of("0123456789"), rest.size()));
    }
    const std::chrono::year_month_day date{
        std::chrono::year(utc.year), std::chrono::month(utc.month), std::chrono::day(utc.day)};
    if (rest != "Z" || !date.ok() || utc.hour > 23 || utc.minute > 59 || utc.second > 60)
        return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * kSecondsOfADay +
           std::int64_t{utc.hour} * 3600 + std::int64_t{utc.minute} * 60 + utc.second;
}

}  // namespace

std::string write(const BootstrappingInfo& info) {
    // A B-TID is base64 and a domain name: nothing in it needs escaping.
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BootstrappingInfo xmlns=\"" +
           std::string(kNamespace) + "\">\n  <btid>" + info.transaction_identifier +
           "</btid>\n  <lifetime>" + date_time(info.lifetime) +
           "</lifetime>\n</BootstrappingInfo>\n";
}

std::optional<BootstrappingInfo> read_bootstrapping_info(std::string_view document) {
    const auto tree = xdm::DocumentTree::parse(document);
    if (!tree || tree->name(tree->root()) != xdm::ExpandedName{kNamespace, "BootstrappingInfo"})
        return std::nullopt;
    BootstrappingInfo info;
    std::optional<std::int64_t> lifetime;
    for (auto child = tree->at(tree->root()).first_child; child != xdm::DocumentTree::kNone;
         child = tree->at(child).next_sibling) {
        const auto name = tree->name(child);
        if (name.space != kNamespace) continue;  // of a later release
        if (name.local == "btid") info.transaction_identifier = tree->character_data(child);
        if (name.local == "lifetime") lifetime = seconds_of(tree->character_data(child));
    }
    if (info.transaction_identifier.empty() || !lifetime) return std::nullopt;
    info.lifetime = *lifetime;
    return info;
}

std::string http_date(std::int64_t seconds) {
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto utc = utc_of(seconds);
    std::array<char, 40> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%s, %02u %s %04d %02u:%02u:%02u GMT",
                  kDays[utc.weekday],
                  utc.day,
                  kMonths[utc.month - 1],
                  utc.year,
                  utc.hour,
                  utc.minute,
                  utc.second);
    return text.data();
}

}  // namespace imslab::gba
