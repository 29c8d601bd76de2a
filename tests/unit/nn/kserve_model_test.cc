#include "nn/kserve_model.h"

#include <gtest/gtest.h>

namespace vigil::nn {
namespace {

TEST(KserveUrl, NamesServerModelAndVersion) {
  const auto plain = ParseKserveUrl("grpc://gpu:8001/yolox-nano");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->address, "gpu:8001");
  EXPECT_EQ(plain->model, "yolox-nano");
  EXPECT_EQ(plain->version, "");
  EXPECT_FALSE(plain->tls);
  const auto tls = ParseKserveUrl("grpcs://[::1]:8001/m/3");
  ASSERT_TRUE(tls.ok());
  EXPECT_EQ(tls->address, "[::1]:8001");
  EXPECT_EQ(tls->version, "3");
  EXPECT_TRUE(tls->tls);
  for (const char* wrong : {"", "http://gpu:1/m", "grpc://gpu/m", "grpc://gpu:1", "grpc://gpu:1/",
                            "grpc://gpu:1/m/1/x", "grpc:///m"})
    EXPECT_FALSE(ParseKserveUrl(wrong).ok()) << wrong;
}

// Nobody listens on port 1.
TEST(KserveModel, NoServerIsUnavailable) {
  auto options = ParseKserveUrl("grpc://127.0.0.1:1/m").value();
  options.timeout = std::chrono::milliseconds(500);
  const auto model = KserveModel::Create(options);
  EXPECT_TRUE(absl::IsUnavailable(model.status()) || absl::IsDeadlineExceeded(model.status()))
      << model.status();
}

}  // namespace
}  // namespace vigil::nn
