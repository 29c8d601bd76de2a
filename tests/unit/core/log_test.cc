#include "core/log.h"

#include <gtest/gtest.h>

namespace vigil {
namespace {

struct MaskCase {
  const char* name;
  const char* text;
  const char* expected;
};
class MaskCredentials : public testing::TestWithParam<MaskCase> {};

TEST_P(MaskCredentials, HidesUserAndPassword) {
  EXPECT_EQ(log::MaskCredentials(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Urls, MaskCredentials,
    testing::Values(MaskCase{"none", "rtsp://host:554/main", "rtsp://host:554/main"},
                    MaskCase{"both", "rtsp://admin:secret@host/main", "rtsp://***@host/main"},
                    MaskCase{"at_in_password", "rtsp://a:p@ss@host/x", "rtsp://***@host/x"},
                    MaskCase{"in_a_sentence", "cannot open rtsp://a:b@h/x, nor http://c:d@i",
                             "cannot open rtsp://***@h/x, nor http://***@i"},
                    MaskCase{"in_a_query", "srt://h:1?mode=caller&passphrase=abc&latency=20",
                             "srt://h:1?mode=caller&passphrase=***&latency=20"},
                    MaskCase{"as_cameras_take_them", "see http://h/a.cgi?user=admin&Pwd=b#x now",
                             "see http://h/a.cgi?user=***&Pwd=***#x now"},
                    MaskCase{"harmless_query", "is it? a=b&c", "is it? a=b&c"},
                    MaskCase{"at_in_path", "http://host/user@home", "http://host/user@home"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace vigil
