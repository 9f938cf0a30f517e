// A Unix socket with mode 0600.
#include "hosts/asio/control.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace imslab::host {

using boost::asio::local::stream_protocol;

namespace {

constexpr std::size_t kLongestLine = 1U << 20U;  // a profile change may carry XML

}  // namespace

struct Control::Session {
    explicit Session(stream_protocol::socket connected) : socket(std::move(connected)) {}
    stream_protocol::socket socket;
    std::string in, out;
};

Result<void, std::string> Control::listen(const std::string& path) {
    const stream_protocol::endpoint probe(path.size() < 100 ? path : std::string());
    if (probe.path().empty())
        return failure("cannot listen on the control socket " + path +
                       ": the path is longer than 99 characters");
    ::unlink(path.c_str());
    boost::system::error_code error;
    acceptor_.open(stream_protocol(), error);
    const mode_t before = ::umask(0177);
    if (!error) acceptor_.bind(probe, error);
    ::umask(before);
    if (!error) acceptor_.listen(16, error);
    if (error) {
        return failure("cannot listen on the control socket " + path + ": " + error.message());
    }
    path_ = path;
    accept();
    return {};
}

void Control::stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    if (!path_.empty()) ::unlink(path_.c_str());
    path_.clear();
}

void Control::accept() {
    acceptor_.async_accept(
        [this](const boost::system::error_code& error, stream_protocol::socket socket) {
            if (error) return;
            read(std::make_shared<Session>(std::move(socket)));
            accept();
        });
}

void Control::read(const std::shared_ptr<Session>& session) {
    boost::asio::async_read_until(
        session->socket,
        boost::asio::dynamic_buffer(session->in, kLongestLine),
        '\n',
        [this, session](const boost::system::error_code& error, std::size_t size) {
            if (!error) on_line(session, session->in.substr(0, size - 1));
        });
}

void Control::on_line(const std::shared_ptr<Session>& session, const std::string& line) {
    Answer answer = [session](std::string text) {
        session->out = std::move(text);
        if (session->out.empty() || session->out.back() != '\n') session->out += '\n';
        boost::asio::async_write(session->socket,
                                 boost::asio::buffer(session->out),
                                 [session](const boost::system::error_code&, std::size_t) {
                                     boost::system::error_code ignored;
                                     session->socket.close(ignored);
                                 });
    };
    const auto space = line.find(' ');
    const auto found = commands_.find(line.substr(0, space));
    if (found == commands_.end()) {
        std::string words;
        for (const auto& [word, command] : commands_) words += " " + word;
        return answer("error: unknown command \"" + line.substr(0, space) +
                      "\"; expected one of:" + words);
    }
    found->second(space == std::string::npos ? std::string() : line.substr(space + 1),
                  std::move(answer));
}

}  // namespace imslab::host
