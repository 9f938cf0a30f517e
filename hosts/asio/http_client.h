// HTTP/1.1 from a node to other servers: connections are kept and used again, one question at a
// time on each.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "hosts/asio/loop.h"
#include "hosts/trace/trace.h"
#include "http/forward.h"

namespace imslab::host {

class HttpClient : public std::enable_shared_from_this<HttpClient> {
public:
    using Answer = std::function<void(Result<http::Response, std::string>)>;
    // Every message as it is on the wire; empty: nobody records.
    using OnMessage = std::function<void(trace::Direction, const Flow&, std::string_view)>;

    // `from`: the address that its connections have.
    HttpClient(boost::asio::io_context& io, IpAddress from, OnMessage on_message)
        : io_(io), from_(from), on_message_(std::move(on_message)) {}

    void ask(http::Forward question, Answer answer);
    void stop();

private:
    class Connection;
    void keep(std::shared_ptr<Connection> connection);

    boost::asio::io_context& io_;
    const IpAddress from_;
    const OnMessage on_message_;
    bool stopped_ = false;
    std::map<Address, std::vector<std::shared_ptr<Connection>>> idle_;
};

// Answers the node's Ask{http::Forward} from now on.
void provide_http_client(Loop& loop, IpAddress from);

}  // namespace imslab::host
