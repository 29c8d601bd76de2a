// A server of ours in Python, started and stopped by a test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/test_data.h"

namespace vigil::actions::test {

/// Runs `script` with `arguments` until the end of its life; the script prints `port N` when it
/// listens and ends when its stdin does.
class ScriptServer {
 public:
  ScriptServer(const std::string& script, std::vector<std::string> arguments) {
    std::array<int, 2> in, out;
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
    arguments.insert(arguments.begin(),
                     {"/usr/bin/python3",
                      vigil::test::SourcePath("tests/integration/actions/" + script).string()});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    stdin_ = in[1];
    std::string line;
    for (char c = 0; read(out[0], &c, 1) == 1 && c != '\n';) line += c;
    close(out[0]);
    if (line.starts_with("port ")) port_ = std::stoi(line.substr(5));
  }
  ScriptServer(const ScriptServer&) = delete;
  ScriptServer& operator=(const ScriptServer&) = delete;
  ~ScriptServer() {
    close(stdin_);
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }

  /// 0: the script did not start.
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
  int port_ = 0;
};

/// cert.pem and key.pem in `folder`, for localhost and 127.0.0.1, signed by themselves.
inline void MakeCertificate(const vigil::test::TempDir& folder) {
  const auto made = vigil::test::RunProgram(
      {"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
       "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
       "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", (folder / "key.pem").string(),
       "-out", (folder / "cert.pem").string()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
}

}  // namespace vigil::actions::test
