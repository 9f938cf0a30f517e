// The application server as a process on sockets.
#include "hosts/nodes/assemble.h"

int main(int argc, char** argv) {
    return imslab::host::run_process(
        argc, argv, "as", imslab::host::assemble_as, imslab::host::check_as);
}
