// Whether a server still answers.
#include "hosts/store/renewed_connection.h"

namespace imslab::host {

bool is_alive(soci::session& sql) {
    try {
        int one = 0;
        sql << "SELECT 1", soci::into(one);
        return one == 1;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace imslab::host
