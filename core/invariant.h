// Assertions that stay on in release: a broken invariant is a defect of ours, never something a
// peer can cause.
#pragma once

#include <cstdio>
#include <cstdlib>

#define IMSLAB_INVARIANT(condition)                                                                \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)
