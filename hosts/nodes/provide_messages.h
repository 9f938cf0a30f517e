// The database of a messaging server for its process.
#pragma once

#include <string>
#include <vector>

#include "as/messaging/message_store.h"
#include "hosts/asio/process.h"

namespace imslab::host {

// Answers messaging::StoreRequest from now on; what was stored before. A file is written where the
// node runs; a server may be slow or away, and has a thread of its own.
Result<std::vector<messaging::StoredMessage>, std::string> provide_messages(
    Process& process, const std::string& database);

// Answers messaging::ScanRequest by what clamd says at that socket.
void provide_content_filter(Process& process, const std::string& socket);

}  // namespace imslab::host
