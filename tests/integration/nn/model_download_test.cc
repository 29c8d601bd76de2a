#include "nn/model_download.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "core/status.h"
#include "integration/nn/file_server.h"
#include "nn/model_file.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace vigil::nn {
namespace {

using test::FileServer;
using test::ServerManners;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using vigil::test::ReadText;
using vigil::test::WriteFile;

constexpr std::size_t kBytes = 300'000;

std::string SomeBytes(unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(kBytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class ModelDownload : public testing::Test {
 protected:
  absl::StatusOr<PullOutcome> Pull(std::stop_token stop = {}) {
    return PullModel(model_, dir_.path(), options_, std::move(stop));
  }
  std::string File() const { return ReadText(dir_ / "tiny.onnx"); }
  bool Has(const std::string& name) const { return std::filesystem::exists(dir_ / name); }

  const std::string body_ = SomeBytes(1);
  const std::string hash_ = Sha256(std::as_bytes(std::span(body_)));
  const KnownModel model_{.name = "tiny",
                          .file = "tiny.onnx",
                          .sha256 = hash_,
                          .bytes = kBytes,
                          .licence = "MIT",
                          .source = "this test",
                          .use = "none",
                          .url = "https://models.invalid/tiny.onnx",
                          .family = "none"};
  FileServer server_{{.body = body_}};
  const vigil::test::TempDir dir_;
  DownloadOptions options_{.from = server_.address()};
};

TEST_F(ModelDownload, FetchesChecksAndRenames) {
  std::vector<std::size_t> reported;
  options_.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, kBytes);
    reported.push_back(done);
  };
  const auto outcome = Pull();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, PullOutcome::kDownloaded);
  EXPECT_EQ(File(), body_);
  EXPECT_FALSE(Has("tiny.onnx.part"));
  EXPECT_TRUE(std::is_sorted(reported.begin(), reported.end()));
  EXPECT_EQ(reported.front(), 0U);
  EXPECT_EQ(reported.back(), kBytes);
  EXPECT_THAT(server_.heads(), ElementsAre(HasSubstr("GET /models/tiny.onnx HTTP/1.1")));

  EXPECT_EQ(*Pull(), PullOutcome::kAlreadyThere);
  EXPECT_EQ(server_.heads().size(), 1U) << "nothing is asked for what is there";
}

TEST_F(ModelDownload, ReplacesAFileThatIsNotTheModel) {
  WriteFile(dir_ / "tiny.onnx", "something else");
  EXPECT_EQ(*Pull(), PullOutcome::kDownloaded);
  EXPECT_EQ(File(), body_);
}

TEST_F(ModelDownload, TakesNoFileWithAnotherHash) {
  const std::string other = SomeBytes(2);
  server_.Behave({.body = other});
  const auto outcome = Pull();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kDataLoss);
  const std::string got = Sha256(std::as_bytes(std::span(other)));
  EXPECT_EQ(MessageOf(outcome.status()), "model tiny: wrong SHA-256: expected " + hash_ + ", got " +
                                             got + "; removed (" + server_.address() +
                                             "/tiny.onnx)");
  EXPECT_FALSE(Has("tiny.onnx"));
  EXPECT_FALSE(Has("tiny.onnx.part"));
}

TEST_F(ModelDownload, GoesOnWhereABrokenTransferEnded) {
  server_.Behave({.body = body_, .cut = 100'000});
  const auto broken = Pull();
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(broken.status())),
              HasSubstr("; 100000 of 300000 bytes are kept, repeat the command to go on ("));
  EXPECT_FALSE(Has("tiny.onnx"));
  EXPECT_EQ(std::filesystem::file_size(dir_ / "tiny.onnx.part"), 100'000U);

  server_.Behave({.body = body_});
  const auto resumed = Pull();
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_EQ(*resumed, PullOutcome::kResumed);
  EXPECT_EQ(File(), body_);
  EXPECT_THAT(server_.heads(),
              ElementsAre(Not(HasSubstr("Range:")), HasSubstr("Range: bytes=100000-")));
}

TEST_F(ModelDownload, AServerWithoutRangesSendsItAllAgain) {
  WriteFile(dir_ / "tiny.onnx.part", body_.substr(0, 1000));
  server_.Behave({.body = body_, .ranges = false});
  const auto outcome = Pull();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, PullOutcome::kDownloaded);
  EXPECT_EQ(File(), body_);
}

struct PartCase {
  const char* name;
  std::string (*part)(const std::string& body);
};
class WrongPart : public ModelDownload, public testing::WithParamInterface<PartCase> {};

TEST_P(WrongPart, IsFetchedAnew) {
  WriteFile(dir_ / "tiny.onnx.part", GetParam().part(body_));
  const auto outcome = Pull();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(*outcome, PullOutcome::kDownloaded);
  EXPECT_EQ(File(), body_);
  EXPECT_LE(server_.heads().size(), 2U);
}
INSTANTIATE_TEST_SUITE_P(
    Parts, WrongPart,
    testing::Values(PartCase{"damaged", [](const std::string&) { return std::string(5000, 'x'); }},
                    PartCase{"too_long", [](const std::string& body) { return body + "x"; }},
                    PartCase{
                        "whole_but_wrong",
                        [](const std::string& body) { return std::string(body.size(), 'x'); }}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(ModelDownload, AWholePartNeedsNoServer) {
  WriteFile(dir_ / "tiny.onnx.part", body_);
  EXPECT_EQ(*Pull(), PullOutcome::kResumed);
  EXPECT_TRUE(server_.heads().empty());
  EXPECT_EQ(File(), body_);
}

struct AnswerCase {
  const char* name;
  ServerManners (*manners)(const std::string& body);
  absl::StatusCode code;
  const char* message;
};
class Refusal : public ModelDownload, public testing::WithParamInterface<AnswerCase> {};

TEST_P(Refusal, LeavesNothingBehind) {
  server_.Behave(GetParam().manners(body_));
  const auto outcome = Pull();
  EXPECT_EQ(outcome.status().code(), GetParam().code) << outcome.status();
  EXPECT_THAT(std::string(MessageOf(outcome.status())),
              testing::StartsWith(std::string("model tiny: ") + GetParam().message));
  EXPECT_THAT(std::string(MessageOf(outcome.status())), Not(HasSubstr("\n")));
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}
INSTANTIATE_TEST_SUITE_P(
    Answers, Refusal,
    testing::Values(
        AnswerCase{"not_found", [](const auto& b) { return ServerManners{.body = b, .code = 404}; },
                   absl::StatusCode::kNotFound, "the server answers HTTP 404"},
        AnswerCase{"forbidden", [](const auto& b) { return ServerManners{.body = b, .code = 403}; },
                   absl::StatusCode::kPermissionDenied, "the server answers HTTP 403"},
        AnswerCase{"broken", [](const auto& b) { return ServerManners{.body = b, .code = 500}; },
                   absl::StatusCode::kUnavailable, "the server answers HTTP 500"},
        AnswerCase{"too_large", [](const auto& b) { return ServerManners{.body = b + b}; },
                   absl::StatusCode::kDataLoss, "the server has 600000 bytes instead of 300000"},
        AnswerCase{"too_small", [](const auto&) { return ServerManners{.body = "<html>"}; },
                   absl::StatusCode::kDataLoss, "the server has 6 bytes instead of 300000"},
        AnswerCase{"too_large_unsaid",
                   [](const auto& b) { return ServerManners{.body = b + b, .hides_length = true}; },
                   absl::StatusCode::kDataLoss, "the server sends more than the 300000 bytes"},
        AnswerCase{"redirected_to_http",
                   [](const auto& b) {
                     return ServerManners{
                         .body = b, .code = 302, .location = "http://127.0.0.1:1/x"};
                   },
                   absl::StatusCode::kUnavailable, ""},
        AnswerCase{"redirected_to_a_file",
                   [](const auto& b) {
                     return ServerManners{.body = b, .code = 302, .location = "file:///etc/passwd"};
                   },
                   absl::StatusCode::kUnavailable, ""}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(ModelDownload, AStopEndsAStallAtOnceAndKeepsThePart) {
  server_.Behave({.body = body_, .cut = 50'000, .stall = true});
  std::stop_source stop;
  std::jthread stopper([&] {
    server_.AwaitRequest();
    stop.request_stop();
  });
  const auto outcome = Pull(stop.get_token());
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kCancelled) << outcome.status();
  EXPECT_FALSE(Has("tiny.onnx"));
}

TEST_F(ModelDownload, AStallEnds) {
  server_.Behave({.body = body_, .cut = 50'000, .stall = true});
  options_.stall_timeout = std::chrono::seconds(1);
  const auto outcome = Pull();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(outcome.status())),
              HasSubstr("50000 of 300000 bytes are kept"));
}

TEST_F(ModelDownload, ARefusedConnectionIsOneLine) {
  options_.from = "http://127.0.0.1:1/models";
  const auto outcome = Pull();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(MessageOf(outcome.status())), HasSubstr("127.0.0.1"));
  EXPECT_FALSE(Has("tiny.onnx.part"));
}

TEST_F(ModelDownload, AFolderThatIsNotThereOrNotOursIsOneLine) {
  const auto missing = PullModel(model_, "/nowhere/models", options_, {});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(
      MessageOf(missing.status()),
      "model tiny: /nowhere/models/tiny.onnx.part: cannot be written: No such file or directory; "
      "check the name");

  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  } else {
    ASSERT_EQ(chmod(dir_.path().c_str(), 0500), 0);
  }
  const auto denied = Pull();
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  } else {
    ASSERT_EQ(chmod(dir_.path().c_str(), 0700), 0);
  }
  EXPECT_EQ(denied.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(MessageOf(denied.status())),
              testing::HasSubstr("cannot be written: Permission denied; check the permissions"));
  EXPECT_TRUE(server_.heads().empty());
}

TEST_F(ModelDownload, AFullDiskKeepsWhatIsThere) {
  // A limit on the size of files stands for the disk; its signal is ignored, so write() fails.
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto outcome = Pull();
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted) << outcome.status();
  EXPECT_EQ(*Pull(), PullOutcome::kResumed);
  EXPECT_EQ(File(), body_);
}

TEST_F(ModelDownload, TwoPullsDoNotWriteOneFile) {
  const auto path = dir_ / "tiny.onnx.part";
  const int other = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(flock(other, LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(Pull().status().code(), absl::StatusCode::kAborted);
  close(other);
  EXPECT_EQ(*Pull(), PullOutcome::kDownloaded);
}

struct AddressCase {
  const char* name;
  const char* from;
  const char* message;
};
class Address : public ModelDownload, public testing::WithParamInterface<AddressCase> {};

TEST_P(Address, IsRefused) {
  options_.from = GetParam().from;
  const auto outcome = Pull();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(MessageOf(outcome.status())), HasSubstr(GetParam().message));
  EXPECT_THAT(std::string(MessageOf(outcome.status())), Not(HasSubstr("secret")));
}
INSTANTIATE_TEST_SUITE_P(Addresses, Address,
                         testing::Values(AddressCase{"http_elsewhere", "http://models.invalid",
                                                     "http is for this machine"},
                                         AddressCase{"like_loopback", "http://127.0.0.1.invalid",
                                                     "http is for this machine"},
                                         AddressCase{"file", "file:///etc", "only https"},
                                         AddressCase{"ftp", "ftp://127.0.0.1/x", "only https"},
                                         AddressCase{"user", "https://me:secret@models.invalid",
                                                     "holds a user name"},
                                         AddressCase{"nonsense", "::::", "the address is not one"}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(ModelDownload, ModelsOfSetUpAreNotPulled) {
  KnownModel model = model_;
  model.url = {};
  const auto outcome = PullModel(model, dir_.path(), options_, {});
  EXPECT_EQ(MessageOf(outcome.status()), "model tiny: is installed by set-up; run `make setup`");
}

}  // namespace
}  // namespace vigil::nn
