// Ctrl-C and SIGTERM as something that can be waited for.
#include "lab/interrupt.h"

#include <signal.h>

#include <csignal>
#include <initializer_list>

namespace imslab::lab {

namespace {

// a signal handler can reach nothing but a global
volatile std::sig_atomic_t interrupted = 0;
int patient = 0;

extern "C" void on_interrupt(int) { interrupted = 1; }

}  // namespace

void Interrupt::install() {
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

bool Interrupt::happened() { return interrupted != 0; }
bool Interrupt::hurries() { return interrupted != 0 && patient == 0; }
Interrupt::Patience::Patience() { ++patient; }
Interrupt::Patience::~Patience() { --patient; }

}  // namespace imslab::lab
