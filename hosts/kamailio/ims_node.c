// The module as Kamailio knows it: what it exports, and its life from mod_init to the keeper's
// fork.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cfg/cfg_struct.h"
#include "core/events.h"
#include "core/globals.h"
#include "core/mod_fix.h"
#include "core/pt.h"
#include "core/sr_module.h"
#include "module.h"

MODULE_VERSION

enum { MAX_PARAMETERS = 256 };

static struct ims_parameter parameters[MAX_PARAMETERS];
static unsigned parameter_count = 0;
const struct ims_engine* engine = NULL;

// Every parameter is kept by its name; the engine's library reads them all in mod_init.
static int keep_parameter(const char* name, void* value) {
    if (parameter_count == MAX_PARAMETERS) {
        LM_ERR("more than %d parameters\n", MAX_PARAMETERS);
        return -1;
    }
    parameters[parameter_count].name = name;
    parameters[parameter_count++].value = strdup((char*)value);
    return 0;
}

#define PARAMETERS(with)                                                                          \
    with(role) with(config) with(name) with(host) with(gm) with(gm_tls) with(gm_ws) with(gm_wss)  \
        with(mw) with(cx) with(domain) with(resolve) with(diameter_identity) with(diameter_realm) \
            with(hss) with(setting) with(trace) with(log) with(log_level) with(control) with(seed)

#define KEEP(name)                                         \
    static int keep_##name(modparam_t type, void* value) { \
        (void)type;                                        \
        return keep_parameter(#name, value);               \
    }
PARAMETERS(KEEP)

// Kamailio closes the descriptors below 32 after it has read its cfg, before mod_init.
static int keep_ready_fd(modparam_t type, void* value) {
    static char high[16];
    (void)type;
    snprintf(high, sizeof high, "%d", fcntl(atoi((char*)value), F_DUPFD, 64));
    return keep_parameter("ready_fd", high);
}

#define EXPORT(name) {#name, PARAM_STRING | USE_FUNC_PARAM, (void*)keep_##name},
static param_export_t params[] = {PARAMETERS(EXPORT) EXPORT(ready_fd){0, 0, 0}};

static cmd_export_t cmds[] = {
    {"ims_deliver", (cmd_function)ims_deliver, 0, 0, 0, ANY_ROUTE},
    {"ims_is_complete", (cmd_function)ims_is_complete, 0, 0, 0, ANY_ROUTE},
    {"ims_find", (cmd_function)ims_find, 1, fixup_spve_null, fixup_free_spve_null, ANY_ROUTE},
    {0, 0, 0, 0, 0, 0}};

static pv_export_t items[] = {
    {{"ims", sizeof("ims") - 1}, PVT_OTHER, ims_pv_get, 0, ims_pv_parse_name, 0, 0, 0},
    {{0, 0}, 0, 0, 0, 0, 0, 0, 0}};

// The library lies beside the module. RTLD_DEEPBIND: what it defines for freeDiameter (setsockopt,
// getnameinfo, random) takes precedence for freeDiameter alone; Kamailio keeps the C library's.
static const struct ims_engine* load_engine(void) {
    Dl_info self;
    char path[4096];
    const struct ims_engine* (*entry)(void);
    void* library;
    if (dladdr((void*)load_engine, &self) == 0) return NULL;
    snprintf(path, sizeof path, "%s", self.dli_fname);
    char* folder = dirname(path);
    char file[4200];
    snprintf(file, sizeof file, "%s/ims_engine.so", folder);
    library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library == NULL) {
        LM_ERR("cannot load the engine: %s\n", dlerror());
        return NULL;
    }
    *(void**)&entry = dlsym(library, "ims_engine_functions");
    if (entry == NULL) {
        LM_ERR("%s is not the engine of this module\n", file);
        return NULL;
    }
    return entry();
}

static int mod_init(void) {
    const char* mistake;
    engine = load_engine();
    if (engine == NULL) return -1;
    mistake = engine->configure(ims_kamailio(), parameters, parameter_count);
    if (mistake != NULL) {
        LM_ERR("%s\n", mistake);
        return -1;
    }
    if (sr_event_register_cb(SREV_TCP_CLOSED, ims_on_tcp_closed) != 0) {
        LM_ERR("Kamailio does not tell of closed connections\n");
        return -1;
    }
    register_procs(1);
    cfg_register_child(1);
    return 0;
}

// The keeper is Kamailio's child, the engine the keeper's: Kamailio stops when a child of its own
// dies. It gets a socket to the TCP main process, which the engine inherits.
static int child_init(int rank) {
    int pid;
    if (rank != PROC_INIT && rank != PROC_MAIN && rank != PROC_POSTCHILDINIT)
        ims_mind_stop_signal();
    if (rank != PROC_MAIN) return 0;
    pid = fork_process(PROC_NOCHLDINIT, "IMS engine's keeper", 1);
    if (pid < 0) {
        LM_ERR("cannot fork the engine's keeper\n");
        return -1;
    }
    if (pid == 0) {
        if (cfg_child_init() != 0) _exit(1);
        ims_mind_stop_signal();
        _exit(engine->keep());
    }
    return 0;
}

struct module_exports exports = {
    "ims_node", DEFAULT_DLFLAGS, cmds, params, ims_rpc_exports, items, 0, mod_init, child_init, 0};
