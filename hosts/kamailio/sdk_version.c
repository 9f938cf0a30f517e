// What a module compiled with these headers and flags would call itself; Kamailio compares it.
#include <stdio.h>

#include "core/ver_defs.h"

int main(void) {
    printf("%s; %s\n", SER_FULL_VERSION, SER_COMPILE_FLAGS);
    return 0;
}
