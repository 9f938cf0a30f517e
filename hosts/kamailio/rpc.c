// RPC commands (kamcmd, jsonrpcs): ims.bindings, ims.dialogs, ims.stats.
#include <stdio.h>

#include "module.h"

enum { DEEPEST = 16 };

// The structures that are open; Kamailio's RPC knows lists of structures and structures in those.
struct reply {
    rpc_t* rpc;
    void* context;
    void* open[DEEPEST];
    int depth;
};

static void enter(void* self, const char* name) {
    struct reply* reply = (struct reply*)self;
    void* inner = NULL;
    if (reply->depth == 0) {
        reply->rpc->add(reply->context, "{", &inner);
    } else if (reply->depth < DEEPEST) {
        reply->rpc->struct_add(
            reply->open[reply->depth - 1], "{", name[0] ? name : "entry", &inner);
    }
    if (reply->depth < DEEPEST) reply->open[reply->depth] = inner;
    ++reply->depth;
}

static void leave(void* self) { --((struct reply*)self)->depth; }

static void text(void* self, const char* name, const char* value) {
    struct reply* reply = (struct reply*)self;
    if (reply->depth == 0 || reply->depth > DEEPEST) return;
    reply->rpc->struct_add(
        reply->open[reply->depth - 1], "s", name[0] ? name : "value", (char*)value);
}

static void number(void* self, const char* name, double value) {
    struct reply* reply = (struct reply*)self;
    if (reply->depth == 0 || reply->depth > DEEPEST) return;
    reply->rpc->struct_add(reply->open[reply->depth - 1], "f", name[0] ? name : "value", value);
}

static void tell(rpc_t* rpc, void* context, const char* what) {
    struct reply reply = {rpc, context, {0}, 0};
    const struct ims_visitor visitor = {&reply, enter, leave, text, number};
    const char* problem = engine->tell(what, &visitor);
    if (problem != NULL) rpc->fault(context, 500, "%s", problem);
}

static void bindings(rpc_t* rpc, void* context) { tell(rpc, context, "bindings"); }
static void dialogs(rpc_t* rpc, void* context) { tell(rpc, context, "dialogs"); }
static void stats(rpc_t* rpc, void* context) { tell(rpc, context, "stats"); }

static const char* bindings_doc[] = {"Who is registered, with which contacts.", 0};
static const char* dialogs_doc[] = {"The dialogs that the node watches.", 0};
static const char* stats_doc[] = {"What the node's engine and its keeper have counted.", 0};

rpc_export_t ims_rpc_exports[] = {{"ims.bindings", bindings, bindings_doc, RET_ARRAY},
                                  {"ims.dialogs", dialogs, dialogs_doc, RET_ARRAY},
                                  {"ims.stats", stats, stats_doc, 0},
                                  {0, 0, 0, 0}};
