#include "http/server.h"

#include <fmt/format.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "core/log.h"

namespace vigil::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

// What connections share; constant while they live.
struct Shared {
  ServerOptions options;
  Server::Handler handler;
};

using Answer = http::response<http::string_body>;

Answer AnswerOf(const Response& response, unsigned version, bool keep_alive, bool head) {
  Answer answer;
  answer.version(version);
  answer.result(static_cast<unsigned>(response.status));
  answer.set(http::field::content_type, response.content_type);
  answer.set(http::field::cache_control, "no-store");
  answer.set("X-Content-Type-Options", "nosniff");
  answer.keep_alive(keep_alive);
  answer.body() = response.body;
  answer.prepare_payload();
  if (head) answer.body().clear();  // its length stays
  return answer;
}

// One connection, with or without TLS: reads a request, answers, and again.
template <typename Stream>
class Session final : public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, std::string peer, const Shared& shared)
      : stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        peer_(std::move(peer)),
        shared_(shared) {}

  void Start() {
    if constexpr (kTls) {
      Expire(shared_.options.request_timeout);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](beast::error_code error) {
                                if (error) return self->Close();
                                self->Read();
                              });
    } else {
      Read();
    }
  }

 private:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  auto& socket() { return beast::get_lowest_layer(stream_).socket(); }

  // Whatever is under way then fails. The stream's own timer would only close this descriptor of the connection, and
  // whoever handed it on keeps another: the client would hear nothing.
  void Expire(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = this->shared_from_this()](beast::error_code error) {
      if (error || self->timer_.expiry() > asio::steady_timer::clock_type::now()) return;
      beast::error_code ignored;
      (void)self->socket().shutdown(tcp::socket::shutdown_both, ignored);
    });
  }

  void Read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.max_header_bytes));
    parser_->body_limit(shared_.options.max_body_bytes);
    Expire(shared_.options.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](beast::error_code error, std::size_t) {
                       self->OnRequest(error);
                     });
  }

  void OnRequest(beast::error_code error) {
    if (error == http::error::header_limit || error == http::error::body_limit ||
        error == http::error::buffer_overflow)
      return Write({413, "text/plain; charset=utf-8", "too large\n"}, false);
    if (error && error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return Write({400, "text/plain; charset=utf-8", "not a request\n"}, false);
    if (error) return Close();
    const auto& message = parser_->get();
    const std::string target(message.target());
    const std::size_t mark = target.find('?');
    const Request request{std::string(message.method_string()), target.substr(0, mark),
                          mark == std::string::npos ? "" : target.substr(mark + 1), peer_};
    Write(shared_.handler(request),
          message.keep_alive() && ++requests_ < shared_.options.max_requests);
  }

  void Write(const Response& response, bool keep_alive) {
    const auto& message = parser_->get();
    answer_ = AnswerOf(response, message.version() == 10 ? 10 : 11, keep_alive,
                       message.method() == http::verb::head);
    Expire(shared_.options.write_timeout);
    http::async_write(
        stream_, answer_,
        [self = this->shared_from_this(), keep_alive](beast::error_code error, std::size_t) {
          if (error || !keep_alive) return self->Close();
          self->Read();
        });
  }

  void Close() {
    timer_.cancel();
    beast::error_code ignored;
    (void)socket().shutdown(tcp::socket::shutdown_both, ignored);
    (void)socket().close(ignored);
  }

  Stream stream_;
  asio::steady_timer timer_;
  const std::string peer_;
  const Shared& shared_;
  beast::flat_buffer buffer_{64U << 10};
  std::optional<http::request_parser<http::string_body>> parser_;
  Answer answer_;
  int requests_ = 0;
};

class BeastServer final : public Server {
 public:
  explicit BeastServer(Shared shared) : shared_(std::move(shared)) {}

  ~BeastServer() override {
    context_.stop();
    thread_ = std::jthread();  // joined
  }

  absl::Status Start() {
    if (!shared_.options.certificate.empty()) {
      tls_.emplace(asio::ssl::context::tls_server);
      beast::error_code error;
      (void)tls_->set_options(asio::ssl::context::default_workarounds |
                                  asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1,
                              error);
      (void)tls_->use_certificate_chain(asio::buffer(shared_.options.certificate), error);
      if (error) return absl::InvalidArgumentError("the certificate cannot be read as PEM");
      (void)tls_->use_private_key(asio::buffer(shared_.options.key), asio::ssl::context::pem,
                                  error);
      if (error)
        return absl::InvalidArgumentError("the key cannot be read, or is not the certificate's");
    }
    thread_ = std::jthread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "http");
    return absl::OkStatus();
  }

  void Serve(Descriptor connection, const std::string& peer) override {
    const auto shared = std::make_shared<Descriptor>(std::move(connection));
    asio::post(context_, [this, shared, peer] { Begin(shared->Release(), peer); });
  }

 private:
  void Begin(int fd, const std::string& peer) {
    tcp::socket socket(context_);
    beast::error_code error;
    // The protocol is only asked for when a socket is opened anew.
    (void)socket.assign(peer.starts_with('[') ? tcp::v6() : tcp::v4(), fd, error);
    if (error) {
      ::close(fd);
      return;
    }
    if (tls_) {
      using TlsStream = beast::ssl_stream<beast::tcp_stream>;
      std::make_shared<Session<TlsStream>>(TlsStream(beast::tcp_stream(std::move(socket)), *tls_),
                                           peer, shared_)
          ->Start();
    } else {
      std::make_shared<Session<beast::tcp_stream>>(beast::tcp_stream(std::move(socket)), peer,
                                                   shared_)
          ->Start();
    }
  }

  void Run() {
    while (!context_.stopped()) {
      try {
        context_.run();
      } catch (const std::exception& e) {  // of a library: that connection is gone
        log::Error("http: {}", e.what());
      }
    }
  }

  const Shared shared_;
  std::optional<asio::ssl::context> tls_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::jthread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const ServerOptions& options,
                                                       Handler handler) {
  auto server = std::make_unique<BeastServer>(Shared{options, std::move(handler)});
  if (auto status = server->Start(); !status.ok()) return status;
  return server;
}

}  // namespace vigil::http
