// The I-CSCF as a process on sockets and Cx.
#include "hosts/nodes/assemble.h"

int main(int argc, char** argv) {
    return imslab::host::run_process(
        argc, argv, "icscf", imslab::host::assemble_icscf, imslab::host::check_icscf);
}
