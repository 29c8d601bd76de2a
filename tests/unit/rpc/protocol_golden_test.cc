// The protocol as it was released: what clients were built against stays. proto/README.md has the rules.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "inference/grpc_predict_v2.pb.h"
#include "support/process.h"
#include "support/test_data.h"
#include "support/text_file.h"
#include "vigil/v1/attention.pb.h"
#include "vigil/v1/face_detection.pb.h"
#include "vigil/v1/gaze.pb.h"
#include "vigil/v1/gaze_tracking.pb.h"
#include "vigil/v1/head_pose.pb.h"
#include "vigil/v1/inference.pb.h"

namespace vigil {
namespace {

namespace pb = google::protobuf;

void Describe(const pb::EnumDescriptor& type, std::vector<std::string>& lines) {
  for (int i = 0; i < type.value_count(); ++i)
    lines.push_back("enum " + type.full_name() + " " + type.value(i)->name() + " = " +
                    std::to_string(type.value(i)->number()));
}

void Describe(const pb::Descriptor& message, std::vector<std::string>& lines) {
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    std::string type = field.type_name();
    if (field.message_type() != nullptr) type = field.message_type()->full_name();
    if (field.enum_type() != nullptr) type = field.enum_type()->full_name();
    lines.push_back("message " + message.full_name() + " " +
                    (field.is_repeated() ? "repeated " : "") + type + " " + field.name() + " = " +
                    std::to_string(field.number()) +
                    (field.real_containing_oneof() != nullptr
                         ? " oneof " + field.real_containing_oneof()->name()
                         : ""));
  }
  for (int i = 0; i < message.nested_type_count(); ++i) Describe(*message.nested_type(i), lines);
  for (int i = 0; i < message.enum_type_count(); ++i) Describe(*message.enum_type(i), lines);
}

std::vector<std::string> Describe(const pb::FileDescriptor& file) {
  std::vector<std::string> lines;
  for (int i = 0; i < file.message_type_count(); ++i) Describe(*file.message_type(i), lines);
  for (int i = 0; i < file.enum_type_count(); ++i) Describe(*file.enum_type(i), lines);
  for (int i = 0; i < file.service_count(); ++i) {
    const pb::ServiceDescriptor& service = *file.service(i);
    for (int m = 0; m < service.method_count(); ++m) {
      const pb::MethodDescriptor& method = *service.method(m);
      lines.push_back(
          "service " + service.full_name() + " " + method.name() + " " +
          (method.client_streaming() ? "stream " : "") + method.input_type()->full_name() + " -> " +
          (method.server_streaming() ? "stream " : "") + method.output_type()->full_name());
    }
  }
  return lines;
}

// The files of these and all that they import.
std::set<const pb::FileDescriptor*> Files(std::vector<const pb::FileDescriptor*> roots) {
  std::set<const pb::FileDescriptor*> files;
  while (!roots.empty()) {
    const auto* file = roots.back();
    roots.pop_back();
    if (!files.insert(file).second) continue;
    for (int i = 0; i < file->dependency_count(); ++i) roots.push_back(file->dependency(i));
  }
  return files;
}

void Compare(const std::vector<const pb::FileDescriptor*>& roots, const std::string& golden) {
  std::set<std::string> now;
  for (const auto* file : Files(roots)) {
    for (std::string& line : Describe(*file)) now.insert(std::move(line));
  }
  const auto lines = test::ReadLines(test::SourcePath("tests/data/protocol/" + golden));
  const std::set<std::string> released(lines.begin(), lines.end());
  EXPECT_FALSE(released.empty());
  for (const std::string& line : released)
    EXPECT_TRUE(now.contains(line)) << "gone or changed, and clients rely on it: " << line;
  for (const std::string& line : now)
    EXPECT_TRUE(released.contains(line)) << "new; add it to tests/data/protocol/" << golden << ":\n"
                                         << line;
}

TEST(Protocol, VigilV1IsWhatWasReleased) {
  Compare({v1::VideoFrame::descriptor()->file(), v1::InferenceRequest::descriptor()->file(),
           v1::DetectFacesRequest::descriptor()->file(),
           v1::EstimateHeadPoseRequest::descriptor()->file(),
           v1::EstimateGazeRequest::descriptor()->file(),
           v1::ScoreAttentionRequest::descriptor()->file()},
          "vigil_v1.txt");
}

TEST(Protocol, KserveIsThePublicOne) {
  Compare({inference::ModelInferRequest::descriptor()->file()}, "kserve_v2.txt");
}

// Unit, range and space of every field stand in the comment before it.
TEST(Protocol, EveryFieldSaysWhatItMeans) {
  int fields = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::SourcePath("proto/vigil/v1"))) {
    std::string before;
    for (const std::string& line : test::ReadLines(entry.path())) {
      const std::string text = line.substr(std::min(line.find_first_not_of(' '), line.size()));
      // Names of an enum speak for themselves, and are in capitals.
      if (text.find(" = ") != std::string::npos && text[0] >= 'a' && text[0] <= 'z' &&
          !text.starts_with("syntax")) {
        ++fields;
        EXPECT_TRUE(before.starts_with("//")) << entry.path().filename() << ": " << text;
      }
      before = text;
    }
  }
  EXPECT_GT(fields, 120);
}

TEST(Protocol, TheDocsPageIsWhatTheFilesSay) {
  const auto page =
      test::RunProgram({"/usr/bin/python3", test::SourcePath("scripts/api").string(), "-"});
  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_EQ(page.out, test::ReadText(test::SourcePath("docs/api.md")))
      << "comments have changed: run scripts/api";
}

}  // namespace
}  // namespace vigil
