// The parts of the module in C: script functions, transports, RPC commands, pseudo-variables.
#pragma once

#include "core/events.h"
#include "core/pvar.h"
#include "core/rpc.h"
#include "core/sr_module.h"
#include "seam.h"

extern const struct ims_engine* engine;

// deliver.c
int ims_deliver(sip_msg_t* message, char* unused1, char* unused2);
int ims_is_complete(sip_msg_t* message, char* unused1, char* unused2);
int ims_on_tcp_closed(sr_event_param_t* event);

// stop_signal.c
void ims_mind_stop_signal(void);

// transport.c
void ims_flow_of(const struct receive_info* received, struct ims_flow* flow);
const struct ims_kamailio* ims_kamailio(void);

// rpc.c
extern rpc_export_t ims_rpc_exports[];

// variables.c
int ims_find(sip_msg_t* message, char* identity, char* unused);
int ims_pv_parse_name(pv_spec_p spec, str* name);
int ims_pv_get(sip_msg_t* message, pv_param_t* parameter, pv_value_t* value);
