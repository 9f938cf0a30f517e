// What a session description says of an MSRP session (RFC 4975 §8): paths, types, who connects to
// whom (RFC 6135), whether addresses may differ from paths (RFC 6714), whose certificates the
// sides have (RFC 8122), and a file (RFC 5547).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "msrp/fingerprint.h"
#include "msrp/uri.h"

namespace imslab::msrp {

// RFC 6135 §4.2.2: who opens the connection.
enum class Setup : std::uint8_t { active, passive, actpass, absent };

// RFC 5547 §5, §6: a=file-selector and its company.
struct FileDescription {
    std::string name, type;
    std::optional<std::uint64_t> size;
    std::string sha1;  // "72:24:…", in capitals; empty: not said
    std::string transfer_id, disposition, date;
};

struct Media {
    std::string address;     // of c= and m=: where to connect with RFC 6714
    std::uint16_t port = 0;  // 0: refused
    bool secure = false;     // TCP/TLS/MSRP
    std::vector<Uri> path;
    std::string accept_types = "*", accept_wrapped_types;
    std::optional<std::uint64_t> max_size;
    Setup setup = Setup::absent;
    bool cema = false;
    std::vector<Fingerprint> fingerprints;  // a=fingerprint; those of the session count, too
    std::string direction = "sendrecv";
    std::optional<FileDescription> file;
};

// A selector's value: name:"photo.jpg" type:image/jpeg size:4096 hash:sha-1:72:24:…
// nullopt: it cannot be read.
std::optional<FileDescription> read_file_selector(std::string_view text);
std::string write_file_selector(const FileDescription& file);

// The first MSRP medium of a description, by its lines. One sentence if it has none, or no path.
Result<Media, std::string> read_media(std::string_view sdp);
// A whole description with that medium; RFC 3264 §8: its version grows with each change.
std::string write_description(const Media& media,
                              std::string_view session_id,
                              unsigned version = 1);

// The description as it is, but for where its MSRP medium is: address, port, path, role, whether it
// is by TLS, and with which certificates, are those of `place`.
std::string redirected(std::string_view sdp, const Media& place);

// RFC 6135 §4.2.2, RFC 4975 §8.5: what answers an offered role; the offerer connects unless it says
// otherwise.
Setup answer_to(Setup offered);
// Does who offered open the connection, given the answer?
bool offerer_connects(Setup offered, Setup answered);

}  // namespace imslab::msrp
