// ims_find() and the pseudo-variables: what a script wants to know of this node and of a served
// user.
#include <string.h>

#include "core/dprint.h"
#include "core/mod_fix.h"
#include "module.h"

enum variable { ROLE, READY, REGISTERED, CONTACTS, EXPIRES, IDENTITY, VARIABLES };

static const char* const names[VARIABLES] = {
    "role", "ready", "registered", "contacts", "expires", "identity"};

// What ims_find() found last, and for which message: it says nothing of another one.
static struct {
    unsigned int message;
    struct ims_user user;
} found;

int ims_find(sip_msg_t* message, char* identity, char* unused) {
    str wanted;
    const char* problem;
    (void)unused;
    found.message = 0;
    if (fixup_get_svalue(message, (gparam_t*)identity, &wanted) != 0) return -1;
    problem = engine->find(wanted.s, (unsigned)wanted.len, &found.user);
    if (problem != NULL) {
        LM_WARN("%s\n", problem);
        return -1;
    }
    found.message = message->id;
    return found.user.registered ? 1 : -1;
}

int ims_pv_parse_name(pv_spec_p spec, str* name) {
    int i;
    for (i = 0; i < VARIABLES; ++i) {
        if (strlen(names[i]) != (size_t)name->len || strncmp(names[i], name->s, name->len) != 0)
            continue;
        spec->pvp.pvn.type = PV_NAME_INTSTR;
        spec->pvp.pvn.u.isname.type = 0;
        spec->pvp.pvn.u.isname.name.n = i;
        return 0;
    }
    LM_ERR(
        "$ims(%.*s) is not known; expected role, ready, registered, contacts, expires or "
        "identity\n",
        name->len,
        name->s);
    return -1;
}

int ims_pv_get(sip_msg_t* message, pv_param_t* parameter, pv_value_t* value) {
    const int which = (int)parameter->pvn.u.isname.name.n;
    str text;
    if (which == READY) return pv_get_sintval(message, parameter, value, engine->ready());
    if (which == ROLE) {
        text.s = (char*)engine->role();
        text.len = (int)strlen(text.s);
        return pv_get_strval(message, parameter, value, &text);
    }
    if (found.message != message->id) return pv_get_null(message, parameter, value);
    switch (which) {
        case REGISTERED:
            return pv_get_sintval(message, parameter, value, found.user.registered);
        case CONTACTS:
            return pv_get_sintval(message, parameter, value, found.user.contacts);
        case EXPIRES:
            return pv_get_sintval(message, parameter, value, (int)found.user.expires_seconds);
        default:
            text.s = found.user.identity;
            text.len = (int)strlen(text.s);
            return pv_get_strval(message, parameter, value, &text);
    }
}
