// Pseudo-variables: $ims(role), $ims(ready).
#include <string.h>

#include "core/dprint.h"
#include "module.h"

enum { VARIABLE_ROLE = 1, VARIABLE_READY };

int ims_pv_parse_name(pv_spec_p spec, str* name) {
    int which = 0;
    if (name->len == 4 && strncmp(name->s, "role", 4) == 0) which = VARIABLE_ROLE;
    if (name->len == 5 && strncmp(name->s, "ready", 5) == 0) which = VARIABLE_READY;
    if (which == 0) {
        LM_ERR("$ims(%.*s) is not known; expected $ims(role) or $ims(ready)\n", name->len, name->s);
        return -1;
    }
    spec->pvp.pvn.type = PV_NAME_INTSTR;
    spec->pvp.pvn.u.isname.type = 0;
    spec->pvp.pvn.u.isname.name.n = which;
    return 0;
}

int ims_pv_get(sip_msg_t* message, pv_param_t* parameter, pv_value_t* value) {
    str role;
    if (parameter->pvn.u.isname.name.n == VARIABLE_READY)
        return pv_get_sintval(message, parameter, value, engine->ready());
    role.s = (char*)engine->role();
    role.len = (int)strlen(role.s);
    return pv_get_strval(message, parameter, value, &role);
}
