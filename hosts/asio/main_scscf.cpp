// The S-CSCF as a process on sockets and Cx.
#include "hosts/nodes/assemble.h"

int main(int argc, char** argv) {
    return imslab::host::run_process(
        argc, argv, "scscf", imslab::host::assemble_scscf, imslab::host::check_scscf);
}
