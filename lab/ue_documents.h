// The XCAP client of the lab's UE (RFC 4825 §7; TS 24.623 §5.2): reads and writes documents on Ut,
// proves who it is by HTTP Digest, by Digest AKA or by a bootstrapped key, and makes the mistakes a
// scenario wants to see.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lab/http_answers.h"
#include "lab/http_client.h"
#include "lab/procedure.h"
#include "lab/ue.h"
#include "lab/ue_bootstrapping.h"

namespace imslab::lab {

// Where it asks.
struct DocumentServer {
    Address address;
    std::string host;
    std::string root;            // the path of the XCAP root URI
    std::string authority_file;  // empty: no TLS
    std::optional<BootstrappingPlace> bsf;
};

struct HttpChallenge {
    std::string realm, nonce, qop, algorithm, username;
    bool bootstrapped = false;
};

class UeDocuments {
public:
    UeDocuments(Ue& ue, Entropy& entropy)
        : ue_(ue), entropy_(entropy), bootstrapping_(ue, entropy) {}

    // `body`: of a PUT.
    Ue::Outcome perform(const DocumentCommand& command,
                        const std::string& path,
                        const std::string& body,
                        const DocumentServer& server,
                        Deadline deadline);
    UeBootstrapping& bootstrapping() { return bootstrapping_; }
    const HttpAnswers& answers() const { return answers_; }

private:
    bool can_bootstrap(const DocumentServer& server) const {
        return server.bsf && ue_.identity().aka;
    }
    http::Request request_for(const DocumentCommand& command,
                              const std::string& path,
                              const std::string& body,
                              const DocumentServer& server) const;
    // The Authorization of the next request with what was challenged last; empty: nothing yet.
    std::string authorization(const http::Request& request, const DocumentServer& server);
    std::string answer(const http::Message& challenge,
                       const DocumentCommand& command,
                       const http::Request& request,
                       const DocumentServer& server,
                       Deadline deadline);
    // With a bootstrapped key, agreed on now if there is none that is good.
    std::string answer_bootstrapped(HttpChallenge challenge,
                                    const DocumentCommand& command,
                                    const http::Request& request,
                                    const DocumentServer& server,
                                    Deadline deadline);
    std::string connect(const DocumentServer& server, Deadline deadline);

    Ue& ue_;
    Entropy& entropy_;
    UeBootstrapping bootstrapping_;
    std::unique_ptr<HttpClient> client_;
    Address connected_to_;
    // Of the last challenge that was answered.
    HttpChallenge challenge_;
    std::string ha1_;
    unsigned count_ = 0;
    HttpAnswers answers_;
    std::map<std::string, std::string> tags_;  // by document: as it was seen last
};

}  // namespace imslab::lab
