// xdm::StoreRequest to the database, its answer to the loop.
#include "hosts/nodes/provide_documents.h"

#include "hosts/nodes/provide_store.h"
#include "hosts/store/document_database.h"

namespace imslab::host {

Result<std::vector<xdm::StoredDocument>, std::string> provide_documents(
    Process& process, const std::string& database) {
    return provide_loaded_store<DocumentDatabase>(process.loop(), database);
}

}  // namespace imslab::host
