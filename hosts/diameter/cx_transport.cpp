// The dictionary objects, made in code: a fraction of a millisecond.
#include "hosts/diameter/cx_transport.h"

#include <array>
#include <cstdint>
#include <string>

#include "diameter/dictionary.h"
#include "diameter/message.h"
#include "hosts/diameter/freediameter.h"

namespace imslab::host {
namespace {

struct Command {
    command_code_t code;
    const char* name;
};

constexpr std::array kCommands{Command{300, "User-Authorization"},
                               Command{301, "Server-Assignment"},
                               Command{302, "Location-Info"},
                               Command{303, "Multimedia-Auth"},
                               Command{304, "Registration-Termination"},
                               Command{305, "Push-Profile"}};

// TS 29.229 §6.3 has its AVPs in this range.
constexpr std::uint32_t kFirstAvp = 600, kLastAvp = 699;

bool define_command(dict_object* application, const Command& command, bool request) {
    std::string name = std::string("Cx-") + command.name + (request ? "-Request" : "-Answer");
    dict_cmd_data data{};
    data.cmd_code = command.code;
    data.cmd_name = name.data();
    data.cmd_flag_mask = CMD_FLAG_REQUEST;
    data.cmd_flag_val = request ? CMD_FLAG_REQUEST : 0;
    return fd_dict_new(fd_g_config->cnf_dict, DICT_COMMAND, &data, application, nullptr) == 0;
}

bool define_avp(std::uint32_t code) {
    std::string name = "Cx-AVP-" + std::to_string(code);
    dict_avp_data data{};
    data.avp_code = code;
    data.avp_vendor = diameter::kVendor3gpp;
    data.avp_name = name.data();
    data.avp_flag_mask = AVP_FLAG_VENDOR;
    data.avp_flag_val = AVP_FLAG_VENDOR;
    data.avp_basetype = AVP_TYPE_OCTETSTRING;
    return fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &data, nullptr, nullptr) == 0;
}

}  // namespace

dict_object* define_cx() {
    std::string vendor_name = "3GPP";
    dict_vendor_data vendor{diameter::kVendor3gpp, vendor_name.data()};
    dict_object* vendor_object = nullptr;
    if (fd_dict_new(fd_g_config->cnf_dict, DICT_VENDOR, &vendor, nullptr, &vendor_object) != 0)
        return nullptr;
    std::string application_name = "3GPP Cx";
    dict_application_data data{diameter::kApplicationCx, application_name.data()};
    dict_object* application = nullptr;
    if (fd_dict_new(fd_g_config->cnf_dict, DICT_APPLICATION, &data, vendor_object, &application) !=
        0)
        return nullptr;
    bool defined = true;
    for (const Command& command : kCommands) {
        defined = defined && define_command(application, command, true) &&
                  define_command(application, command, false);
    }
    for (std::uint32_t code = kFirstAvp; code <= kLastAvp; ++code) {
        defined = defined && define_avp(code);
    }
    return defined ? application : nullptr;
}

}  // namespace imslab::host
