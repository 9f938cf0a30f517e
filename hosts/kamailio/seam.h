// What the module (C, in every Kamailio process) and the engine's library (C++) say to each other.
// Neither side's headers are seen by the other.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// core/address.h's Flow. `transport` is UDP, TCP, TLS, WS, WSS from 0; ports in host order;
// `connection` is Kamailio's number, 0: none.
struct ims_flow {
    unsigned char transport, is_v6;
    unsigned short local_port, remote_port;
    unsigned char local_ip[16], remote_ip[16];
    int connection;
};

struct ims_parameter {
    const char* name;
    const char* value;
};

// What the engine may ask of Kamailio; by the engine's event loop, and by the keeper when there is
// no engine.
struct ims_kamailio {
    // 0: handed to the transport.
    int (*send)(const struct ims_flow* flow, const char* bytes, unsigned size);
    void (*close)(const struct ims_flow* flow);
    // Is there a socket of that transport on the local address?
    int (*listens)(const struct ims_flow* flow);
    // 3 debug, 2 information, 1 warning, 0 error; on the keeper's and the worker's threads alone.
    void (*log)(int level, const char* text);
    const char* runtime_folder;
    int logs_to_stderr;
};

// Walks an answer for RPC, depth first. Names are empty inside a list.
struct ims_visitor {
    void* self;
    void (*enter)(void* self, const char* name);
    void (*leave)(void* self);
    void (*text)(void* self, const char* name, const char* value);
    void (*number)(void* self, const char* name, double value);
};

// Of a public identity.
struct ims_user {
    int registered, contacts;
    long expires_seconds;
    char identity[512];  // the default one of its implicit registration set
};

struct ims_engine {
    // Before any fork. 0, or one sentence that says what is wrong with the parameters.
    const char* (*configure)(const struct ims_kamailio* kamailio,
                             const struct ims_parameter* parameters,
                             unsigned count);
    // The keeper's life; returns the status to exit with.
    int (*keep)(void);
    // To the engine, from any Kamailio process. 0: it will be heard.
    int (*deliver)(const struct ims_flow* flow, const char* bytes, unsigned size);
    int (*closed)(const struct ims_flow* flow);
    // "bindings", "dialogs", "stats"; 0, or one sentence why there is no answer.
    const char* (*tell)(const char* what, const struct ims_visitor* visitor);
    // 0, or one sentence why there is no answer.
    const char* (*find)(const char* identity, unsigned size, struct ims_user* user);
    const char* (*role)(void);
    int (*ready)(void);
};

const struct ims_engine* ims_engine_functions(void);

#ifdef __cplusplus
}
#endif
