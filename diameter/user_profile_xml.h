// Elements of CxDataType (TS 29.228 Annex E) on a pugixml tree: for the reader of User-Data and of
// subscriber files.
#pragma once

#include <functional>
#include <pugixml.hpp>

#include "diameter/user_profile.h"

namespace imslab::cx {

// Collects what is wrong, where. Values that are wrong keep their default.
class ProfileReader {
public:
    using Complain = std::function<void(pugi::xml_node, std::string found, std::string expected)>;
    explicit ProfileReader(Complain complain) : complain_(std::move(complain)) {}

    ServiceProfile service_profile(pugi::xml_node node) const;
    PublicIdentity public_identity(pugi::xml_node node) const;
    InitialFilterCriteria filter_criteria(pugi::xml_node node) const;

private:
    TriggerPoint trigger_point(pugi::xml_node node) const;
    ServicePointTrigger service_point_trigger(pugi::xml_node node) const;
    ApplicationServer application_server(pugi::xml_node node) const;
    std::string needed_text(pugi::xml_node parent, const char* name) const;
    std::uint32_t number(pugi::xml_node node, std::uint32_t highest) const;
    bool boolean(pugi::xml_node node) const;

    Complain complain_;
};

void write_service_profile(pugi::xml_node parent, const ServiceProfile& profile);
void write_filter_criteria(pugi::xml_node parent, const InitialFilterCriteria& criteria);

}  // namespace imslab::cx
