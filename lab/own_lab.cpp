// A lab of the run's own: a supervisor for each scenario.
#include "lab/lab.h"
#include "lab/supervisor.h"

namespace imslab::lab {

namespace {

class OwnLab final : public Lab {
public:
    Result<void, std::string> begin(const Topology& topology,
                                    const NodeOptions& options,
                                    Deadline deadline) override {
        supervisor_ = std::make_unique<Supervisor>(topology, options);
        return supervisor_->start_all(deadline);
    }
    void end() override { supervisor_.reset(); }

    std::string start(std::string_view node, Deadline deadline) override {
        return supervisor_->start(node, deadline);
    }
    std::string stop(std::string_view node, Deadline deadline) override {
        return supervisor_->stop(node, deadline);
    }
    std::string signal(std::string_view node, int number) override {
        return supervisor_->signal(node, number);
    }
    std::string kill_at_message(std::string_view node, unsigned message) override {
        return supervisor_->kill_at_message(node, message);
    }
    std::optional<std::string> death() override { return supervisor_->death(); }
    std::vector<int> watches() const override { return supervisor_->watches(); }
    std::string control_socket(const TopologyNode& node) const override {
        return control_socket_of(node, supervisor_->options());
    }

private:
    std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace

std::unique_ptr<Lab> lab_of_our_own() { return std::make_unique<OwnLab>(); }

}  // namespace imslab::lab
