// What a terminal can show: its width, and whether colours are wanted.
#include "lab/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace imslab::lab {

Terminal Terminal::of_output() {
    Terminal terminal;
    terminal.is_terminal = isatty(STDOUT_FILENO) == 1;
    const char* no_colour = std::getenv("NO_COLOR");
    const char* kind = std::getenv("TERM");
    terminal.colour = terminal.is_terminal && !(no_colour && *no_colour) &&
                      !(kind && std::string(kind) == "dumb");
    winsize size{};
    if (terminal.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        terminal.width = size.ws_col;
    return terminal;
}

}  // namespace imslab::lab
