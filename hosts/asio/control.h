// The control socket: one line in, an answer and the end out. Only the user who started the node
// may connect.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/result.h"

namespace imslab::host {

class Control {
public:
    // `answer` is called once, now or later; without a line's end it gets one.
    using Answer = std::function<void(std::string text)>;
    using Command = std::function<void(std::string rest_of_line, Answer answer)>;

    explicit Control(boost::asio::io_context& io) : io_(io), acceptor_(io) {}
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control() { stop(); }

    void provide(const std::string& word, Command command) { commands_[word] = std::move(command); }
    Result<void, std::string> listen(const std::string& path);
    void stop();

private:
    struct Session;
    void accept();
    void read(const std::shared_ptr<Session>& session);
    void on_line(const std::shared_ptr<Session>& session, const std::string& line);

    boost::asio::io_context& io_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
    std::map<std::string, Command> commands_;
    std::string path_;
};

}  // namespace imslab::host
