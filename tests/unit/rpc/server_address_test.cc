#include "rpc/server_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/status.h"

namespace vigil::rpc {
namespace {

struct AddressCase {
  const char* name;
  const char* text;
  ServerAddress expected;
};
class ServerAddressOf : public testing::TestWithParam<AddressCase> {};

TEST_P(ServerAddressOf, IsRead) {
  const auto address = ServerAddress::Parse(GetParam().text);
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(*address, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ServerAddressOf,
    testing::Values(AddressCase{"http", "http://dgx.local:50051", {"dgx.local", 50051, false}},
                    AddressCase{"https", "https://dgx.local:443", {"dgx.local", 443, true}},
                    AddressCase{"bare", "10.0.0.2:6000", {"10.0.0.2", 6000, false}},
                    AddressCase{"host_alone", "dgx", {"dgx", 50051, false}},
                    AddressCase{"scheme_without_port", "https://dgx", {"dgx", 50051, true}},
                    AddressCase{"slash", "http://dgx:1/", {"dgx", 1, false}},
                    AddressCase{"ipv6", "http://[::1]:50051", {"::1", 50051, false}},
                    AddressCase{"ipv6_alone", "[fe80::2]", {"fe80::2", 50051, false}}),
    [](const auto& test) { return std::string(test.param.name); });

struct WrongCase {
  const char* name;
  const char* text;
  const char* says;
};
class WrongServerAddress : public testing::TestWithParam<WrongCase> {};

TEST_P(WrongServerAddress, IsRefusedInOneLine) {
  const auto address = ServerAddress::Parse(GetParam().text);
  ASSERT_TRUE(absl::IsInvalidArgument(address.status()));
  const std::string message(MessageOf(address.status()));
  EXPECT_THAT(message, testing::HasSubstr(GetParam().says));
  EXPECT_THAT(message, testing::HasSubstr("http://HOST:PORT"));
  EXPECT_THAT(message, testing::Not(testing::HasSubstr("secret")));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, WrongServerAddress,
    testing::Values(WrongCase{"empty", "", "host is missing"},
                    WrongCase{"scheme", "ftp://dgx:1", "scheme"},
                    WrongCase{"no_host", "http://:50051", "host is missing"},
                    WrongCase{"port_word", "dgx:abc", "port"},
                    WrongCase{"port_zero", "dgx:0", "port"},
                    WrongCase{"port_large", "dgx:65536", "port"},
                    WrongCase{"port_missing", "http://dgx:", "port"},
                    WrongCase{"path", "http://dgx:50051/gaze", "path"},
                    WrongCase{"user", "http://me:secret@dgx:50051", "user and password"},
                    WrongCase{"blank", "http://d gx", "not the name of a host"},
                    WrongCase{"line_end", "http://dgx\n.local", "not the name of a host"},
                    WrongCase{"ipv6_bare", "::1", "brackets"}, WrongCase{"bracket", "[::1", "']'"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ServerAddress, SaysWhereItLeads) {
  EXPECT_EQ(ServerAddress::Parse("https://[::1]:5")->text(), "https://[::1]:5");
  EXPECT_TRUE(ServerAddress::Parse("127.0.0.1")->is_loopback());
  EXPECT_FALSE(ServerAddress::Parse("128.0.0.1")->is_loopback());
}

}  // namespace
}  // namespace vigil::rpc
