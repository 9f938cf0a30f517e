// A store in memory, for the simulator and for tests: the same answers as hosts/store/sql_store.h.
#pragma once

#include <memory>

#include "hss/store.h"

namespace imslab::hss {

class MemoryStore : public Store {
public:
    MemoryStore();
    ~MemoryStore() override;
    StoreAnswer perform(const StoreRequest& request) override;

private:
    struct Tables;
    std::unique_ptr<Tables> tables_;
};

}  // namespace imslab::hss
