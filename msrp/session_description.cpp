// RFC 4975 §8, RFC 5547 §6, RFC 6135 §4.2.2, RFC 6714 §4, RFC 8122 §5.
#include "msrp/session_description.h"

#include <algorithm>
#include <charconv>

namespace imslab::msrp {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

std::string_view take_word(std::string_view& rest) {
    const auto end = std::min(rest.find(' '), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || at != end) return std::nullopt;
    return value;
}

// RFC 5547 §6: in a name, %XX stands for quotes, per cent signs and line ends.
std::string unescaped(std::string_view text) {
    std::string name;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned value = 0;
        if (text[at] == '%' && at + 2 < text.size() &&
            std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16).ptr ==
                text.data() + at + 3) {
            name += static_cast<char>(value);
            at += 2;
        } else {
            name += text[at];
        }
    }
    return name;
}

std::string escaped(std::string_view name) {
    std::string text;
    for (const char c : name) {
        switch (c) {
            case '"':
                text += "%22";
                break;
            case '%':
                text += "%25";
                break;
            case '\r':
                text += "%0D";
                break;
            case '\n':
                text += "%0A";
                break;
            default:
                text += c;
        }
    }
    return text;
}

Setup setup_from(std::string_view text) {
    if (text == "active") return Setup::active;
    if (text == "passive") return Setup::passive;
    if (text == "actpass") return Setup::actpass;
    return Setup::absent;
}

std::string_view to_string(Setup setup) {
    switch (setup) {
        case Setup::active:
            return "active";
        case Setup::passive:
            return "passive";
        case Setup::actpass:
            return "actpass";
        case Setup::absent:
            break;
    }
    return {};
}

std::string address_in(std::string_view connection) {  // "IN IP4 127.0.0.1"
    const auto space = connection.rfind(' ');
    return std::string(space == std::string_view::npos ? connection : connection.substr(space + 1));
}

bool is_of_a_place(std::string_view line) {
    return line.starts_with("a=path:") || line.starts_with("a=setup:") ||
           line.starts_with("a=fingerprint:");
}

FileDescription& file_of(Media& media) {
    if (!media.file) media.file.emplace();
    return *media.file;
}

std::optional<std::string> read_attribute(std::string_view line, Media& media) {
    const auto colon = std::min(line.find(':'), line.size());
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(std::min(colon + 1, line.size())));
    if (name == "path") {
        auto path = parse_path(value);
        if (!path) return "a=path holds no MSRP URI";
        media.path = std::move(*path);
    } else if (name == "accept-types") {
        media.accept_types = value;
    } else if (name == "accept-wrapped-types") {
        media.accept_wrapped_types = value;
    } else if (name == "max-size") {
        media.max_size = number<std::uint64_t>(value);
        if (!media.max_size) return "a=max-size holds no number";
    } else if (name == "setup") {
        media.setup = setup_from(value);
    } else if (name == "fingerprint") {
        auto fingerprint = Fingerprint::parse(value);
        if (!fingerprint) return "a=fingerprint cannot be read";
        media.fingerprints.push_back(std::move(*fingerprint));
    } else if (name == "msrp-cema") {
        media.cema = true;
    } else if (name == "sendonly" || name == "recvonly" || name == "sendrecv" ||
               name == "inactive") {
        media.direction = name;
    } else if (name == "file-selector") {
        auto file = read_file_selector(value);
        if (!file) return "a=file-selector cannot be read";
        auto& into = file_of(media);
        file->transfer_id = into.transfer_id;
        file->disposition = into.disposition;
        file->date = into.date;
        into = std::move(*file);
    } else if (name == "file-transfer-id") {
        file_of(media).transfer_id = value;
    } else if (name == "file-disposition") {
        file_of(media).disposition = value;
    } else if (name == "file-date") {
        file_of(media).date = value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<FileDescription> read_file_selector(std::string_view text) {
    FileDescription file;
    while (!(text = trim(text)).empty()) {
        if (text.starts_with("name:\"")) {
            text.remove_prefix(6);
            const auto end = text.find('"');
            if (end == std::string_view::npos) return std::nullopt;
            file.name = unescaped(text.substr(0, end));
            text.remove_prefix(end + 1);
            continue;
        }
        const auto word = take_word(text);
        const auto colon = word.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const auto key = word.substr(0, colon), value = word.substr(colon + 1);
        if (key == "type") {
            file.type = value;
        } else if (key == "size") {
            file.size = number<std::uint64_t>(value);
            if (!file.size) return std::nullopt;
        } else if (key == "hash") {
            if (value.starts_with("sha-1:")) file.sha1 = value.substr(6);
        }
    }
    std::ranges::transform(file.sha1, file.sha1.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return file;
}

std::string write_file_selector(const FileDescription& file) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
    if (!file.name.empty()) add("name:\"" + escaped(file.name) + "\"");
    if (!file.type.empty()) add("type:" + file.type);
    if (file.size) add("size:" + std::to_string(*file.size));
    if (!file.sha1.empty()) add("hash:sha-1:" + file.sha1);
    return text;
}

Result<Media, std::string> read_media(std::string_view sdp) {
    Media media;
    std::string session_address;
    bool found = false, inside = false, any_media = false;
    while (!sdp.empty()) {
        const auto end = std::min(sdp.find('\n'), sdp.size());
        const auto line = trim(sdp.substr(0, end));
        sdp.remove_prefix(std::min(end + 1, sdp.size()));
        if (line.size() < 2 || line[1] != '=') continue;
        auto value = line.substr(2);
        if (line[0] == 'm') {
            if (found) break;
            any_media = true;
            take_word(value);
            const auto port = number<std::uint16_t>(take_word(value));
            const auto protocol = take_word(value);
            inside = protocol == "TCP/MSRP" || protocol == "TCP/TLS/MSRP";
            if (!inside) continue;
            if (!port) return failure(std::string("the MSRP medium has no port"));
            found = true;
            media.port = *port;
            media.secure = protocol == "TCP/TLS/MSRP";
        } else if (line[0] == 'c') {
            (inside ? media.address : session_address) = address_in(value);
        } else if (line[0] == 'a' &&
                   (inside || (!any_media && value.starts_with("fingerprint:")))) {
            if (auto problem = read_attribute(value, media)) return failure(std::move(*problem));
        }
    }
    if (!found) return failure(std::string("the description has no MSRP medium"));
    if (media.address.empty()) media.address = session_address;
    if (media.path.empty() && media.port != 0)
        return failure(std::string("the MSRP medium has no path"));
    return media;
}

std::string write_description(const Media& media, std::string_view session_id, unsigned version) {
    const std::string ip = media.address.find(':') == std::string::npos ? "IN IP4 " : "IN IP6 ";
    std::string text = "v=0\r\no=- " + std::string(session_id) + " " + std::to_string(version) +
                       " " + ip + media.address + "\r\ns=-\r\nc=" + ip + media.address +
                       "\r\nt=0 0\r\nm=message " + std::to_string(media.port) +
                       (media.secure ? " TCP/TLS/MSRP *\r\n" : " TCP/MSRP *\r\n");
    const auto line = [&](const char* name, std::string_view value) {
        text += std::string("a=") + name + (value.empty() ? "" : ":") + std::string(value) + "\r\n";
    };
    if (!media.accept_types.empty()) line("accept-types", media.accept_types);
    if (!media.accept_wrapped_types.empty())
        line("accept-wrapped-types", media.accept_wrapped_types);
    if (media.max_size) line("max-size", std::to_string(*media.max_size));
    if (!media.path.empty()) line("path", write_path(media.path));
    if (media.setup != Setup::absent) line("setup", to_string(media.setup));
    if (media.cema) line("msrp-cema", "");
    for (const auto& one : media.fingerprints) line("fingerprint", one.to_string());
    if (media.direction != "sendrecv") line(media.direction.c_str(), "");
    if (media.file) {
        line("file-selector", write_file_selector(*media.file));
        if (!media.file->transfer_id.empty()) line("file-transfer-id", media.file->transfer_id);
        if (!media.file->disposition.empty()) line("file-disposition", media.file->disposition);
        if (!media.file->date.empty()) line("file-date", media.file->date);
    }
    return text;
}

std::string redirected(std::string_view sdp, const Media& place) {
    const std::string ip = place.address.find(':') == std::string::npos ? "IN IP4 " : "IN IP6 ";
    std::string text;
    bool inside = false, any_media = false;
    while (!sdp.empty()) {
        const auto end = std::min(sdp.find('\n'), sdp.size());
        const auto line = trim(sdp.substr(0, end));
        sdp.remove_prefix(std::min(end + 1, sdp.size()));
        if (line.starts_with("m=")) {
            auto rest = line.substr(2);
            const auto media = take_word(rest);
            take_word(rest);  // the port
            inside = rest.starts_with("TCP/MSRP") || rest.starts_with("TCP/TLS/MSRP");
            any_media = true;
            if (!inside) {
                text += std::string(line) + "\r\n";
                continue;
            }
            take_word(rest);  // the protocol
            text += "m=" + std::string(media) + " " + std::to_string(place.port) +
                    (place.secure ? " TCP/TLS/MSRP " : " TCP/MSRP ") + std::string(rest) +
                    "\r\na=path:" + write_path(place.path) + "\r\n";
            for (const auto& one : place.fingerprints)
                text += "a=fingerprint:" + one.to_string() + "\r\n";
            if (place.setup != Setup::absent)
                text += "a=setup:" + std::string(to_string(place.setup)) + "\r\n";
        } else if (line.starts_with("c=")) {
            text += "c=" + ip + place.address + "\r\n";
        } else if (!is_of_a_place(line) || (any_media && !inside)) {
            text += std::string(line) + "\r\n";
        }
    }
    return text;
}

Setup answer_to(Setup offered) {
    switch (offered) {
        case Setup::active:
        case Setup::actpass:
            return Setup::passive;
        case Setup::passive:
            return Setup::active;
        case Setup::absent:
            break;
    }
    return Setup::absent;
}

bool offerer_connects(Setup offered, Setup answered) {
    if (answered == Setup::active) return false;
    if (answered == Setup::passive) return true;
    return offered != Setup::passive;
}

}  // namespace imslab::msrp
