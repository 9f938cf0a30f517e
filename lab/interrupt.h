// Ctrl-C and SIGTERM: what is being waited for is over at once, so that everything unwinds and
// stops what it started.
#pragma once

namespace imslab::lab {

class Interrupt {
public:
    static void install();  // SIGINT, SIGTERM, SIGHUP
    static bool happened();

    // While one of these lives, deadlines are kept although somebody is in a hurry: nodes are
    // stopped in order.
    class Patience {
    public:
        Patience();
        ~Patience();
        Patience(const Patience&) = delete;
        Patience& operator=(const Patience&) = delete;
    };
    static bool hurries();  // happened, and nobody is patient
};

}  // namespace imslab::lab
