// What a piece of work costs as its input grows: processor time of this thread, the least of
// several tries, so that a busy machine does not decide.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <ctime>
#include <string>
#include <string_view>

namespace imslab::test {

inline double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Work>
double least_seconds(const std::string& input, Work&& work) {
    double least = 1e9;
    for (int i = 0; i < 5; ++i) {
        const double before = thread_seconds();
        work(input);
        least = std::min(least, thread_seconds() - before);
    }
    return least;
}

// Eight times the input: 8 if the cost is linear, 64 if it is quadratic. `size` is raised until one
// try is long enough to be measured; the bound lies between, generously.
template <class Make, class Work>
void check_linear(const char* what, Make&& make, Work&& work, std::size_t size = 500) {
    constexpr double kMeasurable = 300e-6, kTooMuch = 28;
    constexpr std::size_t kEnough = 2'000'000;
    constexpr double kPerOctet = 20e-9;  // copying and the pages it touches: nobody's fault
    INFO(what);
    double small = 0;
    for (; size < kEnough; size *= 2) {
        small = least_seconds(make(size), work);
        if (small >= kMeasurable) break;
    }
    // refused at once, whatever it holds: millions of units cost less than can be measured
    if (small < kMeasurable) return;
    const auto large_input = make(size * 8);
    double large = least_seconds(large_input, work);
    for (int again = 0; again < 3 && large >= small * kTooMuch; ++again) {
        small = std::max(small, least_seconds(make(size), work));
        large = std::min(large, least_seconds(large_input, work));
    }
    INFO(size << ": " << small * 1e3 << " ms; eight times as much: " << large * 1e3 << " ms");
    CHECK(large < std::max(small * kTooMuch, static_cast<double>(large_input.size()) * kPerOctet));
}

inline std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace imslab::test
