// One file over HTTP on 127.0.0.1, with Range, and with the faults of real servers.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vigil::nn::test {

/// How it behaves; may be changed between requests.
struct ServerManners {
  std::string body = {};      ///< what it has
  int code = 0;               ///< answers that instead; 0: serves
  bool ranges = true;         ///< false: always the whole file, as a plain 200
  std::ptrdiff_t cut = -1;    ///< closes the connection after so many bytes of the body
  bool stall = false;         ///< after `cut` bytes: says nothing more instead of closing
  bool hides_length = false;  ///< no Content-Length: the end is where it closes
  std::string location = {};  ///< with a 3xx code
};

/// Serves any path on a thread of its own until it is destroyed.
class FileServer {
 public:
  explicit FileServer(ServerManners manners);
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;
  ~FileServer();

  void Behave(ServerManners manners);
  std::string address() const;             ///< http://127.0.0.1:port/models
  std::vector<std::string> heads() const;  ///< of the requests so far
  void AwaitRequest();                     ///< until one has been answered as far as `cut`

 private:
  void Run(const std::stop_token& stop);
  void Answer(int socket, const std::stop_token& stop);

  mutable std::mutex mutex_;
  ServerManners manners_;  // under mutex_, as below
  std::vector<std::string> heads_;
  std::atomic<int> answered_ = 0;
  int listener_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

}  // namespace vigil::nn::test
