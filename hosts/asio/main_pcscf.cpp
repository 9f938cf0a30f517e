// The P-CSCF as a process on sockets.
#include "hosts/nodes/assemble.h"

int main(int argc, char** argv) {
    return imslab::host::run_process(
        argc, argv, "pcscf", imslab::host::assemble_pcscf, imslab::host::check_pcscf);
}
