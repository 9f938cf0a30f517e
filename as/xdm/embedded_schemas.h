// The files of as/xdm/schemas, compiled in by as/xdm/embed_schemas.cmake.
#pragma once

#include <span>
#include <string_view>

namespace imslab::xdm::embedded {

struct SchemaFile {
    std::string_view name, text;
};
std::span<const SchemaFile> schemas();

}  // namespace imslab::xdm::embedded
