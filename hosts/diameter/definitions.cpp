// The dictionary objects, made in code: a fraction of a millisecond.
#include "hosts/diameter/definitions.h"

#include <cerrno>
#include <cstdint>
#include <string>

#include "diameter/message.h"
#include "hosts/diameter/freediameter.h"

namespace imslab::host {
namespace {

bool define_command(dict_object* object,
                    const Application& application,
                    const Application::Command& command,
                    bool request) {
    std::string name =
        std::string(application.name) + "-" + command.name + (request ? "-Request" : "-Answer");
    dict_cmd_data data{};
    data.cmd_code = command.code;
    data.cmd_name = name.data();
    data.cmd_flag_mask = CMD_FLAG_REQUEST;
    data.cmd_flag_val = request ? CMD_FLAG_REQUEST : 0;
    // Zh has a command of Cx, with its number.
    const int outcome = fd_dict_new(fd_g_config->cnf_dict, DICT_COMMAND, &data, object, nullptr);
    return outcome == 0 || outcome == EEXIST;
}

bool define_avp(std::uint32_t code) {
    std::string name = "3GPP-AVP-" + std::to_string(code);
    dict_avp_data data{};
    data.avp_code = code;
    data.avp_vendor = diameter::kVendor3gpp;
    data.avp_name = name.data();
    data.avp_flag_mask = AVP_FLAG_VENDOR;
    data.avp_flag_val = AVP_FLAG_VENDOR;
    data.avp_basetype = AVP_TYPE_OCTETSTRING;
    return fd_dict_new(fd_g_config->cnf_dict, DICT_AVP, &data, nullptr, nullptr) == 0;
}

dict_object* define(const Application& application, dict_object* vendor) {
    std::string name = std::string("3GPP ") + application.name;
    dict_application_data data{application.id, name.data()};
    dict_object* object = nullptr;
    if (fd_dict_new(fd_g_config->cnf_dict, DICT_APPLICATION, &data, vendor, &object) != 0)
        return nullptr;
    for (const auto& command : application.commands) {
        if (!define_command(object, application, command, true) ||
            !define_command(object, application, command, false))
            return nullptr;
    }
    return object;
}

}  // namespace

std::vector<dict_object*> define(const std::vector<const Application*>& applications) {
    std::string vendor_name = "3GPP";
    dict_vendor_data vendor{diameter::kVendor3gpp, vendor_name.data()};
    dict_object* vendor_object = nullptr;
    if (fd_dict_new(fd_g_config->cnf_dict, DICT_VENDOR, &vendor, nullptr, &vendor_object) != 0)
        return {};
    // Each borrows AVPs from the other: Sh the identities of Cx.
    for (const auto* application :
         {&cx_application(), &sh_application(), &zh_application(), &zn_application()}) {
        for (std::uint32_t code = application->first_avp; code <= application->last_avp; ++code) {
            if (!define_avp(code)) return {};
        }
    }
    std::vector<dict_object*> objects;
    for (const auto* application : applications) {
        objects.push_back(define(*application, vendor_object));
        if (objects.back() == nullptr) return {};
    }
    return objects;
}

}  // namespace imslab::host
