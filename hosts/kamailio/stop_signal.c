// A process of Kamailio that is told to stop while it starts. Two faults of Kamailio's own (5.6)
// make such a process forget it, or wait for ever; its main process then waits for a minute, and
// kills. A module sees each process once it is forked, and mends both there.
#include <signal.h>

#include "core/cfg/cfg_struct.h"
#include "module.h"

// Kamailio's main.c: the signal that the main process is to handle next.
extern int sig_flag;

void ims_mind_stop_signal(void) {
    sigset_t stops, before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, &before);
    // The handler (sig_usr) brings the process's copy of the configuration up to date, under a lock
    // that all processes share. While a process makes its first copy it holds that lock itself: a
    // signal right then, and it waits for itself, and each other process that has no copy, too.
    cfg_update_no_cbs();
    sigprocmask(SIG_SETMASK, &before, NULL);
    // A process that is told before it ever ran still believes to be the main process: the handler
    // notes the signal for the main process's loop, which does not run here.
    if (sig_flag == SIGTERM || sig_flag == SIGINT) raise(sig_flag);
}
