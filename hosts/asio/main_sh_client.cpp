// An application server on Sh alone, as a process.
#include "hosts/administration/sh_client.h"
#include "hosts/asio/process.h"
#include "hosts/diameter/service.h"

namespace {

using namespace imslab;

Result<void, std::string> assemble(host::Process& process) {
    process.serve(std::make_unique<host::ShClient>());
    host::provide_sh_commands(process.loop());
    return host::provide_sh(process, host::DiameterRole::connects);
}

}  // namespace

int main(int argc, char** argv) { return host::run_process(argc, argv, "sh_client", assemble); }
