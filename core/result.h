// What a peer can cause is a value, not an exception. Result<T, E> holds a T or an E.
#pragma once

#include <tl/expected.hpp>

namespace imslab {

template <class T, class E>
using Result = tl::expected<T, E>;

template <class E>
auto failure(E&& error) {
    return tl::make_unexpected(std::forward<E>(error));
}

}  // namespace imslab
