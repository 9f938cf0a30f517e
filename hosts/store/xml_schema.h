// A schema that is compiled in, and documents held against it. Reads no other file, no entity and
// nothing from a network.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hss/subscriber_file.h"

namespace imslab::host {

class XmlSchema {
public:
    // `name` is what errors call it: "hss/subscribers.xsd".
    XmlSchema(std::string_view xsd, const std::string& name);
    ~XmlSchema();
    XmlSchema(const XmlSchema&) = delete;
    XmlSchema& operator=(const XmlSchema&) = delete;

    // `file` is the name that errors show. On any thread.
    std::vector<hss::FileError> errors(std::string_view xml, const std::string& file) const;

private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
    std::string allowed_;
};

}  // namespace imslab::host
