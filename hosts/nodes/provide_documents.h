// The database of an XDM server for its process.
#pragma once

#include <string>
#include <vector>

#include "as/xdm/document_store.h"
#include "hosts/asio/process.h"

namespace imslab::host {

// Answers xdm::StoreRequest from now on; what was stored before. A file is written where the node
// runs; a server may be slow or away, and has a thread of its own.
Result<std::vector<xdm::StoredDocument>, std::string> provide_documents(
    Process& process, const std::string& database);

}  // namespace imslab::host
