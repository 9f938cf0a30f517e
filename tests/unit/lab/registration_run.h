// An IMS AKA registration as the four nodes record it, and the scenario that expects it.
#pragma once

#include "diameter/cx_codec.h"
#include "recorded.h"

namespace imslab::lab::test {

inline std::string cx_bytes(const diameter::Message& message) { return diameter::encode(message); }

inline cx::Envelope cx_envelope(const std::string& session, const std::string& from) {
    return {session, from, "home", "hss.home", "home"};
}

inline std::string uar(const std::string& session) {
    cx::UserAuthorizationRequest request;
    request.private_identity = "alice@home";
    request.public_identity = "sip:alice@home";
    request.visited_network = "home";
    return cx_bytes(cx::to_message(cx::Request(request), cx_envelope(session, "icscf.home")));
}
inline std::string uaa(const std::string& session,
                       diameter::ResultCode result = cx::result::first_registration) {
    cx::UserAuthorizationAnswer answer;
    answer.result = result;
    if (result == cx::result::subsequent_registration) answer.server_name = "sip:scscf.home";
    return cx_bytes(cx::to_message(cx::Answer(answer), cx_envelope(session, "hss.home")));
}
inline std::string mar(const std::string& session) {
    cx::MultimediaAuthRequest request;
    request.private_identity = "alice@home";
    request.public_identity = "sip:alice@home";
    request.server_name = "sip:scscf.home";
    return cx_bytes(cx::to_message(cx::Request(request), cx_envelope(session, "scscf.home")));
}
inline std::string maa(const std::string& session) {
    cx::MultimediaAuthAnswer answer;
    answer.result = cx::result::success;
    answer.private_identity = "alice@home";
    answer.public_identity = "sip:alice@home";
    cx::AuthVector vector;
    vector.item = 1;
    vector.auth_scheme = cx::scheme::aka;
    vector.rand_autn = std::string(32, 'r');
    vector.xres = std::string(8, 'x');
    vector.confidentiality_key = std::string(16, 'c');
    vector.integrity_key = std::string(16, 'i');
    answer.vectors.push_back(vector);
    return cx_bytes(cx::to_message(cx::Answer(answer), cx_envelope(session, "hss.home")));
}

// The parts of the run that a test may want to spoil.
struct RegistrationRun {
    std::string challenge_to_ue =
        "WWW-Authenticate: Digest realm=\"home\", "
        "nonce=\"cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\", algorithm=AKAv1-MD5\r\n";
    bool maa_missing = false;
    bool register_lost_first = false;

    Recording record() const {
        Recording run;
        const std::string ue_register = Text{"REGISTER sip:home SIP/2.0",
                                             "z9hG4bKue",
                                             "1 REGISTER",
                                             "",
                                             "Contact: <sip:alice@127.1.100.1:5060>\r\n"};
        const std::string via_ue = "Via: SIP/2.0/UDP 127.1.100.1:5060;branch=z9hG4bKue\r\n";
        const std::string via_p = "Via: SIP/2.0/UDP 127.1.1.2:5060;branch=z9hG4bKp\r\n" + via_ue;
        const std::string mw =
            "Path: <sip:term@pcscf.home;lr>\r\nRequire: path\r\nP-Visited-Network-ID: "
            "home\r\nP-Charging-Vector: icid-value=i1\r\n";
        const std::string p_register =
            Text{"REGISTER sip:home SIP/2.0",
                 "z9hG4bKp",
                 "1 REGISTER",
                 "",
                 via_ue + "Contact: <sip:alice@127.1.100.1:5060>\r\n" + mw,
                 "",
                 69,
                 "127.1.1.2:5060"};
        const std::string i_register =
            Text{"REGISTER sip:scscf.home SIP/2.0",
                 "z9hG4bKi",
                 "1 REGISTER",
                 "",
                 via_p + "Contact: <sip:alice@127.1.100.1:5060>\r\n" + mw,
                 "",
                 68,
                 "127.1.2.1:5060"};
        const std::string keys =
            "WWW-Authenticate: Digest realm=\"home\", "
            "nonce=\"cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\", algorithm=AKAv1-MD5, "
            "ck=\"63\", ik=\"69\"\r\n";
        run.hop("alice", "P-CSCF", ue_register);
        if (register_lost_first) {
            run.send("P-CSCF", "I-CSCF", p_register);
            run.wait_ms(500);
        }
        run.hop("P-CSCF", "I-CSCF", p_register);
        run.diameter("I-CSCF", "HSS", uar("s1")).diameter("HSS", "I-CSCF", uaa("s1"));
        run.hop("I-CSCF", "S-CSCF", i_register);
        run.diameter("S-CSCF", "HSS", mar("s2"));
        if (maa_missing) return run;
        run.diameter("HSS", "S-CSCF", maa("s2"));
        run.hop("S-CSCF",
                "I-CSCF",
                Text{"SIP/2.0 401 Unauthorized",
                     "z9hG4bKi",
                     "1 REGISTER",
                     "s1",
                     via_p + keys,
                     "",
                     0,
                     "127.1.2.1:5060"});
        run.hop("I-CSCF",
                "P-CSCF",
                Text{"SIP/2.0 401 Unauthorized",
                     "z9hG4bKp",
                     "1 REGISTER",
                     "s1",
                     via_ue + keys,
                     "",
                     0,
                     "127.1.1.2:5060"});
        run.hop("P-CSCF",
                "alice",
                Text{"SIP/2.0 401 Unauthorized",
                     "z9hG4bKue",
                     "1 REGISTER",
                     "s1",
                     challenge_to_ue,
                     "",
                     0});
        return run;
    }
};

inline std::string registration_scenario(const std::string& criteria = "") {
    return R"(# REG-001 Initial registration with IMS AKA

| | |
|---|---|
| Test object | P-CSCF, I-CSCF, S-CSCF, HSS |
| Specification | TS 24.229 §5.2.2; TS 29.228 §6.1 |
| Topology | core |
| Preconditions | alice is provisioned; nobody is registered |
| Tags | registration, aka |

Alice's phone asks for a challenge.

## Test procedure
1. `alice register` – Alice's phone registers.

## Call flow
```mermaid
sequenceDiagram
    alice->>P-CSCF: REGISTER
    P-CSCF->>I-CSCF: REGISTER
    I-CSCF->>HSS: UAR
    HSS-->>I-CSCF: UAA
    I-CSCF->>S-CSCF: REGISTER
    S-CSCF->>HSS: MAR
    HSS-->>S-CSCF: MAA
    S-CSCF-->>I-CSCF: 401
    I-CSCF-->>P-CSCF: 401
    P-CSCF-->>alice: 401 Unauthorized
```

## Pass criteria
| Message | Check | Reference |
|---|---|---|
| REGISTER P-CSCF→I-CSCF | `Path` contains `sip:term@pcscf` | TS 24.229 §5.2.2.1 |
| 401 P-CSCF→alice | `WWW-Authenticate` has no `ck` | TS 24.229 §5.2.2.2 |
)" + criteria;
}

}  // namespace imslab::lab::test
